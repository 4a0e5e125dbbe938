package resources_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

var updateSnapshots = flag.Bool("update-snapshots", false, "write the states under testdata/state anew")

// kept is what the engine keeps of a resource.
type kept struct {
	ID     string `json:"id"`
	Inputs any    `json:"inputs"`
	State  any    `json:"state"`
}

// secretMark is the key of a secret value in a snapshot.
const secretMark = "$secret"

// asPlain is a property value as JSON has it, its texts as places has them.
func asPlain(v property.Value, places *strings.Replacer) any {
	if v.Secret() {
		return map[string]any{secretMark: asPlain(v.WithSecret(false), places)}
	}
	switch {
	case v.IsMap():
		m := map[string]any{}
		for key, child := range v.AsMap().All {
			m[key] = asPlain(child, places)
		}
		return m
	case v.IsArray():
		all := []any{}
		for _, child := range v.AsArray().All {
			all = append(all, asPlain(child, places))
		}
		return all
	case v.IsString():
		return places.Replace(v.AsString())
	case v.IsNumber():
		return v.AsNumber()
	case v.IsBool():
		return v.AsBool()
	}
	return nil
}

// fromPlain is the inverse of asPlain.
func fromPlain(v any, places *strings.Replacer) property.Value {
	switch v := v.(type) {
	case map[string]any:
		if hidden, secret := v[secretMark]; secret {
			return fromPlain(hidden, places).WithSecret(true)
		}
		m := map[string]property.Value{}
		for key, child := range v {
			m[key] = fromPlain(child, places)
		}
		return property.New(m)
	case []any:
		all := []property.Value{}
		for _, child := range v {
			all = append(all, fromPlain(child, places))
		}
		return property.New(all)
	case string:
		return property.New(places.Replace(v))
	case float64:
		return property.New(v)
	case bool:
		return property.New(v)
	}
	return property.New(property.Null)
}

// chosen are the outputs that the service chooses otherwise at every run.
var chosen = map[string][]string{
	"MachineToken": {"value", "tokenId"}, "Environment": {"etag", "serviceDefinition"}, "OidcIssuer": {"issuerId"},
}

// places are the texts that differ from run to run, each with the place that stands for it in a snapshot.
func placesOf(w resourcetest.World, e *resourcetest.Engine, kind string) [][2]string {
	places := [][2]string{{w.URL, "<sandbox>"}, {resourcetest.Password, "<password>"}}
	for _, name := range chosen[kind] {
		if value := e.State.Get(name); value.IsString() && value.AsString() != "" {
			places = append([][2]string{{value.AsString(), "<" + name + ">"}}, places...)
		}
	}
	return places
}

func replacer(places [][2]string, from, to int) *strings.Replacer {
	var pairs []string
	for _, place := range places {
		pairs = append(pairs, place[from], place[to])
	}
	return strings.NewReplacer(pairs...)
}

func snapshotText(t *testing.T, e *resourcetest.Engine, places [][2]string) string {
	t.Helper()
	var text strings.Builder
	encoder, replace := json.NewEncoder(&text), replacer(places, 0, 1)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(kept{
		ID: replace.Replace(e.ID), Inputs: asPlain(property.New(e.Inputs), replace), State: asPlain(property.New(e.State), replace),
	}))
	return text.String()
}

const settledEstate = resourcetest.Granted + `
settings:
  defaultStackPermission: write
`

// TestStateThatWasWrittenBeforeIsReadWithoutADiff holds the form of the state: what an earlier version of the provider wrote, under
// testdata/state, is what this one writes, and what it compares and reads without a difference.
func TestStateThatWasWrittenBeforeIsReadWithoutADiff(t *testing.T) {
	t.Parallel()
	for kind, program := range map[string]func(w resourcetest.World) map[string]any{
		"PermissionSet": func(resourcetest.World) map[string]any {
			return map[string]any{"name": "look", "description": "Looks.", "entityType": "stack", "scopes": []string{"stack:read", "stack:export"}}
		},
		"ApprovalGate": func(resourcetest.World) map[string]any {
			return map[string]any{
				"project": "payments", "environment": "prod", "action": "update", "requesters": []string{"di"},
				"approvers": map[string]any{"users": []string{"bo", "cy"}, "permission": "environment:write"},
			}
		},
		"OidcIssuer": func(w resourcetest.World) map[string]any {
			return resourcetest.IssuerInputs(w, resourcetest.Policies(resourcetest.TeamPolicy(resourcetest.MainBranch)))
		},
		"StackOwner": func(resourcetest.World) map[string]any {
			return resourcetest.OwnerInputs(map[string]any{"owner": "cy", "keep": []string{"bo"}})
		},
		"EnvironmentOwner": func(resourcetest.World) map[string]any {
			return map[string]any{"project": "payments", "environment": "prod", "owner": "cy", "keep": []string{"bo", "cy"}}
		},
		"MachineToken": func(resourcetest.World) map[string]any {
			return resourcetest.TokenInputs(map[string]any{"description": "Builds payments.", "gracePeriod": "1d"})
		},
		"OrganizationSettings": func(resourcetest.World) map[string]any {
			return map[string]any{"defaultStackPermission": "read", "maxAccessTokenExpiry": "90d", "allow": []string{"lockOut"}}
		},
		"Role": func(resourcetest.World) map[string]any {
			return resourcetest.RoleInputs(resourcetest.StackRules(resourcetest.OnStack("payments", "dev", "write")), map[string]any{"description": "Pays."})
		},
		"DeploymentRole": func(w resourcetest.World) map[string]any {
			return resourcetest.DevDeployment(map[string]any{"roleId": w.RoleID("developer"), "oidc": resourcetest.AWSLogin(map[string]any{"sessionName": "pulumi", "duration": "60m"})})
		},
		"Team": func(resourcetest.World) map[string]any {
			return map[string]any{"name": "web", "description": "Builds.", "members": []string{"bo", "cy"}, "admins": []string{"di"}}
		},
		"TeamMembers": func(resourcetest.World) map[string]any {
			return map[string]any{"team": "payments", "members": []string{"bo", "cy"}}
		},
		"TeamAccess": func(w resourcetest.World) map[string]any {
			return map[string]any{"team": "payments", "roleIds": []string{w.RoleID("developer")}, "stacks": []any{resourcetest.OnStack("payments", "dev", "read")}}
		},
		"EntityAccess": func(resourcetest.World) map[string]any {
			return map[string]any{
				"environment": map[string]any{"project": "payments", "environment": "prod"},
				"users":       []any{map[string]any{"user": "bo", "permission": "read"}},
				"teams":       []any{map[string]any{"team": "payments", "permission": "open", "maxOpenDuration": "60m"}},
			}
		},
		"Environment": func(resourcetest.World) map[string]any {
			return map[string]any{
				"project": "payments", "name": "new", "definition": resourcetest.SecretDefinition, "tags": map[string]any{"team": "payments"}, "deletionProtected": false,
			}
		},
		"AccessInvariant": func(resourcetest.World) map[string]any {
			return map[string]any{
				"scope": "environment:open", "environments": []string{"payments/prod"}, "onViolation": "warn",
				"allowed": map[string]any{"users": []string{"bo"}, "roles": []string{"Admin"}},
			}
		},
		"LoginTransition": func(resourcetest.World) map[string]any {
			return resourcetest.ProdEnvironment(map[string]any{
				"definition": "cabcf8c8a11c9596e19cc4a5515b786d32d7d7b8d06d9b762f1dc0b4d262b1d4",
				"needs": map[string]any{
					"aws.login": `{"fn::open::aws-login":{"oidc":{"duration":"1h","subjectAttributes":["root"]}}}`,
					"aws.secrets": `{"fn::open::aws-secrets":{"get":{"a":{"secretId":"app/a"}},` +
						`"login":"${aws.login}","region":"eu-west-1"}}`,
				},
				"subjects":    []string{"root:payments/prod"},
				"awsReads":    `{"Partition":"","Account":"","Secrets":{"Region":"eu-west-1","IDs":{"a":"app/a"},"KMSKeys":null},"Parameters":null}`,
				"identities":  map[string]any{"aws.create": "true", "aws.roleName": "reader"},
				"audiences":   map[string]any{"aws": "aws:acme"},
				"permissions": map[string]any{"aws.managedPolicyArns": map[string]any{}},
			})
		},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.NewAt(t, settledEstate, resourcetest.NewClock().Now)
			e := w.Resource(kind)
			inputs := program(w)
			require.NoError(t, e.Up(inputs))
			path := filepath.Join("testdata", "state", kind+".json")
			if *updateSnapshots {
				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
				require.NoError(t, os.WriteFile(path, []byte(snapshotText(t, e, placesOf(w, e, kind))), 0o600))
			}
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, string(text), snapshotText(t, e, placesOf(w, e, kind)), "the state is written as it was before")

			var before kept
			require.NoError(t, json.Unmarshal(text, &before))
			back := replacer(placesOf(w, e, kind), 1, 0)
			e.ID, e.Inputs, e.State = back.Replace(before.ID), fromPlain(before.Inputs, back).AsMap(), fromPlain(before.State, back).AsMap()
			e.Settled(inputs)
			require.NoError(t, e.Refresh())
			assert.Equal(t, string(text), snapshotText(t, e, placesOf(w, e, kind)), "a refresh reads the state as it was")
			e.Settled(inputs)
			if kind != "MachineToken" && kind != "LoginTransition" && kind != "AccessInvariant" { // cannot be imported
				require.NoError(t, w.Resource(kind).Adopt(e.ID))
			}
		})
	}
}
