package wire

import (
	"context"
	"fmt"

	p "github.com/pulumi/pulumi-go-provider"
	presource "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// unsettled marks a state that may not be what the service has. Names with two underscores are no outputs that programs see.
const unsettled = "__unsettled"

// WithSettledState makes what follows a failure of unknown outcome begin with what the service has. After a create or update whose last
// answer was lost, the state says which steps were done before, but not whether that one was. A program that goes back to the
// earlier inputs would find no difference, and leave what the step gave. Such a state is marked, and is read again before it is updated or
// deleted; an update that failed without a state keeps the one that it had. A deletion has no state to mark: what it was about is looked
// up at once.
func WithSettledState(provider p.Provider, unknown func(error) bool) p.Provider {
	s := settling{provider.Read}
	diff, create, update, remove := provider.Diff, provider.Create, provider.Update, provider.Delete
	provider.Diff = func(ctx context.Context, req p.DiffRequest) (p.DiffResponse, error) {
		req.State = req.State.Delete(unsettled) // whatever differs, the engine updates what is unfinished
		return diff(ctx, req)
	}
	provider.Create = func(ctx context.Context, req p.CreateRequest) (p.CreateResponse, error) {
		resp, err := create(ctx, req)
		if resp.PartialState != nil && unknown(err) {
			resp.Properties = resp.Properties.Set(unsettled, property.New(true))
		}
		return resp, err
	}
	provider.Read = func(ctx context.Context, req p.ReadRequest) (p.ReadResponse, error) {
		req.Properties = req.Properties.Delete(unsettled)
		return s.read(ctx, req)
	}
	provider.Update = func(ctx context.Context, req p.UpdateRequest) (resp p.UpdateResponse, err error) {
		var found bool
		if req.State, found, err = s.settle(ctx, req.ID, req.Urn, req.State, req.OldInputs); err != nil {
			return resp, err
		}
		if !found {
			// Where nothing differs, the update would write nothing, and say that it succeeded.
			return resp, fmt.Errorf("%q is not there any more: looked for after an update that failed. Run `pulumi refresh`, which drops it from "+
				"the state, then `pulumi up`, which creates it again", req.ID)
		}
		resp, err = update(ctx, req)
		if req.DryRun || !unknown(err) {
			return resp, err
		}
		if resp.PartialState == nil {
			resp.Properties, resp.PartialState = req.State, &p.InitializationFailed{Reasons: []string{err.Error()}}
		}
		resp.Properties = resp.Properties.Set(unsettled, property.New(true))
		return resp, err
	}
	provider.Delete = func(ctx context.Context, req p.DeleteRequest) (err error) {
		if req.Properties, _, err = s.settle(ctx, req.ID, req.Urn, req.Properties, req.OldInputs); err != nil {
			return err
		}
		err = remove(ctx, req)
		if unknown(err) && s.deleted(ctx, req) {
			return nil
		}
		return err
	}
	return provider
}

// settling reads again what is marked.
type settling struct {
	read func(context.Context, p.ReadRequest) (p.ReadResponse, error)
}

// settle returns the state to begin with, and whether there is an object, as far as that was looked for.
func (s settling) settle(ctx context.Context, id string, urn presource.URN, state, inputs property.Map) (property.Map, bool, error) {
	if _, marked := state.GetOk(unsettled); !marked {
		return state, true, nil
	}
	state = state.Delete(unsettled)
	found, err := s.read(ctx, p.ReadRequest{ID: id, Urn: urn, Properties: state, Inputs: inputs})
	if err != nil || found.ID == "" {
		return state, false, err
	}
	return found.Properties, true, nil
}

// deleted reports whether what a deletion of unknown outcome was about is certain to be deleted.
func (s settling) deleted(ctx context.Context, req p.DeleteRequest) bool {
	found, err := s.read(ctx, p.ReadRequest{ID: req.ID, Urn: req.Urn, Properties: req.Properties, Inputs: req.OldInputs})
	return err == nil && found.ID == ""
}
