package machinetoken

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// read finds the tokens by their ids in the list. It never has their values.
func read(
	ctx context.Context, op kit.Op, _ []string, _ kit.None, before kit.Before[Args, State],
) (*kit.Found[Args, State], error) {
	if before.State.Name == "" {
		return nil, errors.New("a machine token cannot be imported: Pulumi Cloud shows the value of a token once, when it is " +
			"made. Let the program make another one, and delete the old one when nothing uses it any more")
	}
	state, err := writerFor(op, before.State).refresh(ctx, before.State)
	if err != nil {
		return nil, kit.Missing(err)
	}
	if state.TokenID == "" && state.PreviousTokenID == nil {
		return nil, nil //nolint:nilnil // it was deleted
	}
	return &kit.Found[Args, State]{Inputs: before.Inputs, State: state}, nil
}

// refresh says which of the tokens are there, and whether the current one still works.
func (w *writer) refresh(ctx context.Context, state State) (State, error) {
	state, current, err := w.find(ctx, state)
	if err != nil || state.TokenID == "" {
		return state, err
	}
	days, now := w.policy(ctx), w.session.Now()
	if days == 0 || current.Within(days) || !now.Before(moment(state.ExpiresAt)) {
		return state, nil
	}
	wire.Log(ctx).Warningf("token %q has stopped working: organization %q lets tokens live at most %dd by now, and this one %s. The next "+
		"update makes another", state.TokenName, w.organization, days, current.Lifetime())
	state.ExpiresAt = now.UTC().Format(time.RFC3339)
	return state, nil
}

// find says which of the tokens are there, and returns the current one. One that has expired is there.
func (w *writer) find(ctx context.Context, state State) (State, cloud.Token, error) {
	ids, current := []string{}, cloud.Token{}
	for token, err := range w.list(ctx) {
		if err != nil {
			return state, current, err
		}
		if token.ID == state.TokenID {
			current = token
		}
		ids = append(ids, token.ID)
	}
	if !slices.Contains(ids, state.TokenID) {
		state.TokenID, state.Value, state.ExpiresAt = "", "", ""
	}
	if !slices.Contains(ids, ptr.Value(state.PreviousTokenID)) {
		state.PreviousTokenID, state.PreviousTokenName = nil, nil
	}
	return state, current, nil
}
