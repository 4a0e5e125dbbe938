package wire_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

func TestLift(t *testing.T) {
	t.Parallel()
	on := func(v property.Value, dependencies ...urn.URN) property.Value {
		return v.WithDependencies(dependencies)
	}
	fnSecret := func(v property.Value) property.Value { return object("fn::secret", v) }
	definitions := wire.Lifting{Definitions: []string{"values"}}
	blocks := wire.Lifting{Blocks: []string{"aws", "aws.inlinePolicies", "oidc", "oidc.aws"}, Definitions: []string{"values", "oidc.values"}}
	tests := []struct {
		name    string
		lifting wire.Lifting
		in      property.Map
		want    property.Map
	}{
		{name: "plain inputs stay", in: props("a", object("b", list(text("x")))), want: props("a", object("b", list(text("x"))))},
		{
			name: "a nested secret makes its input secret, and no other", in: props("a", object("b", list(secret("x"))), "c", text("y")),
			want: props("a", object("b", list(text("x"))).WithSecret(true), "c", text("y")),
		},
		{
			name: "a nested unknown makes its input unknown", in: props("a", object("b", list(text("x"), on(unknown(), depA)))),
			want: props("a", on(unknown(), depA)),
		},
		{name: "an unknown of no resource hangs on the stack", in: props("a", object("b", unknown())), want: props("a", on(unknown(), stack))},
		{name: "a bare unknown, too", in: props("a", unknown()), want: props("a", on(unknown(), stack))},
		{
			name: "a secret unknown stays secret", in: props("a", object("b", unknown().WithSecret(true))),
			want: props("a", unknown().WithSecret(true)),
		},
		{
			name: "an unknown beside a secret is secret", in: props("a", list(secret("x"), on(unknown(), depB))),
			want: props("a", on(unknown(), depB).WithSecret(true)),
		},
		{
			name: "dependencies are united", in: props("a", on(object("b", on(text("x"), depB), "c", list(on(text("y"), depA))), depB)),
			want: props("a", on(object("b", text("x"), "c", list(text("y"))), depA, depB)),
		},
		{
			name: "each element of a list of blocks is a block", lifting: wire.Lifting{Blocks: []string{"teams[*]"}, Plain: []string{"teams[*].name"}},
			in: props("teams", on(list(
				object("name", on(text("a"), depB), "tags", object("x", secret("y"))), object("name", text("b"), "tags", object("x", on(unknown(), depB))),
			), depA)),
			want: props("teams", list(
				object("name", text("a"), "tags", on(object("x", text("y")), depA).WithSecret(true)), object("name", text("b"), "tags", on(unknown(), depA, depB)),
			)),
		},
		{
			name: "what is not a block in such a list stays as it is", lifting: wire.Lifting{Blocks: []string{"teams[*]"}},
			in: props("teams", list(text("a"), unknown()), "tiers", list(secret("a"))), want: props("teams", list(text("a"), on(unknown(), stack)), "tiers", list(text("a")).WithSecret(true)),
		},
		{
			name: "a block is lifted by its properties", lifting: blocks,
			in:   props("aws", object("create", property.New(true), "roleName", secret("x"), "tags", object("a", on(unknown(), depA)))),
			want: props("aws", object("create", property.New(true), "roleName", secret("x"), "tags", on(unknown(), depA))),
		},
		{
			name: "what is said about a block is said about its parts", lifting: blocks,
			in:   props("aws", on(object("create", property.New(true), "inlinePolicies", object("p", on(text("{}"), depB))), depA).WithSecret(true)),
			want: props("aws", object("create", on(property.New(true), depA).WithSecret(true), "inlinePolicies", object("p", on(text("{}"), depA, depB).WithSecret(true)))),
		},
		{name: "an unknown block is one unknown", lifting: blocks, in: props("aws", on(unknown(), depA)), want: props("aws", on(unknown(), depA))},
		{
			name: "a block within a block", lifting: blocks,
			in:   props("oidc", object("aws", object("create", property.New(false), "roleArn", unknown()), "operations", list(secret("update")))),
			want: props("oidc", object("aws", object("create", property.New(false), "roleArn", on(unknown(), stack)), "operations", list(text("update")).WithSecret(true))),
		},
		{
			name: "a block of another shape is lifted whole", lifting: blocks, in: props("aws", list(secret("x"))),
			want: props("aws", list(text("x")).WithSecret(true)),
		},
		{
			name: "secret leaves of a definition", lifting: definitions,
			in: props("values", object("s", secret("x"), "n", property.New(4.0).WithSecret(true), "b", property.New(true).WithSecret(true),
				"e", secret(""), "p", text("y"), "l", list(secret("z"), text("w")))),
			want: props("values", object("s", fnSecret(text("x")), "n", fnSecret(property.New(4.0)), "b", fnSecret(property.New(true)),
				"e", fnSecret(text("")), "p", text("y"), "l", list(fnSecret(text("z")), text("w"))).WithSecret(true)),
		},
		{
			name: "a secret structure is secret in its leaves", lifting: definitions,
			in:   props("values", object("s", object("user", text("x"), "ports", list(property.New(1.0))).WithSecret(true), "p", text("y"))),
			want: props("values", object("s", object("user", fnSecret(text("x")), "ports", list(fnSecret(property.New(1.0)))), "p", text("y")).WithSecret(true)),
		},
		{
			name: "a secret definition is secret in its leaves", lifting: definitions, in: props("values", object("a", text("x")).WithSecret(true)),
			want: props("values", object("a", fnSecret(text("x"))).WithSecret(true)),
		},
		{
			name: "a null is not a secret of a definition", lifting: definitions,
			in:   props("values", object("n", property.New(property.Null).WithSecret(true), "o", object().WithSecret(true))),
			want: props("values", object("n", property.New(property.Null), "o", object()).WithSecret(true)),
		},
		{
			name: "what is written as a secret already stays", lifting: definitions,
			in:   props("values", object("a", fnSecret(secret("x")), "b", fnSecret(text("y")), "c", fnSecret(object("ciphertext", text("z"))).WithSecret(true))),
			want: props("values", object("a", fnSecret(text("x")), "b", fnSecret(text("y")), "c", fnSecret(object("ciphertext", text("z")))).WithSecret(true)),
		},
		{
			name: "an unknown definition", lifting: definitions, in: props("values", object("a", secret("x"), "b", on(unknown(), depA).WithSecret(true))),
			want: props("values", on(unknown(), depA).WithSecret(true)),
		},
		{
			name: "dependencies of a secret leaf", lifting: definitions, in: props("values", object("a", on(secret("x"), depA))),
			want: props("values", on(object("a", fnSecret(text("x"))), depA).WithSecret(true)),
		},
		{
			name: "a definition within a block", lifting: blocks, in: props("oidc", object("values", object("a", secret("x")))),
			want: props("oidc", object("values", object("a", fnSecret(text("x"))).WithSecret(true))),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			equal(t, test.want, wire.Lift(test.in, test.lifting, stack))
		})
	}
}

var drawn = wire.Lifting{Blocks: []string{"tags", "tags.tags"}, Definitions: []string{"b", "tags.b"}}

// parts lists the inputs that are lifted one by one, with what is said about them and about the blocks around them.
func parts(path string, block property.Value, said collected, each func(path string, part property.Value, said collected)) {
	for key, child := range block.AsMap().All {
		childPath := strings.TrimPrefix(path+"."+key, ".")
		around := said.with(block)
		if slices.Contains(drawn.Blocks, childPath) && child.IsMap() {
			parts(childPath, child, around, each)
			continue
		}
		each(childPath, child, around)
	}
}

// with adds what is said about a value itself.
func (c collected) with(v property.Value) collected {
	return c.and(collected{secret: v.Secret(), dependencies: v.Dependencies()})
}

func (c collected) and(d collected) collected {
	dependencies := append(slices.Clone(c.dependencies), d.dependencies...)
	slices.Sort(dependencies)
	return collected{c.secret || d.secret, c.unknown || d.unknown, slices.Compact(dependencies)}
}

// Every part says after lifting exactly what it said anywhere before, no more and no less, and says it at its top.
func TestLiftLosesAndInventsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := maps(allMarks).Draw(t, "inputs")
		lifted := map[string]property.Value{}
		out := wire.Lift(in, drawn, stack)
		parts("", property.New(out), collected{}, func(path string, part property.Value, said collected) {
			if said.secret || len(said.dependencies) > 0 {
				t.Fatalf("something is said about the block around %s", path)
			}
			lifted[path] = part
		})
		count := 0
		parts("", property.New(in), collected{}, func(path string, part property.Value, said collected) {
			count++
			want := said.and(collect(part))
			if want.unknown && !want.secret && len(want.dependencies) == 0 {
				want.dependencies = []urn.URN{stack}
			}
			got, ok := lifted[path]
			if !ok {
				t.Fatalf("%s is missing", path)
			}
			if got.Secret() != want.secret || got.IsComputed() != want.unknown || !slices.Equal(sorted(got.Dependencies()), want.dependencies) {
				t.Fatalf("%s: want %+v, got %#v", path, want, got)
			}
			visit("", got, func(inside string, v property.Value) {
				if inside != "" && (v.Secret() || v.IsComputed() || len(v.Dependencies()) > 0) {
					t.Fatalf("%s%s is still marked: %#v", path, inside, v)
				}
			})
			definition := slices.Contains(drawn.Definitions, path)
			if !want.unknown && !(definition && want.secret) && plain(got) != plain(part) {
				t.Fatalf("%s: %s became %s", path, plain(part), plain(got))
			}
		})
		if count != len(lifted) {
			t.Fatalf("%d parts became %d", count, len(lifted))
		}
	})
}

// A secret in a definition is written where ESC takes it for one; what is not secret never is.
func TestLiftedDefinitionsHideExactlyTheSecrets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		definition := values(3, marks{secrets: true}).Draw(t, "definition")
		out := wire.Lift(props("values", definition), wire.Lifting{Definitions: []string{"values"}}, stack).Get("values")
		if got, want := plain(out), hide(definition, false); got != want {
			t.Fatalf("want %s, got %s", want, got)
		}
	})
}

// hide writes a definition as text with fn::secret around every secret leaf.
func hide(v property.Value, secret bool) string {
	secret = secret || v.Secret()
	switch {
	case v.IsMap():
		if _, already := v.AsMap().GetOk("fn::secret"); already {
			return plain(v)
		}
		var fields []string
		for key, child := range v.AsMap().AllStable {
			fields = append(fields, plain(text(key))+":"+hide(child, secret))
		}
		return "{" + strings.Join(fields, ",") + "}"
	case v.IsArray():
		var elements []string
		for _, child := range v.AsArray().All {
			elements = append(elements, hide(child, secret))
		}
		return "[" + strings.Join(elements, ",") + "]"
	case secret:
		return `{"fn::secret":` + plain(v) + "}"
	}
	return plain(v)
}

func sorted(urns []urn.URN) []urn.URN {
	urns = slices.Clone(urns)
	slices.Sort(urns)
	return urns
}
