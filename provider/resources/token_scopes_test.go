package resources_test

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// managed is an organization in which every kind of resource can be managed by a token that is not an administrator's.
const managed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: cy}, {login: di}]
teams: [{name: payments, members: [bo]}, {name: security, members: [cy, di]}]
stacks: [{project: payments, stack: dev, owner: bo, tags: {environment: development}}]
environments: [{project: payments, environment: prod, definition: "values: {a: 1}", tags: {tier: production}}]
accounts: [{account: aws}]
`

// lifecycle is what a resource of a kind declares when it is created and when it is updated.
type lifecycle struct {
	create, update func(w resourcetest.World) map[string]any
	imported       string // the id of an object that exists, in place of a creation
	// scopes are those that its whole life needs: no fewer suffice.
	scopes scopesByKind
}

type scopesByKind map[access.EntityKind][]string

// always declares the same on every sandbox.
func always(inputs map[string]any) func(resourcetest.World) map[string]any {
	return func(resourcetest.World) map[string]any { return inputs }
}

// lifecycles are one for each kind of resource. docs/provider-permissions.md shows their scopes.
var lifecycles = map[string]lifecycle{
	"OrganizationSettings": {
		create: always(map[string]any{"defaultStackPermission": "read"}),
		update: always(map[string]any{"defaultStackPermission": "none"}),
		scopes: scopesByKind{
			access.Organization: {"organization:update"},
		},
	},
	"PermissionSet": {
		create: always(map[string]any{"name": "metadata", "entityType": "stack", "scopes": []string{"stack:read"}}),
		update: always(map[string]any{"name": "metadata", "entityType": "stack", "scopes": []string{"stack:list"}}),
		scopes: scopesByKind{
			access.Organization: {"role:create", "role:delete", "role:read", "role:update"},
		},
	},
	"Role": {
		create: always(map[string]any{"name": "developers", "access": roleAccess("read")}),
		update: always(map[string]any{"name": "developers", "access": roleAccess("write")}),
		scopes: scopesByKind{
			access.Stack:        {"stack:read"},
			access.Environment:  {"environment:read"},
			access.Account:      {"insights_account:read"},
			access.Organization: {"role:create", "role:delete", "role:read", "role:update"},
		},
	},
	"Team": {
		create: always(map[string]any{"name": "developers", "members": []string{"bo"}}),
		update: always(map[string]any{"name": "developers", "members": []string{"cy"}}),
		scopes: scopesByKind{
			access.Organization: {"team:create", "team:delete", "team:read", "team:update"},
		},
	},
	"TeamAccess": {
		create: always(teamGrants("read")),
		update: always(teamGrants("write")),
		scopes: scopesByKind{
			access.Stack:        {"stack:read", "stack_access:update"},
			access.Environment:  {"environment:delete", "environment:read"},
			access.Account:      {"insights_account:read", "insights_account_access:update"},
			access.Organization: {"team:read", "team:update"},
		},
	},
	"EntityAccess, on a stack": {
		create: always(entityGrants("stack", map[string]any{"project": "payments", "stack": "dev"}, "read")),
		update: always(entityGrants("stack", map[string]any{"project": "payments", "stack": "dev"}, "write")),
		scopes: scopesByKind{
			access.Stack:        {"stack:read", "stack_access:read", "stack_access:update"},
			access.Organization: {"team:read", "team:update"},
		},
	},
	"EntityAccess, on an environment": {
		create: always(entityGrants("environment", map[string]any{"project": "payments", "environment": "prod"}, "read")),
		update: always(entityGrants("environment", map[string]any{"project": "payments", "environment": "prod"}, "write")),
		scopes: scopesByKind{
			access.Environment:  {"environment:delete", "environment:read"},
			access.Organization: {"team:read", "team:update"},
		},
	},
	"EntityAccess, on an account": {
		create: always(entityGrants("account", "aws", "read")),
		update: always(entityGrants("account", "aws", "write")),
		scopes: scopesByKind{
			access.Account:      {"insights_account:read", "insights_account_access:read", "insights_account_access:update"},
			access.Organization: {"team:read"},
		},
	},
	"Environment": {
		create: always(taggedEnvironment("1", "development")),
		update: always(taggedEnvironment("2", "test")),
		scopes: scopesByKind{
			access.Organization: {"environment:create"},
		},
	},
	"Environment, imported": {
		imported: "acme/payments/prod",
		update:   always(map[string]any{"project": "payments", "name": "prod", "definition": "values: {a: 2}", "tags": map[string]any{"tier": "test"}, "deletionProtected": true}),
		scopes: scopesByKind{
			access.Environment: {
				"environment:read", "environment:write", "environment_settings:read", "environment_settings:update",
				"environment_tag:create", "environment_tag:delete", "environment_tag:read",
			},
		},
	},
	"Environment, imported and tagged anew": {
		imported: "acme/payments/prod",
		update:   always(map[string]any{"project": "payments", "name": "prod", "definition": "values: {a: 1}", "tags": map[string]any{"tier": "test"}, "deletionProtected": true}),
		scopes: scopesByKind{
			access.Environment: {"environment:read", "environment_settings:read", "environment_settings:update", "environment_tag:read", "environment_tag:update"},
		},
	},
	"ApprovalGate": {
		create: always(resourcetest.GateOnProd(nil)),
		update: always(resourcetest.GateOnProd(map[string]any{"requiredApprovals": 2})),
		scopes: scopesByKind{
			access.Environment:  {"environment:read", "environment_settings:read"},
			access.Organization: {"change_gate:create", "change_gate:delete", "change_gate:update", "team:read"},
		},
	},
	"DeploymentRole": {
		create: always(resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(nil)})),
		update: always(resourcetest.DevDeployment(map[string]any{"oidc": resourcetest.AWSLogin(map[string]any{"sessionName": "deploy"})})),
		scopes: scopesByKind{
			access.Stack: {"stack:read", "stack_deployment_settings:read", "stack_deployment_settings:write"},
		},
	},
	"StackOwner": {
		create: always(resourcetest.OwnerInputs(nil)),
		update: always(resourcetest.OwnerInputs(map[string]any{"keep": []string{"bo"}})),
		scopes: scopesByKind{
			access.Stack: {"stack:read", "stack_access:read", "stack_access:update"},
		},
	},
	"EnvironmentOwner": {
		create: always(map[string]any{"project": "payments", "environment": "prod", "owner": "bo"}),
		update: always(map[string]any{"project": "payments", "environment": "prod", "owner": "bo", "keep": []string{"bo"}}),
		scopes: scopesByKind{
			access.Environment: {"environment:delete", "environment:read"},
		},
	},
	"OidcIssuer": {
		create: func(w resourcetest.World) map[string]any {
			return resourcetest.IssuerInputs(w, resourcetest.Policies(resourcetest.TeamPolicy(resourcetest.MainBranch)))
		},
		update: func(w resourcetest.World) map[string]any {
			return resourcetest.IssuerInputs(w, resourcetest.Policies(resourcetest.TeamPolicy(resourcetest.OtherBranch)))
		},
		scopes: scopesByKind{
			access.Organization: {"auth_policies:read", "auth_policies:update", "oidc_issuers:create", "oidc_issuers:delete", "oidc_issuers:read"},
		},
	},
	"MachineToken": {
		create: always(map[string]any{"name": "scanner", "team": "payments", "expiresIn": "30d"}),
		update: always(map[string]any{"name": "scanner", "team": "payments", "expiresIn": "60d"}),
		scopes: scopesByKind{
			access.Organization: {"team:create_token", "team:delete_token", "team:list_tokens", "team:read"},
		},
	},
}

func roleAccess(level string) map[string]any {
	return map[string]any{
		"stacks":       []any{map[string]any{"project": "payments", "stack": "dev", "permission": level}},
		"environments": []any{map[string]any{"project": "payments", "environment": "prod", "permission": level}},
		"accounts":     []any{map[string]any{"account": "aws", "permission": level}},
	}
}

func teamGrants(level string) map[string]any {
	return map[string]any{
		"team":         "payments",
		"stacks":       []any{map[string]any{"project": "payments", "stack": "dev", "permission": level}},
		"environments": []any{map[string]any{"project": "payments", "environment": "prod", "permission": level}},
		"accounts":     []any{map[string]any{"account": "aws", "permission": level}},
	}
}

func entityGrants(kind string, on any, level string) map[string]any {
	return map[string]any{
		kind:    on,
		"users": []any{map[string]any{"user": "bo", "permission": level}},
		"teams": []any{map[string]any{"team": "payments", "permission": level}},
	}
}

func taggedEnvironment(value, tier string) map[string]any {
	return map[string]any{
		"project": "payments", "name": "new", "definition": "values: {a: " + value + "}",
		"tags": map[string]any{"tier": tier}, "deletionProtected": false,
	}
}

// liveWith runs the whole life of a resource with a token that holds these scopes on everything.
func liveWith(t testing.TB, kind string, l lifecycle, scopes scopesByKind) error {
	t.Helper()
	w := resourcetest.New(t, managed)
	token := holderOf(w, scopes)
	kind, _, _ = strings.Cut(kind, ",")
	e := w.With(token, kind)
	if err := l.begin(w, e); err != nil {
		return err
	}
	if err := e.Refresh(); err != nil {
		return err
	}
	if e.ID == "" {
		return errors.New("the refresh dropped it")
	}
	if _, err := e.Preview(l.update(w)); err != nil {
		return err
	}
	if err := e.Up(l.update(w)); err != nil {
		return err
	}
	if l.imported != "" { // what is imported here is protected from deletion
		return nil
	}
	return e.Destroy()
}

// begin creates the resource, or imports it.
func (l lifecycle) begin(w resourcetest.World, e *resourcetest.Engine) error {
	if l.imported != "" {
		return e.Adopt(l.imported)
	}
	if _, err := e.Preview(l.create(w)); err != nil {
		return err
	}
	return e.Up(l.create(w))
}

// holderOf is a token of a role that holds scopes on everything.
func holderOf(w resourcetest.World, scopes scopesByKind) string {
	w.T.Helper()
	// A role has to grant something, and no call of the provider asks for this scope.
	declared := map[string]any{"scopes": append([]string{"resources:search"}, scopes[access.Organization]...)}
	for kind, property := range map[access.EntityKind]string{
		access.Stack: "stacks", access.Environment: "environments", access.Account: "accounts",
	} {
		if len(scopes[kind]) > 0 {
			declared[property] = []any{map[string]any{"all": true, "scopes": scopes[kind]}}
		}
	}
	role := w.Resource("Role")
	require.NoError(w.T, role.Up(map[string]any{
		"name": "access-manager", "access": declared, "allow": []string{"openOnAll", "stackAdminForPeople"},
	}))
	role.Said()
	return w.TokenFor(servertest.Identity{Organization: true, Role: role.State.Get("roleId").AsString()})
}

// A token that holds these scopes can manage the resource for its whole life; without any one of them it cannot.
func TestTokenNeedsExactlyTheseScopes(t *testing.T) {
	t.Parallel()
	for name, l := range lifecycles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, liveWith(t, name, l, l.scopes))
			for kind, scopes := range l.scopes {
				for i, scope := range scopes {
					fewer := maps.Clone(l.scopes)
					fewer[kind] = slices.Concat(scopes[:i], scopes[i+1:])
					assert.Error(t, liveWith(t, name, l, fewer), "without %s", scope)
				}
			}
		})
	}
}

// The page on the provider's own token shows the table of lifecycles.
func TestPageShowsScopesOfTheProvidersToken(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/provider-permissions.md")
	require.NoError(t, err)
	for name, l := range lifecycles {
		assert.Contains(t, string(page), l.scopes.row(name))
	}
}

// row is a row of a table in Markdown.
func (s scopesByKind) row(name string) string {
	resource, note, _ := strings.Cut(name, ",")
	row := "| `" + resource + "`" + note + " |"
	for _, kind := range []access.EntityKind{access.Stack, access.Environment, access.Account, access.Organization} {
		cell := ""
		for i, scope := range s[kind] {
			if i > 0 {
				cell += ", "
			}
			cell += "`" + scope + "`"
		}
		row += strings.TrimRight(" "+cell, " ") + " |"
	}
	return row
}
