package e2e

import (
	"encoding/json"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// watched has people who approve, and people who have work to do.
const watched = `
organization: acme
users:
  - {login: ana, role: admin}
  - {login: bo}
  - {login: cy}
  - {login: sec}
teams:
  - {name: security, members: [sec]}
stacks:
  - {project: payments, stack: prod, owner: ana}
environments:
  - {project: payments, environment: shared, definition: "values: {region: eu-west-1}"}
`

// guardedProgram is an environment that needs an approval to be opened, and a team that may open it.
const guardedProgram = `
resources:
  prod:
    type: leastprivilege:ProductionEnvironment
    properties:
      project: payments
      name: prod
      deletionProtected: false
      values: {password: {'fn::secret': sesame}}
      openApproval: {approvers: {teams: [security]}}
  payments:
    type: leastprivilege:ScopedTeam
    properties:
      name: payments
      members: [bo]
      access:
        environments:
          - {project: payments, environment: prod, permission: open}
    options: {dependsOn: ['${prod}']}
outputs:
  gate: ${prod.openGateId}
`

var requestID = regexp.MustCompile(`Created environment open request with ID: (\S+)`)

// openRequest asks to open an environment with the real CLI, and answers the id of the request.
func (p *project) openRequest(environment string) string {
	p.t.Helper()
	output := p.run("env", "open-request", environment,
		"--access-duration-seconds", "1h", "--grant-expiration-seconds", "2h", "--reason", "incident 42")
	assert.Contains(p.t, output, "Change request submitted")
	found := requestID.FindStringSubmatch(output)
	require.Len(p.t, found, 2, output)
	return found[1]
}

// approve approves a change request as a user, and the one who asked applies it.
func (p *project) approve(id, approver, requester string, revision int) {
	p.t.Helper()
	const requests = "/api/change-requests/acme/"
	for _, call := range []struct {
		login, path string
		body        any
		want        int
	}{
		{approver, requests + id + "/approve", map[string]any{"revisionNumber": revision}, http.StatusNoContent},
		{requester, requests + id + "/apply", nil, http.StatusOK},
	} {
		token := p.sandbox.TokenFor(servertest.Identity{User: call.login})
		status, answer := p.sandbox.Call(token, "POST", call.path, call.body)
		require.Equal(p.t, call.want, status, "%s as %s: %s", call.path, call.login, answer)
	}
}

// An open is refused before an approval, allowed after it was asked for, approved and applied, and refused again when its
// time has passed. The real CLI is the one who asks and opens.
func TestOpenApproval(t *testing.T) {
	t.Parallel()
	at := newClock()
	p := newClockedProject(t, watched, guardedProgram, at)
	before := p.sandbox.State()
	p.up()
	p.up("--expect-no-changes")
	bo := p.user("bo")

	refused := bo.fails("env", "open", "acme/payments/prod")
	assert.Contains(t, refused, "needs an approved open request")
	assert.NotContains(t, refused, "sesame")
	id := bo.openRequest("acme/payments/prod")
	assert.Contains(t, bo.fails("env", "open", "acme/payments/prod"), "needs an approved open request")
	p.approve(id, "sec", "bo", 0)
	assert.Contains(t, bo.run("env", "open", "acme/payments/prod"), "sesame")
	at.advance(59 * time.Minute)
	assert.Contains(t, bo.run("env", "open", "acme/payments/prod"), "sesame")
	at.advance(time.Minute)
	assert.Contains(t, bo.fails("env", "open", "acme/payments/prod"), "needs an approved open request")

	// Deployments have nobody who asks for them.
	p.call("POST", "/api/stacks/acme/payments/prod/deployments/settings", map[string]any{"operationContext": map[string]any{
		"role": map[string]any{"id": p.only("Role").Outputs["roleId"]},
	}})
	runner := p.sandbox.TokenFor(servertest.Identity{Deployment: &servertest.Deployment{Project: "payments", Stack: "prod"}})
	assert.Equal(t, http.StatusForbidden, p.status(runner, "POST", "/api/esc/environments/acme/payments/prod/open?duration=1h"))
	p.call("DELETE", "/api/stacks/acme/payments/prod/deployments/settings", nil)

	p.destroy()
	assert.Equal(t, string(before), string(p.sandbox.State()), "nothing is left")
}

// A gate that somebody takes away outside is drift: a refresh sees it, and the next update puts it back.
func TestGateTakenAway(t *testing.T) {
	t.Parallel()
	p := newProject(t, watched, guardedProgram)
	p.up()
	gate, _ := p.only("ApprovalGate").Outputs["gateId"].(string)
	p.call("DELETE", "/api/change-gates/acme/"+gate, nil)
	p.refresh()
	p.up()
	again, _ := p.only("ApprovalGate").Outputs["gateId"].(string)
	assert.NotEqual(t, gate, again)
	assert.Contains(t, string(p.call("GET", "/api/esc/environments/acme/payments/prod/metadata", nil)), `"gatedActions":["open"]`)
}

// A gate that could only do harm is refused at preview, with the count or the stack.
func TestHarmfulGatesAreRefusedAtPreview(t *testing.T) {
	t.Parallel()
	gate := func(rest string) string {
		return `
resources:
  gate:
    type: leastprivilege:ApprovalGate
    properties: {project: payments, environment: shared, ` + rest + `}
`
	}
	p := newProject(t, watched+`
gates: []
`, gate("action: open, approvers: {teams: [security]}, requiredApprovals: 2"))
	assert.Contains(t, p.fails("preview", "--non-interactive"), "only 1 person could approve (sec), and 2 approvals are required")
	p.program(gate("action: open, approvers: {users: [ana, sec]}, requiredApprovals: 3"))
	assert.Contains(t, p.fails("preview", "--non-interactive"), "only 2 people could approve (ana, sec), and 3 approvals are required")

	p.call("POST", "/api/stacks/acme/payments", map[string]any{
		"stackName": "pushed", "config": map[string]any{"environment": "payments/shared"},
	})
	p.call("POST", "/api/stacks/acme/payments/pushed/deployments/settings", map[string]any{
		"gitHub": map[string]any{"repository": "acme/payments", "deployCommits": true, "pullRequestTemplate": false},
	})
	p.program(gate("action: open, approvers: {teams: [security]}"))
	output := p.fails("preview", "--non-interactive")
	assert.Contains(t, output, "stack payments/pushed (gitHub.deployCommits)")
	assert.Contains(t, output, "gate `update` instead of `open`")
	p.program(gate("action: update, approvers: {teams: [security]}"))
	p.up()
	p.destroy()
}

// A change of an environment whose updates are gated becomes a draft; the next update finds it open, and then applied.
func TestUpdateApproval(t *testing.T) {
	t.Parallel()
	program := func(region string) string {
		return `
resources:
  prod:
    type: leastprivilege:ProductionEnvironment
    properties:
      project: payments
      name: prod
      deletionProtected: false
      values: {region: ` + region + `}
      updateApproval: {approvers: {users: [cy]}}
`
	}
	p := newProject(t, watched, program("eu-west-1"))
	before := p.sandbox.State()
	p.up()
	p.up("--expect-no-changes")
	p.program(program("us-east-1"))
	output := p.up()
	id, _ := p.only("Environment").Outputs["changeRequestId"].(string)
	require.NotEmpty(t, id)
	assert.Contains(t, output, "waits for approval: change request "+id)
	assert.Contains(t, p.preview(), "still waits for approval (change request "+id+"), from 1 of cy")
	assert.Contains(t, p.up(), "still waits for approval: change request "+id)
	var requests struct{ ChangeRequests []any }
	require.NoError(t, json.Unmarshal(p.call("GET", "/api/change-requests/acme", nil), &requests))
	assert.Len(t, requests.ChangeRequests, 1, "no second one")

	p.call("PATCH", "/api/orgs/acme/teams/security", map[string]any{"member": "cy", "memberAction": "add"})
	p.call("PATCH", "/api/orgs/acme/teams/security", map[string]any{"addEnvironmentPermission": map[string]any{
		"projectName": "payments", "envName": "prod", "permission": "read",
	}})
	p.approve(id, "cy", "ana", 1)
	p.up()
	assert.Contains(t, p.user("ana").run("env", "get", "acme/payments/prod"), "us-east-1")
	p.up("--expect-no-changes")
	p.call("PATCH", "/api/orgs/acme/teams/security", map[string]any{"member": "cy", "memberAction": "remove"})
	p.destroy()
	assert.Equal(t, string(before), string(p.sandbox.State()))
}
