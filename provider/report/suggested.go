package report

import (
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
)

// Suggested is the smallest access that would have allowed what a principal used.
type Suggested struct {
	Head
	Principal  string       `json:"principal"`
	Access     AccessRules  `json:"access"`
	Unused     []Unused     `json:"unused"`
	Confidence Confidence   `json:"confidence"`
	Program    *ProgramText `json:"program,omitempty"`
	Blind      []Blind      `json:"blind"`
}

// AccessRules are rules as programs write them.
type AccessRules struct {
	Stacks       []AccessRule `json:"stacks,omitempty"`
	Environments []AccessRule `json:"environments,omitempty"`
	Accounts     []AccessRule `json:"accounts,omitempty"`
	Scopes       []string     `json:"scopes,omitempty"`
}

// AccessRule grants a permission or scopes on one entity: a stack, an environment, or an account.
type AccessRule struct {
	Project         string   `json:"project,omitempty"`
	Stack           string   `json:"stack,omitempty"`
	Environment     string   `json:"environment,omitempty"`
	Account         string   `json:"account,omitempty"`
	Permission      string   `json:"permission,omitempty"`
	Scopes          []string `json:"scopes,omitempty"`
	MaxOpenDuration string   `json:"maxOpenDuration,omitempty"`
}

// Unused are scopes on an entity that were not used.
type Unused struct {
	Entity string   `json:"entity"`
	Scopes []string `json:"scopes"`
}

// Confidence is what a suggestion is founded on.
type Confidence struct {
	Window Window `json:"window"`
	// Events is how many events of the principal there are, and Gaps what the log does not show.
	Events int      `json:"events"`
	Gaps   []string `json:"gaps"`
}

// ProgramText is the access as a part of a program.
type ProgramText struct {
	Language string `json:"language"`
	Text     string `json:"text"`
}

// SuggestedOf reports a suggestion, in a language of programs.
func SuggestedOf(organization, principal string, window Window, language Language, s review.Suggestion, blind []graph.Blind) Suggested {
	rules := AccessRulesOf(s.Access)
	return Suggested{
		Head: head("suggest", organization), Principal: principal, Access: rules, Blind: blindOf(blind),
		Unused:     mapped(s.Unused, func(u review.Unused) Unused { return Unused{u.Entity, list(u.Scopes)} }),
		Confidence: Confidence{Window: window, Events: s.Events, Gaps: list(s.Gaps)},
		Program:    &ProgramText{string(language), rules.Program(language)},
	}
}

// AccessRulesOf are rules that name single entities, as those of suggestions do.
func AccessRulesOf(a access.Access) AccessRules {
	rule := func(set func(*AccessRule, string)) func(access.Rule) AccessRule {
		return func(r access.Rule) AccessRule {
			out := AccessRule{Project: r.Project, Permission: string(r.Permission), Scopes: r.Scopes}
			if r.MaxOpenDuration > 0 {
				out.MaxOpenDuration = timetext.FormatDuration(r.MaxOpenDuration)
			}
			set(&out, r.Name)
			return out
		}
	}
	return AccessRules{
		Stacks:       mapped(a.Stacks, rule(func(r *AccessRule, name string) { r.Stack = name })),
		Environments: mapped(a.Environments, rule(func(r *AccessRule, name string) { r.Environment = name })),
		Accounts:     mapped(a.Accounts, rule(func(r *AccessRule, name string) { r.Account = name })),
		Scopes:       a.Scopes,
	}
}

func (a Suggested) view() view {
	v := view{title: "The access that " + a.Principal + " needs", blind: a.Blind, blindIs: "The suggestion may lack something because of what could not be read:"}
	v.summary = []string{fmt.Sprintf("From %s to %s, %s of its own: %s. What is needed once a year is not in this.",
		a.Confidence.Window.Since, a.Confidence.Window.Until, counted(a.Confidence.Events, "event", "events"), a.needs())}
	if a.Program != nil {
		v.block = a.Program.Text
	}
	unused := section{title: "Held and not used, as far as the log shows use", columns: []string{"Entity", "Scopes"}}
	for _, one := range a.Unused {
		unused.rows = append(unused.rows, row{cells: []string{one.Entity, scopesText(one.Scopes)}})
	}
	gaps := section{title: "What the log does not show", columns: []string{"Gap"}}
	for _, gap := range a.Confidence.Gaps {
		gaps.rows = append(gaps.rows, row{cells: []string{gap}})
	}
	v.sections = []section{unused, gaps}
	return v
}

func (a Suggested) needs() string {
	n := len(a.Access.Stacks) + len(a.Access.Environments) + len(a.Access.Accounts)
	if n+len(a.Access.Scopes) == 0 {
		return "nothing"
	}
	text := counted(n, "rule", "rules")
	if len(a.Access.Scopes) > 0 {
		text += ", " + counted(len(a.Access.Scopes), "organization scope", "organization scopes")
	}
	return text
}

func scopesText(scopes []string) string {
	return Access{Scopes: scopes}.scopes()
}
