package environments

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// Inputs are the inputs that components with an environment share.
type Inputs struct {
	Organization         *kit.Out[string]            `pulumi:"organization,optional"`
	Project              kit.Out[string]             `pulumi:"project"`
	Name                 kit.Out[string]             `pulumi:"name"`
	Values               *kit.Out[map[string]any]    `pulumi:"values,optional"`
	Imports              *kit.Out[[]string]          `pulumi:"imports,optional" list:"ordered"`
	EnvironmentVariables *kit.Out[map[string]any]    `pulumi:"environmentVariables,optional"`
	PulumiConfig         *kit.Out[map[string]any]    `pulumi:"pulumiConfig,optional"`
	Tags                 *kit.Out[map[string]string] `pulumi:"tags,optional"`
	DeletionProtected    *kit.Out[bool]              `pulumi:"deletionProtected,optional"`
	OpenApproval         *kit.Out[types.Approval]    `pulumi:"openApproval,optional"`
	UpdateApproval       *kit.Out[types.Approval]    `pulumi:"updateApproval,optional"`

	AllowedOpeners     *kit.Out[types.AllowedPrincipals] `pulumi:"allowedOpeners,optional"`
	OnUnexpectedOpener *kit.Out[types.OnViolation]       `pulumi:"onUnexpectedOpener,optional"`
	IncludeIndirect    *kit.Out[bool]                    `pulumi:"includeIndirect,optional"`
}

// Annotate describes the inputs.
func (in *Inputs) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, kit.OrganizationHelp)
	a.Describe(&in.Project, "The environment's project.")
	a.Describe(&in.Name, "The environment's name.")
	a.Describe(&in.Values, "The environment's values, in ESC's own syntax (`fn::...`, `${...}`). A value that is secret in the "+
		"program is kept secret in the environment as well.")
	a.Describe(&in.Imports, "Environments to import, as `project/environment`, in order.")
	a.Describe(&in.EnvironmentVariables, "Environment variables for `pulumi env run` and for Pulumi programs. With `aws`, the "+
		"credentials are exported as `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN` unless set here; with "+
		"`azure`, as `ARM_CLIENT_ID`, `ARM_TENANT_ID`, `ARM_SUBSCRIPTION_ID`, `ARM_USE_OIDC` and `ARM_OIDC_TOKEN`; with `gcp`, as "+
		"`GOOGLE_CLOUD_PROJECT`, `GOOGLE_OAUTH_ACCESS_TOKEN`, `CLOUDSDK_AUTH_ACCESS_TOKEN` and `CLOUDSDK_CORE_PROJECT`.")
	a.Describe(&in.PulumiConfig, "Configuration for the Pulumi stacks that use the environment.")
	a.Describe(&in.Tags, "The environment's tags, owned whole when given. Access rules may select environments by tags.")
	a.Describe(&in.DeletionProtected, "Whether the environment is protected from deletion. Default: true. To delete it, set "+
		"this to false, run `pulumi up`, then remove it.")
	a.Describe(&in.OpenApproval, "The approval that opening the environment needs, directly or by importing it. Deployments need one too. The "+
		"block itself must be known at preview.")
	a.Describe(&in.UpdateApproval, "The approval that changing the environment's definition needs, this program's changes included: an update submits a "+
		"draft, and a later one finds it applied. The block itself must be known at preview.")
	a.Describe(&in.AllowedOpeners, "Who is expected to be able to open the environment, beside the users of the `lock`. When given, every preview and "+
		"every update reads the whole organization, and reports everybody else who can open it, deployments and whoever can with an approval included.")
	a.Describe(&in.OnUnexpectedOpener, "What to do when somebody else can open the environment: `warn` (default), `error`, which fails the update "+
		"and counts what could not be read as well, or `ignore`. A preview reports what is so today, and never fails.")
	a.Describe(&in.IncludeIndirect, types.IncludeIndirectHelp)
}

const LockHelp = "Who may use the cloud credentials besides the environment itself. Default: nobody."
