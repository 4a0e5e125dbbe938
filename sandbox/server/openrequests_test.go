package server_test

import (
	"testing"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

func durations(access, grant int) obj {
	return obj{"accessDurationSeconds": access, "grantExpirationSeconds": grant}
}

// ask makes and submits an open request for prod, and answers its id.
func (a actor) ask(access, grant int) string {
	a.t.Helper()
	id := a.do("POST "+prod+"/open/request", durations(access, grant)).want(200).str("changeRequests", 0, "changeRequestId")
	a.do("POST "+requests+"/"+id+"/submit", obj{"description": "an incident"}).want(204)
	return id
}

// granted is an open request of bo's for prod that sec approved and bo applied.
func (s scene) granted(access, grant int) string {
	s.t.Helper()
	id := s.as("bo").ask(access, grant)
	s.as("sec").do("POST "+requests+"/"+id+"/approve", obj{"revisionNumber": 0}).want(204)
	s.as("bo").do("POST "+requests+"/"+id+"/apply", nil).want(200)
	return id
}

const openProd = "POST " + prod + "/open?duration=1h"

func TestOpenNeedsAnAppliedRequest(t *testing.T) {
	t.Parallel()
	s := startScene(t, gateSeed)
	bo, sec := s.as("bo"), s.as("sec")
	bo.do(openProd, nil).want(200)
	s.admin().gate("open", nil)
	bo.do(openProd, nil).want(403).says("approved open request")
	bo.do("GET "+prod+"/decrypt", nil).want(403)
	bo.do("POST "+prod+"/check?showSecrets=true", nil).want(403)
	bo.do("GET "+prod, nil).want(200)
	bo.do("GET "+prod+"/metadata", nil).says(`"openRequestNeeded":true`)
	s.admin().do("GET /auditlogs/v2?eventFilter=environment-unauthorized-open", nil).says("approved open request").says(`"bo"`)

	created := bo.do("POST "+prod+"/open/request", durations(3600, 600)).want(200)
	id := created.str("changeRequests", 0, "changeRequestId")
	created.equal(id+"/0", created.str("changeRequests", 0, "etag"))
	call := requests + "/" + id
	sec.do("POST "+call+"/approve", obj{"revisionNumber": 0}).want(400).says("ready")
	bo.do("POST "+call+"/apply", nil).want(400)
	bo.do("POST "+call+"/submit", obj{}).want(204)
	bo.do("POST "+call+"/submit", obj{}).want(400).says("change request must be in draft status to submit (current status: ready): invalid request")
	bo.do("POST "+call+"/apply", nil).want(400).says("not satisfied")
	bo.do("POST "+call+"/approve", obj{"revisionNumber": 0}).want(403)
	sec.do("POST "+call+"/approve", obj{"revisionNumber": 7}).want(400)
	sec.do("POST "+call+"/approve", obj{"revisionNumber": 0, "comment": "go"}).want(204)
	sec.do("GET "+call, nil).want(200).says(`"satisfied":true`).says(`"requiredApprovals":1`)
	bo.do(openProd, nil).want(403)
	bo.do("POST "+call+"/apply", nil).want(200).says("/acme/esc/payments/prod")
	bo.do("POST "+call+"/apply", nil).want(400)

	bo.do(openProd, nil).want(200)
	bo.do("GET "+prod+"/metadata", nil).says(`"openRequestNeeded":false`)
	// A grant is its holder's own.
	s.admin().do(openProd, nil).want(403)
	events := bo.do("GET "+call+"/events", nil).want(200)
	events.equal("revision_added,status_changed,approved_by_user,status_changed", events.names("events", "eventType"))
}

func TestGrantTimes(t *testing.T) {
	t.Parallel()
	s := startScene(t, gateSeed)
	s.admin().gate("open", nil)
	bo := s.as("bo")

	s.granted(3600, 600)
	s.clock.Advance(10 * time.Minute)
	bo.do(openProd, nil).want(403) // the grant was not used in time

	s.granted(3600, 600)
	s.clock.Advance(9 * time.Minute)
	session := bo.do("POST "+prod+"/open?duration=2h", nil).want(200).str("id")
	s.clock.Advance(59 * time.Minute)
	bo.do(openProd, nil).want(200) // the hour counts from the first open
	bo.do("GET "+prod+"/open/"+session, nil).want(200)
	s.clock.Advance(time.Minute)
	bo.do(openProd, nil).want(403)
	bo.do("GET "+prod+"/open/"+session, nil).want(403)
}

// A grant that ends takes its sessions with it, also those whose gate was taken away meanwhile.
func TestSessionEndsWithItsGrant(t *testing.T) {
	t.Parallel()
	s := startScene(t, gateSeed)
	gate := s.admin().gate("open", nil)
	s.granted(60, 600)
	session := s.as("bo").do("POST "+prod+"/open?duration=2h", nil).want(200).str("id")
	s.admin().do("DELETE "+gates+"/"+gate, nil).want(204)
	s.as("bo").do("GET "+prod+"/open/"+session, nil).want(200)
	s.clock.Advance(time.Minute)
	s.as("bo").do("GET "+prod+"/open/"+session, nil).want(404)
}

// A failed open does not use the grant.
func TestFailedOpenDoesNotUseTheGrant(t *testing.T) {
	t.Parallel()
	s := startScene(t, gateSeed)
	s.admin().gate("open", nil)
	s.granted(60, 3600)
	s.admin().do("POST /api/esc/environments/acme/payments/prod/open?duration=nonsense", nil).want(403)
	s.as("bo").do("POST "+prod+"/open?duration=nonsense", nil).want(400)
	s.clock.Advance(time.Hour - time.Second)
	s.as("bo").do(openProd, nil).want(200)
}

func TestOneRequestPerGatedImport(t *testing.T) {
	t.Parallel()
	s := startScene(t, gateSeed)
	bo := s.as("bo")
	const both = "/api/esc/environments/acme/payments/both"
	bo.do("POST "+both+"/open/request", durations(60, 60)).want(400).says("unable to create open request")
	s.admin().gate("open", nil)
	bo.do("POST "+both+"/open?duration=1h", nil).want(400).says("approved open request")
	made := bo.do("POST "+both+"/open/request", durations(60, 60)).want(200)
	made.equal("prod", made.names("changeRequests", "environmentName"))

	second := gateBody("open", nil)
	second["target"] = obj{"entityType": "environment", "qualifiedName": "payments/both", "actionTypes": []string{"open"}}
	s.admin().do("POST "+gates, second).want(201)
	made = bo.do("POST "+both+"/open/request", durations(60, 60)).want(200)
	made.equal("both,prod", made.names("changeRequests", "environmentName"))
}

func TestSelfApprovalAndReapproval(t *testing.T) {
	t.Parallel()
	s := startScene(t, gateSeed)
	s.admin().gate("open", obj{"allowSelfApproval": true, "numApprovalsRequired": 2, "eligibleApprovers": []obj{
		{"eligibilityType": "specific_user", "userLogin": "bo"}, {"eligibilityType": "has_permission_on_target", "permission": "environment:write"},
	}})
	bo, wim := s.as("bo"), s.as("wim")
	id := bo.ask(60, 60)
	call := requests + "/" + id
	bo.do("POST "+call+"/approve", obj{"revisionNumber": 0}).want(204)
	bo.do("POST "+call+"/approve", obj{"revisionNumber": 0}).want(204) // twice is once
	s.as("sec").do("POST "+call+"/approve", obj{"revisionNumber": 0}).want(403)
	bo.do("POST "+call+"/apply", nil).want(400)
	wim.do("POST "+call+"/approve", obj{"revisionNumber": 0}).want(204)
	bo.do("GET "+call, nil).says(`"satisfied":true`)

	bo.do("PUT "+prod+"/open/request/"+id, durations(120, 60)).want(200).says(`"latestRevisionNumber":1`)
	bo.do("GET "+prod+"/open/request/"+id, nil).want(200).says(`"accessDurationSeconds":120`)
	bo.do("GET "+prod+"/open/request/"+id+"?revision=0", nil).want(200).says(`"accessDurationSeconds":60`)
	bo.do("GET "+call, nil).says(`"satisfied":false`)
	bo.do("POST "+call+"/approve", obj{"revisionNumber": 1}).want(204)
	wim.do("POST "+call+"/approve", obj{"revisionNumber": 1}).want(204)
	wim.do("DELETE "+call+"/approve", obj{"comment": "no"}).want(204)
	wim.do("DELETE "+call+"/approve", obj{}).want(400)
	bo.do("POST "+call+"/apply", nil).want(400)
	wim.do("POST "+call+"/approve", obj{"revisionNumber": 1}).want(204)
	bo.do("POST "+call+"/apply", nil).want(200)
}

// An approval counts while whoever gave it may give it.
func TestApprovalOfSomebodyWhoLeft(t *testing.T) {
	t.Parallel()
	s := startScene(t, gateSeed)
	s.admin().gate("open", nil)
	id := s.as("bo").ask(60, 60)
	s.as("sec").do("POST "+requests+"/"+id+"/approve", obj{"revisionNumber": 0}).want(204)
	s.admin().do("PATCH /teams/security", obj{"member": "sec", "memberAction": "remove"}).want(204)
	s.as("bo").do("POST "+requests+"/"+id+"/apply", nil).want(400).says("not satisfied")
}

func TestRequestsOfOthers(t *testing.T) {
	t.Parallel()
	s := startScene(t, gateSeed)
	s.admin().gate("open", nil)
	call := requests + "/" + s.as("bo").ask(60, 60)
	out, wim := s.as("out"), s.as("wim")
	for _, c := range []string{"GET " + call, "GET " + call + "/events", "POST " + call + "/apply"} {
		out.do(c, nil).want(404)
	}
	wim.do("POST "+call+"/close", obj{}).want(403)
	wim.do("POST "+call+"/apply", nil).want(403)
	wim.do("PATCH "+call, obj{"description": "mine"}).want(403)
	wim.do("POST "+call+"/comments", obj{"comment": "why?"}).want(204)
	list := wim.do("GET "+requests+"?entityType=environment&entityId=payments/prod&count=1", nil).want(200)
	list.equal("an incident", list.names("changeRequests", "description"))
	out.do("GET "+requests, nil).want(200).says(`"changeRequests":[]`)
	s.as("bo").do("POST "+call+"/close", obj{"comment": "solved"}).want(204)
	s.as("bo").do("GET "+call, nil).says(`"status":"closed"`)
	s.as("sec").do("POST "+call+"/approve", obj{"revisionNumber": 0}).want(400)
	team := s.identity(servertest.Identity{Team: "security"})
	team.do("POST "+requests+"/"+s.as("bo").ask(60, 60)+"/approve", obj{"revisionNumber": 0}).want(403)
}

// Requests are history: the live state does not show them, the whole one brings their grants back.
func TestRequestsInTheState(t *testing.T) {
	t.Parallel()
	s := startScene(t, gateSeed)
	s.admin().gate("open", nil)
	before := s.State()
	s.granted(3600, 600)
	if after := s.State(); string(before) != string(after) {
		t.Errorf("the live state shows a request:\n%s", after)
	}
	full := s.History()
	s.Restore(full)
	s.as("bo").do(openProd, nil).want(200)
	if status, raw := s.Call("", "PUT", "/_sandbox/state", obj{
		"organization": obj{"login": "acme"}, "history": obj{"changeRequests": []obj{{"id": "x"}}},
	}); status != 400 {
		t.Errorf("got %d: %s", status, raw)
	}
}
