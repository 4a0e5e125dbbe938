package preview_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/preview"
)

// printed is a preview of some steps.
func printed(t require.TestingT, steps ...object) []byte {
	text, err := json.Marshal(object{"steps": steps, "changeSummary": object{"create": len(steps)}})
	require.NoError(t, err)
	return text
}

// one is a step; before and after are the inputs, nil for none.
func one(op, kind, name string, before, after object) object {
	urn := "urn:pulumi:dev::app::" + kind + "::" + name
	step := object{"op": op, "urn": urn}
	if before != nil {
		step["oldState"] = object{"urn": urn, "type": kind, "custom": true, "id": "id", "inputs": before, "outputs": before}
	}
	if after != nil {
		step["newState"] = object{"urn": urn, "type": kind, "custom": true, "inputs": after}
	}
	return step
}

func applied(t require.TestingT, o graph.Organization, steps ...object) preview.Result {
	parsed, err := preview.Parse(printed(t, steps...))
	require.NoError(t, err)
	result := parsed.Apply(o, time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC))
	return result
}

// call is what a resource of pulumiservice does with the API.
type call struct {
	method, path string
	body         any
}

const issuerURL = "https://token.actions.githubusercontent.com"

// What is told of pulumiservice is what the service makes of the calls that its resources make.
func TestServiceResourcesAreToldAsTheServiceDoes(t *testing.T) {
	t.Parallel()
	stack := func(permission int) object {
		return object{"organization": "acme", "team": "guests", "project": "payments", "stack": "prod", "permission": permission}
	}
	onStack := func(permission int) call {
		return call{http.MethodPatch, "/api/orgs/acme/teams/guests", object{"addStackPermission": object{"projectName": "payments", "stackName": "prod", "permission": permission}}}
	}
	environment := func(permission string) object {
		return object{"organization": "acme", "team": "guests", "project": "payments", "environment": "prod", "permission": permission}
	}
	onEnvironment := func(permission string) call {
		return call{http.MethodPatch, "/api/orgs/acme/teams/guests", object{"addEnvironmentPermission": object{"projectName": "payments", "envName": "prod", "permission": permission}}}
	}
	tag := object{"organization": "acme", "project": "payments", "stack": "prod", "name": "tier", "value": "gold"}
	for name, one := range map[string]struct {
		given []call
		steps []object
		does  []call
	}{
		"grant on a stack":        {nil, []object{one("create", "pulumiservice:index:TeamStackPermission", "x", nil, stack(102))}, []call{onStack(102)}},
		"more on a stack":         {[]call{onStack(101)}, []object{one("update", "pulumiservice:index:TeamStackPermission", "x", stack(101), stack(103))}, []call{onStack(103)}},
		"grant on an environment": {nil, []object{one("create", "pulumiservice:index:TeamEnvironmentPermission", "x", nil, environment("open"))}, []call{onEnvironment("open")}},
		"less on an environment":  {[]call{onEnvironment("write")}, []object{one("update", "pulumiservice:index:TeamEnvironmentPermission", "x", environment("write"), environment("read"))}, []call{onEnvironment("read")}},
		"replaced, of another team": {[]call{onEnvironment("write")}, []object{
			one("create-replacement", "pulumiservice:index:TeamEnvironmentPermission", "x", nil, object{"organization": "acme", "team": "oncall", "project": "payments", "environment": "prod", "permission": "open"}),
			one("replace", "pulumiservice:index:TeamEnvironmentPermission", "x", environment("write"), environment("write")),
			one("delete-replaced", "pulumiservice:index:TeamEnvironmentPermission", "x", environment("write"), nil),
		}, []call{
			{http.MethodPatch, "/api/orgs/acme/teams/oncall", object{"addEnvironmentPermission": object{"projectName": "payments", "envName": "prod", "permission": "open"}}},
			{http.MethodPatch, "/api/orgs/acme/teams/guests", object{"removeEnvironment": object{"projectName": "payments", "envName": "prod"}}},
		}},
		"members of a team": {[]call{onEnvironment("write")}, []object{one("update", "pulumiservice:index:Team", "guests",
			object{"organizationName": "acme", "name": "guests", "teamType": "pulumi", "members": []any{"cy"}},
			object{"organizationName": "acme", "name": "guests", "teamType": "pulumi", "members": []any{"cy", "di"}})},
			[]call{{http.MethodPatch, "/api/orgs/acme/teams/guests", object{"memberAction": "add", "member": "di"}}}},
		"deleted team": {[]call{onEnvironment("write")}, []object{one("delete", "pulumiservice:index:Team", "guests",
			object{"organizationName": "acme", "name": "guests", "teamType": "pulumi", "members": []any{"cy"}}, nil)},
			[]call{{http.MethodDelete, "/api/orgs/acme/teams/guests", nil}}},
		"tag of a stack": {nil, []object{one("create", "pulumiservice:index:StackTag", "x", nil, tag)}, []call{{http.MethodPost, "/api/stacks/acme/payments/prod/tags", object{"name": "tier", "value": "gold"}}}},
		"token of a team": {nil, []object{one("create", "pulumiservice:index:TeamAccessToken", "x", nil, object{"organizationName": "acme", "teamName": "oncall", "name": "robot"})},
			[]call{{http.MethodPost, "/api/orgs/acme/teams/oncall/tokens", object{"name": "robot", "description": "", "expires": 0}}}},
		"token of an administrator": {nil, []object{one("create", "pulumiservice:index:OrgAccessToken", "x", nil, object{"organizationName": "acme", "name": "robot", "admin": true})},
			[]call{{http.MethodPost, "/api/orgs/acme/tokens", object{"name": "robot", "description": "", "admin": true, "expires": 0}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			do := func(calls []call) {
				for _, c := range calls {
					status, said := w.Call(w.Token, c.method, c.path, c.body)
					require.Less(t, status, 300, "%s %s: %s", c.method, c.path, said)
				}
			}
			do(one.given)
			before := w.whole(t)
			result := applied(t, before, one.steps...)
			do(one.does)
			assert.Empty(t, result.Unknown)
			want := texts(before, w.whole(t))
			assert.Equal(t, want, texts(before, result.Organization))
			if name != "tag of a stack" { // no rule asks for it
				assert.NotEmpty(t, want)
			}
		})
	}
}

// What cannot be told is named, and nothing of it is taken for no change.
func TestWhatCannotBeToldIsNamed(t *testing.T) {
	t.Parallel()
	w := start(t)
	before := w.whole(t)
	const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
	team := object{"organizationName": "acme", "name": "guests", "teamType": "pulumi", "members": unknown}
	for name, step := range map[string]object{
		"operation":            one("transmogrify", "leastprivilege:index:Team", "x", object{"organization": "acme"}, object{"organization": "acme", "name": "guests"}),
		"resource of ours":     one("create", "leastprivilege:index:Newer", "x", nil, object{"organization": "acme"}),
		"resource of theirs":   one("create", "pulumiservice:index:Newer", "x", nil, object{"organization": "acme"}),
		"module of theirs":     one("create", "pulumiservice:api/teams:Team", "x", nil, object{"organization": "acme"}),
		"settings of theirs":   one("create", "pulumiservice:index:DeploymentSettings", "x", nil, object{"organization": "acme"}),
		"unknown members":      one("update", "pulumiservice:index:Team", "guests", team, team),
		"unknown permission":   one("create", "pulumiservice:index:TeamStackPermission", "x", nil, object{"organization": "acme", "team": "guests", "project": "payments", "stack": "prod", "permission": unknown}),
		"unknown organization": one("create", "leastprivilege:index:Team", "x", nil, object{"organization": unknown, "name": "guests", "members": []any{}}),
		"other organization":   one("create", "leastprivilege:index:Team", "x", nil, object{"organization": "other", "name": "guests", "members": []any{}}),
		"unknown team":         one("create", "leastprivilege:index:TeamAccess", "x", nil, object{"organization": "acme", "team": unknown, "roleIds": []any{}}),
		"unknown roles":        one("create", "leastprivilege:index:TeamAccess", "x", nil, object{"organization": "acme", "team": "guests", "roleIds": unknown}),
		"malformed":            one("create", "leastprivilege:index:TeamAccess", "x", nil, object{"organization": "acme", "team": 7, "roleIds": "text"}),
		"policies":             one("create", "pulumiservice:index:OidcIssuer", "x", nil, object{"organization": "acme", "name": "ci", "url": issuerURL, "policies": unknown}),
		"hidden rules":         one("create", "leastprivilege:index:Role", "x", nil, object{"organization": "acme", "name": "r", "access": "[secret]"}),
		"descriptor":           one("create", "pulumiservice:index:OrganizationRole", "x", nil, object{"organizationName": "acme", "name": "r", "permissions": object{"__type": "Newer"}}),
		"code":                 one("create", "command:local:Command", "x", nil, object{"create": "curl ..."}),
		"no state":             {"op": "update", "urn": "urn:pulumi:dev::app::leastprivilege:index:Team::x", "newState": object{"custom": true}},
		"deletion":             one("delete", "leastprivilege:index:EntityAccess", "x", object{"organization": "acme", "environment": "payments/prod"}, nil),
	} {
		assert.NotEmpty(t, applied(t, before, step).Unknown, name)
	}
	for name, step := range map[string]object{
		"same":               one("same", "leastprivilege:index:Team", "x", object{"organization": "acme"}, object{"organization": "acme"}),
		"another provider's": one("create", "aws:s3/bucket:Bucket", "x", nil, object{}),
		"harmless":           one("create", "pulumiservice:index:Webhook", "x", nil, object{}),
	} {
		result := applied(t, before, step)
		assert.Empty(t, result.Unknown, name)
		assert.Empty(t, texts(before, result.Organization), name)
	}
}

// Nothing that a preview holds is in an error or in what is named, but names.
func TestValuesStayInThePreview(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-value"
	for _, text := range []string{
		secret, `{"steps": "` + secret + `"}`, `{"config": {"a": "` + secret + `"}}`, `{"steps": [{"op": "` + secret + `"}]}`,
		`{"steps": [], "diagnostics": [{"severity": "error", "message": "` + secret + `"}]}`, "", "[]", "null", "{}",
	} {
		_, err := preview.Parse([]byte(text))
		require.Error(t, err, text)
		assert.NotContains(t, err.Error(), secret)
	}
	w := start(t)
	before := w.whole(t)
	result := applied(t, before,
		one("create", "leastprivilege:index:Environment", "x", nil, object{"organization": "acme", "project": "p", "name": "e", "definition": secret + ": {fn::open::x: 1}"}),
		one("create", "leastprivilege:index:OidcIssuer", "x", nil, object{"organization": "acme", "name": "ci", "url": issuerURL, "policies": secret}),
		one("create", "pulumiservice:index:TeamStackPermission", "x", nil, object{"organization": "acme", "team": "guests", "project": "payments", "stack": "prod", "permission": secret}))
	said := strings.Join(append(texts(before, result.Organization), fmt.Sprint(result.Unknown)), "\n")
	assert.NotContains(t, said, secret)
	assert.NotEmpty(t, result.Unknown)
}
