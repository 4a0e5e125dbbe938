package survey

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// gaps are what is missing from something that was read.
type gaps struct {
	blind []graph.Blind
	// again says that the service may give the next time what it failed to give; then it is asked again.
	again bool
}

func (g gaps) passing() bool { return g.again }

// missed notes a call that failed as a blind spot, and reports whether there was one. What the service answers about one object says
// nothing about the others. It returns an error where no further call would succeed: the context has ended, the token is refused, or
// nothing answers.
func (g *gaps) missed(ctx context.Context, err error, blind graph.Blind) (bool, error) {
	var answer *cloud.Error
	switch {
	case err == nil:
		return false, nil
	case ctx.Err() != nil, errors.Is(err, cloud.ErrUnauthorized), !errors.As(err, &answer) || answer.Status == 0:
		return true, err
	}
	g.blind = append(slices.Clip(g.blind), blind) // others share the list
	g.again = g.again || answer.Status >= http.StatusInternalServerError || errors.Is(err, cloud.ErrLimited) || errors.Is(err, cloud.ErrUnknownOutcome)
	return true, nil
}

// add adds what is missing from a part.
func (g *gaps) add(part gaps) {
	g.blind = distinct(g.blind, part.blind)
	g.again = g.again || part.again
}
