package stackowner_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	ownerRoute         = "GET /api/stacks/{orgName}/{projectName}/{stackName}/metadata"
	setOwnerRoute      = "POST /api/stacks/{orgName}/{projectName}/{stackName}/ownership"
	collaboratorsRoute = "GET /api/stacks/{orgName}/{projectName}/{stackName}/collaborators"
	listRoute          = "POST /api/orgs/{orgName}/assignments/list"
	dropGrantRoute     = "DELETE /api/stacks/{orgName}/{projectName}/{stackName}/collaborators/{userName}"
)

// owned are stacks that their creators own.
const owned = resourcetest.People + `
stacks:
  - {project: payments, stack: dev, owner: bo, tags: {environment: development, team: payments}}
  - {project: payments, stack: prod, owner: bo, tags: {environment: production, team: payments}}
  - {project: web, stack: prod, owner: cy, tags: {environment: production, team: web}}
`

// ownership is a stack's owner, then its direct grants.
func ownership(w resourcetest.World, stack string) string {
	w.T.Helper()
	project, name, _ := strings.Cut(stack, "/")
	client := w.Client(w.Token)
	owner, err := client.StackOwner(w.T.Context(), "acme", project, name)
	require.NoError(w.T, err)
	grants, err := client.Collaborators(w.T.Context(), "acme", project, name)
	require.NoError(w.T, err)
	text := owner + ":"
	for _, g := range grants {
		text += fmt.Sprintf(" %s=%d", g.User.Login, g.Permission)
	}
	return text
}

// ciStack makes a stack with a team's token, and returns the login that is left with the grant.
func ciStack(w resourcetest.World, project, name string) string {
	w.T.Helper()
	token := w.TokenFor(servertest.Identity{Organization: true, Admin: true})
	status, answer := w.Call(token, "POST", "/api/stacks/acme/"+project, map[string]any{"stackName": name, "tags": map[string]string{"environment": "production"}})
	require.Equal(w.T, http.StatusOK, status, "%s", answer)
	owner, err := w.Client(w.Token).StackOwner(w.T.Context(), "acme", project, name)
	require.NoError(w.T, err)
	return owner
}

func TestStackOwnerLifecycle(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	e := w.Resource("StackOwner")
	inputs := resourcetest.OwnerInputs(nil)

	w.Reset()
	preview, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{
		resourcetest.GetStackRoute: 1, ownerRoute: 1, collaboratorsRoute: 1, listRoute: 1, resourcetest.OrganizationRoute: 1,
	}, w.Calls())
	assert.True(t, preview.Get("stacks").IsComputed())
	said := e.Said()
	assert.Contains(t, said, "payments/dev: the creator grant of bo")
	assert.Contains(t, said, "payments/dev, which belongs to bo")

	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]int{
		resourcetest.GetStackRoute: 1, ownerRoute: 1, collaboratorsRoute: 2, listRoute: 2, resourcetest.OrganizationRoute: 2, setOwnerRoute: 1,
		dropGrantRoute: 1,
	}, w.Calls())
	assert.Equal(t, "acme/payments/dev", e.ID)
	assert.Equal(t, "ana:", ownership(w, "payments/dev"))
	assert.Equal(t, "bo: bo=104", ownership(w, "payments/prod"), "other stacks are left alone")
	assert.Contains(t, resourcetest.Show(e.State.Get("stacks")), "previousOwner: bo")
	assert.Contains(t, resourcetest.Show(e.State.Get("stacks")), "removed: [{login: bo, permission: creator}]")

	w.Reset()
	e.Settled(inputs)
	require.NoError(t, e.Up(inputs))
	assert.Empty(t, w.Calls(), "a no-op makes no call")
	require.NoError(t, e.Refresh())
	assert.Equal(t, map[string]int{
		resourcetest.GetStackRoute: 1, ownerRoute: 1, collaboratorsRoute: 1, listRoute: 1, resourcetest.OrganizationRoute: 1,
	}, w.Calls())
	e.Settled(inputs)

	// Another owner, and somebody whose grant is to stay.
	next := resourcetest.OwnerInputs(map[string]any{"owner": "cy", "keep": []string{"bo", "ANA", "bo"}})
	assert.Equal(t, []string{"keep", "owner", "stacks"}, resourcetest.Changed(e.Diff(next)))
	require.NoError(t, e.Up(next))
	assert.Equal(t, "cy:", ownership(w, "payments/dev"))
	e.Settled(next)
	assert.Contains(t, resourcetest.Show(e.State.Get("stacks")), "previousOwner: bo", "whom it belonged to at first")

	// Somebody gives it away in the console.
	w.Admin("POST", "/api/stacks/acme/payments/dev/ownership", map[string]any{"githubLogin": "bo", "name": "bo", "avatarUrl": ""})
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"stacks"}, resourcetest.Changed(e.Diff(next)))
	require.NoError(t, e.Up(next))
	assert.Equal(t, "cy:", ownership(w, "payments/dev"))

	e.Said()
	w.Reset()
	require.NoError(t, e.Destroy())
	assert.Equal(t, map[string]int{resourcetest.GetStackRoute: 1, ownerRoute: 1, setOwnerRoute: 1}, w.Calls())
	assert.Equal(t, "bo:", ownership(w, "payments/dev"), "the owner is back, the grant is not")
	assert.Contains(t, e.Said(), "payments/dev: the creator grant of bo")
}

// Every stack that is selected, those that come later too.
func TestStackOwnerOfMany(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	machine := ciStack(w, "payments", "ci")
	e := w.Resource("StackOwner")
	inputs := resourcetest.OwnerInputsOf(map[string]any{"tags": map[string]any{"environment": "production"}}, map[string]any{"keep": []string{"cy"}})

	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]int{
		resourcetest.ListStacksRoute: 1, ownerRoute: 3, collaboratorsRoute: 6, listRoute: 6, resourcetest.OrganizationRoute: 2, setOwnerRoute: 3,
		dropGrantRoute: 2,
	}, w.Calls())
	assert.Equal(t, "acme/*/*?environment=production", e.ID)
	assert.Equal(t, []string{"ana:", "ana:", "ana: cy=104", "bo: bo=104"},
		[]string{ownership(w, "payments/ci"), ownership(w, "payments/prod"), ownership(w, "web/prod"), ownership(w, "payments/dev")})
	assert.Contains(t, resourcetest.Show(e.State.Get("stacks")), machine, "the identity that a token left behind")
	e.Settled(inputs)

	later := ciStack(w, "web", "later")
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"stacks"}, resourcetest.Changed(e.Diff(inputs)), "a stack that came later is drift")
	e.Said()
	_, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "web/later: the creator grant of "+later)
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, "ana:", ownership(w, "web/later"))
	require.NoError(t, e.Refresh())
	e.Settled(inputs)

	// A stack that is recreated under its name is another one: its owner of before is the one to go back to.
	w.DropStack("payments", "prod")
	w.DropStack("payments", "ci")
	status, _ := w.Call(w.TokenFor(servertest.Identity{User: "cy"}), "POST", "/api/stacks/acme/payments",
		map[string]any{"stackName": "prod", "tags": map[string]string{"environment": "production"}})
	require.Equal(t, http.StatusOK, status)
	require.NoError(t, e.Refresh())
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, "ana: cy=104", ownership(w, "payments/prod"))
	require.NoError(t, e.Destroy())
	assert.Equal(t, []string{"cy: cy=104", "cy: cy=104"}, []string{ownership(w, "payments/prod"), ownership(w, "web/prod")})
	assert.Contains(t, e.Said(), "is not a member of organization", "a machine can own no stack that it did not make")
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
			w := resourcetest.New(t, owned)
			e := w.Resource("StackOwner")
			inputs := resourcetest.OwnerInputsOf(test.selection, nil)
			require.NoError(t, e.Up(inputs))
			assert.Equal(t, test.id, e.ID)
			assert.Equal(t, test.lists, w.Calls()[resourcetest.ListStacksRoute])
			stacks := []string{}
			for _, stack := range e.State.Get("stacks").AsArray().All {
				stacks = append(stacks, stack.AsMap().Get("project").AsString()+"/"+stack.AsMap().Get("stack").AsString())
			}
			assert.Equal(t, test.stacks, stacks)
			e.Settled(inputs)
			require.NoError(t, e.Refresh())
			e.Settled(inputs)
			imported := w.Resource("StackOwner")
			require.NoError(t, imported.Adopt(test.id))
			if len(test.stacks) > 0 {
				imported.Settled(resourcetest.OwnerInputsOf(test.selection, map[string]any{"keep": []string{}}))
			}
		})
	}
}

// After an import everybody who holds a grant keeps it, and the owner is the one of most stacks.
func TestStackOwnerImport(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	before := string(w.State())
	e := w.Resource("StackOwner")
	require.NoError(t, e.Adopt("acme/*/*?environment=production"))
	mixed := resourcetest.OwnerInputsOf(map[string]any{"tags": map[string]any{"environment": "production"}}, map[string]any{"owner": "bo", "keep": []string{"cy", "bo"}})
	assert.Equal(t, []string{"stacks"}, resourcetest.Changed(e.Diff(mixed)), "one of them belongs to somebody else")
	one := w.Resource("StackOwner")
	require.NoError(t, one.Adopt("acme/payments/dev"))
	one.Settled(resourcetest.OwnerInputs(map[string]any{"owner": "bo", "keep": []string{"bo"}}))
	require.NoError(t, one.Destroy())
	assert.Equal(t, before, string(w.State()))
	for _, bad := range []string{"payments/dev", "acme/*/dev", "acme/*/*", "acme/payments/dev?a=b", "acme/payments/*?", "acme/payments/*?%zz=1"} {
		require.ErrorContains(t, w.Resource("StackOwner").Adopt(bad), "is not an id of this resource", bad)
	}
	require.NoError(t, w.Resource("StackOwner").Adopt("acme/payments/none"), "the engine reports that there is nothing")
}

func TestStackOwnerNamesTwentyGrants(t *testing.T) {
	t.Parallel()
	seed := resourcetest.People + "stacks:\n"
	for i := range 23 {
		seed += fmt.Sprintf("  - {project: payments, stack: s%02d, owner: bo}\n", i)
	}
	w := resourcetest.New(t, seed)
	e := w.Resource("StackOwner")
	_, err := e.Preview(resourcetest.OwnerInputsOf(map[string]any{"project": "payments"}, nil))
	require.NoError(t, err)
	said := e.Said()
	assert.Equal(t, 20, strings.Count(said, "the creator grant of bo"))
	assert.Contains(t, said, "... and 3 more")
	assert.Empty(t, w.Writes())
}

// Whoever is not an administrator of the organization does not lose their own grant by an oversight.
func TestStackOwnerLockOut(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	bo := w.TokenFor(servertest.Identity{User: "bo"})
	e := w.With(bo, "StackOwner")
	_, err := e.Preview(resourcetest.OwnerInputs(nil))
	require.ErrorContains(t, err, "the caller's own grant")
	err = e.Up(resourcetest.OwnerInputs(nil))
	require.ErrorContains(t, err, `Add "bo" to keep`)
	assert.Empty(t, w.Writes())
	require.NoError(t, w.With(bo, "StackOwner").Up(resourcetest.OwnerInputs(map[string]any{"keep": []string{"bo"}})))
	assert.Equal(t, "ana: bo=104", ownership(w, "payments/dev"))
	require.NoError(t, w.With(bo, "StackOwner").Up(resourcetest.OwnerInputs(map[string]any{"keep": []string{"bo"}})), "again, with nothing to do")

	insisting := w.With(w.TokenFor(servertest.Identity{User: "cy"}), "StackOwner")
	err = insisting.Up(resourcetest.OwnerInputsOf(map[string]any{"project": "web", "stack": "prod"}, map[string]any{"allow": []string{"lockOut"}}))
	require.ErrorContains(t, err, "reading back", "the read needs the right that was just given away")
	assert.Equal(t, "ana:", ownership(w, "web/prod"))
}

func TestStackOwnerRefusals(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	e := w.Resource("StackOwner")
	require.ErrorContains(t, e.Up(resourcetest.OwnerInputs(map[string]any{"owner": "nobody"})), `"nobody" is not a member`)
	assert.Empty(t, e.ID, "nothing was done, so there is nothing to keep")
	require.ErrorContains(t, e.Up(resourcetest.OwnerInputs(map[string]any{"stack": "none"})), "does not exist")

	// With several stacks, what was done before is kept, and the next update goes on from there.
	w.Fault(servertest.Fault{Match: dropGrantRoute, Status: http.StatusForbidden})
	many := resourcetest.OwnerInputsOf(map[string]any{"project": "payments"}, nil)
	var partial *resourcetest.UnfinishedError
	require.ErrorAs(t, e.Up(many), &partial)
	assert.Contains(t, partial.Error(), "stopped after 0 of 2 stacks")
	assert.Contains(t, resourcetest.Show(e.State.Get("stacks")), "previousOwner: bo")
	require.NoError(t, e.Up(many))
	e.Settled(many)
	require.NoError(t, e.Destroy())
	assert.Equal(t, []string{"bo:", "bo:"}, []string{ownership(w, "payments/dev"), ownership(w, "payments/prod")})
}

func TestStackOwnerUnderFaults(t *testing.T) {
	t.Parallel()
	for _, match := range []string{setOwnerRoute, dropGrantRoute} {
		for _, reset := range []string{"before", "after"} {
			t.Run(match[:4]+reset, func(t *testing.T) {
				t.Parallel()
				w := resourcetest.New(t, owned)
				e := w.Resource("StackOwner")
				w.Fault(servertest.Fault{Match: match, Reset: reset})
				require.NoError(t, e.Up(resourcetest.OwnerInputs(nil)))
				e.Settled(resourcetest.OwnerInputs(nil))
				assert.Equal(t, "ana:", ownership(w, "payments/dev"))
				require.NoError(t, e.Destroy())
				assert.Equal(t, "bo:", ownership(w, "payments/dev"))
			})
		}
	}
}

// When no answer comes back at all, who owned the stack is not forgotten.
func TestStackOwnerOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	e := w.Resource("StackOwner")
	w.Fault(servertest.Fault{Match: setOwnerRoute, Reset: "after", Times: 50})
	var partial *resourcetest.UnfinishedError
	require.ErrorAs(t, e.Up(resourcetest.OwnerInputs(nil)), &partial)
	w.Reset()
	require.NoError(t, e.Up(resourcetest.OwnerInputs(nil)))
	assert.Zero(t, w.Calls()[setOwnerRoute], "it was carried out")
	require.NoError(t, e.Destroy())
	assert.Equal(t, "bo:", ownership(w, "payments/dev"))
}

func TestStackOwnerGoneOrHidden(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	e := w.Resource("StackOwner")
	one, many := resourcetest.OwnerInputs(nil), resourcetest.OwnerInputsOf(map[string]any{"project": "payments"}, nil)
	require.NoError(t, e.Up(one))
	as := func(from *resourcetest.Engine, token string) *resourcetest.Engine {
		other := w.With(token, "StackOwner")
		other.ID, other.Inputs, other.State = from.ID, from.Inputs, from.State
		return other
	}
	blind := w.TokenFor(servertest.Identity{User: "cy"})
	require.ErrorContains(t, as(e, blind).Refresh(), "not visible to this token")
	require.ErrorContains(t, as(e, blind).Destroy(), "not visible to this token")
	all := w.Resource("StackOwner")
	require.NoError(t, all.Up(many))
	require.ErrorContains(t, as(all, blind).Refresh(), "not visible to this token", "hidden is not deselected")

	// Somebody else decides in the meantime: that stands.
	w.Admin("POST", "/api/stacks/acme/payments/prod/ownership", map[string]any{"githubLogin": "cy", "name": "cy", "avatarUrl": ""})
	w.DropStack("payments", "dev")
	require.NoError(t, as(all, w.Token).Destroy())
	assert.Equal(t, "cy:", ownership(w, "payments/prod"))
	assert.Contains(t, all.Said(), "payments/prod belongs to cy by now")
	gone := as(e, w.Token)
	require.NoError(t, gone.Refresh())
	assert.Empty(t, gone.ID)
	require.NoError(t, as(e, w.Token).Destroy())
}

func TestStackOwnerCheck(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	e := w.Resource("StackOwner")
	for _, test := range []struct {
		name   string
		inputs map[string]any
		path   string
		says   string
	}{
		{"no selection", map[string]any{"owner": "ana"}, "project", "says which stacks are meant"},
		{"no project", map[string]any{"owner": "ana", "stack": "dev"}, "project", "is needed with `stack`"},
		{"both", resourcetest.OwnerInputs(map[string]any{"tags": map[string]any{"a": "b"}}), "tags", "one stack already"},
		{"no tags", map[string]any{"owner": "ana", "tags": map[string]any{}}, "tags", "must not be empty"},
		{"tag without value", map[string]any{"owner": "ana", "tags": map[string]any{"a": ""}}, "tags.a", "any"},
		{"slash", resourcetest.OwnerInputs(map[string]any{"stack": "a/b"}), "stack", "slash"},
		{"no owner", resourcetest.OwnerInputs(map[string]any{"owner": ""}), "owner", "empty"},
		{"empty login", resourcetest.OwnerInputs(map[string]any{"keep": []string{"bo", " "}}), "keep[1]", "empty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			failures := e.Failures(test.inputs)
			require.Contains(t, failures, test.path)
			assert.Contains(t, failures[test.path], test.says)
		})
	}
	assert.Empty(t, w.Calls(), "a check makes no call")
}

func TestStackOwnerUnknowns(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	for name, inputs := range map[string]map[string]any{
		"project": resourcetest.OwnerInputs(map[string]any{"project": resourcetest.Unknown}),
		"stack":   resourcetest.OwnerInputs(map[string]any{"stack": resourcetest.Unknown}),
		"owner":   resourcetest.OwnerInputs(map[string]any{"owner": resourcetest.Unknown}),
		"keep":    resourcetest.OwnerInputs(map[string]any{"keep": resourcetest.Unknown}),
		"tags":    {"owner": "ana", "tags": map[string]any{"environment": resourcetest.Unknown}},
	} {
		t.Run(name, func(t *testing.T) {
			e := w.Resource("StackOwner")
			assert.Contains(t, resourcetest.Shown(e.Checked(inputs)), name+": unknown")
			preview, err := e.Preview(inputs)
			require.NoError(t, err)
			assert.Contains(t, resourcetest.Shown(preview), name+": unknown")
			require.NoError(t, e.Up(resourcetest.OwnerInputs(nil)))
			assert.Contains(t, resourcetest.Changed(e.Diff(inputs)), name)
			_, err = e.Preview(inputs)
			require.NoError(t, err)
		})
	}
}

func TestStackOwnerMovesAfterGivingBack(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	e := w.Resource("StackOwner")
	require.NoError(t, e.Up(resourcetest.OwnerInputs(nil)))
	for _, other := range []map[string]any{
		resourcetest.OwnerInputs(map[string]any{"stack": "prod"}), resourcetest.OwnerInputsOf(map[string]any{"project": "payments"}, nil),
		resourcetest.OwnerInputsOf(map[string]any{"tags": map[string]any{"a": "b"}}, nil), resourcetest.OwnerInputs(map[string]any{"organization": "other"}),
	} {
		assert.True(t, e.Diff(other).DeleteBeforeReplace, "%v", other)
	}
	assert.False(t, e.Diff(resourcetest.OwnerInputs(map[string]any{"owner": "cy"})).DeleteBeforeReplace)
}

func TestStackOwnerSecretsStaySecret(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	e := w.Resource("StackOwner")
	require.NoError(t, e.Up(resourcetest.OwnerInputs(map[string]any{"keep": []any{property.New("bo").WithSecret(true)}})))
	assert.True(t, e.State.Get("keep").Secret())
	require.NoError(t, e.Refresh())
	assert.True(t, e.State.Get("keep").Secret())
}
