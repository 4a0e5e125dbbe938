package environment

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
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

// planTags returns the steps from the actual tags to exactly the desired ones. What goes is taken off first.
func planTags(actual, desired map[string]string) []tagStep {
	off, on := splitTags(actual, desired, false)
	return append(off, on...)
}

// splitTags divides such a plan into what is taken off and what is put on. Apart, a tag whose value changes is taken off,
// and put on with its new value later.
func splitTags(actual, desired map[string]string, apart bool) (off, on []tagStep) {
	for _, name := range slices.Sorted(maps.Keys(actual)) {
		if _, keep := desired[name]; !keep {
			off = append(off, tagStep{deleteTag, name, actual[name], ""})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(desired)) {
		value, has := actual[name]
		switch {
		case !has:
			on = append(on, tagStep{createTag, name, "", desired[name]})
		case value == desired[name]:
		case apart || desired[name] == "":
			// An empty new value keeps the old one: the service's own client sends it to rename a tag.
			off = append(off, tagStep{deleteTag, name, value, ""})
			on = append(on, tagStep{createTag, name, "", desired[name]})
		default:
			on = append(on, tagStep{updateTag, name, value, desired[name]})
		}
	}
	return off, on
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

// desiredTags are the tags that the environment is to have; nil leaves them alone. Tags that this resource wrote go when they
// leave the program, as access rules select by them; those that it only found stay.
func desiredTags(state State, desired Args) map[string]string {
	if desired.Tags != nil || len(state.WrittenTags) == 0 {
		return desired.Tags
	}
	rest := maps.Clone(state.Tags)
	maps.DeleteFunc(rest, func(name, _ string) bool { return slices.Contains(state.WrittenTags, name) })
	return rest
}

// redefines reports whether the definition is to change, or waits to.
func (e *writer) redefines(desired Args) bool {
	return e.state.ChangeRequestID != nil || ptr.Value(desired.Definition) != ptr.Value(e.state.Definition)
}

// untag takes off, before the definition changes, the tags that go or get another value: those who may open the environment
// by them must not see the new definition, and a draft that waits can be applied at any time.
func (e *writer) untag(ctx context.Context, desired Args) error {
	tags := desiredTags(e.state, desired)
	if tags == nil || e.fresh || !e.redefines(desired) {
		return nil
	}
	if e.state.Tags != nil {
		if off, _ := splitTags(e.state.Tags, tags, true); len(off) == 0 {
			return nil
		}
	}
	actual, err := e.tags(ctx)
	if err != nil {
		return err
	}
	e.state.Tags = actual
	off, _ := splitTags(actual, tags, true)
	return e.applyTags(ctx, actual, off)
}

// tag makes the tags exactly the desired ones, if they are managed. Tags that come wait while the definition does.
func (e *writer) tag(ctx context.Context, desired Args) error {
	tags := desiredTags(e.state, desired)
	if tags == nil || (e.state.Tags != nil && maps.Equal(tags, e.state.Tags)) {
		e.settleTags(desired)
		return nil
	}
	if e.definitionWaits() {
		return nil
	}
	actual := map[string]string{}
	if !e.fresh {
		var err error
		if actual, err = e.tags(ctx); err != nil {
			return err
		}
	}
	if err := e.applyTags(ctx, actual, planTags(actual, tags)); err != nil {
		return err
	}
	e.settleTags(desired)
	return nil
}

// settleTags records that the tags are what the program says.
func (e *writer) settleTags(desired Args) {
	e.state.Tags = desired.Tags
	e.state.WrittenTags = slices.DeleteFunc(e.state.WrittenTags, func(name string) bool {
		_, kept := desired.Tags[name]
		return !kept
	})
}

// applyTags keeps in the state what is done.
func (e *writer) applyTags(ctx context.Context, actual map[string]string, steps []tagStep) error {
	for _, step := range steps {
		if err := e.apply(ctx, step); err != nil {
			// A repeated call is refused when its first try succeeded, so the actual tags decide whether it was done.
			now, readErr := e.tags(ctx)
			if readErr != nil || !step.inEffect(now) {
				return fmt.Errorf("%s of environment %q: %w", step, e.path(), err)
			}
		}
		actual = step.after(actual)
		e.state.Tags, e.wrote = actual, true
		if step.action != deleteTag && !slices.Contains(e.state.WrittenTags, step.name) {
			e.state.WrittenTags = append(e.state.WrittenTags, step.name)
			slices.Sort(e.state.WrittenTags)
		}
	}
	return nil
}

func (e *writer) tags(ctx context.Context) (map[string]string, error) {
	return e.client.EnvironmentTags(ctx, e.state.Organization, e.state.Project, e.state.Name)
}

func (e *writer) apply(ctx context.Context, step tagStep) error {
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

// warnTags names at preview the tags that an update would remove. It never fails: the update reports what is wrong.
func (e *writer) warnTags(ctx context.Context, op kit.Op, desired Args) {
	tags := desiredTags(e.state, desired)
	if undecided := op.Unknown("tags"); !undecided && (tags == nil || maps.Equal(tags, e.state.Tags)) {
		return
	}
	actual, err := e.tags(ctx)
	if err != nil {
		wire.Log(ctx).Warningf("what this would change of the tags of environment %q could not be read: %v", e.path(), err)
		return
	}
	if op.Unknown("tags") {
		kit.WarnUndecided(ctx, op, fmt.Sprintf("environment %q: its tags", e.path()), []string{"tags"}, undecidedTags(op, actual, tags))
		return
	}
	var lines []string
	for _, step := range planTags(actual, tags) {
		if _, keep := tags[step.name]; !keep {
			lines = append(lines, step.String())
		}
	}
	kit.WarnRemovals(ctx, fmt.Sprintf("environment %q: an update would", e.path()), lines)
}

// undecidedTags are the actual tags that no known one of the desired is the same as.
func undecidedTags(op kit.Op, actual, desired map[string]string) []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(actual)) {
		value, given := desired[name]
		if !given || value != actual[name] || op.Unknown(problem.Join("tags", name)) {
			lines = append(lines, fmt.Sprintf("tag %s: %s", name, actual[name]))
		}
	}
	return lines
}

// definitionWaits reports whether the definition that is declared is not live yet: its change waits for approval, or was
// declined.
func (e *writer) definitionWaits() bool { return e.waiting != "" || e.declined != nil }
