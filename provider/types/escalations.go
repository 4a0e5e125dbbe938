package types

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// Severity is how bad a finding is.
type Severity string

// Values lists the severities.
func (Severity) Values() []infer.EnumValue[Severity] {
	return []infer.EnumValue[Severity]{
		{Name: "High", Value: Severity(graph.High), Description: "An administrator's rights, or something sensitive, for certain."},
		{Name: "Medium", Value: Severity(graph.Medium), Description: "The same as far as it is possible, or something else for certain."},
		{Name: "Low", Value: Severity(graph.Low), Description: "Something else, as far as it is possible."},
	}
}

// PrincipalName names a principal.
type PrincipalName struct {
	Kind PrincipalKind `pulumi:"kind"`
	Name string        `pulumi:"name"`
}

// Annotate describes the name.
func (p *PrincipalName) Annotate(a infer.Annotator) {
	a.Describe(p, "A principal, by kind and name.")
	a.Describe(&p.Kind, "What it is.")
	a.Describe(&p.Name, "A login, the name of a team, token or agent, `project/stack` of deployments, or what a policy of an issuer "+
		"asks of an identity outside.")
}

// EscalationAct is one act of a chain.
type EscalationAct struct {
	Rule string `pulumi:"rule"`
	On   string `pulumi:"on"`
	Text string `pulumi:"text"`
}

// Annotate describes the act.
func (x *EscalationAct) Annotate(a infer.Annotator) {
	a.Describe(x, "Something that a principal may do, and that leads to access which it does not hold.")
	a.Describe(&x.Rule, "Its rule id, such as `edit-role` or `use-deployment`.")
	a.Describe(&x.On, "What it is used on: the name of an entity, a role, a team, an agent or an issuer. Empty for the organization.")
	a.Describe(&x.Text, "The act in words.")
}

// EscalationGain is a scope on an entity.
type EscalationGain struct {
	Scope string `pulumi:"scope"`
	Kind  string `pulumi:"kind"`
	Name  string `pulumi:"name"`
}

// Annotate describes the gain.
func (g *EscalationGain) Annotate(a infer.Annotator) {
	a.Describe(g, "A scope on an entity that is gained.")
	a.Describe(&g.Scope, "The scope.")
	a.Describe(&g.Kind, "The kind of entity: `stack`, `environment`, `account` or `organization`.")
	a.Describe(&g.Name, "The name of the entity.")
}

// Escalation is how a principal comes to what it does not hold.
type Escalation struct {
	Principal PrincipalName    `pulumi:"principal"`
	Acts      []EscalationAct  `pulumi:"acts"`
	Reaches   string           `pulumi:"reaches"`
	Gains     []EscalationGain `pulumi:"gains"`
	Severity  Severity         `pulumi:"severity"`
	Certainty Certainty        `pulumi:"certainty"`
	Doubt     *string          `pulumi:"doubt,optional"`
}

// Annotate describes the escalation.
func (x *Escalation) Annotate(a infer.Annotator) {
	a.Describe(x, "How a principal comes to what it does not hold.")
	a.Describe(&x.Principal, "Who.")
	a.Describe(&x.Acts, "What it does, in order.")
	a.Describe(&x.Reaches, "What it gains, in words.")
	a.Describe(&x.Gains, "What it gains, one by one. Empty where that is everything.")
	a.Describe(&x.Severity, "How bad it is. Production, by its tags `tier` and `environment`, and environments that log in to a cloud are "+
		"sensitive.")
	a.Describe(&x.Certainty, "Whether it follows from what is documented and does not wait for anybody else.")
	a.Describe(&x.Doubt, "Why it is only possible.")
}

// EscalationsOf translates escalations.
func EscalationsOf(in []graph.Escalation) []Escalation {
	out := make([]Escalation, len(in))
	for i, x := range in {
		out[i] = Escalation{
			Principal: PrincipalName{PrincipalKind(x.Principal.Kind), x.Principal.Name}, Acts: []EscalationAct{}, Reaches: reaches(x),
			Gains: []EscalationGain{}, Severity: Severity(x.Severity), Certainty: Certainty(x.Certainty),
		}
		for _, act := range x.Acts {
			out[i].Acts = append(out[i].Acts, EscalationAct{string(act.Act), act.On, act.Text})
		}
		for _, gain := range x.Reaches {
			out[i].Gains = append(out[i].Gains, EscalationGain{gain.Scope, gain.Kind.Noun(), gain.Name})
		}
		if x.Doubt != "" {
			out[i].Doubt = &x.Doubt
		}
	}
	return out
}

// namedGains is how many gains a text names.
const namedGains = 3

func reaches(x graph.Escalation) string {
	if x.Everything {
		return "everything in the organization, as an administrator"
	}
	var texts []string
	for _, gain := range x.Reaches[:min(namedGains, len(x.Reaches))] {
		texts = append(texts, fmt.Sprintf("%s on %s %s", gain.Scope, gain.Kind.Noun(), gain.Name))
	}
	if more := len(x.Reaches) - namedGains; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(texts, ", ")
}
