package survey

import (
	"context"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// No list of the service replaces these reads for each environment. The list of environments says nothing about gates, and of
// imports only a count of referrers that is documented to be always zero; gates are listed for one environment at a time.

// readEnvironment reads an environment without its tags, gates and definition.
func (s *Survey) readEnvironment(ctx context.Context, name string) (seen[graph.Resource], error) {
	return s.environments.get(name, func() (seen[graph.Resource], error) {
		var out seen[graph.Resource]
		project, env := cut(name)
		metadata, err := s.client.EnvironmentMetadata(ctx, s.organization, project, env)
		if err != nil {
			return out, err
		}
		out.value = graph.Resource{
			Entity: access.Entity{Kind: access.Environment, ID: metadata.ID}, Name: name,
			Owner: metadata.Owner.Login, Gated: metadata.GatedActions,
		}
		return out, s.readAssigned(ctx, &out)
	})
}

// readGated reads an environment with its gates.
func (s *Survey) readGated(ctx context.Context, name string) (graph.Resource, []graph.Blind, error) {
	found, err := s.readEnvironment(ctx, name)
	if err != nil {
		return graph.Resource{}, nil, err
	}
	more, err := s.readGates(ctx, &found.value)
	return found.value, distinct(found.blind, more), err
}

// readGates reads the gates of an environment that has any.
func (s *Survey) readGates(ctx context.Context, t *graph.Resource) ([]graph.Blind, error) {
	if len(t.Gated) == 0 {
		return nil, nil
	}
	found, err := s.gates.get(t.Name, func() (seen[[]gate], error) {
		var out seen[[]gate]
		project, name := cut(t.Name)
		for read, err := range s.client.Gates(ctx, s.organization, project, name) {
			hidden, err := out.missed(ctx, err, graph.Blind{What: "gates of environment " + t.Name, Hides: "who approves, and whether their own requests"})
			if err != nil {
				return out, err
			}
			if !hidden {
				out.value = append(out.value, gateOf(read, t.Name))
			}
		}
		return out, nil
	})
	for _, g := range found.value {
		if g.enabled {
			t.Gates = append(t.Gates, g.Gate)
		}
	}
	return found.blind, err
}

// gate is a gate with what tells it from others.
type gate struct {
	graph.Gate
	environment string
	enabled     bool
}

func gateOf(read cloud.Gate, environment string) gate {
	return gate{
		environment: environment, enabled: read.Enabled,
		Gate: graph.Gate{
			ID: read.ID, Action: read.Action, Approvals: read.Rule.RequiredApprovals, SelfApproval: read.Rule.AllowSelfApproval,
			Teams: read.Rule.Teams, Users: read.Rule.Users, PermissionsOn: read.Rule.Permission,
		},
	}
}

// addTags reads the tags of an environment and of those that it imports; those that do not exist yet have theirs. Other entities are read with their tags. An import whose
// tags cannot be read is unclear as a whole: without them, a principal that may open it would be taken for one that may not.
func (s *Survey) addTags(ctx context.Context, t *graph.Resource) ([]graph.Blind, error) {
	if t.Kind != access.Environment || t.ID == "" {
		return nil, nil
	}
	var err error
	if t.Tags, err = s.tagsOf(ctx, *t); err != nil {
		return nil, err
	}
	var missing gaps
	var known []graph.Import
	for _, imported := range t.Imports {
		tags, err := s.tagsOf(ctx, imported.Resource)
		hidden, err := missing.missed(ctx, err, graph.Blind{
			What: fmt.Sprintf("tags of environment %s, which %s imports", imported.Name, t.Name), Hides: "who may open it",
		})
		if err != nil {
			return nil, err
		}
		if hidden {
			t.Unclear = fmt.Sprintf("it imports %s, whose tags are not visible to this token", imported.Name)
			continue
		}
		imported.Tags = tags
		known = append(known, imported)
	}
	t.Imports = known
	return missing.blind, nil
}

func (s *Survey) tagsOf(ctx context.Context, t graph.Resource) (map[string]string, error) {
	if t.IsPlanned() {
		return t.Tags, nil
	}
	return s.readTags(ctx, t.Name)
}

func (s *Survey) readTags(ctx context.Context, name string) (map[string]string, error) {
	return s.tags.get(name, func() (map[string]string, error) {
		project, env := cut(name)
		return s.client.EnvironmentTags(ctx, s.organization, project, env)
	})
}
