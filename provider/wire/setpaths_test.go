package wire_test

import (
	"reflect"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

type (
	declaredRule struct {
		Scopes []string `pulumi:"scopes,optional" list:"set"`
	}
	declaredBlock struct {
		Rules  *pulumix.Output[[]declaredRule]          `pulumi:"rules,optional" list:"set"`
		Inside map[string]declaredRule                  `pulumi:"inside,optional"`
		Levels *pulumix.Output[map[string]declaredRule] `pulumi:"levels,optional"`
		Named  map[string][]string                      `pulumi:"named,optional" list:"set"`
	}
	declared struct {
		Block   *declaredBlock `pulumi:"block,optional"`
		Imports []string       `pulumi:"imports,optional" list:"ordered"`
		Other   []string       // of no property
	}
	forgotten struct {
		Rules []declaredRule                         `pulumi:"rules" list:"set"`
		Block *pulumix.Output[map[string]forgotten2] `pulumi:"block,optional"`
	}
	forgotten2 struct {
		People *pulumix.Output[[]string] `pulumi:"people,optional"`
	}
)

func TestSetsOfAType(t *testing.T) {
	t.Parallel()
	sets, err := wire.Sets(reflect.TypeFor[declared]())
	require.NoError(t, err)
	require.Equal(t, []string{
		"block.rules", "block.rules[].scopes", "block.inside{}.scopes", "block.levels{}.scopes", "block.named{}",
	}, sets)
	_, err = wire.Sets(reflect.TypeFor[forgotten]())
	require.ErrorContains(t, err, `list:"set"`)
	require.ErrorContains(t, err, ": block{}.people", "the one that does not say what it is, and no other")

	in := props("block", object("named", object("a", list(property.New("y"), property.New("x"), property.New("y")))))
	equal(t, props("block", object("named", object("a", list(property.New("x"), property.New("y"))))), wire.CanonicalSets(in, sets...))
}
