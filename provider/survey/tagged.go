package survey

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// Tagged lists the entities of a kind that have all of the tags once the planned changes are made, by name. It takes the pages of the list
// of these entities, and a call for each of them.
func (s *Survey) Tagged(ctx context.Context, kind access.EntityKind, tags map[string]string, planned graph.Changes, o Options) ([]string, []graph.Blind, error) {
	names, blind, err := s.entityNames(ctx, kind)
	if err != nil {
		return nil, nil, err
	}
	found := make([]seen[graph.Resource], len(names))
	err = each(ctx, len(names), "tags", o.say, func(ctx context.Context, i int) error {
		var err error
		found[i], err = s.readTagged(ctx, kind, names[i])
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	var all []string
	for i, one := range found {
		blind = append(blind, one.blind...)
		_, after := planned.Apply(graph.Organization{}, one.value)
		if len(one.blind) == 0 && access.HasTags(after.Tags, tags) {
			all = append(all, names[i])
		}
	}
	for _, created := range planned.Creations(kind) {
		if _, after := planned.Apply(graph.Organization{}, created); access.HasTags(after.Tags, tags) {
			all = append(all, created.Name)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), distinct(blind), nil
}

// readTagged reads the tags of an entity.
func (s *Survey) readTagged(ctx context.Context, kind access.EntityKind, name string) (seen[graph.Resource], error) {
	out := seen[graph.Resource]{value: graph.Resource{Entity: access.Entity{Kind: kind}, Name: name}}
	var err error
	if kind == access.Environment {
		out.value.Tags, err = s.readTags(ctx, name)
	} else {
		out.value, _, err = s.readResource(ctx, kind, name, false, nil)
	}
	out.value.Tags = maps.Clone(out.value.Tags)
	_, err = out.missed(ctx, err, graph.Blind{What: fmt.Sprintf("tags of %s %s", kind, name), Hides: "whether it is one of the entities that are watched"})
	return out, err
}

// entityNames lists the entities of a kind that this token can see.
func (s *Survey) entityNames(ctx context.Context, kind access.EntityKind) ([]string, []graph.Blind, error) {
	var names []string
	switch kind {
	case access.Stack:
		listed, err := s.stackNames(ctx)
		return listed.value, listed.blind, err
	case access.Environment:
		listed, err := s.listEnvironments(ctx)
		for _, one := range listed.value {
			names = append(names, one.Project+"/"+one.Name)
		}
		return names, listed.blind, err
	default:
		listed, err := s.listAccounts(ctx)
		for _, one := range listed.value {
			names = append(names, one.Name)
		}
		return names, listed.blind, err
	}
}
