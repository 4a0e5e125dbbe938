package functions

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

const (
	oneEntity       = " Exactly one of `stack`, `environment` and `account` is given."
	stackHelp       = "The stack that is asked about." + oneEntity
	environmentHelp = "The ESC environment that is asked about." + oneEntity
	accountHelp     = "The name of the Insights account that is asked about." + oneEntity
	blindHelp       = "What could not be read, and what the answer may lack because of it. Empty where all was read: a principal that is " +
		"not in the answer then has no access."
)

// asking is a question that a function answers: the survey of the organization, and the provider's session.
type asking struct {
	survey  *survey.Survey
	session *session.Session
	done    func() // to be called once the answer is complete
}

// surveyFor begins an answer about an organization. It makes no call. In an update, resources of other providers may have changed who has
// access since it was read, and only the engine knows whether the question waited for one of them: there, nothing that was read before the
// question counts. Questions that are asked at the same time share what they read.
func surveyFor(ctx context.Context, sessions session.Source, organization *string) (asking, error) {
	current, login, err := sessionFor(ctx, sessions, organization)
	if err != nil {
		return asking{}, err
	}
	a := asking{survey: survey.Of(current.Client, login), session: current, done: func() {}}
	if !wire.Previewing(ctx) {
		a.done = a.survey.Fresh()
	}
	return a, nil
}

// sessionFor is the provider's session, and the organization that is given, else the configured one.
func sessionFor(ctx context.Context, sessions session.Source, organization *string) (*session.Session, string, error) {
	current, err := sessions(ctx)
	if err != nil {
		return nil, "", err
	}
	login, err := current.OrganizationOr(organization)
	return current, login, err
}

// newQuestion is about the one entity that is given.
func newQuestion(
	ctx context.Context, current *session.Session, stack *types.StackRef, environment *types.EnvironmentRef, account *string,
) (survey.Question, error) {
	q := survey.Question{Options: survey.Options{Catalogue: current.Catalogue, Progress: wire.Log(ctx).InfoStatusf}}
	given := 0
	if stack != nil {
		given++
		q.Kind, q.Name = access.Stack, stack.Project+"/"+stack.Stack
	}
	if environment != nil {
		given++
		q.Kind, q.Name = access.Environment, environment.Project+"/"+environment.Environment
	}
	if account != nil {
		given++
		q.Kind, q.Name = access.Account, *account
	}
	if given != 1 {
		return q, errNoEntity
	}
	return q, nil
}

var errNoEntity = errors.New("give exactly one of stack, environment and account")

// notYet tells, at a preview, a question about what does not exist from one that failed: the update may create it. It
// answers with a blind spot, because the engine takes no unknown values from functions.
func notYet(ctx context.Context, err error) []graph.Blind {
	var principal *survey.UnknownPrincipalError
	if !wire.Previewing(ctx) || !errors.Is(err, cloud.ErrNotFound) && !errors.As(err, &principal) {
		return nil
	}
	what, _, _ := strings.Cut(err.Error(), "\n")
	wire.Log(ctx).Warning(fmt.Sprintf("not known at this preview: %s. If the update creates it, the update has the answer", what))
	return []graph.Blind{{What: "not known at this preview: " + what, Hides: "the whole answer, which the update has if it creates it"}}
}
