package invariant

import (
	"context"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
)

// Question is who may hold a scope on an entity.
type Question struct {
	Scope   string
	Kind    access.EntityKind
	Name    string // project/name, or an account's name
	Allowed Allowed
	// Planned are the changes that an update is about to make.
	Planned graph.Changes
	survey.Options
}

// Result is who holds the scope without being allowed, and what could not be read.
type Result struct {
	Violations []Violation
	Blind      []graph.Blind
}

// Evaluate reads the organization, every deployment of it included, and returns who is not allowed.
func Evaluate(ctx context.Context, s *survey.Survey, q Question) (Result, error) {
	var out Result
	q.AllDeployments = true
	for _, scope := range sameAs(q.Scope) {
		held, blind, err := s.Holders(ctx, scope, survey.Question{Kind: q.Kind, Name: q.Name, Planned: q.Planned, Options: q.Options})
		if err != nil {
			return Result{}, err
		}
		out.add(q.Allowed.Violations(held.Organization, q.Name, held.Answer), blind)
	}
	return out, nil
}

// sameAs are the scopes that let a principal do what one of them does. Opening a revision of an environment shows the secrets of that
// revision, the newest included.
func sameAs(scope string) []string {
	if scope == "environment:open" {
		return []string{scope, "environment_version:open"}
	}
	return []string{scope}
}

// add adds what is not there yet. A principal is named once for each entity.
func (r *Result) add(violations []Violation, blind []graph.Blind) {
	for _, one := range violations {
		if !slices.ContainsFunc(r.Violations, func(v Violation) bool {
			return v.Entity == one.Entity && v.Kind == one.Kind && v.Name == one.Name
		}) {
			r.Violations = append(r.Violations, one)
		}
	}
	for _, one := range blind {
		if !slices.Contains(r.Blind, one) {
			r.Blind = append(r.Blind, one)
		}
	}
}
