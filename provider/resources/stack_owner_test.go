package resources_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	ownerRoute         = "GET /api/stacks/{orgName}/{projectName}/{stackName}/metadata"
	setOwnerRoute      = "POST /api/stacks/{orgName}/{projectName}/{stackName}/ownership"
	collaboratorsRoute = "GET /api/stacks/{orgName}/{projectName}/{stackName}/collaborators"
	dropGrantRoute     = "DELETE /api/stacks/{orgName}/{projectName}/{stackName}/collaborators/{userName}"
)

// owned are stacks that their creators own.
const owned = people + `
stacks:
  - {project: payments, stack: dev, owner: bo, tags: {environment: development, team: payments}}
  - {project: payments, stack: prod, owner: bo, tags: {environment: production, team: payments}}
  - {project: web, stack: prod, owner: cy, tags: {environment: production, team: web}}
`

func oneOwner(more map[string]any) map[string]any {
	return owning(map[string]any{"project": "payments", "stack": "dev"}, more)
}

func owning(selection, more map[string]any) map[string]any {
	inputs := map[string]any{"owner": "ana"}
	for _, part := range []map[string]any{selection, more} {
		for key, value := range part {
			inputs[key] = value
		}
	}
	return inputs
}

// ownership is a stack's owner, then its direct grants.
func ownership(w world, stack string) string {
	w.t.Helper()
	project, name, _ := strings.Cut(stack, "/")
	client := w.client(w.Token)
	owner, err := client.StackOwner(w.t.Context(), "acme", project, name)
	require.NoError(w.t, err)
	grants, err := client.Collaborators(w.t.Context(), "acme", project, name)
	require.NoError(w.t, err)
	text := owner + ":"
	for _, g := range grants {
		text += fmt.Sprintf(" %s=%d", g.User.Login, g.Permission)
	}
	return text
}

// ciStack makes a stack with a team's token, and returns the login that is left with the grant.
func ciStack(w world, project, name string) string {
	w.t.Helper()
	token := w.TokenFor(servertest.Identity{Organization: true, Admin: true})
	status, answer := w.Call(token, "POST", "/api/stacks/acme/"+project, map[string]any{"stackName": name, "tags": map[string]string{"environment": "production"}})
	require.Equal(w.t, http.StatusOK, status, "%s", answer)
	owner, err := w.client(w.Token).StackOwner(w.t.Context(), "acme", project, name)
	require.NoError(w.t, err)
	return owner
}

func TestStackOwnerLifecycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, owned)
	e := w.resource("StackOwner")
	inputs := oneOwner(nil)

	w.Reset()
	preview, err := e.preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{getStackRoute: 1, ownerRoute: 1, collaboratorsRoute: 1, organizationRoute: 1}, w.calls())
	assert.True(t, preview.Get("stacks").IsComputed())
	said := e.said()
	assert.Contains(t, said, "payments/dev: the creator grant of bo")
	assert.Contains(t, said, "payments/dev, which belongs to bo")

	w.Reset()
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]int{
		getStackRoute: 1, ownerRoute: 1, collaboratorsRoute: 2, organizationRoute: 1, setOwnerRoute: 1, dropGrantRoute: 1,
	}, w.calls())
	assert.Equal(t, "acme/payments/dev", e.id)
	assert.Equal(t, "ana:", ownership(w, "payments/dev"))
	assert.Equal(t, "bo: bo=104", ownership(w, "payments/prod"), "other stacks are left alone")
	assert.Contains(t, show(e.state.Get("stacks")), "previousOwner: bo")
	assert.Contains(t, show(e.state.Get("stacks")), "removed: [{login: bo, permission: creator}]")

	w.Reset()
	e.settled(inputs)
	require.NoError(t, e.up(inputs))
	assert.Empty(t, w.calls(), "a no-op makes no call")
	require.NoError(t, e.refresh())
	assert.Equal(t, map[string]int{getStackRoute: 1, ownerRoute: 1, collaboratorsRoute: 1}, w.calls())
	e.settled(inputs)

	// Another owner, and somebody whose grant is to stay.
	next := oneOwner(map[string]any{"owner": "cy", "keep": []string{"bo", "ANA", "bo"}})
	assert.Equal(t, []string{"keep", "owner", "stacks"}, changed(e.diff(next)))
	require.NoError(t, e.up(next))
	assert.Equal(t, "cy:", ownership(w, "payments/dev"))
	e.settled(next)
	assert.Contains(t, show(e.state.Get("stacks")), "previousOwner: bo", "whom it belonged to at first")

	// Somebody gives it away in the console.
	w.admin("POST", "/api/stacks/acme/payments/dev/ownership", map[string]any{"githubLogin": "bo", "name": "bo", "avatarUrl": ""})
	require.NoError(t, e.refresh())
	assert.Equal(t, []string{"stacks"}, changed(e.diff(next)))
	require.NoError(t, e.up(next))
	assert.Equal(t, "cy:", ownership(w, "payments/dev"))

	e.said()
	w.Reset()
	require.NoError(t, e.destroy())
	assert.Equal(t, map[string]int{ownerRoute: 1, setOwnerRoute: 1}, w.calls())
	assert.Equal(t, "bo:", ownership(w, "payments/dev"), "the owner is back, the grant is not")
	assert.Contains(t, e.said(), "payments/dev: the creator grant of bo")
}

// Every stack that is selected, those that come later too.
func TestStackOwnerOfMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t, owned)
	machine := ciStack(w, "payments", "ci")
	e := w.resource("StackOwner")
	inputs := owning(map[string]any{"tags": map[string]any{"environment": "production"}}, map[string]any{"keep": []string{"cy"}})

	w.Reset()
	require.NoError(t, e.up(inputs))
	assert.Equal(t, map[string]int{
		listStacksRoute: 1, ownerRoute: 3, collaboratorsRoute: 5, organizationRoute: 1, setOwnerRoute: 3, dropGrantRoute: 2,
	}, w.calls())
	assert.Equal(t, "acme/*/*?environment=production", e.id)
	assert.Equal(t, []string{"ana:", "ana:", "ana: cy=104", "bo: bo=104"},
		[]string{ownership(w, "payments/ci"), ownership(w, "payments/prod"), ownership(w, "web/prod"), ownership(w, "payments/dev")})
	assert.Contains(t, show(e.state.Get("stacks")), machine, "the identity that a token left behind")
	e.settled(inputs)

	later := ciStack(w, "web", "later")
	require.NoError(t, e.refresh())
	assert.Equal(t, []string{"stacks"}, changed(e.diff(inputs)), "a stack that came later is drift")
	e.said()
	_, err := e.preview(inputs)
	require.NoError(t, err)
	assert.Contains(t, e.said(), "web/later: the creator grant of "+later)
	require.NoError(t, e.up(inputs))
	assert.Equal(t, "ana:", ownership(w, "web/later"))
	require.NoError(t, e.refresh())
	e.settled(inputs)

	// A stack that is recreated under its name is another one: its owner of before is the one to go back to.
	w.dropStack("payments", "prod")
	w.dropStack("payments", "ci")
	status, _ := w.Call(w.TokenFor(servertest.Identity{User: "cy"}), "POST", "/api/stacks/acme/payments",
		map[string]any{"stackName": "prod", "tags": map[string]string{"environment": "production"}})
	require.Equal(t, http.StatusOK, status)
	require.NoError(t, e.refresh())
	require.NoError(t, e.up(inputs))
	assert.Equal(t, "ana: cy=104", ownership(w, "payments/prod"))
	require.NoError(t, e.destroy())
	assert.Equal(t, []string{"cy: cy=104", "cy: cy=104"}, []string{ownership(w, "payments/prod"), ownership(w, "web/prod")})
	assert.Contains(t, e.said(), "is no member of organization", "a machine can own no stack that it did not make")
}

func TestStackOwnerSelects(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		selection map[string]any
		id        string
		stacks    []string
		lists     int
	}{
		{"project", map[string]any{"project": "payments"}, "acme/payments/*", []string{"payments/dev", "payments/prod"}, 1},
		{"tags are all needed", map[string]any{"tags": map[string]any{"environment": "production", "team": "payments"}},
			"acme/*/*?environment=production&team=payments", []string{"payments/prod"}, 2},
		{"tags of a project", map[string]any{"project": "payments", "tags": map[string]any{"environment": "development"}},
			"acme/payments/*?environment=development", []string{"payments/dev"}, 1},
		{"nothing", map[string]any{"project": "none"}, "acme/none/*", []string{}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, owned)
			e := w.resource("StackOwner")
			inputs := owning(test.selection, nil)
			require.NoError(t, e.up(inputs))
			assert.Equal(t, test.id, e.id)
			assert.Equal(t, test.lists, w.calls()[listStacksRoute])
			stacks := []string{}
			for _, stack := range e.state.Get("stacks").AsArray().All {
				stacks = append(stacks, stack.AsMap().Get("project").AsString()+"/"+stack.AsMap().Get("stack").AsString())
			}
			assert.Equal(t, test.stacks, stacks)
			e.settled(inputs)
			require.NoError(t, e.refresh())
			e.settled(inputs)
			imported := w.resource("StackOwner")
			require.NoError(t, imported.adopt(test.id))
			if len(test.stacks) > 0 {
				imported.settled(owning(test.selection, map[string]any{"keep": []string{}}))
			}
		})
	}
}

// After an import everybody who holds a grant keeps it, and the owner is the one of most stacks.
func TestStackOwnerImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, owned)
	before := string(w.State())
	e := w.resource("StackOwner")
	require.NoError(t, e.adopt("acme/*/*?environment=production"))
	mixed := owning(map[string]any{"tags": map[string]any{"environment": "production"}}, map[string]any{"owner": "bo", "keep": []string{"cy", "bo"}})
	assert.Equal(t, []string{"stacks"}, changed(e.diff(mixed)), "one of them belongs to somebody else")
	one := w.resource("StackOwner")
	require.NoError(t, one.adopt("acme/payments/dev"))
	one.settled(oneOwner(map[string]any{"owner": "bo", "keep": []string{"bo"}}))
	require.NoError(t, one.destroy())
	assert.Equal(t, before, string(w.State()))
	for _, bad := range []string{"payments/dev", "acme/*/dev", "acme/*/*", "acme/payments/dev?a=b", "acme/payments/*?", "acme/payments/*?%zz=1"} {
		require.ErrorContains(t, w.resource("StackOwner").adopt(bad), "is not an id of this resource", bad)
	}
	require.NoError(t, w.resource("StackOwner").adopt("acme/payments/none"), "the engine reports that there is nothing")
}

func TestStackOwnerNamesTwentyGrants(t *testing.T) {
	t.Parallel()
	seed := people + "stacks:\n"
	for i := range 23 {
		seed += fmt.Sprintf("  - {project: payments, stack: s%02d, owner: bo}\n", i)
	}
	w := newWorld(t, seed)
	e := w.resource("StackOwner")
	_, err := e.preview(owning(map[string]any{"project": "payments"}, nil))
	require.NoError(t, err)
	said := e.said()
	assert.Equal(t, 20, strings.Count(said, "the creator grant of bo"))
	assert.Contains(t, said, "... and 3 more")
	assert.Empty(t, w.writes())
}

// Whoever is not an administrator of the organization does not lose their own grant by an oversight.
func TestStackOwnerLockOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, owned)
	bo := w.TokenFor(servertest.Identity{User: "bo"})
	e := w.with(bo, "StackOwner")
	_, err := e.preview(oneOwner(nil))
	require.ErrorContains(t, err, "the caller's own grant")
	err = e.up(oneOwner(nil))
	require.ErrorContains(t, err, `Add "bo" to keep`)
	assert.Empty(t, w.writes())
	require.NoError(t, w.with(bo, "StackOwner").up(oneOwner(map[string]any{"keep": []string{"bo"}})))
	assert.Equal(t, "ana: bo=104", ownership(w, "payments/dev"))
	require.NoError(t, w.with(bo, "StackOwner").up(oneOwner(map[string]any{"keep": []string{"bo"}})), "again, with nothing to do")

	insisting := w.with(w.TokenFor(servertest.Identity{User: "cy"}), "StackOwner")
	err = insisting.up(owning(map[string]any{"project": "web", "stack": "prod"}, map[string]any{"allow": []string{"lockOut"}}))
	require.ErrorContains(t, err, "reading back", "the read needs the right that was just given away")
	assert.Equal(t, "ana:", ownership(w, "web/prod"))
}

func TestStackOwnerRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, owned)
	e := w.resource("StackOwner")
	require.ErrorContains(t, e.up(oneOwner(map[string]any{"owner": "nobody"})), `"nobody" is no member`)
	assert.Empty(t, e.id, "nothing was done, so there is nothing to keep")
	require.ErrorContains(t, e.up(oneOwner(map[string]any{"stack": "none"})), "does not exist")

	// With several stacks, what was done before is kept, and the next update goes on from there.
	w.Fault(servertest.Fault{Match: dropGrantRoute, Status: http.StatusForbidden})
	many := owning(map[string]any{"project": "payments"}, nil)
	var partly *unfinishedError
	require.ErrorAs(t, e.up(many), &partly)
	assert.Contains(t, partly.Error(), "stopped after 0 of 2 stacks")
	assert.Contains(t, show(e.state.Get("stacks")), "previousOwner: bo")
	require.NoError(t, e.up(many))
	e.settled(many)
	require.NoError(t, e.destroy())
	assert.Equal(t, []string{"bo:", "bo:"}, []string{ownership(w, "payments/dev"), ownership(w, "payments/prod")})
}

func TestStackOwnerUnderFaults(t *testing.T) {
	t.Parallel()
	for _, match := range []string{setOwnerRoute, dropGrantRoute} {
		for _, reset := range []string{"before", "after"} {
			t.Run(match[:4]+reset, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, owned)
				e := w.resource("StackOwner")
				w.Fault(servertest.Fault{Match: match, Reset: reset})
				require.NoError(t, e.up(oneOwner(nil)))
				e.settled(oneOwner(nil))
				assert.Equal(t, "ana:", ownership(w, "payments/dev"))
				require.NoError(t, e.destroy())
				assert.Equal(t, "bo:", ownership(w, "payments/dev"))
			})
		}
	}
}

// When no answer comes back at all, who owned the stack is not forgotten.
func TestStackOwnerOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, owned)
	e := w.resource("StackOwner")
	w.Fault(servertest.Fault{Match: setOwnerRoute, Reset: "after", Times: 50})
	var partly *unfinishedError
	require.ErrorAs(t, e.up(oneOwner(nil)), &partly)
	w.Reset()
	require.NoError(t, e.up(oneOwner(nil)))
	assert.Zero(t, w.calls()[setOwnerRoute], "it was carried out")
	require.NoError(t, e.destroy())
	assert.Equal(t, "bo:", ownership(w, "payments/dev"))
}

func TestStackOwnerGoneOrHidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t, owned)
	e := w.resource("StackOwner")
	one, many := oneOwner(nil), owning(map[string]any{"project": "payments"}, nil)
	require.NoError(t, e.up(one))
	as := func(from *engine, token string) *engine {
		other := w.with(token, "StackOwner")
		other.id, other.inputs, other.state = from.id, from.inputs, from.state
		return other
	}
	blind := w.TokenFor(servertest.Identity{User: "cy"})
	require.ErrorContains(t, as(e, blind).refresh(), "not visible to this token")
	require.ErrorContains(t, as(e, blind).destroy(), "not visible to this token")
	all := w.resource("StackOwner")
	require.NoError(t, all.up(many))
	require.ErrorContains(t, as(all, blind).refresh(), "not visible to this token", "hidden is not deselected")

	// Somebody else decides in the meantime: that stands.
	w.admin("POST", "/api/stacks/acme/payments/prod/ownership", map[string]any{"githubLogin": "cy", "name": "cy", "avatarUrl": ""})
	w.dropStack("payments", "dev")
	require.NoError(t, as(all, w.Token).destroy())
	assert.Equal(t, "cy:", ownership(w, "payments/prod"))
	assert.Contains(t, all.said(), "payments/prod belongs to cy by now")
	gone := as(e, w.Token)
	require.NoError(t, gone.refresh())
	assert.Empty(t, gone.id)
	require.NoError(t, as(e, w.Token).destroy())
}

func TestStackOwnerCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, owned)
	e := w.resource("StackOwner")
	for _, test := range []struct {
		name   string
		inputs map[string]any
		path   string
		says   string
	}{
		{"no selection", map[string]any{"owner": "ana"}, "project", "says which stacks are meant"},
		{"no project", map[string]any{"owner": "ana", "stack": "dev"}, "project", "is needed with `stack`"},
		{"both", oneOwner(map[string]any{"tags": map[string]any{"a": "b"}}), "tags", "one stack already"},
		{"no tags", map[string]any{"owner": "ana", "tags": map[string]any{}}, "tags", "must not be empty"},
		{"tag without value", map[string]any{"owner": "ana", "tags": map[string]any{"a": ""}}, "tags.a", "any"},
		{"slash", oneOwner(map[string]any{"stack": "a/b"}), "stack", "slash"},
		{"no owner", oneOwner(map[string]any{"owner": ""}), "owner", "empty"},
		{"empty login", oneOwner(map[string]any{"keep": []string{"bo", " "}}), "keep[1]", "empty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			failures := e.failures(test.inputs)
			require.Contains(t, failures, test.path)
			assert.Contains(t, failures[test.path], test.says)
		})
	}
	assert.Empty(t, w.calls(), "a check makes no call")
}

func TestStackOwnerUnknowns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, owned)
	for name, inputs := range map[string]map[string]any{
		"project": oneOwner(map[string]any{"project": unknown}),
		"stack":   oneOwner(map[string]any{"stack": unknown}),
		"owner":   oneOwner(map[string]any{"owner": unknown}),
		"keep":    oneOwner(map[string]any{"keep": unknown}),
		"tags":    {"owner": "ana", "tags": map[string]any{"environment": unknown}},
	} {
		t.Run(name, func(t *testing.T) {
			e := w.resource("StackOwner")
			assert.Contains(t, shown(e.checked(inputs)), name+": unknown")
			preview, err := e.preview(inputs)
			require.NoError(t, err)
			assert.Contains(t, shown(preview), name+": unknown")
			require.NoError(t, e.up(oneOwner(nil)))
			assert.Contains(t, changed(e.diff(inputs)), name)
			_, err = e.preview(inputs)
			require.NoError(t, err)
		})
	}
}

func TestStackOwnerMovesAfterGivingBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, owned)
	e := w.resource("StackOwner")
	require.NoError(t, e.up(oneOwner(nil)))
	for _, other := range []map[string]any{
		oneOwner(map[string]any{"stack": "prod"}), owning(map[string]any{"project": "payments"}, nil),
		owning(map[string]any{"tags": map[string]any{"a": "b"}}, nil), oneOwner(map[string]any{"organization": "other"}),
	} {
		assert.True(t, e.diff(other).DeleteBeforeReplace, "%v", other)
	}
	assert.False(t, e.diff(oneOwner(map[string]any{"owner": "cy"})).DeleteBeforeReplace)
}

func TestStackOwnerSecretsStaySecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, owned)
	e := w.resource("StackOwner")
	require.NoError(t, e.up(oneOwner(map[string]any{"keep": []any{property.New("bo").WithSecret(true)}})))
	assert.True(t, e.state.Get("keep").Secret())
	require.NoError(t, e.refresh())
	assert.True(t, e.state.Get("keep").Secret())
}
