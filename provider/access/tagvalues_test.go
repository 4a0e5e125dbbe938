package access_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// The values that decide are those that a tag is compared with, on either side, in sets and selections, and by way of other tags.
func TestTagValuesAreWhatTagsAreComparedWith(t *testing.T) {
	t.Parallel()
	tag := func(key string) access.Tag {
		return access.Tag{Context: access.Context{Kind: access.Environment}, Key: key}
	}
	text := func(value string) access.LiteralString { return access.LiteralString{Value: value} }
	d := access.Group{Entries: []access.Descriptor{
		access.Condition{Condition: access.Equal{Left: text("prod"), Right: tag("tier")}, SubNode: access.Allowed{}},
		access.Condition{Condition: access.Not{Node: access.In{Target: tag("tier"), Values: access.StringSet{Values: []string{"dev", "", "dev"}}}}, SubNode: access.Allowed{}},
		access.Condition{Condition: access.HasTag{Context: access.Context{Kind: access.Environment}, Key: "asked"}, SubNode: access.Allowed{}},
		access.Condition{Condition: access.Equal{Left: tag("tier"), Right: tag("tied")}, SubNode: access.Allowed{}},
		access.Select{Selector: tag("chosen"), Options: []access.Option{{Value: text("a"), Node: access.Allowed{}}}},
		access.Condition{Condition: access.Equal{Left: access.Tag{Context: access.Context{Kind: access.Stack}, Key: "other"}, Right: text("x")}, SubNode: access.Allowed{}},
	}}
	assert.Equal(t, map[string][]string{
		"tier": {"", "dev", "prod"}, "tied": {"", "dev", "prod"}, "asked": nil, "chosen": {"a"},
	}, access.TagValues(d, access.Environment))
}
