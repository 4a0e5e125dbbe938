package components

import (
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// DeploymentRoleAssignment gives a stack's deployments a role of their own and scoped cloud credentials.
type DeploymentRoleAssignment struct {
	pulumi.ResourceState

	RoleID   out[*string]  `pulumi:"roleId"`
	Subjects out[[]string] `pulumi:"subjects"`
	Audience out[string]   `pulumi:"audience"`
	IdentityOutputs
}

// Annotate describes the component.
func (c *DeploymentRoleAssignment) Annotate(a infer.Annotator) {
	a.Describe(c, deploymentRoleAssignmentDocs)
	a.Describe(&c.RoleID, "The id of the role that the stack's deployments run with.")
	a.Describe(&c.Subjects, "The exact OIDC subjects of the stack's deployments, one per operation.")
	a.Describe(&c.Audience, "The OIDC audience of the stack's deployments.")
	a.Describe(&c.AWSRoleARN, "The ARN of the AWS role that deployments assume, if they log in to AWS.")
	a.Describe(&c.AWSTrustPolicy, "The trust policy that admits exactly the stack's deployments. A role that is created has it "+
		"already; attach it to a role that you bring.")
	a.Describe(&c.AzureClientID, "The client id of the Azure identity that deployments log in to, if they log in to Azure.")
	a.Describe(&c.AzureFederatedCredentials, "The federated credentials that admit exactly the stack's deployments: JSON text, a list. An "+
		"identity that is created has them already; attach them to an identity that you bring.")
}

// DeploymentOIDC is how a stack's deployments log in to clouds.
type DeploymentOIDC struct {
	Operations *out[[]types.Operation] `pulumi:"operations,optional" list:"set"`
	AWS        *AWSLogin               `pulumi:"aws,optional"`
	Azure      *AzureLogin             `pulumi:"azure,optional"`
	GCP        *GCPLogin               `pulumi:"gcp,optional"`
}

// Annotate describes the block.
func (o *DeploymentOIDC) Annotate(a infer.Annotator) {
	a.SetToken("index", "DeploymentOidcLogin")
	a.Describe(o, "Cloud logins of a stack's deployments, with short-lived credentials.")
	a.Describe(&o.Operations, "The operations that may assume the cloud identity. Default: preview, update, refresh and destroy. It narrows the "+
		"cloud login alone: Pulumi Cloud gives the stack's role to every operation, previews of pull requests included.")
	a.Describe(&o.AWS, "A login to AWS.")
	a.Describe(&o.Azure, "A login to Azure. Azure takes one federated credential for each operation.")
	a.Describe(&o.GCP, "A login to Google Cloud.")
}

// DeploymentRoleAssignmentArgs are the component's inputs.
type DeploymentRoleAssignmentArgs struct {
	Organization    *out[string]          `pulumi:"organization,optional"`
	Project         out[string]           `pulumi:"project"`
	Stack           out[string]           `pulumi:"stack"`
	RoleID          *out[string]          `pulumi:"roleId,optional"`
	Access          *out[types.Access]    `pulumi:"access,optional"`
	RoleName        *out[string]          `pulumi:"roleName,optional"`
	IncludeOwnStack *out[bool]            `pulumi:"includeOwnStack,optional"`
	OIDC            *DeploymentOIDC       `pulumi:"oidc,optional"`
	Allow           *out[[]types.OptIn]   `pulumi:"allow,optional" list:"set"`
	OnForeign       *out[types.OnForeign] `pulumi:"onForeign,optional"`
}

// Annotate describes the inputs.
func (in *DeploymentRoleAssignmentArgs) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Project, "The stack's project.")
	a.Describe(&in.Stack, "The stack's name.")
	a.Describe(&in.RoleID, "The id of a role made elsewhere. At most one of this and `access` is given; with neither, the "+
		"organization's default deployment role applies.")
	a.Describe(&in.Access, "What deployments may do besides updating their own stack. An empty block is nothing besides: the own stack alone.")
	a.Describe(&in.RoleName, "The name of the role that is made from `access`. Default: `deploy-<project>-<stack>`, and "+
		"`deploy-<project>/<stack>` for a stack whose name holds a hyphen.")
	a.Describe(&in.IncludeOwnStack, "Whether the role made from `access` also holds write on the stack itself. Default: true. "+
		"Pulumi's documentation says in places that a role's rights are added to those of the stack's own token, and in "+
		"places that they take their place; with true, deployments work under both readings.")
	a.Describe(&in.OIDC, "Cloud logins of the deployments.")
	a.Describe(&in.OnForeign, types.OnForeignHelp)
	a.Describe(&in.Allow, "Risks taken deliberately: `openOnAll`, `lockOut`.")
}

// deploymentRoleAssignment is the component.
var deploymentRoleAssignment = Define(Rules{
	Check:       checkDeploymentRoleAssignment,
	MustKnown:   append(loginsMustKnown("oidc"), "oidc"),
	MustKnownIf: deploymentMustKnown,
	MayBeAbsent: append([]string{"roleId"}, identityOutputs...),
	Lifting:     wire.Lifting{Blocks: append(loginBlocks("oidc"), "oidc")},
	UserPath:    deploymentPath,
}, buildDeploymentRoleAssignment)

// deploymentPath is where the user wrote what stands at a path of the deployment settings: logins are below oidc.
func deploymentPath(in property.Map, path string) string {
	cloud, _, _ := strings.Cut(path, ".")
	if block := blockAt(in, "oidc"); block != nil && has(*block, cloud) {
		return problem.Join("oidc", path)
	}
	return path
}

const deploymentRoleToken = "leastprivilege:index:DeploymentRole"

// buildDeploymentRoleAssignment registers the component's children.
func buildDeploymentRoleAssignment(c *Construction, component *DeploymentRoleAssignment, args DeploymentRoleAssignmentArgs) error {
	organization := c.Organization(args.Organization)
	component.Subjects = pulumix.Apply4Err(organization, args.Project, args.Stack, args.operations(), deploymentSubjects)
	component.Audience = pulumix.Apply(organization, oidc.DeploymentAudience)

	props := properties{"project": args.Project, "stack": args.Stack}
	setIf(props, "organization", args.Organization)
	setIf(props, "onForeign", args.OnForeign)
	component.RoleID = known[*string](nil)
	roleID, err := args.role(c)
	if err != nil {
		return err
	}
	if roleID != nil {
		props["roleId"] = *roleID
		component.RoleID = present(*roleID)
	}
	logins, ready, err := component.logIn(c, args)
	if err != nil {
		return err
	}
	if len(logins) > 0 {
		props["oidc"] = logins
	}
	_, err = register(c, deploymentRoleToken, c.Name, props, &Child{}, pulumi.DependsOn(ready))
	return err
}

// logIn creates the cloud identities, and returns the OIDC configuration of the deployment settings.
func (d *DeploymentRoleAssignment) logIn(c *Construction, args DeploymentRoleAssignmentArgs) (pulumi.Map, []pulumi.Resource, error) {
	clouds := args.OIDC.clouds()
	identities, ready, err := clouds.identities(identityRequest{
		Construction: c,
		held:         held{subjects: d.Subjects, sessionSeconds: clouds.AWS.maxSessionSeconds()},
		trust: trust{
			subjects: d.Subjects, declared: d.Subjects, children: deploymentSubjectNames(c.Given), issuer: c.Session.IssuerOr(nil),
			names: pulumix.Apply2(args.Project, args.Stack, func(project, stack string) []string { return []string{"deploy", project, stack} }),
		},
	}, func(cloud) out[string] { return d.Audience }, blockOr(c.Given, "oidc"), &d.IdentityOutputs)
	logins := pulumi.Map{}
	for name, one := range identities {
		logins[name] = one.deployment(args.Project, args.Stack)
	}
	return logins, ready, err
}

// clouds are the logins of the block, none without one.
func (o *DeploymentOIDC) clouds() CloudLogins {
	if o == nil {
		return CloudLogins{}
	}
	return CloudLogins{AWS: o.AWS, Azure: o.Azure, GCP: o.GCP}
}

// deploymentMustKnown are the operations, which are the federated credentials that there are.
func deploymentMustKnown(in property.Map) []string {
	if !createsIdentity(blockAt(in, "oidc", "azure")) {
		return nil
	}
	paths := []string{"oidc.operations"}
	if operations := blockAt(in, "oidc").Get("operations"); operations.IsArray() {
		for i := range operations.AsArray().Len() {
			paths = append(paths, index("oidc.operations", i))
		}
	}
	return paths
}

// deploymentSubjectNames are what children, one for each subject, are called by: the operations.
func deploymentSubjectNames(in property.Map) []string {
	subjects, err := deploymentSubjects("any", "any", "any", givenOperations(in))
	if err != nil {
		return nil // which was said already
	}
	return shortNames(subjects, false)
}

func (in DeploymentRoleAssignmentArgs) operations() out[[]types.Operation] {
	if in.OIDC == nil {
		return known[[]types.Operation](nil)
	}
	return orZero(in.OIDC.Operations)
}

func deploymentSubjects(organization, project, stack string, operations []types.Operation) ([]string, error) {
	return oidc.DeploymentSubjects(organization, project, stack, types.OperationsOf(operations))
}

// role is the id of the deployments' role: the given one, one made from the access, or none.
func (in DeploymentRoleAssignmentArgs) role(c *Construction) (*out[string], error) {
	if in.Access == nil {
		if in.RoleID == nil {
			return nil, c.Warn("neither roleId nor access is given: the deployments of this stack run with the " +
				"organization's default deployment role, if there is one")
		}
		return in.RoleID, nil
	}
	id, err := Role{
		Organization: in.Organization, Name: in.roleName(), Allow: in.Allow,
		Description: pulumix.Apply2(in.Project, in.Stack, func(project, stack string) string {
			return "What deployments of " + project + "/" + stack + " may do."
		}),
		Access: pulumix.Apply4(*in.Access, in.Project, in.Stack, orElse(in.IncludeOwnStack, true), withOwnStack),
	}.Register(c, c.Name)
	return &id, err
}

func (in DeploymentRoleAssignmentArgs) roleName() out[string] {
	return pulumix.Apply3(in.Project, in.Stack, orZero(in.RoleName), func(project, stack, given string) string {
		if given != "" {
			return given
		}
		return deploymentRoleName(project, stack)
	})
}

// deploymentRoleName is the name by default. No two stacks have one.
func deploymentRoleName(project, stack string) string { return objectName("deploy", project, stack) }

// withOwnStack adds write on the stack itself. Sources disagree whether a role's rights are added to those of the
// stack's own token or take their place; a deployment must be able to update its stack either way.
func withOwnStack(in types.Access, project, stack string, include bool) types.Access {
	if !include {
		return in
	}
	write := types.StackPermission(access.Write)
	own := types.StackRule{Project: &project, Stack: &stack, Permission: &write}
	in.Stacks = append([]types.StackRule{own}, in.Stacks...)
	return in
}

// checkDeploymentRoleAssignment checks the inputs as far as they are known.
func checkDeploymentRoleAssignment(current *session.Session, in property.Map) problem.List {
	organization, problems := organizationOf(current, in)
	problems = append(problems, types.CheckOneOf("onForeign", valueOf[types.OnForeign](in, "onForeign"))...)
	problems = append(problems, types.CheckRoleID("roleId", valueOf[string](in, "roleId"))...)
	if has(in, "roleId") && has(in, "access") {
		problems.AddReason("roleId", "give at most one of roleId and access")
	}
	problems = append(problems, checkRoleName("", in)...)
	if has(in, "roleName") && !has(in, "access") {
		problems.AddReason("roleName", "names the role that is made from access, and there is none")
	}
	if rules := valueOf[types.Access](in, "access"); rules != nil {
		problems = append(problems, checkDeploymentAccess(*rules, in, checkOptions(current, in))...)
	}
	problems = append(problems, checkLogins("oidc", blockOr(in, "oidc"))...)
	if organization != "" {
		problems = append(problems, checkDeploymentTrust(current, in, organization)...)
	}
	return problems
}

// checkDeploymentAccess checks the role that is made from an access together with the own stack: nothing besides is an access,
// and nothing at all is none.
func checkDeploymentAccess(rules types.Access, in property.Map, options access.CheckOptions) problem.List {
	if own := valueOf[bool](in, "includeOwnStack"); rules.IsEmpty() && (own == nil || *own) {
		return nil
	}
	return checkAccess(rules, options)
}

// checkDeploymentTrust checks the subjects of the deployments, and what the clouds have against them.
func checkDeploymentTrust(current *session.Session, in property.Map, organization string) problem.List {
	block, project, stack := blockOr(in, "oidc"), textOf(in, "project"), textOf(in, "stack")
	operations := givenOperations(in)
	subjects, err := deploymentSubjects(organization, project, stack, operations)
	if err != nil {
		problems := problem.Of(err)
		for i, one := range problems {
			if one.Path != "organization" && one.Path != "project" && one.Path != "stack" {
				problems[i].Path = problem.Join("oidc", one.Path)
			}
		}
		return problems
	}
	planned := plannedTrust{names: "stack", many: "oidc.operations", length: "stack", subjects: subjects, issuer: current.IssuerOr(nil)}
	if allKnown(in, "organization", "project", "stack") && allKnown(block, "operations") {
		planned.openings = func() ([]oidc.Opening, []oidc.Opening, bool) {
			own, others, err := oidc.DeploymentOpenings(organization, project, stack, types.OperationsOf(operations))
			return own, others, err == nil
		}
	}
	return checkTrusts("oidc", block, func(cloud) string { return oidc.DeploymentAudience(organization) }, planned)
}

// givenOperations are the operations of the inputs, as far as they are known.
func givenOperations(in property.Map) []types.Operation {
	if given := valueOf[[]types.Operation](blockOr(in, "oidc"), "operations"); given != nil {
		return *given
	}
	return nil
}
