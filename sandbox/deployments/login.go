package deployments

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/idtokens"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/tokens"
)

// ControlRoutes play the part of deployments, which the sandbox does not run.
func ControlRoutes() []core.Route {
	return []core.Route{{Pattern: "POST /_sandbox/deployments/logins", Handle: rest.JSON(loginDeployment)}}
}

type loginDeploymentRequest struct {
	tokens.DeploymentRequest
	Cloud string `json:"cloud"`
}

// loginDeployment does what a deployment does first: it logs in to a cloud as the stack's deployment settings say. A
// refusal is a 403 with the cloud's message.
func loginDeployment(c *core.Call, request loginDeploymentRequest) (map[string]string, error) {
	deployment, err := tokens.DeploymentTokenFor(c.Org, request.DeploymentRequest, "")
	if err != nil {
		return nil, err
	}
	cloud, err := c.Org.CloudNamed(request.Cloud)
	if err != nil {
		return nil, err
	}
	login := deploymentLogin(c.Org.State.Stacks[state.EntityKey(request.Project, request.Stack)], request.Cloud)
	if login == nil {
		return nil, rest.BadRequest("the deployment settings of stack '%s' have no login to %s", state.EntityKey(request.Project, request.Stack), request.Cloud)
	}
	organization := c.Org.State.Organization.Login
	subjects, err := oidc.DeploymentSubjects(organization, request.Project, request.Stack, []oidc.Operation{oidc.Operation(deployment.Operation)})
	if err != nil {
		return nil, rest.BadRequest("%v", err)
	}
	token, err := c.Org.Issuer().Sign(idtokens.Identity{
		Subject: subjects[0], Audience: []string{oidc.DeploymentAudience(organization)}, Lifetime: esc.LoginTokenLifetime,
	})
	if err != nil {
		return nil, err
	}
	if err := cloud.Deploy(login, token); err != nil {
		return nil, rest.Forbidden("%v", err)
	}
	return map[string]string{"cloud": request.Cloud, "subject": subjects[0]}, nil
}

func deploymentLogin(st *state.Stack, cloud string) map[string]any {
	operation, _ := st.Deployment["operationContext"].(map[string]any)
	logins, _ := operation["oidc"].(map[string]any)
	login, _ := logins[cloud].(map[string]any)
	return login
}
