package invariant

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
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

// Rule is who may hold a scope on several entities: those that are named, and those with the tags.
type Rule struct {
	Question
	Names []string
	Tags  map[string]string // nil for none
}

// EvaluateRule evaluates the question for every entity. One that does not exist, or that this token cannot see, is a blind spot.
func EvaluateRule(ctx context.Context, s *survey.Survey, rule Rule) (Result, error) {
	out := Result{Later: rule.Planned.Unknown()}
	names := slices.Clone(rule.Names)
	if rule.Tags != nil {
		tagged, blind, err := s.Tagged(ctx, rule.Kind, rule.Tags, rule.Planned, rule.Options)
		if err != nil {
			return out, err
		}
		out.add(nil, blind)
		names = append(names, tagged...)
	}
	out.Entities = len(names)
	for _, name := range names {
		one := rule.Question
		one.Name = name
		found, err := Evaluate(ctx, s, one)
		if errors.Is(err, cloud.ErrNotFound) {
			found, err = Result{Blind: []graph.Blind{{
				What: fmt.Sprintf("%s %s, which does not exist or is not visible to this token", rule.Kind, name), Hides: "who has access to it",
			}}}, nil
		}
		if err != nil {
			return out, err
		}
		out.add(found.Violations, found.Blind)
	}
	return out, nil
}

// Result is who holds the scope without being allowed, and what could not be read.
type Result struct {
	Violations []Violation
	Blind      []graph.Blind
	// Later is what only the update can tell.
	Later []graph.Blind
	// Entities is how many were looked at.
	Entities int
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
