package kit_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

type listed struct {
	Organization *string   `pulumi:"organization,optional"`
	Elements     []element `pulumi:"elements"`
	Note         *string   `pulumi:"note,optional"`
}

type element struct {
	Name string `pulumi:"name"`
}

var annotated atomic.Int32

func (e *element) Annotate(infer.Annotator) { annotated.Add(1) }

type listedState struct{ listed }

type List struct {
	kit.Managed[listed, listedState, kit.None]
}

// checks returns what checks a List, by rules.
func checks(t *testing.T, rules func(listed) problem.List) func(inputs property.Map) p.CheckResponse {
	t.Helper()
	sessions := func(context.Context) (*session.Session, error) { return &session.Session{Organization: "acme"}, nil }
	provider, err := infer.NewProviderBuilder().WithResources(
		infer.Resource(&List{kit.New(sessions, kit.Spec[listed, listedState, kit.None]{
			Sets:  []string{"elements"},
			Rules: func(_ context.Context, _ kit.Op, v listed) problem.List { return rules(v) },
		})}),
	).Build()
	require.NoError(t, err)
	s, err := integration.NewServer(t.Context(), "leastprivilege", semver.MustParse("1.0.0"),
		integration.WithProvider(wire.WithCheckedInputs(provider)))
	require.NoError(t, err)
	return func(inputs property.Map) p.CheckResponse {
		resp, err := s.Check(p.CheckRequest{Urn: resource.NewURN("dev", "test", "", "leastprivilege:kit_test:List", "x"), Inputs: inputs})
		require.NoError(t, err)
		return resp
	}
}

func named(name property.Value) property.Value {
	return property.New(property.NewMap(map[string]property.Value{"name": name}))
}

func elements(all ...property.Value) property.Map {
	return property.NewMap(map[string]property.Value{"elements": property.New(property.NewArray(all)), "note": property.New(property.Null)})
}

// The framework annotates every struct that it decodes, of each of a thousand rules; a check needs no annotations.
func TestCheckDecodesOnce(t *testing.T) {
	decoded := 0
	check := checks(t, func(v listed) problem.List { decoded += len(v.Elements); return nil })
	annotated.Store(0)
	resp := check(elements(named(property.New("b")), named(property.New("a")), named(property.New("b"))))
	assert.Empty(t, resp.Failures)
	assert.Equal(t, 3, decoded)
	assert.Zero(t, annotated.Load())
	assert.Equal(t, property.NewMap(map[string]property.Value{
		"organization": property.New("acme"),
		"elements":     property.New([]property.Value{named(property.New("a")), named(property.New("b"))}),
	}), resp.Inputs)
}

// A problem names the element as the user wrote it, before the set was sorted, and is dropped only where it touches an unknown.
func TestProblemsNameWhatTheUserWrote(t *testing.T) {
	t.Parallel()
	check := checks(t, func(v listed) (problems problem.List) {
		for i, e := range v.Elements {
			if e.Name != "a" {
				problems.Add("elements["+string(rune('0'+i))+"].name", "is not a")
			}
		}
		return problems
	})
	resp := check(elements(named(property.New("z")), named(property.New(property.Computed)), named(property.New("b"))))
	assert.Equal(t, []p.CheckFailure{
		{Property: "elements[0].name", Reason: "is not a"}, {Property: "elements[2].name", Reason: "is not a"},
	}, resp.Failures)
	resp = check(elements(named(property.New(1.0)), named(property.New("b"))))
	assert.Equal(t, []p.CheckFailure{{Property: "elements[0].name", Reason: "must be a string"}}, resp.Failures)
}

// What is said about a part is said about the input, once the set that it is in was put in order.
func TestCheckedInputsKeepTheirMarks(t *testing.T) {
	t.Parallel()
	check := checks(t, func(listed) problem.List { return nil })
	resp := check(elements(named(property.New("b").WithSecret(true)), named(property.New("a"))))
	assert.Equal(t, property.New([]property.Value{named(property.New("a")), named(property.New("b"))}).WithSecret(true),
		resp.Inputs.Get("elements"))
	resp = check(elements(named(property.New("b")), named(property.New(property.Computed).WithSecret(true))))
	assert.Equal(t, property.New(property.Computed).WithSecret(true), resp.Inputs.Get("elements"))
}

// The configured organization takes the place of one that is absent or empty, never of one that is wrong.
func TestCheckFillsTheOrganization(t *testing.T) {
	t.Parallel()
	check := checks(t, func(listed) problem.List { return nil })
	for name, test := range map[string]struct {
		given property.Value
		want  property.Value
		fails bool
	}{
		"absent":         {given: property.New(property.Null), want: property.New("acme")},
		"empty":          {given: property.New(""), want: property.New("acme")},
		"another":        {given: property.New("other"), want: property.New("other")},
		"a secret":       {given: property.New("other").WithSecret(true), want: property.New("other").WithSecret(true)},
		"unknown":        {given: property.New(property.Computed), want: property.New(property.Computed)},
		"a number":       {given: property.New(5.0), fails: true},
		"a secret list":  {given: property.New([]property.Value{property.New("other")}).WithSecret(true), fails: true},
		"true, not text": {given: property.New(true), fails: true},
	} {
		resp := check(elements(named(property.New("a"))).Set("organization", test.given))
		if test.fails {
			assert.Equal(t, []p.CheckFailure{{Property: "organization", Reason: "must be a string"}}, resp.Failures, name)
			continue
		}
		assert.Empty(t, resp.Failures, name)
		assert.True(t, test.want.Equals(resp.Inputs.Get("organization")), "%s: %v", name, resp.Inputs)
	}
}
