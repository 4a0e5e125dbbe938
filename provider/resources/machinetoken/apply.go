package machinetoken

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/records"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
)

// writer makes and deletes the tokens of one team, or those of the organization.
type writer struct {
	session      *session.Session
	organization string
	team         string // "" for the organization's own
}

func (w *writer) list(ctx context.Context) iter.Seq2[cloud.Token, error] {
	if w.team != "" {
		return w.session.Client.TeamTokens(ctx, w.organization, w.team, cloud.AllTokens)
	}
	return w.session.Client.OrganizationTokens(ctx, w.organization, cloud.AllTokens)
}

func (w *writer) remove(ctx context.Context, id string) error {
	ctx = context.WithoutCancel(ctx)
	if w.team != "" {
		return w.session.Client.DeleteTeamToken(ctx, w.organization, w.team, id)
	}
	return w.explain(ctx, w.session.Client.DeleteOrganizationToken(ctx, w.organization, id))
}

func (w *writer) post(ctx context.Context, role *string, token cloud.TokenInput) (cloud.NewToken, error) {
	ctx = context.WithoutCancel(ctx)
	if w.team != "" {
		return w.session.Client.CreateTeamToken(ctx, w.organization, w.team, token)
	}
	return w.session.Client.CreateOrganizationToken(ctx, w.organization, ptr.Value(role), token)
}

// maxNames bounds the names that are tried for one token. The number doubles each time, so that this is more than any
// token was ever rotated.
const maxNames = 16

// maxLost is how many tokens are made in a row whose values are lost.
const maxLost = 3

// issue makes a token under the first name that is free, from the state's next generation on.
func (w *writer) issue(ctx context.Context, state State) (State, error) {
	now := w.session.Now()
	expires := expiry(duration(&state.ExpiresIn), now)
	generation, lost := state.Generation+1, 0
	for try := range maxNames {
		if try == maxNames-1 {
			generation = max(generation, int(now.Unix())) // which no other one has
		}
		name := generationName(state.Name, generation)
		made, err := w.post(ctx, state.RoleID, cloud.TokenInput{
			Name: name, Description: ptr.Value(state.Description), Expires: expires.Unix(),
		})
		if errors.Is(err, cloud.ErrUnknownOutcome) {
			lost++
		}
		if errors.Is(err, cloud.ErrNameTaken) && lost < maxLost {
			if try == 0 {
				if err := w.revokeLost(ctx, state); err != nil {
					return state, err
				}
			}
			generation *= 2 // names of deleted tokens are in no list: which is free can only be tried
			continue
		}
		if err != nil {
			return state, w.explainCreate(ctx, state, err)
		}
		state.Value, state.TokenID, state.TokenName, state.Generation = made.Value, made.ID, name, generation
		state.ExpiresAt, state.CreatedAt = expires.Format(time.RFC3339), now.UTC().Format(time.RFC3339)
		return state, nil
	}
	return state, fmt.Errorf("token %q: none of %d names up to %q is free: choose another name", state.Name, maxNames,
		generationName(state.Name, generation/2))
}

// update deletes the token before, and makes the new one. The state that comes back says what is there.
func (w *writer) update(ctx context.Context, state State, want Args, due due) (State, error) {
	reached := planned(state, want, dueOnly(due.drop))
	if due.drop {
		if err := w.remove(ctx, *state.PreviousTokenID); err != nil {
			return state, err
		}
	}
	if !due.rotate {
		return reached, nil
	}
	next, err := w.issue(ctx, reached)
	if err != nil {
		reached.ExpiresIn, reached.Description = state.ExpiresIn, state.Description // those of the token that is there
		if due.drop {
			return reached, kit.Partial(err)
		}
		return state, err
	}
	if state.TokenID != "" {
		next.PreviousTokenID, next.PreviousTokenName = &state.TokenID, &state.TokenName
	}
	return next, nil
}

// deleteAll deletes both tokens, and reads back. A team that was deleted took its tokens with it.
func (w *writer) deleteAll(ctx context.Context, state State) error {
	for _, id := range []string{ptr.Value(state.PreviousTokenID), state.TokenID} {
		if id == "" {
			continue
		}
		if err := w.remove(ctx, id); err != nil {
			return err
		}
	}
	left, _, err := w.find(ctx, state)
	switch {
	case err != nil:
		return kit.RequireSight(ctx, w.session, w.organization, err)
	case left.TokenID != "" || left.PreviousTokenID != nil:
		return fmt.Errorf("token %q is still there after it was deleted: run again, and if it stays, delete it in the console",
			state.TokenName)
	}
	return nil
}

// explainCreate says what a refusal to make a token means.
func (w *writer) explainCreate(ctx context.Context, state State, err error) error {
	if !errors.Is(err, cloud.ErrInvalid) {
		if w.team == "" {
			err = w.explain(ctx, err)
		}
		return err
	}
	if days := w.policy(ctx); days != 0 && longerThan(state.ExpiresIn, days) {
		return fmt.Errorf("%w\n  expiresIn: organization %q lets tokens live at most %dd, and %s is more: choose a shorter time, or "+
			"change maxAccessTokenExpiry", err, w.organization, days, state.ExpiresIn)
	}
	if state.RoleID != nil {
		return records.ExplainRole(ctx, w.session.Client, w.organization, "roleId", *state.RoleID, err)
	}
	return err
}

// explain says that an organization token, an administrator's as well, manages no organization tokens.
func (w *writer) explain(ctx context.Context, err error) error {
	if !errors.Is(err, cloud.ErrForbidden) {
		return err
	}
	caller, callerErr := w.session.Client.CurrentUser(ctx)
	if callerErr != nil || caller.Token == nil || caller.Token.Team != "" {
		return err
	}
	return fmt.Errorf("%w\n  These calls are made with organization token %q, and Pulumi Cloud lets no organization token make or delete "+
		"organization tokens, an administrator's neither: run with a person's token, or make it a token of a team", err, caller.Token.Name)
}

// policy is how many days the organization lets tokens live; 0 when there is no policy, or none that can be read.
func (w *writer) policy(ctx context.Context) int {
	seen, err := w.session.Client.Organization(ctx, w.organization)
	if err != nil {
		return 0
	}
	return seen.MaxAccessTokenExpiryDays
}
