package entityaccess_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// customTeams answers lists of assignments as a service does in which teams hold custom permission sets, which no call grants them: the
// set of a team (by name) stands in place of the one that it was granted.
type customTeams struct{ sets map[string]string }

func (c *customTeams) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || answer.StatusCode != http.StatusOK || !strings.HasSuffix(r.URL.Path, "/assignments/list") {
		return answer, err
	}
	defer answer.Body.Close()
	var list struct {
		Raw  []any            `json:"assignments"`
		Sets []map[string]any `json:"availablePermissionSets"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&list); err != nil {
		return nil, err
	}
	for _, one := range list.Raw {
		if team, ok := one.(map[string]any)["principal"].(map[string]any)["team"].(map[string]any); ok {
			if set := c.sets[team["name"].(string)]; set != "" {
				one.(map[string]any)["permissionSet"] = map[string]any{"id": set, "name": "custom", "resourceType": list.Sets[0]["resourceType"]}
			}
		}
	}
	body, err := json.Marshal(map[string]any{"assignments": list.Raw, "availablePermissionSets": list.Sets})
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer.Header.Del("Content-Length")
	return answer, err
}

// written is what inputs say, in the form of a plain model: `user bo` -> `admin`, `team web` -> `set x for 1h`.
func written(inputs property.Map) map[string]string {
	out := map[string]string{}
	for _, kind := range []string{"user", "team"} {
		axis := inputs.Get(kind + "s")
		if axis.IsNull() {
			continue
		}
		for _, one := range axis.AsArray().All {
			grant := one.AsMap()
			text := ""
			if level := grant.Get("permission"); level.IsString() {
				text = level.AsString()
			}
			if set := grant.Get("permissionSet"); set.IsString() {
				text += "set " + set.AsString()
			}
			if bound := grant.Get("maxOpenDuration"); bound.IsString() {
				text += " for " + bound.AsString()
			}
			out[kind+" "+grant.Get(kind).AsString()] = text
		}
	}
	return out
}

// grantTeam grants a team access on the entity of a kind, as the console does; "" takes it away.
func grantTeam(w resourcetest.World, kind access.EntityKind, team, level, bound string) {
	w.T.Helper()
	switch kind {
	case access.Stack:
		if level == "" {
			w.Admin("PATCH", "/api/orgs/acme/teams/"+team, map[string]any{"removeStack": map[string]any{"projectName": "payments", "stackName": "prod"}})
			return
		}
		number := map[string]int{"read": 101, "write": 102, "admin": 103}[level]
		w.Admin("PATCH", "/api/console/stacks/acme/payments/prod/teams/"+team, map[string]any{"permissions": number})
	case access.Account:
		number := map[string]any{"": nil, "read": 1, "write": 2, "admin": 3}[level]
		w.Admin("PATCH", "/api/preview/insights/acme/accounts/aws/teams/"+team, map[string]any{"permissions": number})
	default:
		on := map[string]any{"projectName": "payments", "envName": "prod"}
		held := false
		for _, g := range w.Team(team).Environments {
			held = held || g.Project == "payments" && g.Environment == "prod"
		}
		if held {
			w.Admin("PATCH", "/api/orgs/acme/teams/"+team, map[string]any{"removeEnvironment": on})
		}
		if level != "" {
			on["permission"] = level
			if bound != "" {
				on["maxOpenDuration"] = bound
			}
			w.Admin("PATCH", "/api/orgs/acme/teams/"+team, map[string]any{"addEnvironmentPermission": on})
		}
	}
}

// The law of imports: whatever people and teams hold, an import changes nothing, says exactly that, and what it read can be kept in a
// program: the check takes it, nothing differs, and an update writes nothing.
func TestWhatAnImportReadsCanBeKept(t *testing.T) {
	t.Parallel()
	ids := map[access.EntityKind]string{
		access.Stack: "acme/stack/payments/prod", access.Environment: "acme/environment/payments/prod", access.Account: "acme/account/aws",
	}
	for kind, id := range ids {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := resourcetest.On(t, servertest.Start(t, serverOptions(kind)))
			transport := &customTeams{}
			e := w.Through(t.Context(), &http.Client{Transport: transport}, w.Token, "EntityAccess")
			custom := setOf(w, kind, "extra")
			rapid.Check(t, func(rt *rapid.T) {
				expected := map[string]string{}
				for _, login := range []string{"bo", "cy", "di"} {
					held := rapid.SampledFrom(append(levelsOf(kind), "set")).Draw(rt, login)
					var set string
					switch {
					case held == "set":
						set = custom
						expected["user "+login] = "set " + custom
					case held != "":
						set = w.SetID(access.SetIdentifier(kind, access.Level(held)))
						expected["user "+login] = held
					}
					setUser(w, kind, login, set)
				}
				transport.sets = map[string]string{}
				for _, name := range []string{"payments", "web"} {
					level := rapid.SampledFrom(levelsOf(kind)).Draw(rt, "team "+name)
					bound := ""
					if kind == access.Environment && level != "" {
						bound = rapid.SampledFrom([]string{"", "30m", "25h", "1m30s"}).Draw(rt, "bound of "+name)
					}
					grantTeam(w, kind, name, level, bound)
					if level == "" {
						continue
					}
					expected["team "+name] = level
					if rapid.Bool().Draw(rt, "custom of "+name) {
						transport.sets[name] = custom
						expected["team "+name] = "set " + custom
					}
					if bound != "" && expected["team "+name] != "read" {
						expected["team "+name] += " for " + map[string]string{"30m": "30m", "25h": "1d1h", "1m30s": "1m30s"}[bound]
					}
				}
				one := e.Another()
				w.Reset()
				require.NoError(rt, one.Adopt(id))
				require.Equal(rt, expected, written(one.Inputs))
				one.Kept()
				require.Empty(rt, w.Writes())
			})
		})
	}
}

// A custom permission set that a team holds can be kept and taken away. One that it does not hold is refused at preview: nothing grants it.
func TestCustomPermissionSetsOfTeams(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	auditors := setNamed(w, "auditors")
	transport := &customTeams{map[string]string{"web": auditors}}
	e := w.Through(t.Context(), &http.Client{Transport: transport}, w.Token, "EntityAccess")
	kept := onStack(map[string]any{"teams": list{map[string]any{"team": "web", "permissionSet": auditors}}})
	require.NoError(t, e.Up(kept))
	assert.Empty(t, w.Writes())
	e.Settled(kept)

	for name, inputs := range map[string]map[string]any{
		"another team": onStack(map[string]any{"teams": list{map[string]any{"team": "payments", "permissionSet": auditors}}}),
		"another set":  onStack(map[string]any{"teams": list{map[string]any{"team": "web", "permissionSet": setNamed(w, "keepers")}}}),
		"no entity": {"stack": map[string]any{"project": "payments", "stack": "new"},
			"teams": list{map[string]any{"team": "web", "permissionSet": auditors}}},
	} {
		_, err := e.Another().Preview(inputs)
		require.ErrorContains(t, err, "teams[0].permissionSet", name)
		require.ErrorContains(t, err, "Use permission, or give the team a Role", name)
	}
	assert.Equal(t, "exactly", exactly(e.Failures(onStack(map[string]any{"teams": list{map[string]any{"team": "web"}}}))["teams[0].permission"]))

	_, err := e.Preview(onStack(map[string]any{"teams": list{}}))
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "team web: permission set \"auditors\"")
	transport.sets = nil
	require.NoError(t, e.Up(onStack(map[string]any{"teams": list{}})))
	assert.NotContains(t, held(w, access.Stack), "team web")
}

func exactly(reason string) string {
	if strings.Contains(reason, "set exactly one of permission and permissionSet") {
		return "exactly"
	}
	return reason
}

// A grant that no program can say leaves its axis out of the import, which says so.
func TestImportLeavesOutWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, estate)
	answer := `{"users":[{"user":{"githubLogin":"di","name":"di","avatarUrl":""},"permission":150}],"stackCreatorUserName":"bo"}`
	w.Fault(servertest.Fault{Match: collaboratorsRoute, Body: &answer, Times: 1})
	e := w.Resource("EntityAccess")
	require.NoError(t, e.Adopt("acme/stack/payments/prod"))
	said := e.Said()
	assert.Contains(t, said, "users are not managed by this import")
	assert.Contains(t, said, "user di: permission 150")
	assert.True(t, e.Inputs.Get("users").IsNull())
	assert.Equal(t, map[string]string{"team web": "write"}, written(e.Inputs))
	e.Kept()
}

// serverOptions are a sandbox with the estate and a custom permission set of a kind of entity.
func serverOptions(kind access.EntityKind) server.Options {
	scope := map[access.EntityKind]string{
		access.Stack: "stack:read", access.Environment: "environment:read", access.Account: "insights_account:read",
	}[kind]
	set := "  - {name: extra, purpose: set, resourceType: " + string(kind) + ", scopes: [\"" + scope + "\"]}\nteams:"
	return server.Options{Seed: []byte(strings.Replace(estate, "teams:", set, 1))}
}

func setOf(w resourcetest.World, kind access.EntityKind, name string) string {
	w.T.Helper()
	found, err := w.Client(w.Token).EntityAssignments(w.T.Context(), "acme", kind, entityID(w, kind))
	require.NoError(w.T, err)
	for _, set := range found.Sets {
		if set.Name == name {
			return set.ID
		}
	}
	w.T.Fatalf("no permission set %s", name)
	return ""
}

func setUser(w resourcetest.World, kind access.EntityKind, login, set string) {
	w.T.Helper()
	client, id := w.Client(w.Token), entityID(w, kind)
	if set == "" {
		require.NoError(w.T, client.Unassign(w.T.Context(), "acme", kind, id, login))
		return
	}
	require.NoError(w.T, client.Assign(w.T.Context(), "acme", kind, id, login, set))
}
