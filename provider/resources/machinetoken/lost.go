package machinetoken

import (
	"context"
	"fmt"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// revokeLost deletes tokens that an interrupted run has made, and whose value nobody has: it was in the answer that never reached the
// state. They have this resource's name, description, role and life, the same person or machine made them, they are not in the state, and
// nobody has ever used them.
func (w *writer) revokeLost(ctx context.Context, state State) error {
	caller := ""
	for token, err := range w.list(ctx) {
		if err != nil {
			return fmt.Errorf("token %q: its name is taken, and whether an interrupted run has left a token could not be read: %w", state.Name, err)
		}
		if !couldBeLost(token, state) {
			continue
		}
		if caller == "" {
			user, err := w.session.Client.CurrentUser(ctx)
			if err != nil {
				return fmt.Errorf("token %q: whether this caller has made %q could not be read: %w", state.Name, token.Name, err)
			}
			caller = user.Login
		}
		if token.CreatedBy == "" || !logins.Same(token.CreatedBy, caller) {
			continue
		}
		if err := w.remove(ctx, token.ID); err != nil {
			return fmt.Errorf("token %q was made by an interrupted run, and its value is lost; delete it in the console, because that failed: %w",
				token.Name, err)
		}
		wire.Log(ctx).Warningf("deleted token %q, which an interrupted run had made: nobody has its value", token.Name)
	}
	return nil
}

// couldBeLost reports whether a token is one that this resource may have made, apart from who made it.
func couldBeLost(token cloud.Token, state State) bool {
	inState := token.ID == state.TokenID || token.ID == ptr.Value(state.PreviousTokenID)
	return !inState && isGeneration(token.Name, state.Name) && livesLike(token, duration(&state.ExpiresIn)) &&
		token.Unused(ptr.Value(state.Description), ptr.Value(state.RoleID))
}

// livesLike reports whether a token was made for that life, give or take the time that its making took.
func livesLike(token cloud.Token, life time.Duration) bool {
	if token.Expires == 0 {
		return false
	}
	off := time.Unix(token.Expires, 0).Sub(expiry(life, token.Created))
	return off.Abs() <= 2*clockSkew
}
