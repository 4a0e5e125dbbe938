package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

func tokenWithRole(role string) servertest.Identity {
	return servertest.Identity{Organization: true, Role: role}
}

func TestStackLifecycle(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	before := string(s.State())
	ana.do("HEAD /api/stacks/acme/new", nil).want(404)
	create := obj{"stackName": "dev", "tags": obj{"team": "a"}, "teams": []string{"payments"}}
	ana.do("POST /api/stacks/acme/new", create).want(200)
	ana.do("POST /api/stacks/acme/new", create).want(409).says("already exists")
	ana.do("POST /api/stacks/acme/new", obj{"stackName": "a/b"}).want(400)
	ana.do("POST /api/stacks/acme/new", obj{"stackName": "x", "teams": []string{"nobody"}}).want(404)
	ana.do("HEAD /api/stacks/acme/new", nil).want(200)
	first := ana.do("GET /api/stacks/acme/new/dev", nil).want(200)
	first.equal("a", first.str("tags", "team"))
	team := ana.do("GET /teams/payments", nil).want(200)
	if team.at("stacks", 0, "permission") != 102.0 {
		t.Errorf("the team that was named got %s, want write", team.raw)
	}
	collaborators := ana.do("GET /api/stacks/acme/new/dev/collaborators", nil).want(200)
	collaborators.equal("ana", collaborators.str("stackCreatorUserName"))
	if collaborators.at("users", 0, "permission") != 104.0 {
		t.Errorf("the creator has %s, want 104", collaborators.raw)
	}

	ana.do("DELETE /api/stacks/acme/new/dev?force=true", nil).want(204)
	ana.do("GET /api/stacks/acme/new/dev", nil).want(404)
	if after := string(s.State()); after != before {
		t.Error("a stack that came and went left traces")
	}
	ana.do("POST /api/stacks/acme/new", obj{"stackName": "dev"}).want(200)
	if second := ana.do("GET /api/stacks/acme/new/dev", nil).want(200); second.str("id") == first.str("id") {
		t.Error("a stack that was recreated has the id of the deleted one")
	}
}

func TestStackOwnership(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	bo := obj{"githubLogin": "bo", "name": "bo", "avatarUrl": ""}
	previous := ana.do("POST /api/stacks/acme/payments/dev/ownership", bo).want(200)
	previous.equal("ana", previous.str("githubLogin"))
	owner := ana.do("GET /api/stacks/acme/payments/dev/metadata", nil).want(200)
	owner.equal("bo", owner.str("ownedBy", "githubLogin"))
	ana.do("POST /api/stacks/acme/payments/dev/ownership", obj{"githubLogin": "zed", "name": "", "avatarUrl": ""}).want(404)
	ana.do("DELETE /api/stacks/acme/payments/dev/collaborators/ana", nil).want(204)
	ana.do("DELETE /api/stacks/acme/payments/dev/collaborators/ana", nil).want(404)
}

func TestStackTags(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	const tags = " /api/stacks/acme/payments/dev/tags"
	ana.do("PATCH"+tags, obj{"a": "1", "pulumi:project": "payments"}).want(204)
	ana.do("PATCH"+tags, obj{"pulumi:project": "other"}).want(400)
	ana.do("PATCH"+tags, obj{strings.Repeat("x", 41): "1"}).want(400)
	got := ana.do("GET /api/stacks/acme/payments/dev", nil).want(200)
	got.equal("2", fmt.Sprint(len(got.at("tags").(map[string]any))))
	for _, step := range []struct {
		method, path string
		body         any
		want         int
	}{
		{"POST", "", obj{"name": "b", "value": "2"}, 204},
		{"POST", "", obj{"name": "b", "value": "3"}, 400},
		{"PATCH", "/b", obj{"name": "b", "value": "3"}, 204},
		{"PATCH", "/none", obj{"name": "none", "value": "3"}, 404},
		{"DELETE", "/b", nil, 204},
		{"DELETE", "/b", nil, 404},
		{"DELETE", "/pulumi:project", nil, 400},
	} {
		got := ana.do(step.method+tags+step.path, step.body)
		if got.status != step.want {
			t.Errorf("%s %s: got %d, want %d: %s", step.method, step.path, got.status, step.want, got.raw)
		}
	}
}

func TestListsArePaged(t *testing.T) {
	t.Parallel()
	var seed strings.Builder
	seed.WriteString("users:\n- {login: ana, role: admin}\n")
	for i := range 5 {
		fmt.Fprintf(&seed, "- {login: u%d}\n", i)
	}
	seed.WriteString("stacks:\n")
	for i := range 5 {
		fmt.Fprintf(&seed, "- {project: p, stack: s%d, tags: {even: \"%t\"}}\n", i, i%2 == 0)
	}
	seed.WriteString("accounts:\n")
	for i := range 5 {
		fmt.Fprintf(&seed, "- {account: a%d}\n", i)
	}
	s := startWith(t, server.Options{Seed: []byte(seed.String()), PageSize: 2})
	for _, tc := range []struct {
		name, path, list, next string
		want                   int
	}{
		{"stacks", "/api/user/stacks?organization=acme", "stacks", "continuationToken", 5},
		{"tagged stacks", "/api/user/stacks?tagName=even&tagValue=true", "stacks", "continuationToken", 3},
		{"one page", "/api/user/stacks?maxResults=5", "stacks", "continuationToken", 5},
		{"members", "/api/orgs/acme/members?type=backend", "members", "continuationToken", 6},
		{"members of the frontend", "/api/orgs/acme/members?type=frontend", "members", "continuationToken", 6},
		{"accounts", "/api/preview/insights/acme/accounts?count=2", "accounts", "nextToken", 5},
	} {
		got, token := 0, ""
		for range 10 {
			path := tc.path
			if token != "" {
				path += map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "continuationToken=" + token
			}
			page := s.admin().do("GET "+path, nil).want(200)
			got += len(page.list(tc.list))
			if token = page.str(tc.next); token == "" {
				break
			}
		}
		if got != tc.want || token != "" {
			t.Errorf("%s: got %d entries, want %d", tc.name, got, tc.want)
		}
	}
	s.admin().do("GET /api/user/stacks?continuationToken=x", nil).want(400)
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	s := startScene(t, acmeSeed)
	ana := s.admin()
	before := string(s.State())
	const path = " /api/preview/insights/acme/accounts/gcp"
	ana.do("POST"+path, obj{"provider": "gcp", "environment": "payments/prod"}).want(204)
	ana.do("POST"+path, obj{"provider": "gcp", "environment": ""}).want(400)
	got := ana.do("GET"+path, nil).want(200)
	got.equal("gcp/ana", got.str("provider")+"/"+got.str("ownedBy", "githubLogin"))
	ana.do("PUT"+path+"/tags", obj{"tags": obj{"tier": "prod"}}).want(204)
	tags := ana.do("GET"+path+"/tags", nil).want(200)
	tags.equal("prod", tags.str("tags", "tier", "value"))
	ana.do("POST"+path+"/ownership", obj{"githubLogin": "bo", "name": "", "avatarUrl": ""}).want(200)
	s.as("bo").do("DELETE"+path, nil).want(204)
	ana.do("GET"+path, nil).want(404)
	if string(s.State()) != before {
		t.Error("an account that came and went left traces")
	}
}
