package wire_test

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

func equal(t *testing.T, want, got property.Map) {
	t.Helper()
	assert.Truef(t, want.Equals(got), "want %#v\n got %#v", want, got)
}

func TestCanonicalSets(t *testing.T) {
	t.Parallel()
	dependent := text("x").WithDependencies([]urn.URN{depA})
	tests := []struct {
		name  string
		in    property.Map
		paths []string
		want  property.Map
	}{
		{
			name: "order and duplicates", paths: []string{"members"},
			in: props("members", list(text("bo"), text("ana"), text("bo"))), want: props("members", list(text("ana"), text("bo"))),
		},
		{
			name: "lists that are not named stay", paths: []string{"members"},
			in: props("admins", list(text("bo"), text("ana"))), want: props("admins", list(text("bo"), text("ana"))),
		},
		{
			name: "marks travel with their elements", paths: []string{"members"},
			in:   props("members", list(secret("bo"), text("cy"), text("ana").WithDependencies([]urn.URN{depA}))),
			want: props("members", list(text("ana").WithDependencies([]urn.URN{depA}), secret("bo"), text("cy"))),
		},
		{
			name: "marks of the list stay", paths: []string{"members"},
			in:   props("members", list(text("bo"), text("ana")).WithSecret(true).WithDependencies([]urn.URN{depB})),
			want: props("members", list(text("ana"), text("bo")).WithSecret(true).WithDependencies([]urn.URN{depB})),
		},
		{
			name: "of two equal elements the secret one wins", paths: []string{"s"},
			in: props("s", list(text("x"), secret("x"), dependent)), want: props("s", list(dependent.WithSecret(true))),
		},
		{
			name: "also for parts of elements", paths: []string{"s"},
			in:   props("s", list(object("p", text("x"), "q", list(text("y"))), object("p", dependent, "q", list(secret("y"))))),
			want: props("s", list(object("p", dependent, "q", list(secret("y"))))),
		},
		{
			name: "also for parts that say nothing", paths: []string{"s"},
			in:   props("s", list(object("p", text("x")), object("p", text("x"), "q", property.New(property.Null).WithSecret(true)))),
			want: props("s", list(object("p", text("x"), "q", property.New(property.Null).WithSecret(true)))),
		},
		{
			name: "a list with an unknown stays", paths: []string{"s"},
			in: props("s", list(text("b"), unknown(), text("a"))), want: props("s", list(text("b"), unknown(), text("a"))),
		},
		{
			name: "a list with a nested unknown stays", paths: []string{"s"},
			in: props("s", list(text("b"), object("x", unknown()))), want: props("s", list(text("b"), object("x", unknown()))),
		},
		{
			name: "sets within elements of sets first", paths: []string{"access.stacks", "access.stacks[].scopes"},
			in: props("access", object("stacks", list(
				object("stack", text("x"), "scopes", list(text("b"), text("a"))),
				object("stack", text("x"), "scopes", list(text("a"), text("b"), text("b")))))),
			want: props("access", object("stacks", list(object("stack", text("x"), "scopes", list(text("a"), text("b")))))),
		},
		{
			name: "a known set beside an unknown element is sorted", paths: []string{"s", "s[].scopes"},
			in:   props("s", list(object("scopes", list(text("b"), text("a"))), unknown())),
			want: props("s", list(object("scopes", list(text("a"), text("b"))), unknown())),
		},
		{
			name: "other shapes stay", paths: []string{"a", "b.c", "d[].e", "f", "g"},
			in:   props("a", text("x"), "b", list(text("y")), "d", object("e", list(text("b"), text("a"))), "f", unknown()),
			want: props("a", text("x"), "b", list(text("y")), "d", object("e", list(text("b"), text("a"))), "f", unknown()),
		},
		{
			name: "numbers and texts differ", paths: []string{"s"},
			in:   props("s", list(text("1"), property.New(1.0), text("true"), property.New(true), property.New(1.0))),
			want: props("s", list(text("1"), text("true"), property.New(1.0), property.New(true))),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			equal(t, test.want, wire.CanonicalSets(test.in, test.paths...))
		})
	}
}

// sets is an input of the shape of access rules: a set of objects with a set in each.
func sets(m marks) *rapid.Generator[property.Value] {
	rule := rapid.Custom(func(t *rapid.T) property.Value {
		scopes := marked(t, list(rapid.SliceOfN(leaves(m), 0, 4).Draw(t, "scopes")...), m)
		return marked(t, object("name", leaves(m).Draw(t, "name"), "scopes", scopes), m)
	})
	return rapid.Custom(func(t *rapid.T) property.Value {
		return marked(t, list(rapid.SliceOfN(rule, 0, 5).Draw(t, "rules")...), m)
	})
}

func TestCanonicalSetsLaws(t *testing.T) {
	paths := []string{"set", "set[].scopes"}
	t.Run("canonical form is idempotent and says as much", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			in := props("set", sets(allMarks).Draw(t, "set"))
			once := wire.CanonicalSets(in, paths...)
			if twice := wire.CanonicalSets(once, paths...); !once.Equals(twice) {
				t.Fatalf("%#v becomes %#v", once, twice)
			}
			before, after := collect(property.New(in)), collect(property.New(once))
			if before.secret != after.secret || before.unknown != after.unknown || !slices.Equal(before.dependencies, after.dependencies) {
				t.Fatalf("%+v becomes %+v", before, after)
			}
		})
	})
	t.Run("order and duplicates make no difference", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			elements := sets(marks{secrets: true, dependencies: true}).Draw(t, "set").AsArray().AsSlice()
			other := rapid.Permutation(elements).Draw(t, "order")
			if len(elements) > 0 {
				other = append(other, rapid.SliceOfN(rapid.SampledFrom(elements), 0, 3).Draw(t, "duplicates")...)
			}
			a, b := wire.CanonicalSets(props("set", list(elements...)), paths...), wire.CanonicalSets(props("set", list(other...)), paths...)
			if !a.Equals(b) {
				t.Fatalf("%#v\n%#v", a, b)
			}
		})
	})
	t.Run("a secret stays on its own value", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			in := rapid.SliceOf(leaves(marks{secrets: true})).Draw(t, "set")
			secrets := map[string]bool{}
			for _, v := range in {
				secrets[plain(v)] = secrets[plain(v)] || v.Secret()
			}
			out := wire.CanonicalSets(props("set", list(in...)), "set").Get("set").AsArray()
			if out.Len() != len(secrets) {
				t.Fatalf("%d elements for %d values", out.Len(), len(secrets))
			}
			for _, v := range out.All {
				if v.Secret() != secrets[plain(v)] {
					t.Fatalf("%s: secret %v", plain(v), v.Secret())
				}
			}
		})
	})
}

func TestLiftSecrets(t *testing.T) {
	t.Parallel()
	in := props(
		"tags", object("a", secret("x"), "b", list(secret("y").WithDependencies([]urn.URN{depA}))),
		"plain", object("a", text("x")), "other", object("a", secret("x")))
	got := wire.LiftSecrets(in, "tags", "plain", "missing")
	equal(t, props(
		"tags", object("a", text("x"), "b", list(text("y").WithDependencies([]urn.URN{depA}))).WithSecret(true),
		"plain", object("a", text("x")), "other", object("a", secret("x"))), got)
}

func TestSortKeyIgnoresMarks(t *testing.T) {
	t.Parallel()
	assert.Equal(t, wire.SortKey(object("a", text("x"))), wire.SortKey(object("a", secret("x"), "b", property.New(property.Null)).WithSecret(true)))
	assert.NotEqual(t, wire.SortKey(text("1")), wire.SortKey(property.New(1.0)))
	assert.NotEqual(t, wire.SortKey(list(text("a"), text("b"))), wire.SortKey(list(text(`a","b`))))
	assert.NotEqual(t, wire.SortKey(object("a", text("x"))), wire.SortKey(object("b", text("x"))))
}
