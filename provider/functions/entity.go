package functions

import (
	"context"
	"errors"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

const (
	oneEntity       = " Exactly one of `stack`, `environment` and `account` is given."
	stackHelp       = "The stack that is asked about." + oneEntity
	environmentHelp = "The ESC environment that is asked about." + oneEntity
	accountHelp     = "The name of the Insights account that is asked about." + oneEntity
)

// entityRef names what access is asked for: exactly one is set.
type entityRef struct {
	stack       *types.StackRef
	environment *types.EnvironmentRef
	account     *string
}

// surveyFor is the survey of an organization, and the provider's session. It makes no call.
func surveyFor(ctx context.Context, sessions session.Source, organization *string) (*survey, *session.Session, error) {
	current, err := sessions(ctx)
	if err != nil {
		return nil, nil, err
	}
	login, err := current.OrganizationOr(organization)
	return &survey{client: current.Client, organization: login}, current, err
}

func newEntityRef(stack *types.StackRef, environment *types.EnvironmentRef, account *string) (entityRef, error) {
	given := 0
	for _, is := range []bool{stack != nil, environment != nil, account != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		return entityRef{}, errors.New("give exactly one of stack, environment and account")
	}
	return entityRef{stack, environment, account}, nil
}

func (r entityRef) kind() access.EntityKind {
	switch {
	case r.stack != nil:
		return access.Stack
	case r.environment != nil:
		return access.Environment
	default:
		return access.Account
	}
}
