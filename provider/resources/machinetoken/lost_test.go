package machinetoken_test

import (
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// made is a token that the same caller made beside the resource of the test.
type made struct {
	name        string // "" is ci-1
	description string
	days        int // of its life; 0 is as long as the resource's
	role        string
	admin, used bool
}

// make makes it where the resource of the test makes its tokens, and returns its value.
func (m made) make(w resourcetest.World, at *resourcetest.Clock, path string) string {
	w.T.Helper()
	if m.name == "" {
		m.name = "ci-1"
	}
	if m.days == 0 {
		m.days = 30
	}
	body := map[string]any{"name": m.name, "description": m.description, "expires": at.Now().AddDate(0, 0, m.days).Unix() - 60}
	if path == orgTokensPath {
		body["admin"], body["roleID"] = m.admin, m.role
	}
	var answer struct {
		Value string `json:"tokenValue"`
	}
	require.NoError(w.T, json.Unmarshal(w.Admin("POST", path, body), &answer))
	if m.used {
		require.True(w.T, accepted(w, answer.Value))
	}
	return answer.Value
}

const orgTokensPath = "/api/orgs/acme/tokens"

// A token that anything tells apart from one that the resource made stays, whether the name is taken from the start or an answer is lost.
func TestTokensOfOthersAreKept(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		path string
		made
	}{
		"was used":              {teamTokensPath, made{used: true}},
		"lives longer":          {teamTokensPath, made{days: 60}},
		"has a description":     {teamTokensPath, made{description: "Builds payments."}},
		"has another role":      {orgTokensPath, made{role: "other"}},
		"has no role":           {orgTokensPath, made{}},
		"is an administrator's": {orgTokensPath, made{admin: true}},
	} {
		for fault, answers := range map[string][]servertest.Fault{
			"the name is taken":                   nil,
			"a gateway answers the create":        {{Status: 504}},
			"a gateway answers its second try":    {{Status: 504, Times: 2}},
			"the create fails within the service": {{Status: 500}},
		} {
			t.Run(name+"/"+fault, func(t *testing.T) {
				t.Parallel()
				at := resourcetest.NewClock()
				w := resourcetest.NewAt(t, resourcetest.WithTeam, at.Now)
				inputs, route := resourcetest.TokenInputs(), makeTeamTokenRoute
				if test.path == orgTokensPath {
					role := w.AddRole("auditor", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
					other := w.AddRole("other", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
					if test.role != "" {
						test.role = other
					}
					inputs, route = resourcetest.TokenInputs(map[string]any{"team": nil, "roleId": role}), makeOrgTokenRoute
				}
				value := test.make(w, at, test.path)
				for _, answer := range answers {
					answer.Match = route
					w.Fault(answer)
				}
				e := w.Resource("MachineToken")
				if err := e.Up(inputs); err != nil {
					require.NoError(t, e.Up(inputs))
				}
				assert.Equal(t, []string{"ci-1", "ci-2"}, alive(w, test.path))
				assert.True(t, accepted(w, value), "the token of others works")
				assert.True(t, accepted(w, tokenValue(e)))
			})
		}
	}
}

// What an interrupted run has made is deleted, under whichever generation.
func TestLostTokensAreDeleted(t *testing.T) {
	t.Parallel()
	at := resourcetest.NewClock()
	w := resourcetest.NewAt(t, resourcetest.WithTeam, at.Now)
	lost := []string{made{}.make(w, at, teamTokensPath), made{name: "ci-2"}.make(w, at, teamTokensPath)}
	e := w.Resource("MachineToken")
	require.NoError(t, e.Up(resourcetest.TokenInputs()))
	assert.Equal(t, []string{"ci-4"}, alive(w, teamTokensPath))
	assert.Contains(t, e.Said(), `deleted token "ci-1", which an interrupted run had made`)
	for _, value := range lost {
		assert.False(t, accepted(w, value))
	}
}

// A replacement is made before the old resource is deleted: until then, the old token works.
func TestReplacementKeepsTheTokenBefore(t *testing.T) {
	t.Parallel()
	at := resourcetest.NewClock()
	w := resourcetest.NewAt(t, resourcetest.Estate, at.Now)
	role := func(name string) string {
		return w.AddRole(name, resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	}
	e := w.Resource("MachineToken")
	require.NoError(t, e.Up(resourcetest.TokenInputs(map[string]any{"team": nil, "roleId": role("before")})))
	next := e.Another()
	require.NoError(t, next.Up(resourcetest.TokenInputs(map[string]any{"team": nil, "roleId": role("after")})))
	assert.Equal(t, []string{"ci-1", "ci-2"}, alive(w, orgTokensPath))
	assert.True(t, accepted(w, tokenValue(e)))
}

// Nothing would tell the tokens of two such resources apart, so that one could take the other's for a lost one.
func TestTwoResourcesOfTheSameTokensAreRefused(t *testing.T) {
	t.Parallel()
	e := resourcetest.New(t, resourcetest.WithTeam).Resource("MachineToken")
	require.Empty(t, e.Failures(resourcetest.TokenInputs()))
	require.Empty(t, e.Failures(resourcetest.TokenInputs()), "the same resource once more, as for a replacement")
	twin := e.Another()
	twin.URN = resource.NewURN("test", e.URN.Project(), "", e.URN.Type(), "twin")
	assert.Contains(t, twin.Failures(resourcetest.TokenInputs())["name"], string(e.URN))
	assert.Contains(t, twin.Failures(resourcetest.TokenInputs(map[string]any{"expiresIn": "720h", "rotateBefore": "8d"}))["name"], string(e.URN),
		"the same life in other words")
	for property, value := range map[string]any{"name": "cd", "team": "platform", "description": "Another one.", "expiresIn": "31d"} {
		assert.Empty(t, twin.Failures(resourcetest.TokenInputs(map[string]any{property: value})), property)
	}
	assert.Empty(t, twin.Failures(resourcetest.TokenInputs(map[string]any{"name": resourcetest.Unknown})), "what is not known yet is checked when it is known")
}
