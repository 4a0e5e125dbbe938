// Package deploymentroleassignment is the component DeploymentRoleAssignment. Its page is deploymentroleassignment.md.
package deploymentroleassignment

import (
	_ "embed"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/cloudlogin"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

//go:embed deploymentroleassignment.md
var page string

// DeploymentRoleAssignment gives a stack's deployments a role of their own and scoped cloud credentials.
type DeploymentRoleAssignment struct {
	pulumi.ResourceState

	RoleID   kit.Out[*string]  `pulumi:"roleId"`
	Subjects kit.Out[[]string] `pulumi:"subjects"`
	Audience kit.Out[string]   `pulumi:"audience"`
	cloudlogin.IdentityOutputs
}

// Annotate describes the component.
func (c *DeploymentRoleAssignment) Annotate(a infer.Annotator) {
	a.Describe(c, page)
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
	Operations *kit.Out[[]types.Operation] `pulumi:"operations,optional" list:"set"`
	AWS        *cloudlogin.AWSLogin        `pulumi:"aws,optional"`
	Azure      *cloudlogin.AzureLogin      `pulumi:"azure,optional"`
	GCP        *cloudlogin.GCPLogin        `pulumi:"gcp,optional"`
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

// Args are the component's inputs.
type Args struct {
	Organization    *kit.Out[string]          `pulumi:"organization,optional"`
	Project         kit.Out[string]           `pulumi:"project"`
	Stack           kit.Out[string]           `pulumi:"stack"`
	RoleID          *kit.Out[string]          `pulumi:"roleId,optional"`
	Access          *kit.Out[types.Access]    `pulumi:"access,optional"`
	RoleName        *kit.Out[string]          `pulumi:"roleName,optional"`
	IncludeOwnStack *kit.Out[bool]            `pulumi:"includeOwnStack,optional"`
	OIDC            *DeploymentOIDC           `pulumi:"oidc,optional"`
	Allow           *kit.Out[[]types.OptIn]   `pulumi:"allow,optional" list:"set"`
	OnForeign       *kit.Out[types.OnForeign] `pulumi:"onForeign,optional"`
}

// Annotate describes the inputs.
func (in *Args) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, kit.OrganizationHelp)
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

// Definition is the component.
var Definition = kit.Define(kit.Rules{
	Check:       check,
	MustKnown:   append(cloudlogin.MustKnown("oidc"), "oidc"),
	MustKnownIf: mustKnownIf,
	MayBeAbsent: append([]string{"roleId"}, cloudlogin.IdentityOutputNames...),
	Lifting:     wire.Lifting{Blocks: append(cloudlogin.Blocks("oidc"), "oidc")},
	UserPath:    userPath,
}, build)

// userPath is the path at which the user wrote what is at a path of the deployment settings: logins are below oidc.
func userPath(in property.Map, path string) string {
	cloud, _, _ := strings.Cut(path, ".")
	if block := kit.BlockAt(in, "oidc"); block != nil && kit.Has(*block, cloud) {
		return problem.Join("oidc", path)
	}
	return path
}

const token = "leastprivilege:index:DeploymentRole"

// build registers the component's children.
func build(c *kit.Construction, component *DeploymentRoleAssignment, args Args) error {
	organization := c.Organization(args.Organization)
	component.Subjects = pulumix.Apply4Err(organization, args.Project, args.Stack, args.operations(), subjectsOf)
	component.Audience = pulumix.Apply(organization, oidc.DeploymentAudience)

	props := kit.Properties{"project": args.Project, "stack": args.Stack}
	kit.SetIf(props, "organization", args.Organization)
	kit.SetIf(props, "onForeign", args.OnForeign)
	component.RoleID = kit.Known[*string](nil)
	roleID, err := args.role(c)
	if err != nil {
		return err
	}
	if roleID != nil {
		props["roleId"] = *roleID
		component.RoleID = kit.Present(*roleID)
	}
	logins, ready, err := component.logIn(c, args)
	if err != nil {
		return err
	}
	if len(logins) > 0 {
		props["oidc"] = logins
	}
	_, err = kit.Register(c, token, c.Name, props, &kit.Child{}, pulumi.DependsOn(ready))
	return err
}

// logIn creates the cloud identities, and returns the OIDC configuration of the deployment settings.
func (d *DeploymentRoleAssignment) logIn(c *kit.Construction, args Args) (pulumi.Map, []pulumi.Resource, error) {
	clouds := args.OIDC.clouds()
	identities, ready, err := clouds.Identities(cloudlogin.Request{
		Construction: c,
		Required:     cloudlogin.Required{Subjects: d.Subjects, SessionSeconds: clouds.AWS.MaxSessionSeconds()},
		Trust: cloudlogin.Trust{
			Subjects: d.Subjects, Declared: d.Subjects, Children: subjectNames(c.Given), Issuer: c.Session.IssuerOr(nil),
			Names: pulumix.Apply2(args.Project, args.Stack, func(project, stack string) []string { return []string{"deploy", project, stack} }),
		},
	}, func(cloudlogin.Cloud) kit.Out[string] { return d.Audience }, kit.BlockOr(c.Given, "oidc"), &d.IdentityOutputs)
	logins := pulumi.Map{}
	for name, one := range identities {
		logins[name] = one.Deployment(args.Project, args.Stack)
	}
	return logins, ready, err
}

// clouds are the logins of the block, none without a block.
func (o *DeploymentOIDC) clouds() cloudlogin.CloudLogins {
	if o == nil {
		return cloudlogin.CloudLogins{}
	}
	return cloudlogin.CloudLogins{AWS: o.AWS, Azure: o.Azure, GCP: o.GCP}
}

// mustKnownIf are the operations, which are the federated credentials that there are.
func mustKnownIf(in property.Map) []string {
	if !cloudlogin.CreatesIdentity(kit.BlockAt(in, "oidc", "azure")) {
		return nil
	}
	paths := []string{"oidc.operations"}
	if operations := kit.BlockAt(in, "oidc").Get("operations"); operations.IsArray() {
		for i := range operations.AsArray().Len() {
			paths = append(paths, kit.Index("oidc.operations", i))
		}
	}
	return paths
}

// subjectNames are the names of children of which there is one for each subject: by its operation.
func subjectNames(in property.Map) []string {
	subjects, err := subjectsOf("any", "any", "any", givenOperations(in))
	if err != nil {
		return nil // which the check reports
	}
	return cloudlogin.SubjectNames(subjects, false)
}

func (in Args) operations() kit.Out[[]types.Operation] {
	if in.OIDC == nil {
		return kit.Known[[]types.Operation](nil)
	}
	return kit.OrZero(in.OIDC.Operations)
}

func subjectsOf(organization, project, stack string, operations []types.Operation) ([]string, error) {
	return oidc.DeploymentSubjects(organization, project, stack, types.OperationsOf(operations))
}

// role is the id of the deployments' role: the given one, one made from the access, or none.
func (in Args) role(c *kit.Construction) (*kit.Out[string], error) {
	if in.Access == nil {
		if in.RoleID == nil {
			return nil, c.Warn("neither roleId nor access is given: the deployments of this stack run with the " +
				"organization's default deployment role, if there is one")
		}
		return in.RoleID, nil
	}
	id, err := kit.Role{
		Organization: in.Organization, Name: in.roleName(), Allow: in.Allow,
		Description: pulumix.Apply2(in.Project, in.Stack, func(project, stack string) string {
			return "What deployments of " + project + "/" + stack + " may do."
		}),
		Access: pulumix.Apply4(*in.Access, in.Project, in.Stack, kit.OrElse(in.IncludeOwnStack, true), withOwnStack),
	}.Register(c, c.Name)
	return &id, err
}

func (in Args) roleName() kit.Out[string] {
	return pulumix.Apply3(in.Project, in.Stack, kit.OrZero(in.RoleName), func(project, stack, given string) string {
		if given != "" {
			return given
		}
		return roleName(project, stack)
	})
}

// roleName is the default name, which no other stack has.
func roleName(project, stack string) string { return kit.ObjectName("deploy", project, stack) }

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

// check checks the inputs as far as they are known.
func check(current kit.Checking, in property.Map) problem.List {
	organization, problems := kit.OrganizationOf(current.Session, in)
	problems = append(problems, types.CheckOneOf("onForeign", kit.ValueOf[types.OnForeign](in, "onForeign"))...)
	problems = append(problems, types.CheckRoleID("roleId", kit.ValueOf[string](in, "roleId"))...)
	if kit.Has(in, "roleId") && kit.Has(in, "access") {
		problems.AddReason("roleId", "give at most one of roleId and access")
	}
	problems = append(problems, kit.CheckRoleName("", in)...)
	if kit.Has(in, "roleName") && !kit.Has(in, "access") {
		problems.AddReason("roleName", "names the role that is made from access, and there is none")
	}
	if rules := kit.ValueOf[types.Access](in, "access"); rules != nil {
		problems = append(problems, checkAccess(*rules, in, kit.CheckOptions(current, in))...)
	}
	problems = append(problems, cloudlogin.Check("oidc", kit.BlockOr(in, "oidc"))...)
	if organization != "" {
		problems = append(problems, checkTrust(current, in, organization)...)
	}
	return problems
}

// checkAccess checks the access that the role is made from. It may be empty if the role holds the own stack.
func checkAccess(rules types.Access, in property.Map, options access.CheckOptions) problem.List {
	if rules.IsEmpty() && kit.IsTrueOr(in, "includeOwnStack", true) {
		return nil
	}
	return kit.CheckAccess(rules, options)
}

// checkTrust checks the subjects of the deployments: that they can be computed, and that the clouds take them.
func checkTrust(current kit.Checking, in property.Map, organization string) problem.List {
	block, project, stack := kit.BlockOr(in, "oidc"), kit.TextOf(in, "project"), kit.TextOf(in, "stack")
	operations := givenOperations(in)
	subjects, err := subjectsOf(organization, project, stack, operations)
	if err != nil {
		problems := problem.Of(err)
		for i, one := range problems {
			if one.Path != "organization" && one.Path != "project" && one.Path != "stack" {
				problems[i].Path = problem.Join("oidc", one.Path)
			}
		}
		return problems
	}
	planned := cloudlogin.PlannedTrust{Names: "stack", Many: "oidc.operations", Length: "stack", Subjects: subjects, Issuer: current.IssuerOr(nil)}
	if kit.AllKnown(in, "organization", "project", "stack") && kit.AllKnown(block, "operations") {
		planned.Openings = func() ([]oidc.Opening, []oidc.Opening, bool) {
			own, others, err := oidc.DeploymentOpenings(organization, project, stack, types.OperationsOf(operations))
			return own, others, err == nil
		}
	}
	return cloudlogin.CheckTrusts("oidc", block, func(cloudlogin.Cloud) string { return oidc.DeploymentAudience(organization) }, planned)
}

// givenOperations are the operations of the inputs, as far as they are known.
func givenOperations(in property.Map) []types.Operation {
	if given := kit.ValueOf[[]types.Operation](kit.BlockOr(in, "oidc"), "operations"); given != nil {
		return *given
	}
	return nil
}
