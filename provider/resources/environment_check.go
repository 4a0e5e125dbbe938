package resources

import (
	"context"
	"fmt"
	"regexp"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// environmentName is what the service takes for projects and environments.
var environmentName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

func checkEnvironment(ctx context.Context, v EnvironmentArgs, unknowns []string) []access.Problem {
	problems := append(checkEnvironmentName("project", v.Project), checkEnvironmentName("name", v.Name)...)
	for tag := range v.Tags {
		if tag == "" {
			problems = append(problems, access.Problem{Path: "tags", Reason: "a tag's name must not be empty"})
		}
	}
	if v.Definition == nil || wire.Touches("definition", unknowns) {
		return problems
	}
	return append(problems, checkDefinition(ctx, v.Project+"/"+v.Name, *v.Definition)...)
}

func checkEnvironmentName(path, name string) []access.Problem {
	if problems := plainName(path, name); problems != nil {
		return problems
	}
	if !environmentName.MatchString(name) {
		return []access.Problem{{Path: path, Reason: fmt.Sprintf("%q is no name for it: use letters, digits, -, _ and .", name)}}
	}
	return nil
}

// checkDefinition turns errors into failures; what may be right nevertheless is a warning.
func checkDefinition(ctx context.Context, name, definition string) []access.Problem {
	var problems []access.Problem
	for _, found := range esc.Check(name, definition) {
		if found.Severity == esc.SeverityWarning {
			p.GetLogger(ctx).Warningf("definition of %s, %s", name, diagnosticText(found))
			continue
		}
		problems = append(problems, access.Problem{Path: "definition", Reason: diagnosticText(found)})
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
