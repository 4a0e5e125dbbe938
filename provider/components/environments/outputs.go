package environments

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// Outputs are the outputs of components about their environment.
type Outputs struct {
	EnvironmentID kit.Out[string]          `pulumi:"environmentId"`
	Project       kit.Out[string]          `pulumi:"project"`
	Name          kit.Out[string]          `pulumi:"name"`
	Subjects      kit.Out[[]string]        `pulumi:"subjects"`
	Audiences     kit.Out[types.Audiences] `pulumi:"audiences"`
	OpenGateID    kit.Out[*string]         `pulumi:"openGateId"`
	UpdateGateID  kit.Out[*string]         `pulumi:"updateGateId"`

	UnexpectedOpeners kit.Out[[]types.UnexpectedOpener] `pulumi:"unexpectedOpeners"`
}

// Annotate describes the outputs.
func (o *Outputs) Annotate(a infer.Annotator) {
	a.Describe(&o.EnvironmentID, "The environment's id on Pulumi Cloud.")
	a.Describe(&o.Project, "The environment's project. Access rules that take it are made once the environment and its gates are there.")
	a.Describe(&o.Name, "The environment's name. Access rules that take it are made once the environment and its gates are there.")
	a.Describe(&o.Subjects, "The exact OIDC subjects of the environment's logins.")
	a.Describe(&o.Audiences, "The OIDC audience of the environment's logins, by cloud.")
	a.Describe(&o.OpenGateID, "The service's id of the gate on opening the environment, if there is one.")
	a.Describe(&o.UpdateGateID, "The service's id of the gate on changing the environment, if there is one.")
	a.Describe(&o.UnexpectedOpeners, "Who can open the environment and is neither in `allowedOpeners` nor a user of the `lock`. Absent without "+
		"`allowedOpeners`. At preview it is what is so today, and unknown while the environment does not exist.")
}
