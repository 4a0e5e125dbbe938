package membership

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/parallel"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

const callsAtOnce = 8

// Apply carries the steps out, wave by wave, and returns the membership that was reached, also when it fails. After a refusal nobody
// is added any more, but the others are still removed: one who cannot be removed keeps nobody else in the team. The caller, whose
// own step is last, then stays.
func Apply(
	ctx context.Context, client *cloud.Client, organization, team string, members []cloud.TeamMember, steps []Step,
) ([]cloud.TeamMember, error) {
	a := &applying{client: client, organization: organization, team: team, members: members, all: len(steps)}
	var failed error
	for _, w := range waves(steps) {
		if failed != nil && !w.losesWith {
			break
		}
		err := a.run(ctx, w)
		failed = errors.Join(failed, err)
		if errors.Is(err, cloud.ErrUnknownOutcome) || context.Cause(ctx) != nil {
			break // the service cannot be reached, or nothing more is wanted of it
		}
	}
	return a.members, failed
}

// wave is a part of the steps whose order makes no difference but for that of the steps about one person.
type wave struct {
	chains    [][]Step // a person each
	losesWith bool     // it goes on after a refusal, in an earlier wave and in itself
}

// waves are what takes away, then what gives, then the caller's own loss, which is last and so done alone.
func waves(steps []Step) []wave {
	var all []wave
	gave := false
	for i, step := range steps {
		last := i == len(steps)-1
		begins := i == 0 || step.Loses() != steps[i-1].Loses() || step.Loses() && last
		gave = gave || !step.Loses()
		if begins {
			all = append(all, wave{losesWith: step.Loses() && !gave})
		}
		w := &all[len(all)-1]
		if n := len(w.chains); !begins && logins.Same(steps[i-1].Login, step.Login) {
			w.chains[n-1] = append(w.chains[n-1], step)
			continue
		}
		w.chains = append(w.chains, []Step{step})
	}
	return all
}

// applying makes the calls that change who is in one team.
type applying struct {
	client             *cloud.Client
	organization, team string
	members            []cloud.TeamMember // as far as is known
	all                int
	done               atomic.Int64
}

// progress is how far the steps about one person have come.
type progress struct {
	done []Step
	rest []Step // what was not done; begins with the step that failed, if there is an error
	err  error
}

// run carries out the chains of a wave, a few at a time. When calls fail, the actual membership decides whether they were done: a
// repeated call is refused when its first try succeeded. What is left then goes on.
func (a *applying) run(ctx context.Context, w wave) error {
	var refused error
	for len(w.chains) > 0 && context.Cause(ctx) == nil {
		reached := a.attempt(ctx, w)
		for _, one := range reached {
			for _, step := range one.done {
				a.members = step.After(a.members)
			}
		}
		left, err := a.settle(ctx, reached)
		refused = errors.Join(refused, err)
		if err != nil && (!w.losesWith || errors.Is(err, cloud.ErrUnknownOutcome)) {
			break
		}
		w.chains = left
	}
	return errors.Join(refused, a.stopped(ctx))
}

// settle finds out which of the calls that failed were done, and returns what is left to do.
func (a *applying) settle(ctx context.Context, reached []progress) (left [][]Step, refused error) {
	failed := slices.ContainsFunc(reached, func(one progress) bool { return one.err != nil })
	if failed {
		actual, err := OfTeam(context.WithoutCancel(ctx), a.client, a.organization, a.team)
		if err == nil {
			a.members = actual.Members
		}
		failed = err == nil
	}
	for _, one := range reached {
		if one.err != nil {
			if !failed || !one.rest[0].inEffect(a.members) {
				refused = errors.Join(refused, fmt.Errorf("%s (team %q): %w", one.rest[0], a.team, one.err))
				continue
			}
			a.done.Add(1)
			one.rest = one.rest[1:]
		}
		if len(one.rest) > 0 {
			left = append(left, one.rest)
		}
	}
	return left, refused
}

// stopped is the error for a cancel that left steps undone.
func (a *applying) stopped(ctx context.Context) error {
	err := context.Cause(ctx)
	if done := int(a.done.Load()); err != nil && done < a.all {
		return fmt.Errorf("stopped after %d of %d changes to the members of team %q: %w", done, a.all, a.team, err)
	}
	return nil
}

// attempt makes the calls of a wave once. A refusal ends a wave that gives, and a service that cannot be reached each.
func (a *applying) attempt(ctx context.Context, w wave) []progress {
	results := make([]progress, len(w.chains))
	var over atomic.Bool
	for i, chain := range w.chains {
		results[i].rest = slices.Clone(chain)
	}
	_ = parallel.Each(ctx, len(w.chains), callsAtOnce, func(ctx context.Context, i int) error {
		a.follow(ctx, &results[i], &over)
		if err := results[i].err; err != nil && (!w.losesWith || errors.Is(err, cloud.ErrUnknownOutcome)) {
			over.Store(true)
		}
		return nil // failures are in the results
	})
	return results
}

// follow makes the calls of a chain until one fails, or the wave is over. A cancel stops between calls: a call that was cut off would
// leave its outcome unknown.
func (a *applying) follow(ctx context.Context, one *progress, over *atomic.Bool) {
	now := a.members
	for len(one.rest) > 0 && !over.Load() && context.Cause(ctx) == nil {
		one.rest[0], one.err = a.change(context.WithoutCancel(ctx), now, one.rest[0])
		if one.err != nil {
			return
		}
		now = one.rest[0].After(now)
		one.done, one.rest = append(one.done, one.rest[0]), one.rest[1:]
		kit.Progress(ctx, "changed %d of %d members", int(a.done.Add(1)), a.all)
	}
}

// change makes one call, and returns the step with the login as the organization spells it.
func (a *applying) change(ctx context.Context, members []cloud.TeamMember, step Step) (Step, error) {
	if at := Index(members, step.Login); at >= 0 {
		step.Login = members[at].Login
	}
	err := a.client.ChangeTeamMember(ctx, a.organization, a.team, step.Login, step.Action)
	if err == nil || step.Action != cloud.AddMember || !errors.Is(err, cloud.ErrInvalid) {
		return step, err
	}
	known, knownErr := Of(ctx, a.client, a.organization)
	if spelled := known.Spelling(step.Login); knownErr == nil && spelled != "" && spelled != step.Login {
		step.Login = spelled
		err = a.client.ChangeTeamMember(ctx, a.organization, a.team, spelled, step.Action)
	}
	return step, err
}
