package types

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// StackRef names a stack.
type StackRef struct {
	Project string `pulumi:"project"`
	Stack   string `pulumi:"stack"`
}

// Annotate describes the reference.
func (r *StackRef) Annotate(a infer.Annotator) {
	a.Describe(r, "A stack, by name.")
	a.Describe(&r.Project, "The stack's project.")
	a.Describe(&r.Stack, "The stack's name, without organization and project.")
}

// EnvironmentRef names an ESC environment.
type EnvironmentRef struct {
	Project     string `pulumi:"project"`
	Environment string `pulumi:"environment"`
}

// Annotate describes the reference.
func (r *EnvironmentRef) Annotate(a infer.Annotator) {
	a.Describe(r, "An ESC environment, by name.")
	a.Describe(&r.Project, "The environment's project.")
	a.Describe(&r.Environment, "The environment's name.")
}

// PrincipalRef names somebody who may have access: exactly one is given.
type PrincipalRef struct {
	User  *string `pulumi:"user,optional"`
	Team  *string `pulumi:"team,optional"`
	Token *string `pulumi:"token,optional"`

	Deployment *StackRef    `pulumi:"deployment,optional"`
	Agent      *string      `pulumi:"agent,optional"`
	Outsider   *OutsiderRef `pulumi:"outsider,optional"`
}

// Annotate describes the reference.
func (r *PrincipalRef) Annotate(a infer.Annotator) {
	a.Describe(r, "Who is asked about: exactly one of these.")
	a.Describe(&r.User, "The login of a member or service principal.")
	a.Describe(&r.Team, "A team's name. The answer is what a token of the team may do.")
	a.Describe(&r.Token, "The name of an organization or team token.")
	a.Describe(&r.Deployment, "The deployments of a stack, as started by a push.")
	a.Describe(&r.Agent, "The name of a custom agent.")
	a.Describe(&r.Outsider, "An identity outside Pulumi Cloud, such as a CI job.")
}

// OutsiderRef names an identity outside by the token that it shows.
type OutsiderRef struct {
	Issuer string            `pulumi:"issuer"`
	Claims map[string]string `pulumi:"claims,optional"`
}

// Annotate describes the reference.
func (r *OutsiderRef) Annotate(a infer.Annotator) {
	a.Describe(r, "An identity outside Pulumi Cloud, by the token that it exchanges for one of Pulumi Cloud.")
	a.Describe(&r.Issuer, "The issuer of the token: its name in Pulumi Cloud, or its URL.")
	a.Describe(&r.Claims, "Claims of the token, by their names as policies write them. What a policy asks for and is not given here may be "+
		"so: access by that policy is then `possible`.")
}

// PrincipalKind tells principals apart.
type PrincipalKind string

// Values lists the kinds.
func (PrincipalKind) Values() []infer.EnumValue[PrincipalKind] {
	return []infer.EnumValue[PrincipalKind]{
		{Name: "User", Value: PrincipalKind(graph.UserKind), Description: "A member of the organization."},
		{Name: "Team", Value: PrincipalKind(graph.TeamKind), Description: "A team, as a token of it would act."},
		{Name: "Token", Value: PrincipalKind(graph.TokenKind), Description: "A machine token of the organization or of a team."},
		{Name: "Deployment", Value: PrincipalKind(graph.DeploymentKind), Description: "The deployments of a stack, as started by a push."},
		{Name: "ServicePrincipal", Value: PrincipalKind(graph.ServicePrincipalKind), Description: "An identity of automation."},
		{Name: "Agent", Value: PrincipalKind(graph.AgentKind), Description: "A custom agent."},
		{Name: "Outsider", Value: PrincipalKind(graph.OutsiderKind), Description: "An identity outside that a policy of an OIDC issuer admits."},
	}
}

// Certainty reports whether an answer about access follows from what is documented.
type Certainty string

// Values lists the certainties.
func (Certainty) Values() []infer.EnumValue[Certainty] {
	return []infer.EnumValue[Certainty]{
		{Name: "Certain", Value: Certainty(graph.Certain), Description: "It follows from what Pulumi Cloud documents and what was read."},
		{Name: "Possible", Value: Certainty(graph.Possible), Description: "The documentation is silent, or something could not be read."},
	}
}

// AccessPath is one way to access.
type AccessPath struct {
	Via       []string     `pulumi:"via"`
	Steps     []AccessStep `pulumi:"steps"`
	Grants    []string     `pulumi:"grants"`
	Certainty Certainty    `pulumi:"certainty"`
}

// Annotate describes the path.
func (p *AccessPath) Annotate(a infer.Annotator) {
	a.Describe(p, "One way to access. Any of them suffices: taking access away means taking all of them away.")
	a.Describe(&p.Via, "The grants that lead there, outermost first: a team, its role, the rule in the role as its user wrote it. The "+
		"last part of a path that is only possible says why.")
	a.Describe(&p.Steps, "The same as `via`, for programs: what each step is, and its name.")
	a.Describe(&p.Grants, "The scopes that it gives on the entity.")
	a.Describe(&p.Certainty, "Whether the path gives access for certain.")
}

// AccessPathsOf translates paths.
func AccessPathsOf(in []graph.Path) []AccessPath {
	out := make([]AccessPath, len(in))
	for i, path := range in {
		out[i] = AccessPath{Via: path.StepTexts(), Steps: accessSteps(path.Steps), Grants: path.Scopes, Certainty: Certainty(path.Certainty)}
	}
	return out
}

// AccessStep is one step of a path.
type AccessStep struct {
	Kind string `pulumi:"kind"`
	Name string `pulumi:"name"`
	Text string `pulumi:"text"`
}

// Annotate describes the step.
func (s *AccessStep) Annotate(a infer.Annotator) {
	a.Describe(s, "One step of a way to access.")
	a.Describe(&s.Kind, "`organizationRole`, `default`, `team`, `role`, `rule`, `permissionSet`, `grant`, `assignment`, `creator`, `owner`, `token`, "+
		"`issuerPolicy`, `deploymentRole`, `import` or `act`.")
	a.Describe(&s.Name, "Its name: of the team, the role, the issuer, the login; the rule as its user wrote it.")
	a.Describe(&s.Text, "The step for people.")
}

func accessSteps(in []graph.Step) []AccessStep {
	out := make([]AccessStep, len(in))
	for i, step := range in {
		out[i] = AccessStep{Kind: string(step.Kind), Name: step.Name, Text: step.Text}
	}
	return out
}

// AccessPrincipal is somebody who may do something.
type AccessPrincipal struct {
	Kind           PrincipalKind `pulumi:"kind"`
	Name           string        `pulumi:"name"`
	Certainty      Certainty     `pulumi:"certainty"`
	Doubt          *string       `pulumi:"doubt,optional"`
	Gated          bool          `pulumi:"gated"`
	SelfApproval   bool          `pulumi:"selfApproval"`
	Indirect       bool          `pulumi:"indirect"`
	MissingImports []string      `pulumi:"missingImports"`
	Paths          []AccessPath  `pulumi:"paths"`
}

// Annotate describes the principal.
func (p *AccessPrincipal) Annotate(a infer.Annotator) {
	a.Describe(p, "Somebody who may do something, and why.")
	a.Describe(&p.Kind, "What it is.")
	a.Describe(&p.Name, "A login, the name of a team, token or agent, `project/stack` of deployments, or what a policy of an issuer "+
		"asks of an identity outside: `<issuer name>: <claim>=<pattern>, ...`.")
	a.Describe(&p.Certainty, "Whether it holds the scope for certain. What cannot be told is `possible`, never left out.")
	a.Describe(&p.Doubt, "Why it is only possible, where a path is certain and something else is not.")
	a.Describe(&p.Gated, "Whether it takes an approval each time, because the environment, or one that it imports, has a gate for it.")
	a.Describe(&p.SelfApproval, "Whether the principal can give every approval itself: a gate allows it, asks for one approval, and has "+
		"it among the approvers.")
	a.Describe(&p.Indirect, "Whether it does not hold the scope, and can come to use it: by acts, with which its path begins, or by opening an "+
		"environment that imports this one, with which its path ends.")
	a.Describe(&p.MissingImports, "Environments that the entity imports and that the principal may not open, so that it cannot open the "+
		"entity. Empty for those who can.")
	a.Describe(&p.Paths, "Every way by which it holds the scope.")
}

// AccessPrincipalsOf translates principals.
func AccessPrincipalsOf(in []graph.Principal) []AccessPrincipal {
	out := make([]AccessPrincipal, len(in))
	for i, p := range in {
		out[i] = AccessPrincipal{
			Kind: PrincipalKind(p.Kind), Name: p.Name, Certainty: Certainty(p.Certainty), Gated: p.Gated, SelfApproval: p.SelfApproval, Indirect: p.Indirect,
			MissingImports: append([]string{}, p.Missing...), Paths: AccessPathsOf(p.Paths),
		}
		if p.Doubt != "" {
			out[i].Doubt = &p.Doubt
		}
	}
	return out
}

// Importers are what imports an environment.
type Importers struct {
	Environments []string `pulumi:"environments"`
	Stacks       []string `pulumi:"stacks"`
	Accounts     []string `pulumi:"accounts"`
}

// Annotate describes what imports an environment.
func (i *Importers) Annotate(a infer.Annotator) {
	a.Describe(i, "What imports an ESC environment, itself or by another environment that does.")
	a.Describe(&i.Environments, "The environments, as `project/name`: opening one of them opens this one.")
	a.Describe(&i.Stacks, "The stacks whose configuration does, as `project/stack`.")
	a.Describe(&i.Accounts, "The names of the Insights accounts that are scanned with it.")
}

// ImportersOf translates what imports an environment.
func ImportersOf(in graph.Importers) Importers {
	return Importers{
		Environments: append([]string{}, in.Environments...), Stacks: append([]string{}, in.Stacks...), Accounts: append([]string{}, in.Accounts...),
	}
}

// BlindSpot is something that could not be read.
type BlindSpot struct {
	What  string `pulumi:"what"`
	Hides string `pulumi:"hides"`
}

// Annotate describes the blind spot.
func (b *BlindSpot) Annotate(a infer.Annotator) {
	a.Describe(b, "Something that could not be read.")
	a.Describe(&b.What, "What could not be read, or may be incomplete.")
	a.Describe(&b.Hides, "What the answer may lack because of it.")
}

// BlindSpotsOf translates blind spots.
func BlindSpotsOf(in []graph.Blind) []BlindSpot {
	out := make([]BlindSpot, len(in))
	for i, blind := range in {
		out[i] = BlindSpot{What: blind.What, Hides: blind.Hides}
	}
	return out
}
