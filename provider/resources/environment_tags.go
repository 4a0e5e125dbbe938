package resources

import (
	"context"
	"fmt"
	"maps"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// tagAction is what a step does to one tag.
type tagAction int

const (
	createTag tagAction = iota
	updateTag
	deleteTag
)

// tagStep is one call; the service has none that replaces all tags.
type tagStep struct {
	action   tagAction
	name     string
	from, to string // values
}

// String says what the step does, for people.
func (s tagStep) String() string {
	switch s.action {
	case createTag:
		return "create tag " + s.name
	case updateTag:
		return "update tag " + s.name
	default:
		return "remove tag " + s.name
	}
}

// planTags leads from the tags that are there to exactly the wanted ones.
func planTags(current, wanted map[string]string) []tagStep {
	var steps, deletions []tagStep
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		value, has := current[name]
		switch {
		case !has:
			steps = append(steps, tagStep{createTag, name, "", wanted[name]})
		case value == wanted[name]:
		case wanted[name] == "":
			// An empty new value keeps the old one: the service's own client sends it to rename a tag.
			steps = append(steps, tagStep{deleteTag, name, value, ""}, tagStep{createTag, name, "", ""})
		default:
			steps = append(steps, tagStep{updateTag, name, value, wanted[name]})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(current)) {
		if _, keep := wanted[name]; !keep {
			deletions = append(deletions, tagStep{deleteTag, name, current[name], ""})
		}
	}
	return append(steps, deletions...)
}

// after are the tags once the step is done.
func (s tagStep) after(tags map[string]string) map[string]string {
	next := maps.Clone(tags)
	if next == nil {
		next = map[string]string{}
	}
	if s.action == deleteTag {
		delete(next, s.name)
	} else {
		next[s.name] = s.to
	}
	return next
}

func (s tagStep) inEffect(tags map[string]string) bool {
	value, has := tags[s.name]
	return has == (s.action != deleteTag) && (!has || value == s.to)
}

// tag makes the tags exactly the wanted ones, if they are managed.
func (e *environmentWriter) tag(ctx context.Context, want EnvironmentArgs) error {
	if want.Tags == nil || (e.state.Tags != nil && maps.Equal(want.Tags, e.state.Tags)) {
		e.state.Tags = want.Tags
		return nil
	}
	current := map[string]string{}
	if !e.fresh {
		var err error
		if current, err = e.tags(ctx); err != nil {
			return err
		}
	}
	for _, step := range planTags(current, want.Tags) {
		if err := e.apply(ctx, step); err != nil {
			// A repeated call meets what its first try did as a refusal, so what counts is what is there now.
			now, readErr := e.tags(ctx)
			if readErr != nil || !step.inEffect(now) {
				return fmt.Errorf("%s of environment %q: %w", step, e.path(), err)
			}
		}
		current = step.after(current)
		e.state.Tags, e.wrote = current, true
	}
	e.state.Tags = want.Tags
	return nil
}

func (e *environmentWriter) tags(ctx context.Context) (map[string]string, error) {
	return e.client.EnvironmentTags(ctx, e.state.Organization, e.state.Project, e.state.Name)
}

func (e *environmentWriter) apply(ctx context.Context, step tagStep) error {
	organization, project, name := e.state.Organization, e.state.Project, e.state.Name
	switch step.action {
	case createTag:
		return e.client.CreateEnvironmentTag(ctx, organization, project, name, step.name, step.to)
	case updateTag:
		return e.client.UpdateEnvironmentTag(ctx, organization, project, name, step.name, step.from, step.to)
	default:
		return e.client.DeleteEnvironmentTag(ctx, organization, project, name, step.name)
	}
}

// warnTags names at preview the tags that an up would remove. It never fails: the up reports what is wrong.
func (e *environmentWriter) warnTags(ctx context.Context, want EnvironmentArgs) {
	if want.Tags == nil || wire.Touches("tags", wire.UnknownInputs(ctx)) || maps.Equal(want.Tags, e.state.Tags) {
		return
	}
	current, err := e.tags(ctx)
	if err != nil {
		p.GetLogger(ctx).Warningf("what this would change of the tags of environment %q could not be read: %v", e.path(), err)
		return
	}
	var lines []string
	for _, step := range planTags(current, want.Tags) {
		if _, keep := want.Tags[step.name]; !keep {
			lines = append(lines, step.String())
		}
	}
	warnRemovals(ctx, fmt.Sprintf("environment %q: an up would", e.path()), lines)
}
