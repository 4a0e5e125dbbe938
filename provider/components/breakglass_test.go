package components_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func memberUntil(user string, d time.Duration) property.Value {
	return object(inputs{"user": text(user), "until": text(testNow.Add(d).Format(time.RFC3339))})
}

func opening(more inputs) property.Value {
	rule := inputs{"project": text("payments"), "environment": text("prod"), "permission": text("open")}
	maps.Copy(rule, more)
	for name, value := range more {
		if value.IsNull() {
			delete(rule, name)
		}
	}
	return object(rule)
}

func emergency(more inputs) inputs {
	in := inputs{
		"name": text("emergency"), "maxOpenDuration": text("1h"),
		"access":    object(inputs{"environments": list(opening(nil))}),
		"approvers": object(inputs{"teams": list(text("security"))}),
	}
	maps.Copy(in, more)
	return in
}

func TestBreakGlass(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	made, err := e.construct("BreakGlass", emergency(inputs{
		"members": list(memberUntil("bo", time.Hour), memberUntil("cy", -time.Hour)),
		"access": object(inputs{
			"stacks": list(object(inputs{"project": text("payments"), "stack": text("prod"), "permission": text("write")})),
			"environments": list(
				opening(inputs{"environment": text("shared"), "permission": text("read")}),
				opening(nil), opening(inputs{"permission": text("write"), "maxOpenDuration": text("30m")}),
				opening(inputs{"environment": text("keys"), "permission": {}, "scopes": list(text("environment:read"), text("environment:open"))}),
			),
		}),
		"requiredApprovals": property.New(2.0), "allow": list(text("lockOut")),
	}), false)
	require.NoError(t, err)

	team := e.child("leastprivilege:index:Team", "x").Inputs
	assert.Equal(t, list(), team.Get("members"), "nobody is in for good")
	assert.Equal(t, list(memberUntil("cy", -time.Hour), memberUntil("bo", time.Hour)), team.Get("temporaryMembers"))

	var gates []string
	for _, child := range e.childNames() {
		if name, ok := strings.CutPrefix(child, gateType+" "); ok {
			gates = append(gates, name)
		}
	}
	assert.Equal(t, []string{"x-payments-keys", "x-payments-prod"}, gates, "one for each environment that is opened")
	gate := e.child(gateType, "x-payments-prod").Inputs
	assert.Equal(t, "open", gate.Get("action").AsString())
	assert.Equal(t, property.New(2.0), gate.Get("requiredApprovals"))
	assert.Equal(t, list(text("bo")), gate.Get("requesters"), "whose time has ended does not ask")
	assert.True(t, gate.Get("allowSelfApproval").IsNull(), "nobody approves their own")

	role := e.child("leastprivilege:index:Role", "x")
	environments := role.Inputs.Get("access").AsMap().Get("environments").AsArray().AsSlice()
	var limits []string
	for _, rule := range environments {
		limit := "none"
		if value := rule.AsMap().Get("maxOpenDuration"); value.IsString() {
			limit = value.AsString()
		}
		limits = append(limits, limit)
	}
	assert.Equal(t, []string{"1h", "30m", "1h", "none"}, limits, "every rule that lets open is bounded")
	for i, level := range []string{"", "write", "open", "read"} { // of keys, prod, prod and shared: sets come in one order
		rule := environments[i].AsMap()
		if level == "read" {
			assert.Equal(t, text("read"), rule.Get("permission"), "what does not open is granted as it is")
			continue
		}
		assert.True(t, rule.Get("permission").IsNull(), "rule %d", i)
		scopes := rule.Get("scopes").AsArray().AsSlice()
		assert.Contains(t, scopes, text("environment:open"))
		assert.NotContains(t, scopes, text("environment:clone"), "a copy has no gate")
		assert.Equal(t, level == "write", slices.ContainsFunc(scopes, func(v property.Value) bool { return v.Equals(text("environment:write")) }))
	}

	granted := e.child("leastprivilege:index:TeamAccess", "x")
	assert.Equal(t, list(text("role-1")), granted.Inputs.Get("roleIds"))
	for _, child := range []string{"Team", "Role", "TeamAccess"} {
		assert.Equal(t, list(text("lockOut")), e.child("leastprivilege:index:"+child, "x").Inputs.Get("allow"), child)
	}
	// The gates are there before anybody could open.
	for _, waiting := range []string{"Role", "TeamAccess"} {
		on := strings.Join(e.child("leastprivilege:index:"+waiting, "x").RegisterRPC.GetDependencies(), " ")
		assert.Equal(t, 2, strings.Count(on, gateType), "%s waits for the gates: %s", waiting, on)
	}

	state := made.State
	assert.Equal(t, "emergency", state.Get("team").AsString())
	assert.Equal(t, "role-1", state.Get("roleId").AsString())
	assert.Equal(t, list(text("gate-x-payments-keys"), text("gate-x-payments-prod")), state.Get("gateIds"))
	assert.Equal(t, list(text("bo")), state.Get("activeMembers"))
	assert.Equal(t, list(memberUntil("bo", time.Hour)), state.Get("activations"))
	trail := state.Get("auditTrail").AsMap()
	assert.Equal(t, list(text("emergency"), text("payments/keys"), text("payments/prod")), trail.Get("entities"))
	assert.Contains(t, trail.Get("auditLog").AsString(), "/api/orgs/acme/auditlogs/v2")
	assert.Contains(t, trail.Get("changeRequests").AsString(), "/api/change-requests/acme")
	assert.Contains(t, trail.Get("events").AsArray().AsSlice(), text("environment-open"))
}

func TestBreakGlassWithoutMembers(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	made, err := e.construct("BreakGlass", emergency(nil), false)
	require.NoError(t, err)
	assert.Equal(t, list(), e.child("leastprivilege:index:Team", "x").Inputs.Get("temporaryMembers"), "empty, and owned")
	assert.Equal(t, list(), made.State.Get("activeMembers"))
}

func TestNestedMarksReachBreakGlassChildren(t *testing.T) {
	t.Parallel()
	construct := func(user property.Value, dryRun bool) *engine {
		e := newEngine(t)
		_, err := e.construct("BreakGlass", emergency(inputs{
			"members": list(object(inputs{"user": user, "until": text("2999-01-01T00:00:00Z")})),
		}), dryRun)
		require.NoError(t, err)
		return e
	}
	member := func(e *engine) property.Value {
		return e.child("leastprivilege:index:Team", "x").Inputs.Get("temporaryMembers")
	}
	assert.True(t, member(construct(secret(text("bo")), false)).HasSecrets())
	assert.True(t, member(construct(unknown(), true)).HasComputed())
	known := construct(dependent(text("bo")), false)
	assert.False(t, member(known).HasComputed())
	assert.Contains(t, known.child("leastprivilege:index:Team", "x").RegisterRPC.GetDependencies(), string(upstream))
}

// reasonAt is what is said about the input at a path.
func reasonAt(t *testing.T, err error, path string) string {
	t.Helper()
	converted, ok := rpcerror.FromError(err)
	require.True(t, ok, "not an error with property paths: %v", err)
	all := ""
	for _, detail := range converted.InputPropertiesErrors() {
		if detail.PropertyPath == path {
			return detail.Reason
		}
		all += "\n" + detail.PropertyPath + ": " + detail.Reason
	}
	t.Fatalf("nothing is said about %s: %s", path, all)
	return ""
}

func TestBadBreakGlass(t *testing.T) {
	t.Parallel()
	environments := func(rules ...property.Value) inputs {
		return inputs{"access": object(inputs{"environments": list(rules...)})}
	}
	people := func(logins ...property.Value) property.Value { return object(inputs{"users": list(logins...)}) }
	unnamed := inputs{"project": {}, "environment": {}}
	with := func(a, b inputs) inputs { c := maps.Clone(a); maps.Copy(c, b); return c }
	admin := inputs{"access": object(inputs{"stacks": list(object(inputs{
		"project": text("payments"), "stack": text("prod"), "permission": text("admin"),
	}))})}
	tests := []struct {
		name, path, reason string
		more               inputs
	}{
		{"approver is a member", "approvers.users[1]", "leaves 1 of the 2 approvers",
			inputs{"members": list(memberUntil("bo", time.Hour)), "approvers": people(text("ana"), text("Bo"))}},
		{"only members approve", "requiredApprovals", "nobody could approve besides the 1 who will ask (bo)",
			inputs{"members": list(memberUntil("bo", time.Hour)), "approvers": people(text("bo"))}},
		{"nobody approves", "approvers", "nobody could approve", inputs{"approvers": object(inputs{})}},
		{"members hold the permission that approves", "approvers.permission", "would approve for each other",
			with(environments(opening(inputs{"permission": text("write")})), inputs{"approvers": object(inputs{"permission": text("environment:write")})})},
		{"open by tags", "access.environments[0].tags", "can be gated",
			environments(opening(with(unnamed, inputs{"tags": object(inputs{"tier": text("prod")})})))},
		{"write by tags", "access.environments[0].tags", "can be gated",
			environments(opening(with(unnamed, inputs{"permission": text("write"), "tags": object(inputs{"tier": text("prod")})})))},
		{"open on all", "access.environments[0].permission", "openOnAll", environments(opening(with(unnamed, inputs{"all": property.New(true)})))},
		{"a permission set", "access.environments[0].permissionSet", "cannot be bounded",
			environments(opening(inputs{"permission": {}, "permissionSet": text("set-1")}))},
		{"longer than the limit", "access.environments[0].maxOpenDuration", "is longer", environments(opening(inputs{"maxOpenDuration": text("2h")}))},
		{"may take the gate away", "access.scopes[0]", "take every gate away", inputs{"access": object(inputs{"scopes": list(text("change_gate:update"))})}},
		{"may copy the environment", "access.environments[0].scopes[1]", "a copy has no gate",
			environments(opening(inputs{"permission": {}, "scopes": list(text("environment:open"), text("environment:clone"))}))},
		{"stack admin", "access.stacks[0].permission", "stackAdminForPeople", admin},
		{"no duration", "maxOpenDuration", "is not a duration", inputs{"maxOpenDuration": text("soon")}},
		{"no time", "members[0].until", "is not a time", inputs{"members": list(object(inputs{"user": text("bo"), "until": text("tonight")}))}},
		{"twice", "members[1].user", "is in members[0] already", inputs{"members": list(memberUntil("bo", time.Hour), memberUntil("bo", time.Minute))}},
		{"unknown environment", "access.environments[0].environment", "must be known", environments(opening(inputs{"environment": unknown()}))},
		{"unknown access", "access", "must be known", inputs{"access": unknown()}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			_, err := e.construct("BreakGlass", emergency(test.more), true)
			require.Error(t, err)
			assert.Contains(t, reasonAt(t, err, test.path), test.reason)
			assert.Empty(t, e.childNames(), "a child was registered")
		})
	}
	for name, more := range map[string]inputs{
		"opted-in stack admin":                         with(admin, inputs{"allow": list(text("stackAdminForPeople"))}),
		"opted-in open on all":                         with(environments(opening(with(unnamed, inputs{"all": property.New(true)}))), inputs{"allow": list(text("openOnAll"))}),
		"read by tags":                                 environments(opening(with(unnamed, inputs{"permission": text("read"), "tags": object(inputs{"tier": text("prod")})}))),
		"an approver whose time as a member has ended": {"members": list(memberUntil("ana", -time.Hour)), "approvers": people(text("ana"))},
		"unknown members":                              {"members": unknown(), "approvers": people(text("ana"))},
		"unknown approvers":                            {"approvers": unknown()},
		"unknown duration":                             {"maxOpenDuration": unknown()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			_, err := e.construct("BreakGlass", emergency(more), true)
			require.NoError(t, err)
			if strings.Contains(name, "all") || strings.Contains(name, "tags") {
				assert.False(t, slices.ContainsFunc(e.childNames(), func(n string) bool { return strings.HasPrefix(n, gateType) }))
			}
		})
	}
}

// Two environments whose project and name join to one text have a gate each.
func TestBreakGlassGatesOfLikeNames(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	rule := func(project, environment string) property.Value {
		return object(inputs{"project": text(project), "environment": text(environment), "permission": text("open")})
	}
	_, err := e.construct("BreakGlass", emergency(inputs{"access": object(inputs{"environments": list(rule("a-b", "c"), rule("a", "b-c"), rule("a", "b"))})}), false)
	require.NoError(t, err)
	for name, where := range map[string]string{"x/a-b/c/": "a-b", "x/a/b-c/": "a", "x-a-b": "a"} {
		assert.Equal(t, where, e.child("leastprivilege:index:ApprovalGate", name).Inputs.Get("project").AsString())
	}
}
