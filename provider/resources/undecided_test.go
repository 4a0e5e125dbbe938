package resources_test

import (
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

// Every set that is owned whole, with two elements. One of them becomes unknown: the preview says so, names what goes if it turns out to
// be another one, and not what stays in any case.
func TestPreviewSaysWhatAnUnknownElementLeavesOpen(t *testing.T) {
	t.Parallel()
	for name, test := range undecidedSets() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, undecidedEstate)
			e := w.Resource(test.kind)
			inputs := test.inputs(w)
			require.NoError(t, e.Up(inputs))
			e.Said()
			w.Reset()
			unknown := withUnknown(t, e.Checked(inputs), test.set, test.field)
			said, lines := previewed(t, e, unknown)
			assert.Contains(t, said, test.set, "what is not known")
			assert.Contains(t, lines, test.mayGo)
			if test.stays != "" {
				assert.NotContains(t, lines, test.stays)
			}
			// The check makes a whole input unknown of which a part is: more is named then, and nothing less.
			checked, err := e.Server.Check(p.CheckRequest{Urn: e.URN, State: e.Inputs, Inputs: unknown})
			require.NoError(t, err)
			require.Empty(t, checked.Failures)
			said, lines = previewed(t, e, checked.Inputs)
			input, _, _ := strings.Cut(test.set, ".")
			assert.Contains(t, said, input, "what is not known")
			mayGo, _, _ := strings.Cut(test.mayGo, " (")
			assert.Contains(t, lines, mayGo)
			assert.Empty(t, w.Writes())
		})
	}
}

// previewed is what a preview of an update says, and the lines of what may go.
func previewed(t *testing.T, e *resourcetest.Engine, inputs property.Map) (said, lines string) {
	t.Helper()
	_, err := e.Server.Update(p.UpdateRequest{ID: e.ID, Urn: e.URN, State: e.State, OldInputs: e.Inputs, Inputs: inputs, DryRun: true})
	require.NoError(t, err)
	said = e.Said()
	_, open, found := strings.Cut(said, "not known yet")
	require.True(t, found, said)
	for _, line := range strings.Split(open, "\n")[1:] {
		if !strings.HasPrefix(line, "  - ") {
			break
		}
		lines += line + "\n"
	}
	return said, lines
}

// withUnknown are inputs of which the last element of a list is unknown, or a field of it; or an entry of a map.
func withUnknown(t *testing.T, inputs property.Map, path, field string) property.Map {
	t.Helper()
	name, rest, nested := strings.Cut(path, ".")
	if nested {
		return inputs.Set(name, property.New(withUnknown(t, inputs.Get(name).AsMap(), rest, field)))
	}
	if of := inputs.Get(name); of.IsMap() {
		return inputs.Set(name, property.New(of.AsMap().Set(field, property.New(property.Computed))))
	}
	elements := inputs.Get(name).AsArray().AsSlice()
	last := len(elements) - 1
	if field == "" {
		elements[last] = property.New(property.Computed)
	} else {
		elements[last] = property.New(elements[last].AsMap().Set(field, property.New(property.Computed)))
	}
	return inputs.Set(name, property.New(elements))
}

// An issuer that is registered already and would be taken over loses what no known element declares.
func TestTakeoverOfAnIssuerSaysWhatAnUnknownElementLeavesOpen(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, undecidedEstate)
	one, other := resourcetest.TeamPolicy("repo:a/a:ref:refs/heads/main"), resourcetest.TeamPolicy("repo:b/b:ref:refs/heads/main")
	require.NoError(t, w.Resource("OidcIssuer").Up(resourcetest.IssuerInputs(w, resourcetest.Policies(one, other))))
	e := w.Resource("OidcIssuer")
	inputs := resourcetest.IssuerInputs(w, resourcetest.Policies(one, other))
	inputs["adopt"] = true
	_, err := e.Server.Create(p.CreateRequest{Urn: e.URN, Properties: withUnknown(t, e.Checked(inputs), "policies", "claims"), DryRun: true})
	require.NoError(t, err)
	said := e.Said()
	assert.Contains(t, said, "which is registered already and which an update would take over: its policies: policies[1].claims is not known yet")
	assert.Contains(t, said, "repo:b/b")
	assert.NotContains(t, said, "repo:a/a")
	assert.NotContains(t, said, "and revoke:")
}

// Which entities are meant is not known: nothing can be named, and the preview says so.
func TestUnknownSelectionSaysThatItCannotTell(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"StackOwner", "EnvironmentOwner"} {
		w := resourcetest.New(t, undecidedEstate)
		e := w.Resource(kind)
		_, err := e.Preview(object{"tags": object{"stage": resourcetest.Unknown}, "owner": "ana"})
		require.NoError(t, err)
		assert.Contains(t, e.Said(), "are meant is not known yet, so what an update takes away there cannot be told", kind)
	}
}

// Of the users of a lock those are compared with the members that are known, and the preview says that others are not.
func TestUnknownUsersOfALock(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, undecidedEstate)
	e := w.Resource("LoginTransition")
	inputs := func(users ...any) object {
		return object{"project": "payments", "name": "prod", "needs": object{}, "subjects": list{}, "users": users}
	}
	known := e.Checked(inputs("bo", "nobody"))
	for _, unknown := range []property.Map{withUnknown(t, known, "users", ""), known.Set("users", property.New(property.Computed))} {
		_, err := e.Server.Create(p.CreateRequest{Urn: e.URN, Properties: unknown, DryRun: true})
		require.NoError(t, err)
		said := e.Said()
		assert.Contains(t, said, "some of the users of its lock are not known yet")
		assert.NotContains(t, said, `"nobody"`)
	}
	_, err := e.Server.Create(p.CreateRequest{Urn: e.URN, Properties: withUnknown(t, e.Checked(inputs("nobody", "zed")), "users", ""), DryRun: true})
	require.NoError(t, err)
	assert.Contains(t, e.Said(), `lock.users names "nobody"`)
	_, err = e.Preview(inputs("bo"))
	require.NoError(t, err)
	assert.NotContains(t, e.Said(), "not known yet")
}

const undecidedEstate = `
organization: acme
users:
  - {login: ana, role: admin}
  - {login: bo}
  - {login: cy}
roles:
  - {name: developer, scopes: ["stack:create"]}
teams:
  - {name: payments, members: [cy]}
  - {name: ops, members: [cy]}
stacks:
  - {project: payments, stack: dev, owner: ana}
  - {project: payments, stack: prod, owner: ana}
environments:
  - {project: payments, environment: prod, owner: ana, definition: "values: {}"}
  - {project: payments, environment: dev, owner: ana, definition: "values: {}"}
accounts:
  - {account: aws-dev}
  - {account: aws-prod}
grants:
  - {user: bo, project: payments, stack: dev, permission: write}
  - {user: bo, project: payments, environment: dev, permission: read}
`
