package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

const prodRole = "arn:aws:iam::123456789012:role/payments-prod"

func loginDefinition(role string, attributes []string) string {
	list := ""
	if len(attributes) > 0 {
		list = ", subjectAttributes: [" + strings.Join(attributes, ", ") + "]"
	}
	return "values:\n  aws:\n    login:\n      fn::open::aws-login:\n" +
		"        oidc: {roleArn: '" + role + "', sessionName: '${context.pulumi.user.login}', duration: 1h" + list + "}\n"
}

func (b *box) trust(role, project, environment string, lock oidc.Lock) {
	b.t.Helper()
	subjects, err := oidc.ESCSubjects("acme", oidc.EnvironmentRef{Project: project, Name: environment}, lock)
	if err != nil {
		b.t.Fatal(err)
	}
	policy, err := oidc.AWSTrustPolicy(oidc.AWSTrust{
		Subjects:  subjects,
		Audiences: []string{oidc.ESCAudience(oidc.AWS, "acme", project)},
		AccountID: "123456789012",
		Issuer:    b.url + "/oidc",
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.register(role, policy)
}

func (b *box) trustSubjects(role, audience string, subjects ...string) {
	b.t.Helper()
	// Written out, because AWSTrustPolicy refuses the literal <yaml>, which is one of the subjects that logins have.
	host := strings.TrimPrefix(b.url, "http://")
	policy := map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
		"Principal": map[string]any{"Federated": "arn:" + arn.Partition(role) + ":iam::123456789012:oidc-provider/" + host + "/oidc"},
		"Condition": map[string]any{"StringEquals": map[string]any{host + "/oidc:aud": audience, host + "/oidc:sub": subjects}},
	}}}
	b.register(role, policy)
}

// register tells the sandbox's AWS a role's trust policy, as text or as an object.
func (b *box) register(role string, policy any) {
	b.t.Helper()
	b.send("", http.MethodPost, "/_sandbox/clouds/aws/roles", map[string]any{"arn": role, "trustPolicy": policy}).want(http.StatusOK)
}

func TestLockHoldsForMachines(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		who    map[string]any
		status int
	}{
		{name: "a deployment, through its role", who: map[string]any{"deployment": map[string]any{"project": "payments", "stack": "prod", "operation": "update"}}, status: http.StatusOK},
		{name: "a team that may open it", who: map[string]any{"team": "openers"}, status: http.StatusOK},
		{name: "an organization token without rights", who: map[string]any{"organization": true}, status: http.StatusNotFound},
		{name: "a person without rights", who: map[string]any{"user": "dee"}, status: http.StatusNotFound},
	}
	seed := strings.Replace(lockSeed, "{login: cy}", "{login: cy}, {login: dee}", 1)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, seed)
			b.trust(prodRole, "payments", "prod", oidc.Lock{})
			b.admin(http.MethodPatch, escPath("payments/prod"), strings.Replace(
				loginDefinition(prodRole, oidc.SubjectAttributes(oidc.Lock{})), "${context.pulumi.user.login}", "machine", 1)).want(http.StatusOK)
			token := b.token(c.who)
			b.opened(token, "payments/prod").want(c.status)
			if c.status == http.StatusOK {
				b.yamlOpened(token, "imports: [payments/prod]").want(http.StatusOK).says("ASIA")
				return
			}
			b.yamlOpened(token, "imports: [payments/prod]").want(http.StatusBadRequest).says("not found").hides("ASIA")
		})
	}
}
