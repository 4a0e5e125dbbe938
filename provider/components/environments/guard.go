package environments

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/invariant"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

const (
	allowedOpeners     = "allowedOpeners"
	onUnexpectedOpener = "onUnexpectedOpener"
	includeIndirect    = "includeIndirect"
)

// openers watches who can open the environment, once it and its gates exist. A preview reports what is so today, and never fails.
func (in Environment) openers(c *kit.Construction, organization kit.Out[string], made Made) kit.Out[[]types.UnexpectedOpener] {
	if in.AllowedOpeners == nil {
		return kit.Known[[]types.UnexpectedOpener](nil)
	}
	name := pulumix.Apply3(made.Project, made.Name, made.EnvironmentID, func(project, name, _ string) string { return project + "/" + name })
	rule := pulumix.Apply3(*in.AllowedOpeners, kit.OrElse(in.OnUnexpectedOpener, types.WarnOnViolation), kit.OrZero(in.Lock), newGuard)
	return pulumix.Apply4Err(organization, name, rule, kit.OrZero(in.IncludeIndirect), func(organization, name string, g guard, indirect bool) ([]types.UnexpectedOpener, error) {
		g.indirect = indirect
		result, err := g.evaluate(c, organization, name)
		if err != nil {
			return g.notEvaluated(c, name, err)
		}
		return types.UnexpectedOpenersOf(result.Violations), g.report(c, name, result)
	})
}

// guard is who is expected to open an environment, and what to do about others.
type guard struct {
	allowed  invariant.Allowed
	on       types.OnViolation
	indirect bool // counts acts
}

// newGuard expects the users of the lock as well, whom the program itself says to be the ones to use the environment.
func newGuard(expected types.AllowedPrincipals, on types.OnViolation, lock types.Lock) guard {
	allowed := expected.Allowed()
	allowed.Users = append(append([]string{}, allowed.Users...), lock.Users...)
	return guard{allowed: allowed, on: on}
}

func (g guard) evaluate(c *kit.Construction, organization, name string) (invariant.Result, error) {
	s := survey.Of(c.Session.Client, organization)
	if !c.Context.DryRun() {
		defer s.Fresh()() // resources of other providers may have changed who has access
	}
	return invariant.Evaluate(c.Context.Context(), s, invariant.Question{
		Scope: "environment:open", Kind: access.Environment, Name: name, Allowed: g.allowed, Indirect: g.indirect,
		Options: survey.Options{Catalogue: c.Session.Catalogue},
	})
}

// notEvaluated reports that nothing is known. In an update that is a failure, because no value of the output would be true.
func (g guard) notEvaluated(c *kit.Construction, name string, err error) ([]types.UnexpectedOpener, error) {
	text := fmt.Sprintf("who can open environment %s could not be read: %v", name, err)
	if !c.Context.DryRun() {
		return nil, kit.Failure(text)
	}
	return nil, c.Warn(text)
}

// report says what was found.
func (g guard) report(c *kit.Construction, name string, found invariant.Result) error {
	if g.on == types.IgnoreOnViolation {
		return nil
	}
	if text := found.PossibleText("open environment "+name, allowedOpeners); text != "" {
		if err := c.Warn(text); err != nil {
			return err
		}
	}
	if len(found.Violations) == 0 && len(found.Blind) == 0 {
		return nil
	}
	text := found.Text("open environment "+name, allowedOpeners)
	switch {
	case g.on != types.FailOnViolation:
		return c.Warn(text)
	case c.Context.DryRun():
		return c.Warn(text + "\nThe update fails while this is so (onUnexpectedOpener: error)")
	default:
		return kit.Failure(text)
	}
}

// checkGuard checks the inputs of the guard, as far as they are known.
func checkGuard(in property.Map) problem.List {
	var problems problem.List
	for _, input := range []string{onUnexpectedOpener, includeIndirect} {
		if kit.Has(in, input) && !kit.Has(in, allowedOpeners) {
			problems.Add(input, "has no effect without allowedOpeners: say who is expected to open the environment")
		}
	}
	if given := kit.ValueOf[types.AllowedPrincipals](in, allowedOpeners); given != nil {
		problems.AddUnder(allowedOpeners, given.Check())
	}
	return problems
}
