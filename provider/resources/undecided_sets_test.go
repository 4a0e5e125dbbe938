package resources_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

type (
	object = map[string]any
	list   = []any
)

type undecidedSet struct {
	kind   string
	inputs func(w resourcetest.World) object
	set    string // the path of the list or map
	field  string // of an element, for one that is unknown in part; of a map, the key of what is unknown
	stays  string
	mayGo  string
}

// undecidedSets are all inputs that a resource owns whole, with two elements of which the last becomes unknown.
func undecidedSets() map[string]undecidedSet {
	return map[string]undecidedSet{
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
		"TeamAccess.environments": {"TeamAccess", func(resourcetest.World) object {
			return object{"team": "payments", "environments": list{
				object{"project": "payments", "environment": "dev", "permission": "read"},
				object{"project": "payments", "environment": "prod", "permission": "read"},
			}}
		}, "environments", "environment", "payments/dev", "read on environment payments/prod"},
		"TeamAccess.accounts": {"TeamAccess", func(resourcetest.World) object {
			return object{"team": "payments", "accounts": list{
				object{"account": "aws-dev", "permission": "read"}, object{"account": "aws-prod", "permission": "read"},
			}}
		}, "accounts", "account", "aws-dev", "read on account aws-prod"},
		"TeamMembers.admins": {"TeamMembers", func(resourcetest.World) object {
			return object{"team": "payments", "members": list{}, "admins": list{"ana", "bo"}}
		}, "admins", "", "ana", "bo"},
		"TeamMembers.temporaryMembers": {"TeamMembers", func(resourcetest.World) object {
			return object{"team": "payments", "members": list{}, "temporaryMembers": temporarily("ana", "bo")}
		}, "temporaryMembers", "user", "ana", "bo"},
		"Team.admins": {"Team", func(resourcetest.World) object {
			return object{"name": "lookers", "members": list{}, "admins": list{"ana", "bo"}}
		}, "admins", "", "ana", "bo"},
		"Team.temporaryMembers": {"Team", func(resourcetest.World) object {
			return object{"name": "lookers", "members": list{}, "temporaryMembers": temporarily("ana", "bo")}
		}, "temporaryMembers", "user", "ana", "bo"},
		"EnvironmentOwner.keep": {"EnvironmentOwner", func(resourcetest.World) object {
			return object{"project": "payments", "environment": "dev", "owner": "ana", "keep": list{"ana", "bo"}}
		}, "keep", "", "ana", "payments/dev: the read grant of bo"},
		"Role.access.environments": {"Role", func(resourcetest.World) object {
			return object{"name": "lookers", "access": object{"environments": list{
				object{"project": "payments", "environment": "dev", "permission": "read"},
				object{"project": "payments", "environment": "prod", "permission": "read"},
			}}}
		}, "access.environments", "environment", "payments/dev", "environment payments/prod: read"},
		"Role.access.accounts": {"Role", func(resourcetest.World) object {
			return object{"name": "lookers", "access": object{"accounts": list{
				object{"account": "aws-dev", "permission": "read"}, object{"account": "aws-prod", "permission": "read"},
			}}}
		}, "access.accounts", "account", "aws-dev", "account aws-prod: read"},
		"Role.access.scopes": {"Role", func(resourcetest.World) object {
			return object{"name": "lookers", "access": object{"scopes": list{"environment:create", "stack:create"}}}
		}, "access.scopes", "", "environment:create", "stack:create"},
		"OidcIssuer.thumbprints": {"OidcIssuer", func(w resourcetest.World) object {
			return resourcetest.IssuerInputs(w, object{"policies": list{}, "thumbprints": list{strings.Repeat("a", 64), strings.Repeat("b", 64)}})
		}, "thumbprints", "", strings.Repeat("a", 64), strings.Repeat("b", 64)},
		"ApprovalGate.approvers.teams": {"ApprovalGate", func(resourcetest.World) object {
			return object{"project": "payments", "environment": "prod", "action": "open", "approvers": object{"teams": list{"ops", "payments"}}}
		}, "approvers.teams", "", "ops", "payments"},
		"Environment.tags": {"Environment", func(resourcetest.World) object {
			return object{"project": "payments", "name": "made", "definition": "values: {}", "tags": object{"owner": "ops", "stage": "development"}}
		}, "tags", "stage", "tag owner", "tag stage: development"},
		"DeploymentRole.oidc.aws.policyArns": {"DeploymentRole", func(resourcetest.World) object {
			return resourcetest.DevDeployment(object{"oidc": resourcetest.AWSLogin(object{"policyArns": list{
				"arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B",
			}})})
		}, "oidc.aws.policyArns", "", "policy/A", "policy/B, which narrows the session"},
	}
}

func temporarily(logins ...string) []any {
	all := []any{}
	for _, login := range logins {
		all = append(all, object{"user": login, "until": "2099-12-25T18:00:00Z"})
	}
	return all
}

// notOwnedWhole are lists and maps among the inputs in which nothing is taken away that they do not name, with the reason.
var notOwnedWhole = map[string]string{
	"AccessInvariant.accounts":            "selects what is evaluated; the service has nothing of it",
	"AccessInvariant.environments":        "selects what is evaluated; the service has nothing of it",
	"AccessInvariant.stacks":              "selects what is evaluated; the service has nothing of it",
	"AccessInvariant.tags":                "selects what is evaluated; the service has nothing of it",
	"AccessInvariant.allowed.deployments": "is compared with who has access; the service has nothing of it",
	"AccessInvariant.allowed.roles":       "is compared with who has access; the service has nothing of it",
	"AccessInvariant.allowed.teams":       "is compared with who has access; the service has nothing of it",
	"AccessInvariant.allowed.tokens":      "is compared with who has access; the service has nothing of it",
	"AccessInvariant.allowed.users":       "is compared with who has access; the service has nothing of it",
	"ApprovalGate.requesters":             "is who will ask, for the checks; the service has nothing of it",
	"Environment.gates":                   "is created and tightened alone: a gate's own resource loosens and deletes it",
	"EnvironmentOwner.tags":               "selects environments; TestUnknownSelectionSaysThatItCannotTell",
	"StackOwner.tags":                     "selects stacks; TestUnknownSelectionSaysThatItCannotTell",
	"LoginTransition.audiences":           "is what a component declares elsewhere; the service has nothing of it",
	"LoginTransition.children":            "is what a component declares elsewhere; the service has nothing of it",
	"LoginTransition.identities":          "is what a component declares elsewhere; the service has nothing of it",
	"LoginTransition.imports":             "is what a component declares elsewhere; the service has nothing of it",
	"LoginTransition.needs":               "is what a component declares elsewhere; the service has nothing of it",
	"LoginTransition.permissions":         "is what a component declares elsewhere; the service has nothing of it",
	"LoginTransition.subjects":            "is what a component declares elsewhere; the service has nothing of it",
	"LoginTransition.users":               "is compared with the members; TestUnknownUsersOfALock",
}

// Every list and map among the inputs of a resource, as the schema has them, is in one of the two tables.
func TestEverySetIsTriedWithAnUnknownElement(t *testing.T) {
	t.Parallel()
	listed := map[string]bool{}
	for _, test := range undecidedSets() {
		listed[test.kind+"."+test.set] = true
	}
	found := map[string]bool{}
	for _, path := range setsInSchema(t) {
		found[path] = true
		if strings.HasSuffix(path, ".allow") {
			continue // opt-ins to risks: the service has nothing of them
		}
		_, excepted := notOwnedWhole[path]
		assert.True(t, listed[path] != excepted, "%s: in the table, or among the exceptions with a reason", path)
	}
	for path := range listed {
		assert.True(t, found[path], "%s is not in the schema", path)
	}
	for path := range notOwnedWhole {
		assert.True(t, found[path], "%s is not in the schema", path)
	}
}

// setsInSchema are the lists and maps among the inputs of all resources. What is in their elements is as unknown as these.
func setsInSchema(t *testing.T) []string {
	t.Helper()
	type spec struct {
		Type       string          `json:"type"`
		Ref        string          `json:"$ref"`
		Additional json.RawMessage `json:"additionalProperties"`
	}
	var schema struct {
		Types     map[string]struct{ Properties map[string]spec }
		Resources map[string]struct {
			IsComponent     bool
			InputProperties map[string]spec
		}
	}
	text, err := os.ReadFile("../../schema.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &schema))
	var paths []string
	var walk func(path string, properties map[string]spec)
	walk = func(path string, properties map[string]spec) {
		for name, one := range properties {
			at := path + "." + name
			if one.Type == "array" || one.Additional != nil {
				paths = append(paths, at)
			} else if token, isType := strings.CutPrefix(one.Ref, "#/types/"); isType {
				walk(at, schema.Types[token].Properties)
			}
		}
	}
	for token, resource := range schema.Resources {
		if !resource.IsComponent {
			walk(token[strings.LastIndex(token, ":")+1:], resource.InputProperties)
		}
	}
	require.NotEmpty(t, paths)
	return paths
}
