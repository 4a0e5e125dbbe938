package resources_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// The law of what is put back: a destroy restores what was there before where the value still is what the resource wrote, and
// leaves what somebody else has made of it since, refreshed or not.
func TestOrganizationSettingsPutBackTheirOwnAlone(t *testing.T) {
	t.Parallel()
	levels := map[string]int{"none": 0, "read": 101, "write": 102}
	names := []string{"none", "read", "write"}
	rapid.Check(t, func(rt *rapid.T) {
		w := resourcetest.New(t, resourcetest.People)
		before := rapid.SampledFrom(names).Draw(rt, "before")
		ours := rapid.SampledFrom(names).Draw(rt, "ours")
		later := rapid.SampledFrom(names).Draw(rt, "later")
		w.Change(resourcetest.Tree{"setDefaultStackPermission": levels[before]})
		e := w.Resource("OrganizationSettings")
		require.NoError(rt, e.Up(map[string]any{"defaultStackPermission": ours}))
		w.Change(resourcetest.Tree{"setDefaultStackPermission": levels[later]})
		if rapid.Bool().Draw(rt, "refreshed") {
			require.NoError(rt, e.Refresh())
		}
		want := later
		if later == ours {
			want = before
		}
		if rapid.Bool().Draw(rt, "released first") {
			require.NoError(rt, e.Up(map[string]any{"membersCanCreateTeams": true}))
		}
		require.NoError(rt, e.Destroy())
		require.InDelta(rt, levels[want], w.Metadata()["defaultStackPermission"], 0, "before %s, ours %s, later %s", before, ours, later)
		require.Equal(rt, later != ours && later != before, strings.Contains(e.Said(), "somebody else has changed it"))
	})
}

// A release that fails in an outage is not forgotten, however often it fails.
func TestOrganizationSettingsRememberWhatIsNotRestored(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]servertest.Fault{
		"before": {Match: resourcetest.PatchOrganizationRoute, Reset: "before", Times: 50},
		"after":  {Match: resourcetest.PatchOrganizationRoute, Reset: "after", Times: 50},
		"status": {Match: resourcetest.PatchOrganizationRoute, Status: 503, Times: 50},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, resourcetest.OpenDefaults)
			before := string(w.State())
			e := w.Resource("OrganizationSettings")
			require.NoError(t, e.Up(map[string]any{"defaultStackPermission": "none", "membersCanCreateTeams": false}))
			w.Fault(fault)
			released := map[string]any{"membersCanCreateTeams": false}
			require.Error(t, e.Up(released))
			assert.Equal(t, "write", e.State.Get("previous").AsMap().Get("defaultStackPermission").AsString())
			assert.True(t, e.Diff(released).HasChanges, "the next update goes on")
			if name != "after" { // what landed reads back restored, and is done
				require.Error(t, e.Up(released))
				assert.Equal(t, "write", e.State.Get("previous").AsMap().Get("defaultStackPermission").AsString())
			}
			w.Call(w.Token, "DELETE", "/_sandbox/faults", nil)
			require.NoError(t, e.Destroy())
			assert.Equal(t, before, string(w.State()))
		})
	}
}

// Two baselines on one organization: each puts back its own alone, in whatever order they go.
func TestTwoOrganizationSettings(t *testing.T) {
	t.Parallel()
	for _, firstGoesFirst := range []bool{true, false} {
		t.Run(fmt.Sprint(firstGoesFirst), func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, resourcetest.OpenDefaults)
			first, second := w.Resource("OrganizationSettings"), w.Resource("OrganizationSettings")
			require.NoError(t, first.Up(map[string]any{"defaultStackPermission": "none"}))
			_, err := second.Preview(map[string]any{"defaultStackPermission": "read"})
			require.NoError(t, err)
			assert.Contains(t, second.Said(), "defaultStackPermission is none, and would be read", "whose value it is")
			require.NoError(t, second.Up(map[string]any{"defaultStackPermission": "read"}))
			if firstGoesFirst {
				require.NoError(t, first.Destroy())
				assert.InDelta(t, 101, w.Metadata()["defaultStackPermission"], 0, "the second one's stands")
				require.NoError(t, second.Destroy())
				assert.InDelta(t, 0, w.Metadata()["defaultStackPermission"], 0, "as the second one found it")
				return
			}
			require.NoError(t, second.Destroy())
			require.NoError(t, first.Destroy())
			assert.InDelta(t, 102, w.Metadata()["defaultStackPermission"], 0)
		})
	}
}

// With onForeign error nothing of others is replaced: the preview says what, and the update refuses as well.
func TestOnForeignRefuses(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.OpenDefaults)
	theirs := w.AddRole("theirs", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	ours := w.AddRole("ours", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	w.Change(resourcetest.Tree{"setDefaultDeploymentRoleId": theirs})
	w.Configure(resourcetest.Tree{"operationContext": resourcetest.Tree{"role": resourcetest.Tree{"id": theirs}}})
	for kind, test := range map[string]struct {
		inputs, same map[string]any
		says         string
	}{
		"OrganizationSettings": {
			map[string]any{"defaultDeploymentRoleId": ours, "onForeign": "error"},
			map[string]any{"defaultDeploymentRoleId": theirs, "onForeign": "error"},
			`defaultDeploymentRoleId is the role "theirs" (` + theirs + `)`,
		},
		"DeploymentRole": {
			resourcetest.DevDeployment(map[string]any{"roleId": ours, "onForeign": "error"}),
			resourcetest.DevDeployment(map[string]any{"roleId": theirs, "onForeign": "error"}),
			`the role "theirs" (` + theirs + `)`,
		},
	} {
		before := string(w.State())
		e := w.Resource(kind)
		_, err := e.Preview(test.inputs)
		require.ErrorContains(t, err, test.says, kind)
		require.ErrorContains(t, e.Up(test.inputs), "refused by onForeign", kind)
		assert.Empty(t, e.ID, "nothing was done")
		assert.Equal(t, before, string(w.State()), kind)

		// What this resource wrote is its own; what somebody sets since is not.
		require.NoError(t, e.Up(test.same), kind)
		require.NoError(t, e.Up(test.inputs), "%s: what is the same as it wrote counts as its own", kind)
		if kind == "OrganizationSettings" {
			w.Change(resourcetest.Tree{"setDefaultDeploymentRoleId": theirs})
		} else {
			w.Configure(resourcetest.Tree{"operationContext": resourcetest.Tree{"role": resourcetest.Tree{"id": theirs}}})
		}
		require.NoError(t, e.Refresh())
		_, err = e.Preview(test.inputs)
		require.ErrorContains(t, err, "refused by onForeign", kind)
		require.ErrorContains(t, e.Up(test.inputs), "refused by onForeign", kind)
		test.inputs["onForeign"] = "ask"
		assert.Contains(t, e.Failures(test.inputs)["onForeign"], "warn, error")
	}
}

// The law for deployment settings, by parts: the role and each cloud's login go back to what they were where they still are what
// the resource wrote. What it found that was the same as it wrote is not what was there before.
func TestDeploymentRolePutsBackItsOwnAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := resourcetest.New(t, resourcetest.Estate)
		roles := map[string]string{"": ""}
		for _, name := range []string{"a", "b"} {
			roles[name] = w.AddRole(name, resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
		}
		set := func(role, login string) {
			operation := resourcetest.Tree{"role": nil, "oidc": resourcetest.Tree{"aws": nil}}
			if role != "" {
				operation["role"] = resourcetest.Tree{"id": roles[role]}
			}
			if login != "" {
				operation["oidc"] = resourcetest.Tree{"aws": resourcetest.Tree{"roleArn": resourcetest.DeployARN + login, "sessionName": "payments-dev"}}
			}
			w.Configure(resourcetest.Tree{"operationContext": operation})
		}
		draw := func(what string) (role, login string) {
			return rapid.SampledFrom([]string{"", "a", "b"}).Draw(rt, "role "+what), rapid.SampledFrom([]string{"", "-x", "-y"}).Draw(rt, "login "+what)
		}
		beforeRole, beforeLogin := draw("before")
		role, login := draw("of ours")
		if beforeRole+beforeLogin != "" {
			set(beforeRole, beforeLogin)
		}
		inputs := map[string]any{}
		if role != "" {
			inputs["roleId"] = roles[role]
		}
		if login != "" {
			inputs["oidc"] = map[string]any{"aws": map[string]any{"roleArn": resourcetest.DeployARN + login}}
		}
		e := w.Resource("DeploymentRole")
		require.NoError(rt, e.Up(resourcetest.DevDeployment(inputs)))
		laterRole, laterLogin := role, login
		if rapid.Bool().Draw(rt, "changed since") {
			laterRole, laterLogin = draw("later")
			set(laterRole, laterLogin)
		}
		if rapid.Bool().Draw(rt, "refreshed") {
			require.NoError(rt, e.Refresh())
		}
		require.NoError(rt, e.Destroy())
		want := func(before, ours, later string) string {
			switch {
			case later != ours:
				return later
			case before == ours:
				return ""
			}
			return before
		}
		wantRole, wantLogin := want(beforeRole, role, laterRole), want(beforeLogin, login, laterLogin)
		got := resourcetest.DeploymentSettings(w)
		for name, id := range roles {
			require.Equal(rt, name != "" && name == wantRole, id != "" && strings.Contains(got, id), "role %q in %s", name, got)
		}
		for _, name := range []string{"-x", "-y"} {
			require.Equal(rt, name == wantLogin, strings.Contains(got, resourcetest.DeployARN+name), "login %q in %s", name, got)
		}
	})
}

// A program that lost its state and is applied again over its own earlier values can still be destroyed, with its role.
func TestDeploymentRoleOverItsOwnEarlierValue(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	role := w.AddRole("deployer", resourcetest.Group(resourcetest.Allow("audit_logs:read"))).ID
	inputs := resourcetest.DevDeployment(map[string]any{"roleId": role, "oidc": resourcetest.AWSLogin(nil)})
	require.NoError(t, w.Resource("DeploymentRole").Up(inputs)) // its state is lost
	e := w.Resource("DeploymentRole")
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, "{existed: false}", resourcetest.Show(e.State.Get("previous")))
	require.NoError(t, e.Destroy())
	assert.Empty(t, resourcetest.DeploymentSettings(w))
	w.Admin("DELETE", resourcetest.RolesPath+"/"+role, nil)
}
