package approvalgate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/approval"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// warnWaysAround names at preview those who can do what the gate holds back without its approval. It reads the organization, once for
// all gates of a preview, and never fails.
func (g keeper) warnWaysAround(ctx context.Context, want State) {
	if !want.Enabled || g.organization == "" || g.unknown("enabled", "organization", "project", "environment", "action") {
		return
	}
	around, blind, exists, err := survey.Of(g.session.Client, g.organization).AroundGate(ctx, string(want.Action), survey.Question{
		Kind: access.Environment, Name: want.path(),
		Options: survey.Options{
			Catalogue: g.session.Catalogue, Progress: wire.Log(ctx).InfoStatusf, Deployments: g.deployedWith(ctx, want),
		},
	})
	if err != nil {
		wire.Log(ctx).Warningf("gate %q on environment %s: who could go around it without an approval could not be told: %v",
			want.Name, want.path(), err)
		return
	}
	var lines, administrators []string
	for _, one := range around {
		if one.Admin {
			administrators = append(administrators, one.Name)
			continue
		}
		lines = append(lines, aroundText(one))
	}
	declared, _ := g.session.Program.DeclaresEnvironment(g.organization, want.Project, want.Environment)
	after := aroundNotes(administrators, blind, exists, declared)
	if len(lines) == 0 && len(blind) == 0 {
		wire.Log(ctx).Infof("gate %q on environment %s: nobody but administrators was found who could go around it.%s", want.Name, want.path(), after)
		return
	}
	heading := fmt.Sprintf("gate %q on environment %s: these can do what it holds back without an approval:", want.Name, want.path())
	if len(lines) == 0 {
		heading = fmt.Sprintf("gate %q on environment %s: nobody was found who could go around it, and not everything could be read.",
			want.Name, want.path())
	} else {
		after += howToGrant(want.Action)
	}
	wire.Log(ctx).Warning(kit.Bulleted(heading, lines) + after)
}

// deployedWith are the stacks that import the environment, by whose deployments it is reached first. To read the settings of every stack
// would cost a call for each.
func (g keeper) deployedWith(ctx context.Context, want State) []string {
	users, err := g.usersOf(ctx, want.Project, want.Environment)
	if err != nil {
		return nil // the note says that others were not looked at
	}
	names := make([]string, len(users.stacks))
	for i, stack := range users.stacks {
		names[i] = stack.String()
	}
	return names
}

func aroundText(one survey.Around) string {
	text := fmt.Sprintf("%s %s", one.Kind, one.Name)
	if one.Certainty != graph.Certain {
		text += " (possibly)"
	}
	text += " holds " + strings.Join(one.Scopes, ", ")
	if len(one.Paths) > 0 {
		text += ": " + strings.Join(one.Paths[0].StepTexts(), " > ")
	}
	return text
}

// aroundNotes say what the names do not.
func aroundNotes(administrators []string, blind []graph.Blind, exists, declared bool) string {
	var text string
	if len(administrators) > 0 {
		slices.Sort(administrators)
		text += "\n  Administrators hold every scope: " + shortlist.Of(administrators, 20) + "."
	}
	switch {
	case !exists && declared:
		text += "\n  The environment is created by the same update: those who get access with it, by its tags or by grants, are not among them."
	case !exists:
		text += "\n  The environment is not there yet, or not visible to this token: those who get access with it, by its tags or by grants of " +
			"the same update, are not among them."
	}
	if len(blind) > 0 {
		what := make([]string, len(blind))
		for i, one := range blind {
			what[i] = one.What
		}
		text += "\n  Could not be read, and may hide others: " + shortlist.Joined(what, 3, "; ", "; and ") + "."
	}
	return text + "\n  The roles of deployments were looked at for stacks that import the environment, and for no others."
}

// howToGrant says how to grant what the gate guards without a way around it.
func howToGrant(action types.GateAction) string {
	const hold = " Environment Write and Admin hold change_gate:create, change_gate:update and change_gate:delete, which loosen and remove the gate. " +
		"An environment that was deleted, and restored or created anew, has none."
	const grant = " Grant `scopes` in place of the permission, or a `PermissionSet` of your own, without them: "
	if action == types.GateUpdate {
		return "\n " + hold + grant + scopesBehindGate(access.Write) + "."
	}
	return "\n  A copy of the environment (environment:clone, part of Environment Open and more) has no gate." + hold + grant +
		scopesBehindGate(access.Open) + ". To let write as well: " + scopesBehindGate(access.Write) + "."
}

// scopesBehindGate are those of a level that leave a gate where it is.
func scopesBehindGate(level access.Level) string {
	return strings.Join(approval.ScopesBehindGate(level), ", ")
}
