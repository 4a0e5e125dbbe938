package resourcetest

import (
	"context"
	"encoding/json"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// Record is a role, policy or permission set as the service holds it.
func (w World) Record(id string) cloud.Role {
	w.T.Helper()
	var record cloud.Role
	require.NoError(w.T, json.Unmarshal(w.Admin("GET", RolesPath+"/"+id, nil), &record))
	return record
}

// SetID is the id of a built-in permission set.
func (w World) SetID(identifier string) string {
	w.T.Helper()
	records, err := w.Client(w.Token).Roles(w.T.Context(), "acme", cloud.PurposeSet)
	require.NoError(w.T, err)
	for _, record := range records {
		if record.DefaultIdentifier == identifier {
			return record.ID
		}
	}
	w.T.Fatalf("no set %s", identifier)
	return ""
}

// RoleID is the id of the role of that name.
func (w World) RoleID(name string) string {
	w.T.Helper()
	roles, err := w.Client(w.Token).Roles(context.Background(), "acme", cloud.PurposeRole)
	require.NoError(w.T, err)
	for _, role := range roles {
		if role.Name == name {
			return role.ID
		}
	}
	w.T.Fatalf("no role %s", name)
	return ""
}

// AddRecord makes a record beside the provider, and returns it.
func (w World) AddRecord(query, purpose, name string, details Tree, resourceType string) cloud.Role {
	w.T.Helper()
	var made cloud.Role
	answer := w.Admin("POST", RolesPath+query, Tree{
		"name": name, "description": "", "uxPurpose": purpose, "resourceType": resourceType, "details": details,
	})
	require.NoError(w.T, json.Unmarshal(answer, &made))
	return made
}

// AddRole makes a role as the console does.
func (w World) AddRole(name string, details Tree) cloud.Role {
	w.T.Helper()
	return w.AddRecord("?createPolicyAndRole=true", "role", name, details, "global")
}

// Allow is a descriptor that grants scopes.
func Allow(scopes ...string) Tree {
	return Tree{"__type": "PermissionDescriptorAllow", "permissions": scopes}
}

// Group is a descriptor that grants what its entries grant.
func Group(entries ...Tree) Tree {
	return Tree{"__type": "PermissionDescriptorGroup", "entries": entries}
}

// Compose is a descriptor that grants what other records grant.
func Compose(ids ...string) Tree {
	return Tree{"__type": "PermissionDescriptorCompose", "permissionDescriptors": ids}
}
