package accessinvariant_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// indirectSeed adds a role that writes environments, and a team that can be given one that manages teams.
var indirectSeed = strings.NewReplacer(
	"roles:\n", "roles:\n  - {name: writers, scopes: [\"environment:read\", \"environment:write\"]}\n",
	"organization: acme\n", "organization: acme\nsettings: {membersCanCreateStacks: false}\n", // or every member possibly chooses a deployment role
	"{name: guests, members: [cy]}", "{name: guests, members: [cy]}, {name: leads, members: [di]}",
).Replace(seed)

// manages lets di manage every team.
func (w world) manages() enginetest.Declared {
	return declared("TeamAccess", "leads", object{"team": "leads", "roleIds": []string{w.role("managers")}})
}

func TestWhoCanJoinTheTeamIsAViolationWithIncludeIndirect(t *testing.T) {
	t.Parallel()
	w := startWith(t, indirectSeed)
	w.grant("oncall", "prod")
	direct, indirect := onlyOncall(nil), onlyOncall(object{"includeIndirect": true})
	require.NoError(t, w.Up(direct))
	require.NoError(t, w.Preview(indirect), "nobody else comes to it")
	require.NoError(t, w.Up(indirect), "the input is an update")

	w.Restart()
	require.NoError(t, w.Preview(w.manages(), direct))
	w.Restart()
	err := w.Preview(w.manages(), indirect)
	require.ErrorContains(t, err, "payments/prod: user di: join team oncall, team oncall, grant on the entity: open")
	require.NotContains(t, err.Error(), "user cy")
	w.Restart()
	require.ErrorContains(t, w.Up(w.manages(), indirect), "payments/prod: user di: join team oncall")

	di := w.TokenFor(servertest.Identity{User: "di"})
	require.False(t, w.opens(di, "payments/prod"))
	status, answer := w.Call(di, http.MethodPatch, "/api/orgs/acme/teams/oncall", object{"memberAction": "add", "member": "di"})
	require.Less(t, status, 300, string(answer))
	require.True(t, w.opens(di, "payments/prod"), "the message is true")
	w.Restart()
	require.NoError(t, w.Preview(w.manages(), direct), "members of the team are allowed")
}

// Whoever writes an environment possibly gets others that its openers can open, by an import.
func TestWhoPossiblyComesToItIsAWarning(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, strings.Replace(indirectSeed, "members: [cy]", "members: [cy], role: writers", 1))
	e := w.Resource("AccessInvariant")
	require.NoError(t, e.Up(onlyOncall(object{"includeIndirect": true}).Inputs))
	said := e.Said()
	require.Contains(t, said, "possibly come to hold environment:open there. This does not count as a violation:\n  payments/prod: user cy: ")
	require.NotContains(t, said, "user di")
	require.Zero(t, e.State.Get("violations").AsArray().Len())
}

// A warning keeps the shortest way in the outputs.
func TestOutputsHaveTheShortestWay(t *testing.T) {
	t.Parallel()
	w := startWith(t, indirectSeed)
	w.grant("oncall", "prod")
	w.give("leads", "managers")
	require.NoError(t, w.Up(onlyOncall(object{"includeIndirect": true, "onViolation": "warn"})))
	ways := map[string]string{}
	for _, one := range w.Outputs("AccessInvariant", "prod").Get("violations").AsArray().All {
		ways[one.AsMap().Get("kind").AsString()+" "+one.AsMap().Get("name").AsString()] = one.AsMap().Get("path").AsString()
	}
	require.Equal(t, "join team oncall, team oncall, grant on the entity: open", ways["user di"])
}
