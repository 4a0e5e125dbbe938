package resources_test

import (
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

// Every set that is owned whole, with two elements. One of them becomes unknown: the preview says so, names what goes if it turns out to
// be another one, and not what stays in any case.
func TestPreviewSaysWhatAnUnknownElementLeavesOpen(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	type list = []any
	for name, test := range map[string]struct {
		kind   string
		inputs func(w resourcetest.World) object
		set    string // the path of the list
		field  string // of an element, for one that is unknown in part
		stays  string
		mayGo  string
	}{
		"EntityAccess.users": {"EntityAccess", func(resourcetest.World) object {
			return object{"stack": object{"project": "payments", "stack": "dev"},
				"users": list{object{"user": "ana", "permission": "read"}, object{"user": "bo", "permission": "read"}}}
		}, "users", "user", "user ana", "user bo"},
		"EntityAccess.users, of which a level": {"EntityAccess", func(resourcetest.World) object {
			return object{"stack": object{"project": "payments", "stack": "dev"},
				"users": list{object{"user": "ana", "permission": "read"}, object{"user": "bo", "permission": "read"}}}
		}, "users", "permission", "user ana", "user bo: read (users[1] names this one"},
		"EntityAccess.teams": {"EntityAccess", func(resourcetest.World) object {
			return object{"stack": object{"project": "payments", "stack": "dev"},
				"teams": list{object{"team": "ops", "permission": "read"}, object{"team": "payments", "permission": "read"}}}
		}, "teams", "team", "team ops", "team payments"},
		"TeamAccess.stacks": {"TeamAccess", func(resourcetest.World) object {
			return object{"team": "payments", "stacks": list{
				object{"project": "payments", "stack": "dev", "permission": "read"}, object{"project": "payments", "stack": "prod", "permission": "read"},
			}}
		}, "stacks", "stack", "payments/dev", "read on stack payments/prod"},
		"TeamAccess.roleIds": {"TeamAccess", func(w resourcetest.World) object {
			return object{"team": "payments", "roleIds": list{w.RoleID("developer")}}
		}, "roleIds", "", "", "role "},
		"TeamMembers.members": {"TeamMembers", func(resourcetest.World) object {
			return object{"team": "payments", "members": list{"ana", "bo"}}
		}, "members", "", "ana", "bo"},
		"Team.members": {"Team", func(resourcetest.World) object {
			return object{"name": "lookers", "members": list{"ana", "bo"}}
		}, "members", "", "ana", "bo"},
		"StackOwner.keep": {"StackOwner", func(resourcetest.World) object {
			return object{"project": "payments", "stack": "dev", "owner": "ana", "keep": list{"ana", "bo"}}
		}, "keep", "", "ana", "bo"},
		"PermissionSet.scopes": {"PermissionSet", func(resourcetest.World) object {
			return object{"name": "lookers", "entityType": "stack", "scopes": list{"stack:delete", "stack:read"}}
		}, "scopes", "", "stack:delete", "stack:read"},
		"Role.access.stacks": {"Role", func(resourcetest.World) object {
			return object{"name": "lookers", "access": object{"stacks": list{
				object{"project": "payments", "stack": "dev", "permission": "read"}, object{"project": "payments", "stack": "prod", "permission": "read"},
			}}}
		}, "access.stacks", "stack", "payments/dev", "stack payments/prod: read"},
		"OidcIssuer.policies": {"OidcIssuer", func(w resourcetest.World) object {
			return resourcetest.IssuerInputs(w, resourcetest.Policies(resourcetest.TeamPolicy("repo:a/a:ref:refs/heads/main"),
				resourcetest.TeamPolicy("repo:b/b:ref:refs/heads/main")))
		}, "policies", "claims", "repo:a/a", "repo:b/b"},
		"ApprovalGate.approvers.users": {"ApprovalGate", func(resourcetest.World) object {
			return object{"project": "payments", "environment": "prod", "action": "open", "approvers": object{"users": list{"ana", "bo"}}}
		}, "approvers.users", "", "ana", "bo"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, undecidedEstate)
			e := w.Resource(test.kind)
			inputs := test.inputs(w)
			require.NoError(t, e.Up(inputs))
			e.Said()
			w.Reset()
			_, err := e.Server.Update(p.UpdateRequest{
				ID: e.ID, Urn: e.URN, State: e.State, OldInputs: e.Inputs, Inputs: withUnknown(t, e.Checked(inputs), test.set, test.field), DryRun: true,
			})
			require.NoError(t, err)
			said := e.Said()
			assert.Contains(t, said, test.set, "what is not known")
			assert.Contains(t, said, "not known yet")
			open := said[strings.Index(said, "not known yet"):]
			assert.Contains(t, open, "\n  - ")
			lines := ""
			for _, line := range strings.Split(open, "\n")[1:] {
				if !strings.HasPrefix(line, "  - ") {
					break
				}
				lines += line + "\n"
			}
			assert.Contains(t, lines, test.mayGo)
			if test.stays != "" {
				assert.NotContains(t, lines, test.stays)
			}
			assert.Empty(t, w.Writes())
		})
	}
}

// withUnknown are inputs of which the last element of a list is unknown, or a field of it.
func withUnknown(t *testing.T, inputs property.Map, path, field string) property.Map {
	t.Helper()
	name, rest, nested := strings.Cut(path, ".")
	if nested {
		return inputs.Set(name, property.New(withUnknown(t, inputs.Get(name).AsMap(), rest, field)))
	}
	elements := inputs.Get(name).AsArray().AsSlice()
	last := len(elements) - 1
	if field == "" {
		elements[last] = property.New(property.Computed)
	} else {
		elements[last] = property.New(elements[last].AsMap().Set(field, property.New(property.Computed)))
	}
	return inputs.Set(name, property.New(elements))
}

const undecidedEstate = `
organization: acme
users:
  - {login: ana, role: admin}
  - {login: bo}
  - {login: cy}
roles:
  - {name: developer, scopes: ["stack:create"]}
teams:
  - {name: payments, members: [cy]}
  - {name: ops, members: [cy]}
stacks:
  - {project: payments, stack: dev, owner: ana}
  - {project: payments, stack: prod, owner: ana}
environments:
  - {project: payments, environment: prod, owner: ana, definition: "values: {}"}
grants:
  - {user: bo, project: payments, stack: dev, permission: write}
`
