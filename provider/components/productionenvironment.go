package components

import (
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// ProductionEnvironment is an ESC environment whose cloud credentials only it can assume.
type ProductionEnvironment struct {
	pulumi.ResourceState

	EnvironmentID  out[string]          `pulumi:"environmentId"`
	Subjects       out[[]string]        `pulumi:"subjects"`
	Audiences      out[types.Audiences] `pulumi:"audiences"`
	AWSRoleARN     out[*string]         `pulumi:"awsRoleArn"`
	AWSTrustPolicy out[*string]         `pulumi:"awsTrustPolicy"`
}

// Annotate describes the component.
func (c *ProductionEnvironment) Annotate(a infer.Annotator) {
	a.SetToken("index", "ProductionEnvironment")
	a.Describe(c, productionEnvironmentDocs)
	a.Describe(&c.EnvironmentID, "The environment's id on Pulumi Cloud.")
	a.Describe(&c.Subjects, "The exact OIDC subjects of the environment's logins.")
	a.Describe(&c.Audiences, "The OIDC audience of the environment's logins, by cloud.")
	a.Describe(&c.AWSRoleARN, "The ARN of the AWS role that the environment assumes, if it logs in to AWS.")
	a.Describe(&c.AWSTrustPolicy, "The trust policy that admits exactly the environment's subjects. A role that is created has "+
		"it already; attach it to a role that you bring.")
}

// ProductionEnvironmentArgs are the component's inputs.
type ProductionEnvironmentArgs struct {
	Organization         *out[string]            `pulumi:"organization,optional"`
	Project              out[string]             `pulumi:"project"`
	Name                 out[string]             `pulumi:"name"`
	Values               *out[map[string]any]    `pulumi:"values,optional"`
	Imports              *out[[]string]          `pulumi:"imports,optional"`
	EnvironmentVariables *out[map[string]any]    `pulumi:"environmentVariables,optional"`
	PulumiConfig         *out[map[string]any]    `pulumi:"pulumiConfig,optional"`
	AWS                  *AWSLogin               `pulumi:"aws,optional"`
	Lock                 *out[types.Lock]        `pulumi:"lock,optional"`
	Tags                 *out[map[string]string] `pulumi:"tags,optional"`
	DeletionProtected    *out[bool]              `pulumi:"deletionProtected,optional"`
}

// Annotate describes the inputs.
func (in *ProductionEnvironmentArgs) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Project, "The environment's project.")
	a.Describe(&in.Name, "The environment's name.")
	a.Describe(&in.Values, "The environment's values, in ESC's own syntax (`fn::...`, `${...}`). A value that is secret in the "+
		"program is kept secret in the environment as well.")
	a.Describe(&in.Imports, "Environments to import, as `project/environment`, in order.")
	a.Describe(&in.EnvironmentVariables, "Environment variables for `pulumi env run` and for Pulumi programs. With `aws`, the "+
		"credentials are exported as `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN` unless set here.")
	a.Describe(&in.PulumiConfig, "Configuration for the Pulumi stacks that use the environment.")
	a.Describe(&in.AWS, "A login to AWS with short-lived credentials.")
	a.Describe(&in.Lock, "Who may use the cloud credentials besides the environment itself. Default: nobody.")
	a.Describe(&in.Tags, "The environment's tags, owned whole when given. Access rules may select environments by tags.")
	a.Describe(&in.DeletionProtected, "Whether the environment is protected from deletion. Default: true. To delete it, set "+
		"this to false, run `pulumi up`, then remove it.")
}

// NewProductionEnvironment registers the component and its children.
func (f Factory) NewProductionEnvironment(
	ctx *pulumi.Context, name string, args ProductionEnvironmentArgs, options ...pulumi.ResourceOption,
) (*ProductionEnvironment, error) {
	component := &ProductionEnvironment{}
	err := ctx.RegisterComponentResource("leastprivilege:index:ProductionEnvironment", name, component, options...)
	if err != nil {
		return nil, err
	}
	current, err := f.Sessions(ctx.Context())
	if err != nil {
		return nil, err
	}
	organization := f.organization(current, args.Organization)
	lock := orZero(args.Lock)
	component.Subjects = pulumix.Apply4Err(organization, args.Project, args.Name, lock, environmentSubjects)
	component.Audiences = pulumix.Apply2(organization, args.Project, types.AudiencesOf)

	login := known[*esc.AWSLogin](nil)
	var ready []pulumi.Resource
	component.AWSRoleARN, component.AWSTrustPolicy = known[*string](nil), known[*string](nil)
	if args.AWS != nil {
		role, err := f.awsRole(ctx, name, component, args.AWS, awsTrust{
			subjects: component.Subjects,
			audience: pulumix.Apply(component.Audiences, func(a types.Audiences) string { return a.AWS }),
			issuer:   current.IssuerOr(nil),
		})
		if err != nil {
			return nil, err
		}
		component.AWSRoleARN, component.AWSTrustPolicy = present(role.arn), present(role.trustPolicy)
		ready = role.ready
		login = args.awsLogin(role.arn, lock)
	}
	environment, err := register(ctx, f.Package, component, environmentToken, name,
		args.environment(args.definition(login)), &environmentChild{}, pulumi.DependsOn(ready))
	if err != nil {
		return nil, err
	}
	component.EnvironmentID = pulumix.MustConvertTyped[string](environment.EnvironmentID)
	return component, nil
}

func environmentSubjects(organization, project, name string, lock types.Lock) ([]string, error) {
	parsed, err := lock.Parse()
	if err != nil {
		return nil, oidc.Problems(err).Under("lock")
	}
	return oidc.ESCSubjects(organization, oidc.EnvironmentRef{Project: project, Name: name}, parsed)
}

// awsLogin is the login that produces exactly the subjects which the role's trust policy admits: both are made from
// the same lock.
func (in ProductionEnvironmentArgs) awsLogin(roleARN out[string], lock out[types.Lock]) out[*esc.AWSLogin] {
	block := in.AWS
	session := pulumix.Apply3(in.Project, in.Name, orZero(block.SessionName), func(project, name, given string) string {
		if given != "" {
			return given
		}
		return types.SessionName(project, name)
	})
	return pulumix.Apply5Err(roleARN, session, orElse(block.Duration, "1h"), orZero(block.PolicyARNs), lock,
		func(arn, session, duration string, policies []string, lock types.Lock) (*esc.AWSLogin, error) {
			d, err := types.ParseDuration(duration)
			if err != nil {
				return nil, err
			}
			parsed, err := lock.Parse()
			return &esc.AWSLogin{
				RoleARN: arn, SessionName: session, Duration: d, PolicyARNs: policies,
				SubjectAttributes: oidc.SubjectAttributes(parsed),
			}, err
		})
}

// definition is the environment's YAML.
func (in ProductionEnvironmentArgs) definition(login out[*esc.AWSLogin]) out[string] {
	return pulumix.Apply5Err(
		orZero(in.Imports), orZero(in.Values), orZero(in.EnvironmentVariables), orZero(in.PulumiConfig), login,
		func(imports []string, values, variables, config map[string]any, login *esc.AWSLogin) (string, error) {
			return esc.Build(esc.Definition{
				Imports: imports, Values: values, EnvironmentVariables: variables, PulumiConfig: config, AWS: login,
			})
		})
}

func (in ProductionEnvironmentArgs) environment(definition out[string]) properties {
	props := properties{
		"project":           in.Project,
		"name":              in.Name,
		"definition":        definition,
		"deletionProtected": orElse(in.DeletionProtected, true),
	}
	setIf(props, "organization", in.Organization)
	setIf(props, "tags", in.Tags)
	return props
}

// checkProductionEnvironment judges the inputs as far as they are known.
func checkProductionEnvironment(current *session.Session, in property.Map) []access.Problem {
	organization, problems := organizationOf(current, in)
	lock := oidc.Lock{}
	if given := valueOf[types.Lock](in, "lock"); given != nil {
		parsed, err := given.Parse()
		problems = append(problems, inputProblems("lock", err)...)
		lock = parsed
	}
	if organization != "" {
		environment := oidc.EnvironmentRef{Project: textOf(in, "project"), Name: textOf(in, "name")}
		subjects, err := oidc.ESCSubjects(organization, environment, lock)
		problems = append(problems, rename(inputProblems("", err), "environment", "name")...)
		if err == nil && has(in, "aws") {
			audience := oidc.ESCAudience(oidc.AWS, organization, environment.Project)
			problems = append(problems, checkTrustLength("lock", subjects, audience, current.IssuerOr(nil))...)
		}
	}
	if has(in, "aws") && in.Get("aws").IsMap() {
		problems = append(problems, checkAWS("aws", in.Get("aws").AsMap())...)
	}
	return problems
}

// rename gives problems at one path the name that the component's users know.
func rename(problems []access.Problem, from, to string) []access.Problem {
	for i := range problems {
		if problems[i].Path == from {
			problems[i].Path = to
		}
	}
	return problems
}
