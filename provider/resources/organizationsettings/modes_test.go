package organizationsettings_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const modesSeed = resourcetest.OpenDefaults + `
teams:
  - {name: payments, members: [bo]}
  - {name: web, members: [bo]}
`

func restricted(more ...map[string]any) map[string]any {
	all := map[string]any{"permissionMode": "restricted"}
	for _, inputs := range more {
		for name, value := range inputs {
			all[name] = value
		}
	}
	return all
}

// configure sets the deployment settings of a stack beside the provider.
func configure(w resourcetest.World, stack string, operation resourcetest.Tree) {
	w.T.Helper()
	w.Admin("POST", "/api/stacks/acme/"+stack+"/deployments/settings", resourcetest.Tree{"operationContext": operation})
}

var ownToken = resourcetest.Tree{"PULUMI_ACCESS_TOKEN": resourcetest.Tree{"secret": "pul-hush"}}

// stopping is an organization with one deployment of each kind: without a role, with a token of its own, and with a role.
func stopping(t *testing.T) (w resourcetest.World, role string) {
	t.Helper()
	w = resourcetest.New(t, modesSeed)
	role = w.AddRole("deployer", resourcetest.Group(resourcetest.Allow("stack:create"))).ID
	given := resourcetest.Tree{"id": role}
	configure(w, "payments/dev", resourcetest.Tree{"preRunCommands": []string{"make"}})
	configure(w, "payments/prod", resourcetest.Tree{"role": given, "environmentVariables": ownToken})
	tokenOf(w, "/api/orgs/acme/teams/payments/tokens", resourcetest.Tree{"name": "payments-ci"}, 30)
	tokenOf(w, "/api/orgs/acme/teams/web/tokens", resourcetest.Tree{"name": "web-ci"}, 30)
	tokenOf(w, "/api/orgs/acme/tokens", resourcetest.Tree{"name": "plain"}, 30)
	return w, role
}

const (
	rolelessHeading = "because their stack selects no role"
	tokenHeading    = "because these hold PULUMI_ACCESS_TOKEN"
	defaultsHeading = "these tokens have no longer what members have by default"
)

// A preview and an update name what the restricted mode stops, each under its reason, and what is in no settings.
func TestRestrictedModeNamesWhatStops(t *testing.T) {
	t.Parallel()
	w, _ := stopping(t)
	e := w.Resource("OrganizationSettings")
	w.Reset()
	_, err := e.Preview(restricted())
	require.NoError(t, err)
	assert.Empty(t, w.Writes())
	assert.Equal(t, 3, w.Calls()[resourcetest.GetDeploymentRoute], "one call a stack")
	assert.Equal(t, 2, w.Calls()[resourcetest.TeamTokenRoute], "and one a team")
	check := func(said string) {
		t.Helper()
		assert.Equal(t, []string{"deployments of stack payments/dev"}, under(said, rolelessHeading), "a stack without settings has nothing that starts")
		assert.Equal(t, []string{"deployments of stack payments/prod"}, under(said, tokenHeading))
		assert.Equal(t, []string{`token "payments-ci" of team "payments"`, `token "web-ci" of team "web"`}, under(said, defaultsHeading))
		assert.Contains(t, said, "write on every stack, open on every environment, what the role Member grants")
		assert.Contains(t, said, "started with settings of their own")
		assert.NotContains(t, said, "could not")
		assert.NotContains(t, said, "pul-hush")
	}
	check(e.Said())
	updating := w.Resource("OrganizationSettings")
	require.NoError(t, updating.Up(restricted()))
	check(updating.Said())
	assert.Equal(t, "restricted", w.Metadata()["permissionMode"])
	updating.Settled(restricted())

	// A default role of deployments that comes with it, known or not, is one.
	for _, known := range []bool{true, false} {
		w, role := stopping(t)
		coming := restricted(map[string]any{"defaultDeploymentRoleId": resourcetest.Unknown})
		if known {
			coming = restricted(map[string]any{"defaultDeploymentRoleId": role})
		}
		e := w.Resource("OrganizationSettings")
		_, err := e.Preview(coming)
		require.NoError(t, err)
		said := e.Said()
		assert.NotContains(t, said, rolelessHeading)
		assert.Contains(t, said, tokenHeading, "a token is refused with a role, too")
	}

	// A restricted organization that loses it stops what had it, and nothing else.
	w, role := stopping(t)
	kept := restricted(map[string]any{"defaultDeploymentRoleId": role})
	losing := w.Resource("OrganizationSettings")
	require.NoError(t, losing.Up(kept))
	losing.Said()
	_, err = losing.Preview(restricted())
	require.NoError(t, err)
	said := losing.Said()
	assert.Equal(t, []string{"deployments of stack payments/dev"}, under(said, rolelessHeading))
	assert.NotContains(t, said, tokenHeading)
	assert.NotContains(t, said, defaultsHeading)

	// A mode that is not known yet may be the restricted one.
	w, _ = stopping(t)
	maybe := w.Resource("OrganizationSettings")
	_, err = maybe.Preview(map[string]any{"permissionMode": resourcetest.Unknown})
	require.NoError(t, err)
	assert.Contains(t, maybe.Said(), rolelessHeading)
}

// under are the lines of the message whose heading has a text.
func under(said, heading string) []string {
	_, rest, found := strings.Cut(said, heading)
	if !found {
		return nil
	}
	lines := strings.Split(rest, "\n  - ")
	for i := range lines {
		lines[i], _, _ = strings.Cut(lines[i], "\n")
	}
	return lines[1 : 1+countOf(rest)]
}

// countOf counts the bullets up to the next message.
func countOf(rest string) int {
	count := 0
	for _, line := range strings.Split(rest, "\n")[1:] {
		if !strings.HasPrefix(line, "  - ") {
			break
		}
		count++
	}
	return count
}

// What cannot be read is said, and hides nothing of the rest.
func TestRestrictedModeSaysWhatItCouldNotRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault  servertest.Fault
		unread string
	}{
		"one stack's settings": {servertest.Fault{Match: resourcetest.GetDeploymentRoute, Status: 403}, "deployment settings of stack"},
		"an outage":            {servertest.Fault{Match: resourcetest.GetDeploymentRoute, Status: 503, Times: 50}, "deployment settings of stack payments/dev: "},
		"the stacks":           {servertest.Fault{Match: resourcetest.ListStacksRoute, Status: 403, Times: 50}, "stacks (may hide deployments"},
		"one team's tokens":    {servertest.Fault{Match: resourcetest.TeamTokenRoute, Status: 403}, "tokens of team"},
		"the teams":            {servertest.Fault{Match: "GET /api/orgs/{orgName}/teams", Status: 500, Times: 50}, "the list of teams: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := stopping(t)
			w.Fault(c.fault)
			e := w.Resource("OrganizationSettings")
			_, err := e.Preview(restricted())
			require.NoError(t, err)
			said := e.Said()
			assert.Contains(t, said, "is not all known")
			assert.Contains(t, said, c.unread)
			read := len(under(said, rolelessHeading)) + len(under(said, tokenHeading)) + len(under(said, defaultsHeading))
			assert.Positive(t, read, "what was read is named: %s", said)
		})
	}
}

// What is read is bounded, and what was left out is counted.
func TestRestrictedModeIsBounded(t *testing.T) {
	t.Parallel()
	var seed strings.Builder
	seed.WriteString("organization: acme\nusers: [{login: ana, role: admin}]\nstacks:\n")
	for i := range 203 {
		fmt.Fprintf(&seed, "- {project: p, stack: s%03d}\n", i)
	}
	w := resourcetest.New(t, seed.String())
	e := w.Resource("OrganizationSettings")
	w.Reset()
	_, err := e.Preview(restricted())
	require.NoError(t, err)
	assert.Equal(t, 200, w.Calls()[resourcetest.GetDeploymentRoute])
	assert.Contains(t, e.Said(), "3 of 203 stacks, since at most 200 are looked at (may hide deployments that stop)")
}

// Whatever an organization has, a deployment that the preview of the change does not name runs on, and a team token that it does not
// name keeps what it had.
func TestRestrictedModeStopsNothingUnnamed(t *testing.T) {
	t.Parallel()
	stacks := []string{"payments/dev", "payments/prod", "web/dev"}
	rapid.Check(t, func(rt *rapid.T) {
		w := resourcetest.New(t, modesSeed)
		role := w.AddRole("deployer", resourcetest.Group(resourcetest.Allow("stack:create"))).ID
		inputs := restricted()
		if rapid.Bool().Draw(rt, "default deployment role") {
			inputs["defaultDeploymentRoleId"] = role
		}
		for _, stack := range stacks {
			operation := resourcetest.Tree{"preRunCommands": []string{"make"}}
			if rapid.Bool().Draw(rt, stack+" has a role") {
				operation["role"] = resourcetest.Tree{"id": role}
			}
			if rapid.Bool().Draw(rt, stack+" has a token") {
				operation["environmentVariables"] = ownToken
			}
			configure(w, stack, operation)
		}
		e := w.Resource("OrganizationSettings")
		_, err := e.Preview(inputs)
		require.NoError(rt, err)
		said := e.Said()
		named := append(under(said, rolelessHeading), under(said, tokenHeading)...)
		require.NoError(rt, e.Up(inputs))
		e.Said() // which the next sample would find
		for _, stack := range stacks {
			project, name, _ := strings.Cut(stack, "/")
			for _, startedBy := range []string{"", "ana"} {
				status, answer := w.Call("", "POST", "/_sandbox/tokens", resourcetest.Tree{"deployment": servertest.Deployment{Project: project, Stack: name, StartedBy: startedBy}})
				if stops := slices.Contains(named, "deployments of stack "+stack); stops != (status == http.StatusForbidden) {
					rt.Fatalf("%s: named %t, and starting it got %d: %s\n%s", stack, stops, status, answer, said)
				}
			}
		}
	})
}

// The mode is drift like any other setting, goes back when it leaves the program or the resource goes, and stays when somebody else
// has changed it since.
func TestPermissionModeLifecycle(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	before := string(w.State())
	e := w.Resource("OrganizationSettings")
	require.NoError(t, e.Up(restricted()))
	w.Change(resourcetest.Tree{"setPermissionMode": "permissive"})
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"permissionMode"}, resourcetest.Changed(e.Diff(restricted())))
	require.NoError(t, e.Up(restricted()))
	e.Settled(restricted())
	require.NoError(t, e.Destroy())
	assert.Equal(t, before, string(w.State()))

	leaving := w.Resource("OrganizationSettings")
	require.NoError(t, leaving.Up(restricted(map[string]any{"membersCanCreateTeams": false})))
	require.NoError(t, leaving.Up(map[string]any{"membersCanCreateTeams": false}))
	assert.Contains(t, leaving.Said(), "permissionMode: restricted becomes permissive")
	assert.Equal(t, "permissive", w.Metadata()["permissionMode"])

	require.NoError(t, leaving.Up(restricted(map[string]any{"membersCanCreateTeams": false})))
	w.Change(resourcetest.Tree{"setPermissionMode": "permissive"})
	w.Reset()
	require.NoError(t, leaving.Destroy())
	assert.NotContains(t, w.Writes(), resourcetest.PatchOrganizationRoute+" permissionMode", "it is as it was")
	assert.Equal(t, "permissive", w.Metadata()["permissionMode"])

	imported := w.Resource("OrganizationSettings")
	require.NoError(t, imported.Adopt("acme"))
	assert.Equal(t, "permissive", imported.Inputs.Get("permissionMode").AsString())
	assert.Contains(t, imported.Failures(map[string]any{"permissionMode": "strict"})["permissionMode"], "permissive, restricted")
}

// What was created restricted stays so, and so does a mode whose change the service refuses: both are an error that says so.
func TestPermissionModeThatCannotChange(t *testing.T) {
	t.Parallel()
	created := resourcetest.New(t, resourcetest.Estate+"settings: {alwaysRestricted: true}\n")
	e := created.Resource("OrganizationSettings")
	permissive := map[string]any{"permissionMode": "permissive", "membersCanCreateTeams": false}
	created.Reset()
	_, err := e.Preview(permissive)
	require.ErrorContains(t, err, "An organization that was created restricted stays so")
	require.ErrorContains(t, e.Up(permissive), "An organization that was created restricted stays so")
	assert.Empty(t, created.Writes(), "nothing else was written, either")
	require.NoError(t, e.Up(restricted()))
	require.NoError(t, e.Destroy(), "it was so before")

	w := resourcetest.New(t, resourcetest.Estate)
	refused := w.Resource("OrganizationSettings")
	require.NoError(t, refused.Up(restricted()))
	for _, status := range []int{http.StatusBadRequest, http.StatusForbidden} {
		w.Fault(servertest.Fault{Match: resourcetest.PatchOrganizationRoute, Status: status, Body: new(`{"code":400,"message":"the organization stays restricted"}`)})
		err = refused.Up(map[string]any{"permissionMode": "permissive"})
		require.ErrorContains(t, err, "the service refused to make organization \"acme\" permissive")
		require.ErrorContains(t, err, "created restricted stays so")
	}
	w.Fault(servertest.Fault{Match: resourcetest.PatchOrganizationRoute, Status: http.StatusBadRequest})
	require.ErrorContains(t, refused.Destroy(), "pulumi state delete")
	require.NoError(t, refused.Destroy())
	assert.Equal(t, "permissive", w.Metadata()["permissionMode"])

	// The service of an older edition has no modes: it shows none, and an import has none.
	old := resourcetest.New(t, resourcetest.Estate)
	metadata := old.Metadata()
	delete(metadata, "permissionMode")
	delete(metadata["features"].(map[string]any), "permissionModeEnabled")
	old.Fault(servertest.Fault{Match: resourcetest.OrganizationRoute, Status: http.StatusOK, Body: new(text(t, metadata)), Times: 3})
	imported := old.Resource("OrganizationSettings")
	require.NoError(t, imported.Adopt("acme"))
	assert.False(t, imported.Inputs.Get("permissionMode").IsString())
	_, err = old.Resource("OrganizationSettings").Preview(restricted())
	require.ErrorContains(t, err, "this organization cannot switch its mode")
	_, err = old.Resource("OrganizationSettings").Preview(map[string]any{"permissionMode": "permissive"})
	require.NoError(t, err, "it is so already")
}

// The default role and the mode change in an order in which the ceiling of the restricted mode refuses neither, and nobody has a
// role that is refused.
func TestPermissionModeAndDefaultRoleChangeInOrder(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Estate)
	maintainer, reader := w.RoleID("Maintainer"), w.RoleID("Reader")
	w.Admin("PATCH", resourcetest.RolesPath+"/"+maintainer+"/default", nil)
	before := string(w.State())
	e := w.Resource("OrganizationSettings")
	_, err := e.Preview(restricted())
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "the default role is Maintainer, which is broader than a restricted organization allows")
	require.ErrorContains(t, e.Up(restricted()), "broader than a restricted organization allows")

	narrow := restricted(map[string]any{"defaultRoleId": reader})
	require.NoError(t, e.Up(narrow), "the narrower role comes before the mode")
	e.Settled(narrow)
	broad := restricted(map[string]any{"defaultRoleId": maintainer})
	_, err = e.Preview(broad)
	require.NoError(t, err)
	require.ErrorContains(t, e.Up(broad), "choose a narrower role")
	assert.Equal(t, reader, w.Metadata()["defaultRoleId"])
	require.NoError(t, e.Destroy(), "and the broader one after it")
	assert.Equal(t, before, string(w.State()))

	// Both at once, where one is refused: the mode changes, and nobody gets the broad role.
	w.Admin("PATCH", resourcetest.RolesPath+"/"+reader+"/default", nil)
	both := w.Resource("OrganizationSettings")
	require.ErrorContains(t, both.Up(broad), "choose a narrower role")
	assert.Equal(t, reader, w.Metadata()["defaultRoleId"])
	assert.Equal(t, "restricted", w.Metadata()["permissionMode"])
	require.NoError(t, both.Destroy())
	assert.Equal(t, "permissive", w.Metadata()["permissionMode"])
}

// A mode that is put back gives team tokens the defaults again: it waits for protected environments like a default does.
func TestPermissionModeOutlivesProtectedEnvironments(t *testing.T) {
	t.Parallel()
	for defaults, refuses := range map[string]bool{"none": false, "read": true} {
		w := resourcetest.New(t, guardedSeed)
		w.Change(resourcetest.Tree{"setDefaultEnvironmentPermission": defaults})
		e := w.Resource("OrganizationSettings")
		require.NoError(t, e.Up(restricted()))
		protect(w, true)
		err := e.Destroy()
		if refuses {
			require.ErrorContains(t, err, "read, and so would every team token, by default")
			require.ErrorContains(t, err, "payments/prod: protected from deletion")
			assert.Equal(t, "restricted", w.Metadata()["permissionMode"])
			continue
		}
		require.NoError(t, err)
	}
}

// In a restricted organization, a lower default takes nothing from team tokens, which have none.
func TestLowerDefaultsTakeNothingFromTeamTokensOfRestrictedOrganizations(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"permissive", "restricted"} {
		w, _ := stopping(t)
		w.Change(resourcetest.Tree{"setPermissionMode": mode})
		e := w.Resource("OrganizationSettings")
		_, err := e.Preview(map[string]any{"defaultStackPermission": "none"})
		require.NoError(t, err)
		said := e.Said()
		assert.Contains(t, said, `organization token "plain": write on every stack`)
		assert.Equal(t, mode == "permissive", strings.Contains(said, `token "web-ci" of team "web": write on every stack`), mode)
	}
}

func text(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	require.NoError(t, err)
	return string(data)
}
