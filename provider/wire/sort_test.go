package wire_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

type level string

type rule struct {
	Project    string            `pulumi:"project"`
	Permission *level            `pulumi:"permission,optional"`
	Scopes     []string          `pulumi:"scopes,optional"`
	All        *bool             `pulumi:"all,optional"`
	Tags       map[string]string `pulumi:"tags,optional"`
}

// value is the rule as the engine sends it.
func (r rule) value() property.Value {
	fields := map[string]property.Value{"project": text(r.Project)}
	if r.Permission != nil {
		fields["permission"] = text(string(*r.Permission))
	}
	if r.Scopes != nil {
		scopes := []property.Value{}
		for _, scope := range r.Scopes {
			scopes = append(scopes, text(scope))
		}
		fields["scopes"] = list(scopes...)
	}
	if r.All != nil {
		fields["all"] = property.New(*r.All)
	}
	if r.Tags != nil {
		tags := map[string]property.Value{}
		for name, value := range r.Tags {
			tags[name] = text(value)
		}
		fields["tags"] = property.New(tags)
	}
	return property.New(fields)
}

var rules = rapid.Custom(func(t *rapid.T) rule {
	word := rapid.SampledFrom([]string{"", "a", "b\"", "ab"})
	return rule{
		Project:    word.Draw(t, "project"),
		Permission: rapid.Ptr(rapid.SampledFrom([]level{"read", "write"}), true).Draw(t, "permission"),
		Scopes:     rapid.SampledFrom([][]string{nil, {}, {"a"}, {"a", "b"}}).Draw(t, "scopes"),
		All:        rapid.Ptr(rapid.Bool(), true).Draw(t, "all"),
		Tags:       rapid.SampledFrom([]map[string]string{nil, {"t": "v"}, {"a": "v", "t": "w"}}).Draw(t, "tags"),
	}
})

// What is decoded and sorted comes in the order that the engine's own values are put into.
func TestSortSetAgreesWithCanonicalSets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		decoded := rapid.SliceOfNDistinct(rules, 0, 6, func(r rule) string { return wire.SortKey(r.value()) }).Draw(t, "rules")
		elements := make([]property.Value, len(decoded))
		for i, one := range decoded {
			elements[i] = one.value()
		}
		canonical := wire.CanonicalSets(props("set", list(elements...)), "set").Get("set").AsArray()
		wire.SortSet(decoded)
		for i, one := range decoded {
			assert.True(t, canonical.Get(i).Equals(one.value()))
		}
	})
}

func TestSortSetSortsTexts(t *testing.T) {
	t.Parallel()
	names := []string{"b", "a", "c"}
	wire.SortSet(names)
	assert.Equal(t, []string{"a", "b", "c"}, names)
}
