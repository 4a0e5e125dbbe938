package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
)

// namedHolders is how many principals the text of a difference names.
const namedHolders = 3

// Text is the difference in one line for people, with one example and its path: `cy could open payments/prod: member of operators, by role
// operators`.
func (d Difference) Text() string {
	names := make([]string, len(d.Holders))
	for i, h := range d.Holders {
		names[i] = h.Text()
	}
	line := together(names) + " " + d.could()
	var more []string
	if n := len(d.Entities) - 1; n > 0 {
		more = append(more, "and "+counted(n, "more "+d.Kind.Noun()))
	}
	if n := len(d.Scopes) - 1; n > 0 {
		more = append(more, counted(n, "more scope"))
	}
	if len(more) > 0 {
		line += " (" + strings.Join(more, "; ") + ")"
	}
	return line + ": " + d.pathText()
}

func together(names []string) string {
	if last := len(names) - 1; last > 0 && last < namedHolders {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return shortlist.Of(names, namedHolders-1)
}

func counted(n int, what string) string {
	if n > 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// could is what they could do, or not any more.
func (d Difference) could() string {
	what := d.use()
	if d.Certainty == Possible {
		what = "possibly " + what
	}
	if d.Gains {
		switch {
		case d.Before != NotHeld && d.After == Usable && d.Before != Usable:
			return "could " + what + " without an approval"
		case d.After == NeedsOwnApproval:
			return "could " + what + ", with an approval that they can give themselves"
		case d.After == NeedsApproval:
			return "could " + what + ", with an approval"
		}
		return "could " + what
	}
	switch {
	case d.After == NotHeld || d.Before == d.After:
		return "could no longer " + what
	case d.Before == NeedsOwnApproval:
		return "could " + what + " only with an approval of others"
	case d.After == NeedsOwnApproval:
		return "could " + what + " only with an approval, which they can give themselves"
	}
	return "could " + what + " only with an approval"
}

// verbs are the scopes that a verb says; others are named.
var verbs = map[string]string{
	openScope: "open %s", openVersionScope: "open revisions of %s", "stack:decrypt": "decrypt stack %s",
}

// use is the first scope as something that is done to the first entity.
func (d Difference) use() string {
	scope, name := d.Scopes[0], d.Entities[0]
	if form, known := verbs[scope]; known {
		return fmt.Sprintf(form, name)
	}
	if d.Kind == access.Organization {
		return "use " + scope + " in the organization"
	}
	noun, verb, _ := strings.Cut(scope, ":")
	if slices.Contains([]string{"read", "write", "delete", "update"}, verb) && slices.Contains([]string{"stack", "environment", "insights_account"}, noun) {
		return verb + " " + d.Kind.Noun() + " " + name
	}
	return "use " + scope + " on " + d.Kind.Noun() + " " + name
}

// Text names a principal for people.
func (h Holder) Text() string {
	switch h.Kind {
	case UserKind, ServicePrincipalKind:
		return h.Name
	case TeamKind:
		return "tokens of team " + h.Name
	case TokenKind:
		if h.Team != "" {
			return "token " + h.Name + " of team " + h.Team
		}
		return "token " + h.Name
	case DeploymentKind:
		return "deployments of stack " + h.Name
	case AgentKind:
		return "agent " + h.Name
	case OutsiderKind:
		issuer, claims, _ := strings.Cut(h.Name, ": ")
		return "tokens of issuer " + issuer + " with " + claims
	}
	return h.Name
}

// pathText is the path as it reads after the name of a principal.
func (d Difference) pathText() string {
	kind := d.Holders[0].Kind
	person := kind == UserKind || kind == ServicePrincipalKind
	var steps []string
	for i, step := range d.Path.Steps {
		switch {
		case step.Kind == TeamStep && person:
			steps = append(steps, "member of "+step.Name)
		case step.Kind == TeamStep && (i > 0 || kind == TeamKind || kind == TokenKind && d.Holders[0].Team == step.Name):
			// who they are says it, or the step before
		case step.Kind == RoleStep && step.Text == "role "+step.Name:
			steps = append(steps, "by "+step.Text)
		case step.Kind == RuleStep:
			steps = append(steps, "rule "+step.Text)
		default:
			steps = append(steps, step.Text)
		}
	}
	if d.Path.Doubt != "" {
		steps = append(steps, "possible because "+d.Path.Doubt)
	}
	return strings.Join(steps, ", ")
}
