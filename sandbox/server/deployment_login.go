package server

import (
	"fmt"
	"regexp"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// deploymentControlRoutes play the part of deployments, which the sandbox does not run.
func (s *Server) deploymentControlRoutes() []route {
	return []route{{pattern: "POST /_sandbox/deployments/logins", handle: rest.JSON((*call).loginDeployment)}}
}

// deploymentLogins are the clouds that a deployment can log in to: each takes the stack's login from the deployment
// settings and the deployment's identity token.
var deploymentLogins = map[string]func(s *Server, login map[string]any, token string) error{
	"aws":   (*Server).deployToAWS,
	"azure": (*Server).deployToAzure,
	"gcp":   (*Server).deployToGCP,
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
	logIn, found := deploymentLogins[request.Cloud]
	if !found {
		return nil, rest.BadRequest("cloud: %q is none of %v", request.Cloud, sortedKeys(deploymentLogins))
	}
	login := deploymentLogin(c.s.st.Stacks[entityKey(request.Project, request.Stack)], request.Cloud)
	if login == nil {
		return nil, rest.BadRequest("the deployment settings of stack '%s' have no login to %s", entityKey(request.Project, request.Stack), request.Cloud)
	}
	organization := c.s.st.Organization.Login
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
	if err := logIn(c.s, login, token); err != nil {
		return nil, rest.Forbidden("%v", err)
	}
	return map[string]string{"cloud": request.Cloud, "subject": subjects[0]}, nil
}

func deploymentLogin(st *stack, cloud string) map[string]any {
	operation, _ := st.Deployment["operationContext"].(map[string]any)
	logins, _ := operation["oidc"].(map[string]any)
	login, _ := logins[cloud].(map[string]any)
	return login
}

// deploymentVariable is what Pulumi Cloud fills in, such as ${deployment.version}.
var deploymentVariable = regexp.MustCompile(`\$\{[^}]*\}`)

func (s *Server) deployToAWS(login map[string]any, token string) error {
	duration, err := settingsDuration(login, "duration")
	if err != nil {
		return err
	}
	_, err = s.awsSTS().assumeRole(awsAssumeRequest{
		RoleARN:     settingsText(login, "roleArn"),
		SessionName: deploymentVariable.ReplaceAllString(settingsText(login, "sessionName"), "1"),
		Token:       token,
		Duration:    duration,
	})
	return err
}

func (s *Server) deployToAzure(login map[string]any, token string) error {
	return s.azureEntra().signIn(azureSignIn{
		ClientID:       settingsText(login, "clientId"),
		TenantID:       settingsText(login, "tenantId"),
		SubscriptionID: settingsText(login, "subscriptionId"),
		Token:          token,
	})
}

func (s *Server) deployToGCP(login map[string]any, token string) error {
	lifetime, err := settingsDuration(login, "tokenLifetime")
	if err != nil {
		return err
	}
	_, err = s.gcpSTS().login(gcpLoginRequest{
		Provider: gcpProviderOf(settingsText(login, "projectId"), settingsText(login, "region"),
			settingsText(login, "workloadPoolId"), settingsText(login, "providerId")),
		ServiceAccount: settingsText(login, "serviceAccount"),
		Token:          token,
		Lifetime:       lifetime,
	})
	return err
}

func settingsText(settings map[string]any, name string) string {
	value, _ := settings[name].(string)
	return value
}

func settingsDuration(settings map[string]any, name string) (time.Duration, error) {
	written := settingsText(settings, name)
	if written == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(written)
	if err != nil {
		return 0, fmt.Errorf("%s %q is not a duration", name, written)
	}
	return d, nil
}
