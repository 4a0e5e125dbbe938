package resources_test

import (
	"context"
	"encoding/json"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

func (w world) record(id string) cloud.Role {
	w.t.Helper()
	var record cloud.Role
	require.NoError(w.t, json.Unmarshal(w.admin("GET", rolesPath+"/"+id, nil), &record))
	return record
}

// set is the id of a built-in permission set.
func (w world) set(identifier string) string {
	w.t.Helper()
	records, err := w.client(w.Token).Roles(w.t.Context(), "acme", cloud.PurposeSet)
	require.NoError(w.t, err)
	for _, record := range records {
		if record.DefaultIdentifier == identifier {
			return record.ID
		}
	}
	w.t.Fatalf("no set %s", identifier)
	return ""
}

func (w world) role(name string) string {
	w.t.Helper()
	roles, err := w.client(w.Token).Roles(context.Background(), "acme", cloud.PurposeRole)
	require.NoError(w.t, err)
	for _, role := range roles {
		if role.Name == name {
			return role.ID
		}
	}
	w.t.Fatalf("no role %s", name)
	return ""
}

// addRecord makes a record beside the provider, and returns it.
func (w world) addRecord(query, purpose, name string, details tree, resourceType string) cloud.Role {
	w.t.Helper()
	var made cloud.Role
	answer := w.admin("POST", rolesPath+query, tree{
		"name": name, "description": "", "uxPurpose": purpose, "resourceType": resourceType, "details": details,
	})
	require.NoError(w.t, json.Unmarshal(answer, &made))
	return made
}

// addRole makes a role as the console does.
func (w world) addRole(name string, details tree) cloud.Role {
	w.t.Helper()
	return w.addRecord("?createPolicyAndRole=true", "role", name, details, "global")
}

func allow(scopes ...string) tree {
	return tree{"__type": "PermissionDescriptorAllow", "permissions": scopes}
}

func group(entries ...tree) tree {
	return tree{"__type": "PermissionDescriptorGroup", "entries": entries}
}

func compose(ids ...string) tree {
	return tree{"__type": "PermissionDescriptorCompose", "permissionDescriptors": ids}
}
