package server_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// manyStacks is an organization with n stacks, a fifth of which the team of bo reads by its role.
func manyStacks(n int) string {
	var seed strings.Builder
	seed.WriteString(`
users: [{login: ana, role: admin}, {login: bo}]
roles:
  - name: reader
    details:
      __type: PermissionDescriptorCondition
      condition: {__type: PermissionExpressionEqual, left: {__type: PermissionExpressionTag, context: {__type: PermissionExpressionStack}, key: tier},
        right: {__type: PermissionLiteralExpressionString, value: "0"}}
      subNode: {__type: PermissionDescriptorAllow, permissions: ["stack:read"]}
teams: [{name: readers, members: [bo], role: reader}]
stacks:
`)
	for i := range n {
		fmt.Fprintf(&seed, "- {project: p%d, stack: s%05d, tags: {tier: \"%d\"}}\n", i%7, i, i%5)
	}
	return seed.String()
}

// listAll goes through a list page by page.
func (a actor) listAll(path string, size int) []string {
	a.t.Helper()
	var all []string
	token := ""
	for {
		got := a.do("GET "+path+"maxResults="+fmt.Sprint(size)+"&continuationToken="+url.QueryEscape(token), nil).want(200)
		for i := range got.list("stacks") {
			all = append(all, got.str("stacks", i, "projectName")+"/"+got.str("stacks", i, "stackName"))
		}
		if token = got.str("continuationToken"); token == "" {
			return all
		}
	}
}

// Whatever the size of a page and the filter, a list has what one page of everything has, in that order.
func TestPagesAddUpToTheWholeList(t *testing.T) {
	s := startScene(t, manyStacks(60))
	rapid.Check(t, func(rt *rapid.T) {
		a := rapid.SampledFrom([]actor{s.admin(), s.as("bo")}).Draw(rt, "caller")
		path := rapid.SampledFrom([]string{"/api/user/stacks?", "/api/user/stacks?project=p3&", "/api/user/stacks?tagName=tier&tagValue=0&",
			"/api/user/stacks?organization=other&"}).Draw(rt, "list")
		whole := a.listAll(path, 1000)
		if got := a.listAll(path, rapid.IntRange(1, 70).Draw(rt, "size")); !slices.Equal(got, whole) || !slices.IsSorted(got) {
			rt.Fatalf("%s: got %v, want %v", path, got, whole)
		}
	})
	if got := s.as("bo").listAll("/api/user/stacks?", 7); len(got) != 12 {
		t.Errorf("bo sees %d stacks, want 12: %v", len(got), got)
	}
}

// A page begins where the last one ended, also when stacks come and go in between.
func TestPagesWhileStacksComeAndGo(t *testing.T) {
	t.Parallel()
	s := startScene(t, manyStacks(20))
	first := s.admin().do("GET /api/user/stacks?maxResults=5", nil).want(200)
	s.admin().do("DELETE /api/stacks/acme/"+first.str("stacks", 4, "projectName")+"/"+first.str("stacks", 4, "stackName"), nil).want(204)
	s.admin().do("POST /api/stacks/acme/a", obj{"stackName": "first"}).want(200)
	rest := s.admin().do("GET /api/user/stacks?maxResults=100&continuationToken="+first.str("continuationToken"), nil).want(200)
	if got := len(rest.list("stacks")); got != 15 {
		t.Errorf("the second page has %d stacks, want the other 15: %s", got, rest.raw)
	}
}

// BenchmarkListStacks lists 10,000 stacks page by page, as an administrator and as somebody whom a role lets read some.
func BenchmarkListStacks(b *testing.B) {
	running := servertest.StartNewer(b, server.Options{Seed: []byte(manyStacks(10_000))})
	for who, token := range map[string]string{"administrator": running.Token, "member": running.TokenFor(servertest.Identity{User: "bo"})} {
		b.Run(who, func(b *testing.B) {
			for b.Loop() {
				next := ""
				for {
					_, raw := running.Call(token, "GET", "/api/user/stacks?maxResults=100&continuationToken="+url.QueryEscape(next), nil)
					_, after, found := strings.Cut(string(raw), `"continuationToken":"`)
					if !found {
						break
					}
					next, _, _ = strings.Cut(after, `"`)
				}
			}
		})
	}
}
