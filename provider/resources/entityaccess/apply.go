package entityaccess

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/teamgrants"
)

// progressEvery bounds how often the status line of a long run changes.
const progressEvery = 10

// apply carries the steps out one by one and returns what is granted then, also when it fails. After a refusal nothing more is
// given, but what is to be taken away is: a grant that cannot be made does not keep another one in force.
func (r *reconciler) apply(ctx context.Context, now actual, steps []step) (after actual, changed bool, err error) {
	after = now
	after.grants = maps.Clone(now.grants)
	var failed error
	for i, s := range steps {
		if err := context.Cause(ctx); err != nil {
			return after, changed || i > 0, errors.Join(failed, fmt.Errorf("stopped after %d of %d changes to the grants on %s; run again to finish: %w",
				i, len(steps), r.ref, err))
		}
		if failed != nil && (!s.takes() || s.own) {
			continue
		}
		// A cancel stops between calls: a call that was cut off would leave its outcome unknown.
		if after, err = r.applyOne(context.WithoutCancel(ctx), after, s); err != nil {
			failed = errors.Join(failed, err)
			changed = changed || errors.Is(err, cloud.ErrUnknownOutcome)
		}
		if n := i + 1; len(steps) > progressEvery && (n%progressEvery == 0 || n == len(steps)) {
			kit.Progress(ctx, "changed %d of %d grants", n, len(steps))
		}
	}
	return after, changed || !sameGrants(now.grants, after.grants), failed
}

// applyOne makes one call, and returns what is granted then. When it fails, what is granted decides whether it was done: a call that
// was repeated after its answer was lost is refused because its first try succeeded.
func (r *reconciler) applyOne(ctx context.Context, now actual, s step) (actual, error) {
	err := r.call(ctx, now, s)
	if err == nil {
		s.after(now.grants)
		return now, nil
	}
	after, readErr := r.read(ctx, r.scope())
	if readErr != nil {
		return now, r.explain(now, s, err)
	}
	if s.inEffect(after.grants) {
		return after, nil
	}
	return after, r.explain(after, s, err)
}

// inEffect reports whether the grants are as the step would make them.
func (s step) inEffect(g grants) bool {
	if s.to != nil {
		return g.holds(*s.to)
	}
	_, there := g[s.from.who]
	return !there
}

func (r *reconciler) call(ctx context.Context, now actual, s step) error {
	about := s.about()
	if about.who.team {
		team := teamgrants.Team{Client: r.client, Organization: r.organization, Name: about.name}
		switch {
		case s.to == nil:
			return team.Revoke(ctx, r.ref)
		case s.from == nil:
			return team.Add(ctx, r.ref, s.to.held.TeamGrant)
		}
		return team.Edit(ctx, r.ref, s.to.held.TeamGrant)
	}
	switch {
	case s.to != nil:
		set := now.setID(r.ref.Kind, s.to.held)
		if set == "" {
			return fmt.Errorf("organization %q has no built-in permission set %s on a %s", r.organization, s.to.held.Level, r.ref.Kind.Noun())
		}
		if s.from != nil && s.from.collaborator && (s.beside || !s.lowers) {
			if err := r.client.RemoveCollaborator(ctx, r.organization, r.ref.Project, r.ref.Name, s.from.name); err != nil {
				return err
			}
		}
		return r.client.Assign(ctx, r.organization, r.ref.Kind, now.id, about.name, set)
	case s.from.collaborator:
		return r.client.RemoveCollaborator(ctx, r.organization, r.ref.Project, r.ref.Name, about.name)
	}
	return r.client.Unassign(ctx, r.organization, r.ref.Kind, now.id, about.name)
}

func (r *reconciler) explain(now actual, s step, err error) error {
	verb := "granting"
	switch {
	case s.to == nil:
		verb = "taking away"
	case s.from != nil:
		verb = "changing"
	}
	hint := ""
	if cloud.IsNotFound(err) && s.to != nil {
		hint = fmt.Sprintf("\n  Is %s in organization %q? The spelling counts where the grant is new; %s may also have been deleted since it was read",
			s.to, r.organization, r.ref)
	}
	return fmt.Errorf("%s on %s, %s: %w%s", verb, r.ref, s.line(now.names()), err, hint)
}
