package accessinvariant

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/invariant"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// diff compares the inputs, and evaluates the invariant when they are the same: the engine calls nothing else for a resource that does not
// change. An error fails the run. Outputs that are not what they were any more make an update, which keeps them.
func diff(ctx context.Context, op kit.Op, before State, desired Args) (p.DiffResponse, error) {
	d := kit.NewDifferences(op.Unknowns)
	d.Add("organization", before.Organization != ptr.Value(desired.Organization), p.UpdateReplace)
	d.Add("scope", before.Scope != desired.Scope, p.UpdateReplace)
	for _, one := range []struct {
		input         string
		before, after any
	}{
		{"environments", before.Environments, desired.Environments},
		{"stacks", before.Stacks, desired.Stacks},
		{"accounts", before.Accounts, desired.Accounts},
		{"tags", before.Tags, desired.Tags},
		{"allowed", normal(before.Allowed), normal(desired.Allowed)},
		{"onViolation", before.OnViolation, desired.OnViolation},
		{"includeIndirect", ptr.Value(before.IncludeIndirect), ptr.Value(desired.IncludeIndirect)},
	} {
		d.Add(one.input, !reflect.DeepEqual(one.before, one.after), p.Update)
	}
	if len(d.Found) > 0 || len(op.Unknowns) > 0 || !op.Session.Planned.Declares(string(wire.URN(ctx))) {
		return d.Response(), nil // the update evaluates it, and a refresh has
	}
	now, err := evaluate(ctx, op, desired)
	if err != nil {
		return p.DiffResponse{}, err
	}
	d.AddOutput("violations", !slices.Equal(now.Violations, before.Violations), p.Update)
	d.AddOutput("blind", !slices.Equal(now.Blind, before.Blind), p.Update)
	return d.Response(), nil
}

// normal is the same principals where an empty list and none are the same.
func normal(v types.AllowedPrincipals) [5]string {
	return [5]string{
		strings.Join(v.Users, "\n"), strings.Join(v.Teams, "\n"), strings.Join(v.Tokens, "\n"), strings.Join(v.Deployments, "\n"), strings.Join(v.Roles, "\n"),
	}
}

// evaluate evaluates the invariant and reports what it finds. It notes that it did, so that what changes access afterwards evaluates it
// again.
func evaluate(ctx context.Context, op kit.Op, v Args) (State, error) {
	if len(op.Unknowns) > 0 {
		wire.Log(ctx).Warningf("the access invariant on %s is not evaluated at this preview, because these inputs are not known yet: %s. The update evaluates it",
			v.Scope, strings.Join(op.Unknowns, ", "))
		return stateOf(v, invariant.Result{}), nil
	}
	w := &watch{op: op, watched: v}
	name := fmt.Sprintf("AccessInvariant %q", wire.URN(ctx).Name())
	op.Session.Planned.Watch(session.Watch{ID: string(wire.URN(ctx)), Name: name, Again: w.again})
	found, err := w.look(ctx)
	if err != nil {
		return State{}, fmt.Errorf("%s could not be evaluated: %w", name, err)
	}
	if err := v.verdict(found); err != nil {
		return State{}, fmt.Errorf("%s does not hold: %w%s", name, err, deletionsLater(found))
	}
	v.warn(ctx, found)
	return stateOf(v, found), nil
}

// look reads who holds the scope, with what the update is about to change.
func look(ctx context.Context, op kit.Op, v Args) (invariant.Result, error) {
	organization := ptr.Value(v.Organization)
	watched := v.scope(ctx, op.Session)
	rule := invariant.Rule{
		Question: invariant.Question{
			Scope: v.Scope, Kind: watched.kind, Allowed: v.Allowed.Allowed(), Planned: op.Session.Planned.Changes(organization),
			Indirect: ptr.Value(v.IncludeIndirect),
			Options:  survey.Options{Catalogue: op.Session.Catalogue.With(watched.kind, v.Scope), Progress: func(format string, args ...any) { kit.Progress(ctx, format, args...) }},
		},
		Tags: ptr.Value(v.Tags),
	}
	for _, one := range v.selections() {
		rule.Names = append(rule.Names, ptr.Value(one.names)...)
	}
	found, err := invariant.EvaluateRule(ctx, survey.Of(op.Session.Client, organization), rule)
	if err == nil && watched.Doubt != "" {
		found.Blind = append(found.Blind, graph.Blind{What: watched.Doubt, Hides: "who can use " + v.Scope})
	}
	return found, err
}

// verdict is the error of an invariant that does not hold, or of which that cannot be told.
func (v Args) verdict(found invariant.Result) error {
	if v.on() != types.FailOnViolation || len(found.Violations) == 0 && len(found.Blind) == 0 {
		return nil
	}
	return errors.New(v.text(found))
}

// deletionsLater says why a program that does not declare what gives the access any more can fail all the same.
func deletionsLater(found invariant.Result) string {
	if len(found.Violations) == 0 {
		return ""
	}
	return "\nAn update deletes at its end what left the program, which no preview knows: if that takes the access away, run an update with onViolation: warn first"
}

func (v Args) on() types.OnViolation { return ptr.Or(v.OnViolation, types.FailOnViolation) }

// text says what was found.
func (v Args) text(found invariant.Result) string {
	return found.Text(fmt.Sprintf("hold %s there", v.Scope), "allowed")
}

// warn says what does not fail the run.
func (v Args) warn(ctx context.Context, found invariant.Result) {
	v.warnViolations(ctx, found)
	if v.on() == types.IgnoreOnViolation {
		return
	}
	if found.Entities == 0 {
		wire.Log(ctx).Warningf("no %s has these tags, so nothing is watched", v.kindText())
	}
	if len(found.Later) > 0 {
		lines := make([]string, len(found.Later))
		for i, one := range found.Later {
			lines[i] = one.What + " (could hide: " + one.Hides + ")"
		}
		wire.Log(ctx).Warning(kit.Bulleted("only the update can tell whether this holds, and evaluates it again:", lines))
	}
}

// warnViolations says who holds the scope.
func (v Args) warnViolations(ctx context.Context, found invariant.Result) {
	if v.on() == types.IgnoreOnViolation {
		return
	}
	for _, text := range []string{v.text(found), found.PossibleText("hold "+v.Scope+" there", "allowed")} {
		if text != "" {
			wire.Log(ctx).Warning(text)
		}
	}
}

func (v Args) kindText() string {
	kind, _, _ := strings.Cut(v.Scope, ":")
	for _, known := range access.Kinds() {
		if strings.HasPrefix(kind, string(known)) {
			return string(known)
		}
	}
	return "account"
}

func stateOf(v Args, found invariant.Result) State {
	return State{
		Organization: ptr.Value(v.Organization), Args: v,
		Violations: types.AccessViolationsOf(found.Violations), Blind: types.BlindSpotsOf(found.Blind),
	}
}
