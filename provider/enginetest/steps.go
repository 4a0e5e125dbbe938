package enginetest

import (
	"errors"
	"fmt"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"
	presource "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// register makes one resource what the program says. After a failure nothing more is started, as in the real engine.
func (e *Engine) register(want *resource, deleteFirst bool) (id string, state property.Map, err error) {
	e.pause()
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.seen[string(want.urn)] = true
	if e.stopped() || slices.ContainsFunc(want.dependsOn, func(urn string) bool { return e.failed[urn] }) {
		err = errors.New("not started, because something failed before")
	} else {
		id, state, err = e.step(want, deleteFirst)
	}
	if err != nil {
		e.failed[string(want.urn)] = true
	}
	return id, state, err
}

// step makes one resource what the program says.
func (e *Engine) step(want *resource, deleteFirst bool) (string, property.Map, error) {
	old := e.find(want.urn)
	if err := e.check(want, old); err != nil {
		return "", property.Map{}, err
	}
	if old == nil {
		return e.create(want)
	}
	diff, err := e.server.Diff(p.DiffRequest{
		ID: old.id, Urn: old.full, State: old.state, OldInputs: old.inputs, Inputs: want.inputs,
	})
	switch {
	case err != nil:
		return "", property.Map{}, want.failed("comparing", err)
	case replaces(diff):
		return e.replace(want, old, deleteFirst || diff.DeleteBeforeReplace)
	case diff.HasChanges || old.unfinished:
		return e.update(want, old)
	}
	old.dependsOn, old.properties, old.deletedWith = want.dependsOn, want.properties, want.deletedWith
	e.keep(old)
	return old.id, old.state, nil
}

func (r *resource) failed(verb string, err error) error {
	return fmt.Errorf("%s %s: %w", verb, r.name(), err)
}

func (e *Engine) check(want, old *resource) error {
	before := property.Map{}
	if old != nil {
		before = old.inputs
	}
	checked, err := e.server.Check(p.CheckRequest{Urn: want.full, State: before, Inputs: want.inputs})
	if err != nil {
		return want.failed("checking", err)
	}
	for _, failure := range checked.Failures {
		err = errors.Join(err, fmt.Errorf("%s: %s %s", want.name(), failure.Property, failure.Reason))
	}
	want.inputs = checked.Inputs
	return err
}

func replaces(diff p.DiffResponse) bool {
	for _, change := range diff.DetailedDiff {
		if change.Kind == p.UpdateReplace || change.Kind == p.AddReplace || change.Kind == p.DeleteReplace {
			return true
		}
	}
	return false
}

func (e *Engine) create(want *resource) (string, property.Map, error) {
	made, err := e.server.Create(p.CreateRequest{Urn: want.full, Properties: want.inputs, DryRun: e.preview})
	if e.killed.Load() {
		return "", property.Map{}, want.failed("creating", errKilled)
	}
	if e.preview {
		e.print(want, nil, made.Properties)
		return made.ID, made.Properties, err
	}
	if err == nil || made.PartialState != nil {
		want.id, want.state, want.unfinished = made.ID, made.Properties, made.PartialState != nil
		e.keep(want)
	}
	if err = outcome(made.PartialState, err); err != nil {
		return "", property.Map{}, want.failed("creating", err)
	}
	return want.id, want.state, nil
}

func (e *Engine) update(want, old *resource) (string, property.Map, error) {
	changed, err := e.server.Update(p.UpdateRequest{
		ID: old.id, Urn: old.full, State: old.state, OldInputs: old.inputs, Inputs: want.inputs, DryRun: e.preview,
	})
	if e.killed.Load() {
		return "", property.Map{}, want.failed("updating", errKilled)
	}
	if e.preview {
		e.print(want, old, changed.Properties)
		return old.id, changed.Properties, err
	}
	if err == nil || changed.PartialState != nil {
		want.id, want.state, want.unfinished = old.id, changed.Properties, changed.PartialState != nil
		e.resources[slices.Index(e.resources, old)] = want
		e.keep(want)
	}
	if err = outcome(changed.PartialState, err); err != nil {
		return "", property.Map{}, want.failed("updating", err)
	}
	return want.id, want.state, nil
}

func outcome(partial *p.InitializationFailed, err error) error {
	if partial != nil {
		return fmt.Errorf("%v", partial.Reasons)
	}
	return err
}

func (e *Engine) replace(want, old *resource, deleteFirst bool) (string, property.Map, error) {
	switch {
	case e.preview:
		e.replaced = append(e.replaced, old)
	case deleteFirst:
		if err := e.deleteWithDependents(old); err != nil {
			return "", property.Map{}, err
		}
	default:
		id, state, err := e.create(want)
		if slices.Contains(e.resources, want) { // until then the old one is not replaced
			e.drop(old)
			e.discarded = append(e.discarded, old)
		}
		return id, state, err
	}
	return e.create(want)
}

// deleteWithDependents deletes a resource, and before it those that will be replaced because it is.
func (e *Engine) deleteWithDependents(old *resource) error {
	for _, r := range reversed(e.resources) {
		if r != old && e.falls(r, old) {
			if err := e.delete(r); err != nil {
				return err
			}
		}
	}
	return e.delete(old)
}

// falls reports whether another value of what an input takes from a resource means a replacement.
func (e *Engine) falls(r, with *resource) bool {
	inputs, touched := r.inputs, false
	for name, on := range r.properties {
		if on[string(with.urn)] {
			inputs, touched = inputs.Set(name, property.New(property.Computed)), true
		}
	}
	if !touched {
		return false
	}
	diff, err := e.server.Diff(p.DiffRequest{ID: r.id, Urn: r.full, State: r.state, OldInputs: r.inputs, Inputs: inputs})
	return err == nil && replaces(diff)
}

// deleteUnseen deletes what was replaced and what the program does not declare any more, dependents first, unless a failure stopped
// the run. It returns all failures.
func (e *Engine) deleteUnseen() error {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	unseen := slices.DeleteFunc(slices.Clone(e.resources), func(r *resource) bool { return e.seen[string(r.urn)] })
	for _, r := range slices.Concat(reversed(e.discarded), reversed(unseen)) {
		if e.stopped() {
			break
		}
		if e.neededByFailed(r) {
			continue
		}
		if err := e.delete(r); err != nil {
			e.failures.add(err)
			e.failed[string(r.urn)] = true
		}
	}
	return e.failures.joined()
}

func reversed(all []*resource) []*resource {
	all = slices.Clone(all)
	slices.Reverse(all)
	return all
}

// neededByFailed reports whether something that failed depends on a resource, directly or through others.
func (e *Engine) neededByFailed(r *resource) bool {
	return slices.ContainsFunc(e.resources, func(other *resource) bool {
		return other != r && slices.Contains(other.dependsOn, string(r.urn)) && (e.failed[string(other.urn)] || e.neededByFailed(other))
	})
}

func (e *Engine) delete(r *resource) error {
	if !r.retain && !e.goesWith(r) {
		err := e.server.Delete(p.DeleteRequest{ID: r.id, Urn: r.full, Properties: r.state})
		if e.killed.Load() {
			err = errKilled
		}
		if err != nil {
			return r.failed("deleting", err)
		}
	}
	e.drop(r)
	return nil
}

// goesWith says whether what deletes this one is deleted in the same update: because it left the program, or was replaced.
func (e *Engine) goesWith(r *resource) bool {
	is := func(other *resource) bool { return string(other.urn) == r.deletedWith }
	if slices.ContainsFunc(e.discarded, is) {
		return true
	}
	return slices.ContainsFunc(e.resources, is) && !e.seen[r.deletedWith]
}

// keep puts a resource at the end of the state, whose order is that in which the last update came to the resources: what is deleted later goes
// in the opposite order.
func (e *Engine) keep(r *resource) {
	e.resources = append(slices.DeleteFunc(e.resources, func(other *resource) bool { return other == r }), r)
}

func (e *Engine) drop(r *resource) {
	is := func(other *resource) bool { return other == r }
	e.resources, e.discarded = slices.DeleteFunc(e.resources, is), slices.DeleteFunc(e.discarded, is)
}

func (e *Engine) find(urn presource.URN) *resource {
	for _, r := range e.resources {
		if r.urn == urn {
			return r
		}
	}
	return nil
}

// Snapshot is the state at a time.
type Snapshot struct{ resources, discarded []resource }

// Snapshot returns the state, for Restore.
func (e *Engine) Snapshot() Snapshot {
	return Snapshot{copies(e.resources), copies(e.discarded)}
}

// Restore puts a state back.
func (e *Engine) Restore(s Snapshot) {
	e.resources, e.discarded = pointers(s.resources), pointers(s.discarded)
}

func copies(all []*resource) []resource {
	copied := make([]resource, len(all))
	for i, r := range all {
		copied[i] = *r
	}
	return copied
}

func pointers(all []resource) []*resource {
	out := make([]*resource, len(all))
	for i, r := range all {
		out[i] = &r
	}
	return out
}
