package survey

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

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
	if answer.Status >= http.StatusInternalServerError || errors.Is(err, cloud.ErrLimited) || errors.Is(err, cloud.ErrUnknownOutcome) {
		g.again = true
		blind.What += ": " + reason(err)
	}
	g.blind = append(slices.Clip(g.blind), blind) // others share the list
	return true, nil
}

// reason is what the service said of a call that failed.
func reason(err error) string {
	var answer *cloud.Error
	switch {
	case !errors.As(err, &answer):
		return err.Error()
	case answer.Message != "":
		return answer.Message
	}
	return strings.TrimSpace(fmt.Sprintf("it answered %d %s", answer.Status, http.StatusText(answer.Status)))
}

// add adds what is missing from a part.
func (g *gaps) add(part gaps) {
	g.blind = distinct(g.blind, part.blind)
	g.again = g.again || part.again
}
