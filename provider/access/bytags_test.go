package access_test

import (
	"maps"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// While nothing decides by tags, an entity with its tags and the same one without them are answered alike.
func TestTagsThatNothingDecidesByChangeNothing(t *testing.T) {
	by, not := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		all := access.Allowed{Permissions: allScopes()}
		trees := rapid.Custom(func(t *rapid.T) access.Descriptor { // often about tags, and granting something then
			switch rapid.IntRange(0, 3).Draw(t, "tree") {
			case 0:
				return access.Condition{Condition: conditions(1).Draw(t, "condition"), SubNode: all}
			case 1:
				return access.IfThenElse{Condition: conditions(1).Draw(t, "condition"), WhenTrue: access.Group{}, WhenFalse: all}
			case 2:
				return access.Select{Selector: values().Draw(t, "selector"), Options: []access.Option{{Value: values().Draw(t, "value"), Node: all}}}
			default:
				return rapid.OneOf(descriptors(2), readable()).Draw(t, "any tree")
			}
		})
		some := maps.Clone(records)
		some["lost"] = trees.Draw(t, "record")
		d := access.Group{Entries: append(rapid.SliceOfN(trees, 1, 2).Draw(t, "trees"), access.Compose{IDs: []string{"lost"}})}
		with := entities.Draw(t, "entity")
		if access.DecidesByTags(d, with.Kind) || access.DecidesByTags(some["lost"], with.Kind) {
			by++
			return
		}
		not++
		find := func(id string) (access.Descriptor, bool) { d, found := some[id]; return d, found }
		open := func(id string) (access.Descriptor, string, bool) { d, found := some[id]; return d, "", found }
		without := access.Entity{Kind: with.Kind, ID: with.ID}
		if got, want := access.Evaluate(d, without, find), access.Evaluate(d, with, find); !reflect.DeepEqual(got, want) {
			t.Fatalf("without tags %+v\nwith %+v", got, want)
		}
		ev := access.NewEvaluator(d, find)
		if got, want := ev.Leaves(without, open), ev.Leaves(with, open); !reflect.DeepEqual(got, want) {
			t.Fatalf("without tags %+v\nwith %+v", got, want)
		}
	})
	if by == 0 || not == 0 {
		t.Errorf("%d trees decide by tags, and %d do not: the law was not tried", by, not)
	}
}

func TestWhatDecidesByTags(t *testing.T) {
	tag := access.Tag{Context: access.Context{Kind: access.Environment}, Key: "tier"}
	prod, some := access.LiteralString{Value: "prod"}, access.Allowed{Permissions: []string{"environment:read"}}
	if !access.DecidesByTags(access.Select{Selector: prod, Options: []access.Option{{Value: tag, Node: some}}}, access.Environment) {
		t.Error("an option's value is a tag")
	}
	nested := access.Group{Entries: []access.Descriptor{access.IfThenElse{
		Condition: access.Not{Node: access.Equal{Left: prod, Right: tag}}, WhenTrue: some, WhenFalse: some,
	}}}
	if !access.DecidesByTags(nested, access.Environment) {
		t.Error("a condition compares a tag")
	}
	if access.DecidesByTags(nested, access.Stack) {
		t.Error("tags of environments decide nothing on stacks")
	}
	if !access.DecidesByTags(access.Condition{Condition: access.HasTag{Key: "tier"}, SubNode: some}, access.Stack) {
		t.Error("a tag without a context may be any entity's")
	}
}
