package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
)

// Escalations are the ways by which principals come to what they do not hold.
type Escalations struct {
	Head
	// Principal is the one that is asked about, "" for everybody who is not an administrator.
	Principal string `json:"principal,omitempty"`
	// Scope and Entity are what is asked about, "" for what tells most.
	Scope       string       `json:"scope,omitempty"`
	Entity      string       `json:"entity,omitempty"`
	Escalations []Escalation `json:"escalations"`
	Blind       []Blind      `json:"blind"`
}

// Escalation is how a principal comes to what it does not hold.
type Escalation struct {
	Principal string `json:"principal"`
	Acts      []Act  `json:"acts"`
	// Everything says that it leads to an administrator's rights.
	Everything bool   `json:"everything"`
	Gains      []Gain `json:"gains"`
	Severity   string `json:"severity"`
	Certainty  string `json:"certainty"`
	Doubt      string `json:"doubt,omitempty"`
}

// Act is something that a principal may do, and that leads to access.
type Act struct {
	Rule string `json:"rule"`
	On   string `json:"on"`
	Text string `json:"text"`
}

// Gain is a scope on an entity.
type Gain struct {
	Scope  string `json:"scope"`
	Entity string `json:"entity"`
}

// EscalationsOf reports escalations.
func EscalationsOf(organization, principal, scope, entity string, found []graph.Escalation, blind []graph.Blind) Escalations {
	return Escalations{
		Head: head("escalations", organization), Principal: principal, Scope: scope, Entity: entity,
		Escalations: mapped(found, escalationOf), Blind: blindOf(blind),
	}
}

func escalationOf(e graph.Escalation) Escalation {
	return Escalation{
		Principal: PrincipalName(e.Principal.Kind, e.Principal.Name), Everything: e.Everything, Severity: string(e.Severity),
		Certainty: string(e.Certainty), Doubt: e.Doubt,
		Acts: mapped(e.Acts, func(p graph.Performed) Act {
			text := p.Text
			if p.By != "" {
				text = "by " + p.By + ": " + text
			}
			return Act{string(p.Act), p.On, text}
		}),
		Gains: mapped(e.Reaches, func(g graph.Gain) Gain { return Gain{g.Scope, EntityName(g.Kind, g.Name)} }),
	}
}

func (a Escalations) view() view {
	whose := a.Principal
	if whose == "" {
		whose = "everybody who is not an administrator"
	}
	v := view{title: "How " + whose + " can come to more", blind: a.Blind, blindIs: blindText}
	if a.Scope != "" || a.Entity != "" {
		v.title = strings.TrimSpace(fmt.Sprintf("How %s can come to %s", whose, strings.Join(slices.DeleteFunc([]string{a.Scope, a.Entity}, func(s string) bool { return s == "" }), " on ")))
	}
	v.summary = []string{counted(len(a.Escalations), "way", "ways") + " found."}
	v.sections = []section{escalationSection(a.Escalations)}
	return v
}

func escalationSection(all []Escalation) section {
	return section{columns: []string{"Severity", "Principal", "Reaches", "Certainty"}, more: "Acts", rows: mapped(all, Escalation.row)}
}

func (e Escalation) row() row {
	r := row{grave: e.Severity, cells: []string{e.Severity, e.Principal, e.reaches(), e.Certainty}}
	for _, act := range e.Acts {
		r.details = append(r.details, detail{text: act.Rule + ": " + act.Text})
	}
	if e.Doubt != "" {
		r.details = append(r.details, detail{text: "possible: " + e.Doubt})
	}
	return r
}

func (e Escalation) reaches() string {
	if e.Everything {
		return "everything an administrator has"
	}
	return shortlist.Of(mapped(e.Gains, func(g Gain) string { return g.Scope + " on " + g.Entity }), 2)
}

func (a Escalations) findings() ([]ruleText, []place) {
	rules := []ruleText{{id: review.Escalation, text: "A principal gets by what it may do to access that it does not hold.", severity: string(review.High)}}
	var places []place
	for _, e := range a.Escalations {
		acts := mapped(e.Acts, func(act Act) string { return act.Text })
		places = append(places, place{
			rule: review.Escalation, severity: e.Severity, principal: e.Principal, organization: a.Organization,
			entity: "organization:" + a.Organization, message: fmt.Sprintf("%s reaches %s: %s", e.Principal, e.reaches(), strings.Join(acts, "; ")),
			id: identity(e.Principal, e.reaches(), strings.Join(acts, "\x00")),
		})
	}
	return rules, places
}
