package server

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// deploymentControlRoutes play the part of deployments, which the sandbox does not run.
func (s *org) deploymentControlRoutes() []route {
	return []route{{pattern: "POST /_sandbox/deployments/logins", handle: rest.JSON((*call).loginDeployment)}}
}

type loginDeploymentRequest struct {
	deploymentRequest
	Cloud string `json:"cloud"`
}

// loginDeployment does what a deployment does first: it logs in to a cloud as the stack's deployment settings say. A
// refusal is a 403 that says what the cloud said.
func (c *call) loginDeployment(request loginDeploymentRequest) (map[string]string, error) {
	deployment, err := c.s.deploymentTokenFor(request.deploymentRequest, "")
	if err != nil {
		return nil, err
	}
	cloud, err := c.s.cloudNamed(request.Cloud)
	if err != nil {
		return nil, err
	}
	login := deploymentLogin(c.s.state.Stacks[state.EntityKey(request.Project, request.Stack)], request.Cloud)
	if login == nil {
		return nil, rest.BadRequest("the deployment settings of stack '%s' have no login to %s", state.EntityKey(request.Project, request.Stack), request.Cloud)
	}
	organization := c.s.state.Organization.Login
	subjects, err := oidc.DeploymentSubjects(organization, request.Project, request.Stack, []oidc.Operation{oidc.Operation(deployment.Operation)})
	if err != nil {
		return nil, rest.BadRequest("%v", err)
	}
	token, err := c.s.issuer().sign(identity{
		Subject: subjects[0], Audience: []string{oidc.DeploymentAudience(organization)}, Lifetime: loginTokenLifetime,
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
