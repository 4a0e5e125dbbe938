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
}

// Annotate describes the reference.
func (r *PrincipalRef) Annotate(a infer.Annotator) {
	a.Describe(r, "Who is asked about: exactly one of these.")
	a.Describe(&r.User, "A member's login.")
	a.Describe(&r.Team, "A team's name. The answer is what a token of the team may do.")
	a.Describe(&r.Token, "The name of an organization or team token.")
}

// PrincipalKind tells principals apart.
type PrincipalKind string

// Values lists the kinds.
func (PrincipalKind) Values() []infer.EnumValue[PrincipalKind] {
	return []infer.EnumValue[PrincipalKind]{
		{Name: "User", Value: PrincipalKind(graph.UserKind), Description: "A member of the organization."},
		{Name: "Team", Value: PrincipalKind(graph.TeamKind), Description: "A team, as a token of it would act."},
		{Name: "Token", Value: PrincipalKind(graph.TokenKind), Description: "A machine token of the organization or of a team."},
		{Name: "Deployment", Value: PrincipalKind(graph.DeploymentKind), Description: "The deployments of a stack."},
	}
}

// AccessPath is one way to access.
type AccessPath struct {
	Via    []string `pulumi:"via"`
	Grants []string `pulumi:"grants"`
}

// Annotate describes the path.
func (p *AccessPath) Annotate(a infer.Annotator) {
	a.Describe(p, "One way to access. Any of them suffices: taking access away means taking all of them away.")
	a.Describe(&p.Via, "The grants that lead there, outermost first: a team, its role, the place in the role.")
	a.Describe(&p.Grants, "The scopes that it gives on the entity.")
}

// AccessPathsOf translates paths.
func AccessPathsOf(in []graph.Path) []AccessPath {
	out := make([]AccessPath, len(in))
	for i, path := range in {
		out[i] = AccessPath{Via: path.Via, Grants: path.Scopes}
	}
	return out
}

// AccessPrincipal is somebody who may do something.
type AccessPrincipal struct {
	Kind  PrincipalKind `pulumi:"kind"`
	Name  string        `pulumi:"name"`
	Gated bool          `pulumi:"gated"`
	Paths []AccessPath  `pulumi:"paths"`
}

// Annotate describes the principal.
func (p *AccessPrincipal) Annotate(a infer.Annotator) {
	a.Describe(p, "Somebody who may do something, and why.")
	a.Describe(&p.Kind, "What it is.")
	a.Describe(&p.Name, "A login, the name of a team or token, or `project/stack` of deployments.")
	a.Describe(&p.Gated, "Whether it takes an approval each time, because the environment has a gate for it.")
	a.Describe(&p.Paths, "Every way by which it holds the scope.")
}

// AccessPrincipalsOf translates principals.
func AccessPrincipalsOf(in []graph.Principal) []AccessPrincipal {
	out := make([]AccessPrincipal, len(in))
	for i, p := range in {
		out[i] = AccessPrincipal{Kind: PrincipalKind(p.Kind), Name: p.Name, Gated: p.Gated, Paths: AccessPathsOf(p.Paths)}
	}
	return out
}
