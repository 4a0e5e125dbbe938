package organizationsettings_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// levels are the defaults that a program may declare of each kind.
var levels = map[string][]string{
	"defaultStackPermission": {"none", "read", "write"}, "defaultEnvironmentPermission": {"none", "read", "open", "write"},
	"defaultAccountPermission": {"none", "read", "write"},
}

// drawSettings draws a program: each setting is given or not.
func drawSettings(t *rapid.T, w resourcetest.World) object {
	drawn := object{"membersCanCreateStacks": rapid.Bool().Draw(t, "create")}
	given := func(property string) bool { return rapid.IntRange(0, 3).Draw(t, property) > 0 }
	for property, all := range levels {
		if given(property) {
			drawn[property] = rapid.SampledFrom(all).Draw(t, "level")
		}
	}
	if given("membersCanDeleteStacks") {
		drawn["membersCanDeleteStacks"] = rapid.Bool().Draw(t, "delete")
	}
	if given("defaultRoleId") {
		drawn["defaultRoleId"] = w.RoleID(rapid.SampledFrom([]string{"Reader", "Builder", "Maintainer", "Member", "nothing"}).Draw(t, "role"))
	}
	if given("permissionMode") {
		drawn["permissionMode"] = rapid.SampledFrom([]string{"permissive", "restricted"}).Draw(t, "mode")
	}
	return drawn
}

type object = map[string]any

// tried is what tokens may do, as the sandbox decides: those of the team and of the organization live on the defaults, too.
func tried(w resourcetest.World, tokens []string) map[string]bool {
	can := map[string]bool{}
	for i, token := range tokens {
		for _, path := range []string{"/api/stacks/acme/payments/dev", "/api/stacks/acme/payments/dev/export", "/api/esc/environments/acme/payments/prod"} {
			status, _ := w.Call(token, http.MethodGet, path, nil)
			can[strconv.Itoa(i)+" "+path] = status == http.StatusOK
		}
	}
	return can
}

// At no moment of an update or a destroy, whether it fails or not, may anybody do what they may do neither before nor after: what narrows goes
// before the default role, and what widens after it.
func TestNobodyMayDoMoreInBetween(t *testing.T) {
	t.Parallel()
	sandbox := servertest.Start(t, server.Options{Seed: []byte(followersSeed + "teams:\n  - {name: web, members: [bo]}\n")})
	w, watcher := resourcetest.On(t, sandbox), servertest.NewWatcher(nil)
	tokens := []string{
		w.TokenFor(servertest.Identity{Team: "web"}), w.TokenFor(servertest.Identity{Organization: true}),
	}
	empty := w.History()
	rapid.Check(t, func(t *rapid.T) {
		watcher.After(nil)
		watcher.FailAt(0, servertest.Refused, false)
		w.Restore(empty)
		e := w.Through(w.T.Context(), &http.Client{Transport: watcher}, w.Token, "OrganizationSettings")
		allow := object{"allow": []string{"loosenDefaults"}}
		first, second := drawSettings(t, w), drawSettings(t, w)
		first["allow"], second["allow"] = allow["allow"], allow["allow"]
		if err := e.Up(first); err != nil {
			require.ErrorContains(t, err, "restricted", "what the service refuses of a drawn program is a broad default role")
		}
		act := func() error { return e.Up(second) }
		if e.ID != "" && rapid.Bool().Draw(t, "destroy") {
			act = func() error { return e.Destroy() }
		}
		id, inputs, state, saved := e.ID, e.Inputs, e.State, w.History()
		before, couldBefore := w.Holdings(), tried(w, tokens)
		watcher.FailAt(0, servertest.Refused, false)
		whole := act()
		after, canAfter, writes := w.Holdings(), tried(w, tokens), len(watcher.Writes())

		e.ID, e.Inputs, e.State = id, inputs, state
		w.Restore(saved)
		failAt := rapid.IntRange(0, writes).Draw(t, "fail at")
		watcher.FailAt(failAt, rapid.SampledFrom(servertest.Failures).Draw(t, "how"), rapid.Bool().Draw(t, "outage"))
		watcher.After(func(write servertest.Write) {
			require.Empty(t, w.Holdings().Beyond(before, after), "after %s of %v to %v", write, first, second)
			for what, can := range tried(w, tokens) {
				require.True(t, !can || couldBefore[what] || canAfter[what], "%s after %s of %v to %v", what, write, first, second)
			}
		})
		err := act()
		if failAt == 0 {
			require.Equal(t, whole == nil, err == nil)
		}
	})
}
