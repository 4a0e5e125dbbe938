package invariant

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
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
	// Indirect counts principals, too, that come to the scope by acts. It reads the whole organization.
	Indirect bool
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
	index, blind, err := rule.acts(ctx, s)
	if err != nil {
		return out, err
	}
	out.add(nil, blind)
	for _, name := range names {
		one := rule.Question
		one.Name = name
		found, err := one.evaluate(ctx, s, index)
		if errors.Is(err, cloud.ErrNotFound) {
			found, err = Result{Blind: []graph.Blind{{
				What: fmt.Sprintf("%s %s, which does not exist or is not visible to this token", rule.Kind, name), Hides: "who has access to it",
			}}}, nil
		}
		if err != nil {
			return out, err
		}
		out.add(found.Violations, found.Blind)
		out.Possible = append(out.Possible, found.Possible...)
	}
	return out, nil
}

// Result is who holds the scope without being allowed, and what could not be read.
type Result struct {
	Violations []Violation
	Blind      []graph.Blind
	// Possible are principals that possibly come to use the scope: by acts, or although they may not open what an environment imports.
	Possible []Violation
	// Later is what only the update can tell.
	Later []graph.Blind
	// Entities is how many were looked at.
	Entities int
}

// Evaluate reads the organization, every deployment of it included, and returns who is not allowed.
func Evaluate(ctx context.Context, s *survey.Survey, q Question) (Result, error) {
	index, blind, err := q.acts(ctx, s)
	if err != nil {
		return Result{}, err
	}
	out, err := q.evaluate(ctx, s, index)
	out.add(nil, blind)
	return out, err
}

// acts reads what principals come to by acts; nil when that is not asked for.
func (q Question) acts(ctx context.Context, s *survey.Survey) (*graph.Index, []graph.Blind, error) {
	if !q.Indirect {
		return nil, nil, nil
	}
	return s.Planned(ctx, q.Planned, q.Options)
}

// evaluate asks who holds the scope, and with an index of the whole organization, who comes to it by acts.
func (q Question) evaluate(ctx context.Context, s *survey.Survey, index *graph.Index) (Result, error) {
	var out Result
	q.AllDeployments = true
	for _, scope := range sameAs(q.Scope) {
		held, blind, err := s.Holders(ctx, scope, survey.Question{Kind: q.Kind, Name: q.Name, Planned: q.Planned, Options: q.Options})
		if err != nil {
			return Result{}, err
		}
		out.add(q.Allowed.Violations(held.Organization, q.Name, held.Answer), blind)
		out.addPossible(q.Allowed.Violations(held.Organization, q.Name, blocked(held.Answer)))
	}
	if index == nil {
		return out, nil
	}
	resource, listed := index.Entity(q.Kind, q.Name)
	if !listed {
		out.add(nil, []graph.Blind{{What: fmt.Sprintf("%s %s in the list of them", q.Kind, q.Name), Hides: "who comes to access to it by what they may do"}})
		return out, nil
	}
	for _, scope := range sameAs(q.Scope) {
		out.addIndirect(q.Allowed.Violations(index.Organization, q.Name, indirect(index.WhoCanIndirect(scope, resource))))
	}
	return out, nil
}

// indirect are the principals of an answer that come to the scope by acts alone.
func indirect(answer graph.Answer) graph.Answer {
	answer.Principals = slices.DeleteFunc(slices.Clone(answer.Principals), func(p graph.Principal) bool { return !p.Indirect })
	return answer
}

// addIndirect adds who is not there yet: as a violation who certainly comes to the scope, and apart from these who possibly does.
func (r *Result) addIndirect(found []Violation) {
	for _, one := range found {
		switch {
		case has(r.Violations, one):
		case one.Certainty == graph.Certain:
			r.Possible = slices.DeleteFunc(r.Possible, one.same)
			r.Violations = append(r.Violations, one)
		default:
			r.addPossible([]Violation{one})
		}
	}
}

// addPossible adds who possibly comes to use the scope and is not there yet.
func (r *Result) addPossible(found []Violation) {
	for _, one := range found {
		if !has(r.Violations, one) && !has(r.Possible, one) {
			r.Possible = append(r.Possible, one)
		}
	}
}

// blocked are those who hold the scope and may not open what the environment imports. That this keeps them out is not documented.
func blocked(answer graph.Answer) graph.Answer {
	out := graph.Answer{Principals: slices.Clone(answer.Blocked)}
	for i, p := range out.Principals {
		out.Principals[i].Certainty = graph.Possible
		out.Principals[i].Doubt = fmt.Sprintf("they may not open %s, which it imports, and that this keeps them out is not documented",
			shortlist.Of(p.Missing, mostShown))
	}
	return out
}

// Since is what was found and had not been found before.
func (r Result) Since(before Result) Result {
	known := func(one Violation) bool { return has(before.Violations, one) }
	r.Violations = slices.DeleteFunc(slices.Clone(r.Violations), known)
	r.Blind = slices.DeleteFunc(slices.Clone(r.Blind), func(one graph.Blind) bool { return slices.Contains(before.Blind, one) })
	r.Possible = slices.DeleteFunc(slices.Clone(r.Possible), func(one Violation) bool { return has(before.Possible, one) })
	return r
}

func has(all []Violation, one Violation) bool { return slices.ContainsFunc(all, one.same) }

// same reports whether the other one is about the same principal and entity.
func (v Violation) same(other Violation) bool {
	return v.Entity == other.Entity && v.Kind == other.Kind && v.Name == other.Name
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
		if !has(r.Violations, one) {
			r.Possible = slices.DeleteFunc(r.Possible, one.same)
			r.Violations = append(r.Violations, one)
		}
	}
	for _, one := range blind {
		if !slices.Contains(r.Blind, one) {
			r.Blind = append(r.Blind, one)
		}
	}
}
