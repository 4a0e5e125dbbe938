package environment

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/approval"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/borrowing"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

func check(ctx context.Context, op kit.Op, v Args) problem.List {
	declare(ctx, op, v)
	problems := slices.Concat(
		types.CheckEnvironmentName("project", v.Project),
		types.CheckEnvironmentName("name", v.Name),
		types.CheckEnvironmentTags("tags", v.Tags),
		op.Session.CheckScopes(ctx, ptr.Value(v.Organization), v.checkGates),
	)
	if v.Definition == nil || op.Unknown("definition") {
		return problems
	}
	return append(problems, checkDefinition(ctx, v.path(), *v.Definition)...)
}

// declare tells the session of the environment and what it imports, for previews of what depends on that.
func declare(ctx context.Context, op kit.Op, v Args) {
	organization, err := op.Session.OrganizationOr(v.Organization)
	if err == nil && !op.Unknown("project", "name") {
		op.Session.Program.DeclareEnvironment(organization, v.Project, v.Name, ptr.Value(v.DeletionProtected))
	}
	if v.Definition != nil && !op.Unknown("definition") {
		if imports, err := esc.ImportsIn(*v.Definition); err == nil { // the check reports one that cannot be parsed
			borrowing.WarnPlanned(ctx, op.Session, ptr.Value(v.Organization), v.path(), imports)
		}
	}
}

// checkDefinition returns the errors of a definition; what may be right nevertheless is a warning.
func checkDefinition(ctx context.Context, name, definition string) problem.List {
	var problems problem.List
	for _, found := range esc.Check(name, definition) {
		if found.Severity == esc.SeverityWarning {
			wire.Log(ctx).Warningf("definition of %s, %s", name, diagnosticText(found))
			continue
		}
		problems.AddReason("definition", diagnosticText(found))
	}
	return problems
}

func diagnosticText(d esc.Diagnostic) string {
	text := d.Summary
	if d.Path != "" {
		text = d.Path + ": " + text
	}
	if d.Line > 0 {
		text = fmt.Sprintf("line %d, column %d: %s", d.Line, d.Column, text)
	}
	return text
}

func (v Args) checkGates(catalogue access.Catalogue) problem.List {
	var problems problem.List
	for i, gate := range v.Gates {
		path := fmt.Sprintf("gates[%d]", i)
		if gate.Action != types.GateOpen && gate.Action != types.GateUpdate {
			problems.Add(problem.Join(path, "action"), "%q is not an action: use open or update", gate.Action)
		}
		problems.AddUnder(path, approval.CheckBlock(catalogue, gate.Approval()))
	}
	return problems
}
