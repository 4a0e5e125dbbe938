package resources

import (
	"context"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

func checkEnvironment(ctx context.Context, v EnvironmentArgs, unknowns []string) problem.List {
	problems := append(types.CheckEnvironmentName("project", v.Project), types.CheckEnvironmentName("name", v.Name)...)
	problems = append(problems, types.CheckEnvironmentTags("tags", v.Tags)...)
	if v.Definition == nil || wire.Touches("definition", unknowns) {
		return problems
	}
	return append(problems, checkDefinition(ctx, v.Project+"/"+v.Name, *v.Definition)...)
}

// checkDefinition turns errors into failures; what may be right nevertheless is a warning.
func checkDefinition(ctx context.Context, name, definition string) problem.List {
	var problems problem.List
	for _, found := range esc.Check(name, definition) {
		if found.Severity == esc.SeverityWarning {
			wire.Log(ctx).Warningf("definition of %s, %s", name, diagnosticText(found))
			continue
		}
		problems = append(problems, problem.Problem{Path: "definition", Reason: diagnosticText(found)})
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
