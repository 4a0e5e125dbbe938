package e2e

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// emergencyProgram is break-glass access to the environment payments/shared, with members such as `{user: bo, until: ...}`.
func emergencyProgram(more string, members ...string) string {
	list := ""
	for _, member := range members {
		list += "\n        - " + member
	}
	if list == "" {
		list = " []"
	}
	return `
resources:
  emergency:
    type: leastprivilege:BreakGlass
    properties:
      name: emergency
      maxOpenDuration: 30m
      approvers: {teams: [security]}
      access:
        stacks:
          - {project: payments, stack: prod, permission: write}
        environments:
          - {project: payments, environment: shared, permission: open}
      members:` + list + more + `
outputs:
  members: ${emergency.activeMembers}
  trail: ${emergency.auditTrail}
  gates: ${emergency.gateIds}
`
}

func until(user string, at *clock, d time.Duration) string {
	return fmt.Sprintf("{user: %s, until: '%s'}", user, at.now().Add(d).Format(time.RFC3339))
}

// Nobody has the access until they are named; named, they need an approval to open; and when their time has ended, a
// refresh shows it and the next update takes the access away.
func TestBreakGlass(t *testing.T) {
	t.Parallel()
	at := newClock()
	p := newClockedProject(t, watched, emergencyProgram("", until("cy", at, -time.Hour)), at)
	before := p.sandbox.State()
	p.up()
	p.up("--expect-no-changes")
	const shared = "acme/payments/shared"
	bo := p.user("bo")
	stack := func(login string) int {
		return p.status(p.sandbox.TokenFor(servertest.Identity{User: login}), "GET", "/api/stacks/acme/payments/prod")
	}
	assert.Equal(t, http.StatusNotFound, stack("cy"), "a membership that expired before the first update adds nobody")
	assert.Contains(t, bo.fails("env", "open", shared), "not found")

	// Naming somebody later is a normal up.
	program := emergencyProgram("", until("bo", at, 4*time.Hour), until("cy", at, -time.Hour))
	p.program(program)
	p.up()
	assert.Equal(t, []any{"bo"}, p.outputs()["members"])
	assert.Equal(t, http.StatusOK, stack("bo"))
	assert.Contains(t, bo.fails("env", "open", shared), "needs an approved open request")
	id := bo.openRequest(shared)
	status, answer := p.sandbox.Call(p.sandbox.TokenFor(servertest.Identity{User: "bo"}), "POST",
		"/api/change-requests/acme/"+id+"/approve", map[string]any{"revisionNumber": 0})
	assert.Equal(t, http.StatusForbidden, status, "a member does not approve: %s", answer)
	p.approve(id, "sec", "bo", 0)
	assert.Contains(t, bo.run("env", "open", shared, "--lifetime", "20m"), "eu-west-1")
	assert.Contains(t, bo.fails("env", "open", shared, "--lifetime", "1h"), "at most 30m0s", "maxOpenDuration bounds the open")
	p.up("--expect-no-changes")

	// The time ends.
	at.advance(4 * time.Hour)
	output := p.refresh("--diff")
	assert.Contains(t, output, "the time of these members has ended")
	assert.Regexp(t, `~ members: \[\s+\+ \[0\]: "bo"`, output, "a member whom the program does not have any more")
	assert.Contains(t, p.preview(), "remove bo")
	p.up()
	assert.Equal(t, http.StatusNotFound, stack("bo"))
	assert.Contains(t, bo.fails("env", "open", shared), "not found")
	assert.Empty(t, p.outputs()["members"])
	p.up("--expect-no-changes")

	// The trail tells of all of it.
	trail, _ := p.outputs()["trail"].(map[string]any)
	assert.Equal(t, []any{"emergency", "payments/shared"}, trail["entities"])
	for _, event := range []string{"team-updated", "environment-open", "environment-unauthorized-open", "change-gate-created"} {
		assert.Contains(t, trail["events"], event)
		assert.NotContains(t, string(p.call("GET", "/api/orgs/acme/auditlogs/v2?eventFilter="+event, nil)), `"auditLogEvents":[]`, event)
	}
	p.destroy()
	assert.Equal(t, string(before), string(p.sandbox.State()), "nothing is left")
}

// Approvers who are members are refused, with the count: by name before any call, in a team at preview.
func TestBreakGlassApproversAreNotMembers(t *testing.T) {
	t.Parallel()
	at := newClock()
	p := newClockedProject(t, watched, emergencyProgram("", until("sec", at, time.Hour)), at)
	output := p.fails("preview", "--non-interactive")
	assert.Contains(t, output, "nobody could approve besides the 1 who will ask (sec), and 1 approval is required")
	p.call("PATCH", "/api/orgs/acme/teams/security", map[string]any{"member": "cy", "memberAction": "add"})
	p.preview()
	at.advance(time.Hour)
	p.call("PATCH", "/api/orgs/acme/teams/security", map[string]any{"member": "cy", "memberAction": "remove"})
	p.preview()
}
