package environmentowner_test

import (
	"cmp"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	metadataRoute = "GET /api/esc/environments/{orgName}/{projectName}/{envName}/metadata"
	manyRoute     = "GET /api/esc/environments/{orgName}"
	setOwnerRoute = "POST /api/esc/environments/{orgName}/{projectName}/{envName}/ownership"
	listRoute     = "POST /api/orgs/{orgName}/assignments/list"
	updateRoute   = "POST /api/orgs/{orgName}/assignments/update"
)

// owned are environments that their creators own.
const owned = resourcetest.People + `
  - {name: maker, scopes: ["environment:create"]}
  - {name: auditors, purpose: set, resourceType: environment, scopes: ["environment:read"]}
teams:
  - {name: web, members: [di]}
environments:
  - {project: payments, environment: dev, owner: bo, definition: "values: {}", tags: {stage: development, team: payments}}
  - {project: payments, environment: prod, owner: bo, definition: "values: {}", tags: {stage: production, team: payments}}
  - {project: web, environment: prod, owner: cy, definition: "values: {}", tags: {stage: production, team: web}}
`

// auditors is the custom permission set of owned.
const auditors = "auditors"

type object = map[string]any

// inputsOf makes inputs for the environments of a selection.
func inputsOf(selection, more object) object { return resourcetest.OwnerInputsOf(selection, more) }

func inputs(more object) object {
	return inputsOf(object{"project": "payments", "environment": "dev"}, more)
}

var production = object{"tags": object{"stage": "production"}}

// ownership is an environment's owner, then what people hold on it directly.
func ownership(w resourcetest.World, environment string) string {
	w.T.Helper()
	project, name, _ := strings.Cut(environment, "/")
	client := w.Client(w.Token)
	metadata, err := client.EnvironmentMetadata(w.T.Context(), "acme", project, name)
	require.NoError(w.T, err)
	found, err := client.EntityAssignments(w.T.Context(), "acme", access.Environment, metadata.ID)
	require.NoError(w.T, err)
	names := map[string]string{}
	for _, set := range found.Sets {
		names[set.ID] = cmp.Or(strings.TrimPrefix(set.DefaultIdentifier, "environment-"), set.Name)
	}
	text := metadata.Owner.Login + ":"
	for _, one := range found.Users {
		text += " " + one.Login + "=" + names[one.SetID]
	}
	return text
}

// assign gives somebody a built-in permission, or the custom set auditors, on an environment, as the console does.
func assign(w resourcetest.World, environment, login, level string) {
	w.T.Helper()
	project, name, _ := strings.Cut(environment, "/")
	client := w.Client(w.Token)
	metadata, err := client.EnvironmentMetadata(w.T.Context(), "acme", project, name)
	require.NoError(w.T, err)
	set := ""
	if level == auditors {
		set = setNamed(w, level)
	} else {
		set = w.SetID("environment-" + level)
	}
	require.NoError(w.T, client.Assign(w.T.Context(), "acme", access.Environment, metadata.ID, login, set))
}

// setNamed is the id of a permission set that is not built in.
func setNamed(w resourcetest.World, name string) string {
	w.T.Helper()
	sets, err := w.Client(w.Token).Roles(w.T.Context(), "acme", cloud.PurposeSet)
	require.NoError(w.T, err)
	for _, set := range sets {
		if set.Name == name {
			return set.ID
		}
	}
	w.T.Fatalf("no permission set is called %s", name)
	return ""
}

func give(w resourcetest.World, environment, login string) {
	w.Admin("POST", "/api/esc/environments/acme/"+environment+"/ownership", object{"githubLogin": login, "name": login, "avatarUrl": ""})
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	assign(w, "payments/dev", "di", "open")
	e := w.Resource("EnvironmentOwner")

	w.Reset()
	preview, err := e.Preview(inputs(nil))
	require.NoError(t, err)
	assert.Equal(t, map[string]int{metadataRoute: 1, listRoute: 1, resourcetest.OrganizationRoute: 1}, w.Calls())
	assert.True(t, preview.Get("environments").IsComputed())
	said := e.Said()
	assert.Contains(t, said, "payments/dev: the admin grant of bo")
	assert.Contains(t, said, "payments/dev: the open grant of di")
	assert.Contains(t, said, "payments/dev, which belongs to bo")
	assert.Equal(t, "bo: bo=admin di=open", ownership(w, "payments/dev"), "a preview changes nothing")

	require.NoError(t, e.Up(inputs(nil)))
	assert.Equal(t, "acme/payments/dev", e.ID)
	assert.Equal(t, "ana:", ownership(w, "payments/dev"), "the owner is listed and holds nothing")
	assert.Equal(t, "bo: bo=admin", ownership(w, "payments/prod"), "other environments are left alone")
	state := resourcetest.Show(e.State.Get("environments"))
	assert.Contains(t, state, "previousOwner: bo")
	assert.Contains(t, state, "{login: bo, permission: admin}")
	assert.Contains(t, state, "{login: di, permission: open}")

	w.Reset()
	e.Settled(inputs(nil))
	require.NoError(t, e.Up(inputs(nil)))
	assert.Empty(t, w.Calls(), "a no-op makes no call")
	require.NoError(t, e.Refresh())
	assert.Equal(t, map[string]int{metadataRoute: 1, listRoute: 1, resourcetest.OrganizationRoute: 1}, w.Calls())
	e.Settled(inputs(nil))

	// Somebody gives it away and is assigned something in the console.
	give(w, "payments/dev", "cy")
	assign(w, "payments/dev", "di", "write")
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"environments"}, resourcetest.Changed(e.Diff(inputs(nil))))
	require.NoError(t, e.Up(inputs(nil)))
	assert.Equal(t, "ana:", ownership(w, "payments/dev"))

	e.Said()
	require.NoError(t, e.Destroy())
	assert.Equal(t, "bo:", ownership(w, "payments/dev"), "the owner is back, the grant is not")
	assert.Contains(t, e.Said(), "payments/dev: the open grant of di")
}

// Who is in keep holds what they held, also where a change of the owner takes it.
func TestKeep(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	assign(w, "payments/dev", "di", "open")
	assign(w, "payments/dev", "eve", "read")
	e := w.Resource("EnvironmentOwner")
	kept := inputs(object{"keep": []string{"BO", "di", "bo"}})
	require.NoError(t, e.Up(kept))
	assert.Equal(t, "ana: bo=admin di=open", ownership(w, "payments/dev"))
	e.Settled(kept)
	require.NoError(t, e.Refresh())
	e.Settled(kept)

	owner := inputs(object{"keep": []string{"ana", "di"}})
	assert.Equal(t, []string{"environments", "keep"}, resourcetest.Changed(e.Diff(owner)))
	require.NoError(t, e.Up(owner))
	assert.Equal(t, "ana: di=open", ownership(w, "payments/dev"), "nothing is granted that was not there")

	next := inputs(object{"owner": "cy", "keep": []string{"cy", "di"}})
	require.NoError(t, e.Up(next))
	assert.Equal(t, "cy: cy=admin di=open", ownership(w, "payments/dev"), "an owner who is kept holds what comes with owning")
	e.Settled(next)
	require.NoError(t, e.Destroy())
	assert.Equal(t, "bo: di=open", ownership(w, "payments/dev"))
}

// A permission set that is not built in is named, kept and taken like any other grant. Grants of teams are left.
func TestCustomSetsAndTeams(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	client := w.Client(w.Token)
	metadata, err := client.EnvironmentMetadata(t.Context(), "acme", "payments", "dev")
	require.NoError(t, err)
	require.NoError(t, client.Assign(t.Context(), "acme", access.Environment, metadata.ID, "bo", setNamed(w, "auditors")))
	w.Admin("PATCH", "/api/orgs/acme/teams/web", object{"addEnvironmentPermission": object{"projectName": "payments", "envName": "dev", "permission": "read"}})
	e := w.Resource("EnvironmentOwner")
	_, err = e.Preview(inputs(nil))
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "the permissionSet "+setNamed(w, "auditors")+" grant of bo")
	require.NoError(t, e.Up(inputs(object{"keep": []string{"bo"}})))
	found, err := client.EntityAssignments(t.Context(), "acme", access.Environment, metadata.ID)
	require.NoError(t, err)
	require.Len(t, found.Users, 1)
	assert.Equal(t, setNamed(w, "auditors"), found.Users[0].SetID)
	require.NoError(t, e.Up(inputs(nil)))
	found, err = client.EntityAssignments(t.Context(), "acme", access.Environment, metadata.ID)
	require.NoError(t, err)
	assert.Empty(t, found.Users)
	assert.Len(t, found.Teams, 1)
}

// Every environment that is selected, those that come later too.
func TestOfMany(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	e := w.Resource("EnvironmentOwner")
	many := inputsOf(production, object{"keep": []string{"cy"}})
	w.Reset()
	require.NoError(t, e.Up(many))
	assert.Equal(t, 1, w.Calls()[manyRoute])
	assert.Equal(t, "acme/*/*?stage=production", e.ID)
	assert.Equal(t, []string{"ana:", "ana: cy=admin", "bo: bo=admin"},
		[]string{ownership(w, "payments/prod"), ownership(w, "web/prod"), ownership(w, "payments/dev")})
	e.Settled(many)

	w.Admin("POST", "/api/esc/environments/acme", object{"project": "web", "name": "later"})
	w.Admin("POST", "/api/esc/environments/acme/web/later/tags", object{"name": "stage", "value": "production"})
	give(w, "web/later", "di")
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"environments"}, resourcetest.Changed(e.Diff(many)), "an environment that came later is drift")
	e.Said()
	_, err := e.Preview(many)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "web/later: the admin grant of di")
	require.NoError(t, e.Up(many))
	assert.Equal(t, "ana:", ownership(w, "web/later"))
	require.NoError(t, e.Refresh())
	e.Settled(many)
	require.NoError(t, e.Destroy())
	assert.Equal(t, []string{"bo:", "cy: cy=admin", "di:"},
		[]string{ownership(w, "payments/prod"), ownership(w, "web/prod"), ownership(w, "web/later")})
}

func TestSelects(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		selection    object
		id           string
		environments []string
	}{
		"project":             {object{"project": "payments"}, "acme/payments/*", []string{"payments/dev", "payments/prod"}},
		"tags are all needed": {object{"tags": object{"stage": "production", "team": "web"}}, "acme/*/*?stage=production&team=web", []string{"web/prod"}},
		"tags of a project":   {object{"project": "payments", "tags": object{"stage": "production"}}, "acme/payments/*?stage=production", []string{"payments/prod"}},
		"nothing":             {object{"project": "none"}, "acme/none/*", []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, owned)
			e := w.Resource("EnvironmentOwner")
			selected := inputsOf(test.selection, nil)
			require.NoError(t, e.Up(selected))
			assert.Equal(t, test.id, e.ID)
			environments := []string{}
			for _, one := range e.State.Get("environments").AsArray().All {
				environments = append(environments, one.AsMap().Get("project").AsString()+"/"+one.AsMap().Get("environment").AsString())
			}
			assert.Equal(t, test.environments, environments)
			e.Settled(selected)
			require.NoError(t, e.Refresh())
			e.Settled(selected)
			imported := w.Resource("EnvironmentOwner")
			require.NoError(t, imported.Adopt(test.id))
			if len(test.environments) > 0 {
				imported.Settled(inputsOf(test.selection, object{"keep": []string{}}))
			}
		})
	}
}

// After an import everybody who holds a grant keeps it, and deleting it changes nothing.
func TestImport(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	before := string(w.State())
	e := w.Resource("EnvironmentOwner")
	require.NoError(t, e.Adopt("acme/payments/dev"))
	e.Settled(inputs(object{"owner": "bo", "keep": []string{"bo"}}))
	require.NoError(t, e.Destroy())
	assert.Equal(t, before, string(w.State()))
	for _, bad := range []string{"payments/dev", "acme/*/dev", "acme/*/*", "acme/payments/dev?a=b", "acme/payments/*?"} {
		require.ErrorContains(t, w.Resource("EnvironmentOwner").Adopt(bad), "is not an id of this resource", bad)
	}
}

// A caller who is not an administrator of the organization does not lose their own grant by an oversight, nor with the ownership.
func TestLockOut(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	bo := w.TokenFor(servertest.Identity{User: "bo"})
	e := w.With(bo, "EnvironmentOwner")
	_, err := e.Preview(inputs(nil))
	require.ErrorContains(t, err, "the caller's own grant")
	require.ErrorContains(t, e.Up(inputs(nil)), "could not be given back by its holder")
	require.ErrorContains(t, e.Up(inputs(object{"keep": []string{"bo"}})), "goes with the ownership")
	require.ErrorContains(t, e.Up(inputs(object{"owner": "bo"})), `Add "bo" to keep`)
	assert.Empty(t, w.Writes())
	mine := inputs(object{"owner": "bo", "keep": []string{"bo"}})
	require.NoError(t, e.Up(mine))
	assign(w, "payments/dev", "di", "open")
	require.NoError(t, e.Refresh())
	require.NoError(t, e.Up(mine))
	assert.Equal(t, "bo: bo=admin", ownership(w, "payments/dev"))

	insisting := w.With(w.TokenFor(servertest.Identity{User: "cy"}), "EnvironmentOwner")
	err = insisting.Up(inputsOf(object{"project": "web", "environment": "prod"}, object{"allow": []string{"lockOut"}}))
	require.ErrorContains(t, err, "removing the grant that came with it failed", "that needs the right that was just given away")
	assert.Equal(t, "ana: ana=admin", ownership(w, "web/prod"))
}

// Where the service does not list assignments, an empty list does not mean that nobody holds anything.
func TestOrganizationWithoutAssignments(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	e := w.Resource("EnvironmentOwner")
	require.NoError(t, e.Up(inputs(nil)))
	_, metadata := w.Call(w.Token, http.MethodGet, "/api/orgs/acme/metadata", nil)
	off := strings.Replace(string(metadata), `"entityUserAssignmentsEnabled":true`, `"entityUserAssignmentsEnabled":false`, 1)
	require.NotEqual(t, string(metadata), off)
	w.Reset()
	for _, declared := range []object{inputsOf(object{"project": "web", "environment": "prod"}, nil), inputsOf(production, nil), inputsOf(object{"project": "none"}, nil)} {
		w.Fault(servertest.Fault{Match: resourcetest.OrganizationRoute, Body: &off, Times: 2})
		other := w.Resource("EnvironmentOwner")
		_, err := other.Preview(declared)
		require.ErrorContains(t, err, "cannot be listed")
		require.ErrorContains(t, other.Up(declared), "cannot be listed")
	}
	w.Fault(servertest.Fault{Match: resourcetest.OrganizationRoute, Body: &off, Times: 2})
	require.ErrorContains(t, e.Refresh(), "cannot be listed")
	require.ErrorContains(t, e.Destroy(), "cannot be listed")
	assert.Empty(t, w.Writes())
	assert.Equal(t, "ana:", ownership(w, "payments/dev"))
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	e := w.Resource("EnvironmentOwner")
	require.ErrorContains(t, e.Up(inputs(object{"owner": "nobody"})), `"nobody" is not a member`)
	assert.Empty(t, e.ID, "nothing was done, so there is nothing to keep")
	require.ErrorContains(t, e.Up(inputs(object{"environment": "none"})), "does not exist")
	stranger := w.With(w.TokenFor(servertest.Identity{User: "di"}), "EnvironmentOwner")
	require.ErrorContains(t, stranger.Up(inputs(nil)), "not visible to this token")
	assert.Equal(t, "bo: bo=admin", ownership(w, "payments/dev"))

	// With several environments, what was done before is kept, and the next update goes on from there.
	assign(w, "payments/prod", "di", "open")
	w.Fault(servertest.Fault{Match: updateRoute, Status: http.StatusForbidden})
	many := inputsOf(object{"project": "payments"}, nil)
	var partial *resourcetest.UnfinishedError
	require.ErrorAs(t, e.Up(many), &partial)
	assert.Contains(t, partial.Error(), "stopped after 0 of 2 environments")
	assert.Contains(t, resourcetest.Show(e.State.Get("environments")), "previousOwner: bo")
	require.NoError(t, e.Up(many))
	e.Settled(many)
	require.NoError(t, e.Destroy())
	assert.Equal(t, []string{"bo:", "bo:"}, []string{ownership(w, "payments/dev"), ownership(w, "payments/prod")})
}

func TestUnderFaults(t *testing.T) {
	t.Parallel()
	for _, match := range []string{setOwnerRoute, updateRoute} {
		for _, reset := range []string{"before", "after"} {
			t.Run(match[len(match)-6:]+" "+reset, func(t *testing.T) {
				t.Parallel()
				w := resourcetest.New(t, owned)
				assign(w, "payments/dev", "di", "open")
				e := w.Resource("EnvironmentOwner")
				kept := inputs(object{"keep": []string{"bo"}})
				w.Fault(servertest.Fault{Match: match, Reset: reset})
				require.NoError(t, e.Up(kept))
				e.Settled(kept)
				assert.Equal(t, "ana: bo=admin", ownership(w, "payments/dev"))
				w.Fault(servertest.Fault{Match: match, Reset: reset})
				require.NoError(t, e.Destroy())
				assert.Equal(t, "bo: bo=admin", ownership(w, "payments/dev"))
			})
		}
	}
}

// When no answer comes back at all, what was done is read, and neither a kept grant nor the owner before is forgotten.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	e := w.Resource("EnvironmentOwner")
	kept := inputs(object{"keep": []string{"bo"}})
	w.Fault(servertest.Fault{Match: setOwnerRoute, Reset: "after", Times: 50})
	require.NoError(t, e.Up(kept))
	assert.Equal(t, "ana: bo=admin", ownership(w, "payments/dev"))
	w.Call(w.Token, "DELETE", "/_sandbox/faults", nil)
	require.NoError(t, e.Destroy())
	assert.Equal(t, "bo: bo=admin", ownership(w, "payments/dev"))
}

func TestDeletedOrHidden(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	one, many := w.Resource("EnvironmentOwner"), w.Resource("EnvironmentOwner")
	require.NoError(t, one.Up(inputs(nil)))
	require.NoError(t, many.Up(inputsOf(object{"project": "payments"}, nil)))
	as := func(from *resourcetest.Engine, token string) *resourcetest.Engine {
		other := w.With(token, "EnvironmentOwner")
		other.ID, other.Inputs, other.State = from.ID, from.Inputs, from.State
		return other
	}
	blind := w.TokenFor(servertest.Identity{User: "cy"})
	require.ErrorContains(t, as(one, blind).Refresh(), "not visible to this token")
	require.ErrorContains(t, as(one, blind).Destroy(), "not visible to this token")
	require.ErrorContains(t, as(many, blind).Refresh(), "not visible to this token", "hidden is not deselected")

	// Somebody else decides in the meantime: that stands.
	give(w, "payments/prod", "cy")
	w.Admin("DELETE", "/api/esc/environments/acme/payments/dev", nil)
	require.NoError(t, many.Destroy())
	assert.Equal(t, "cy: cy=admin", ownership(w, "payments/prod"))
	assert.Contains(t, many.Said(), "payments/prod belongs to cy by now")
	require.NoError(t, one.Refresh())
	assert.Empty(t, one.ID)
}

// Of an environment that is listed, and whose grants are not found, only an administrator can tell that it was deleted.
func TestListedAndNotReadable(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	mine := inputsOf(production, object{"owner": "cy", "keep": []string{"cy"}})
	w.Fault(servertest.Fault{Match: listRoute, Status: 404, Times: 8})
	require.ErrorContains(t, w.With(w.TokenFor(servertest.Identity{User: "cy"}), "EnvironmentOwner").Up(mine), "not visible to this token")
	e := w.Resource("EnvironmentOwner")
	require.NoError(t, e.Up(mine))
	assert.Empty(t, e.State.Get("environments").AsArray().AsSlice())
}

func TestCheck(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, owned)
	e := w.Resource("EnvironmentOwner")
	for name, test := range map[string]struct {
		inputs     object
		path, says string
	}{
		"no selection": {object{"owner": "ana"}, "project", "says which environments are meant"},
		"no project":   {object{"owner": "ana", "environment": "dev"}, "project", "is needed with `environment`"},
		"both":         {inputs(object{"tags": object{"a": "b"}}), "tags", "one environment already"},
		"no tags":      {object{"owner": "ana", "tags": object{}}, "tags", "would select every environment"},
		"bad name":     {inputs(object{"environment": "a b"}), "environment", "a b"},
		"no owner":     {inputs(object{"owner": ""}), "owner", "empty"},
		"empty login":  {inputs(object{"keep": []string{"bo", " "}}), "keep[1]", "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			failures := e.Failures(test.inputs)
			require.Contains(t, failures, test.path)
			assert.Contains(t, failures[test.path], test.says)
		})
	}
	assert.Empty(t, w.Calls(), "a check makes no call")
}
