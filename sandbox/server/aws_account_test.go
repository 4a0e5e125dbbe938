package server

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/aws"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/idtokens"
)

func TestAssumeRole(t *testing.T) {
	t.Parallel()
	const subject = "pulumi:environments:org:acme:env:payments/prod"
	cases := []struct {
		name    string
		request aws.AssumeRoleRequest // role, session name and duration have defaults
		change  func(*idtokens.Identity)
		want    string // "" is allowed
	}{
		{name: "allowed"},
		{name: "shortest", request: aws.AssumeRoleRequest{Duration: 15 * time.Minute}},
		{name: "longest", request: aws.AssumeRoleRequest{Duration: 12 * time.Hour}},
		{name: "too short", request: aws.AssumeRoleRequest{Duration: 15*time.Minute - 1}, want: "ValidationError"},
		{name: "too long", request: aws.AssumeRoleRequest{Duration: 12*time.Hour + 1}, want: "ValidationError"},
		{name: "session name of 64", request: aws.AssumeRoleRequest{SessionName: strings.Repeat("x", 64)}},
		{name: "session name of 65", request: aws.AssumeRoleRequest{SessionName: strings.Repeat("x", 65)}, want: "ValidationError"},
		{name: "session name of 1", request: aws.AssumeRoleRequest{SessionName: "x"}, want: "ValidationError"},
		{name: "session name with a slash", request: aws.AssumeRoleRequest{SessionName: "a/b"}, want: "ValidationError"},
		{name: "no role of that name", request: aws.AssumeRoleRequest{RoleARN: prodRole + "2"}, want: "AccessDenied"},
		{name: "not a role", request: aws.AssumeRoleRequest{RoleARN: "arn:aws:iam::123456789012:user/bo"}, want: "ValidationError"},
		{name: "another subject", change: func(id *idtokens.Identity) { id.Subject += "x" }, want: "AccessDenied"},
		{name: "another audience", change: func(id *idtokens.Identity) { id.Audience = []string{"gcp:acme"} }, want: "AccessDenied"},
		{name: "an expired token", change: func(id *idtokens.Identity) { id.Lifetime = -time.Second }, want: "InvalidIdentityToken"},
		{name: "not a token", request: aws.AssumeRoleRequest{Token: "hello"}, want: "InvalidIdentityToken"},
	}
	b := newBox(t, "")
	b.trustSubjects(prodRole, "aws:acme", subject)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			id := idtokens.Identity{Subject: subject, Audience: []string{"aws:acme"}, Lifetime: time.Minute}
			if c.change != nil {
				c.change(&id)
			}
			request := c.request
			request.RoleARN = cmp.Or(request.RoleARN, prodRole)
			request.SessionName = cmp.Or(request.SessionName, "session")
			request.Token = cmp.Or(request.Token, b.sign(id))
			b.s.org.Mu.Lock()
			credentials, err := b.s.aws.AssumeRole(request)
			b.s.org.Mu.Unlock()
			checkAssumed(t, credentials, err, c.want)
		})
	}
}

func checkAssumed(t *testing.T, credentials aws.Credentials, err error, want string) {
	t.Helper()
	if want != "" {
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got error %v, want %s", err, want)
		}
		if errors.Is(err, aws.ErrAccessDenied) != (want == "AccessDenied") {
			t.Errorf("%v: only a refusal is access denied", err)
		}
		if credentials != (aws.Credentials{}) {
			t.Error("a refusal came with credentials")
		}
		return
	}
	if err != nil {
		t.Fatalf("refused: %v", err)
	}
	if !strings.HasPrefix(credentials.AccessKeyID, "ASIA") || len(credentials.AccessKeyID) != 20 || len(credentials.SecretAccessKey) != 40 {
		t.Errorf("the credentials do not look like AWS's")
	}
}

func TestAWSRolesEndpoint(t *testing.T) {
	t.Parallel()
	b := newBox(t, "")
	const roles = "/_sandbox/clouds/aws/roles"
	text, err := oidc.AWSTrustPolicy(oidc.AWSTrust{
		Subjects: []string{"s"}, Audiences: []string{"aws:acme"}, AccountID: "123456789012", Issuer: b.url + "/oidc",
	})
	if err != nil {
		t.Fatal(err)
	}
	b.send("", http.MethodPost, roles, map[string]any{"arn": prodRole, "trustPolicy": text}).want(http.StatusOK)
	b.send("", http.MethodPost, roles, `{"arn":"`+prodRole+`2","trustPolicy":`+text+`}`).want(http.StatusOK)
	listed := decoded[struct{ Roles []aws.Role }](b.send("", http.MethodGet, roles, nil).want(http.StatusOK)).Roles
	if len(listed) != 2 || string(listed[0].TrustPolicy) != string(listed[1].TrustPolicy) {
		t.Errorf("a policy given as text differs from the same as an object: %v", listed)
	}
	b.send("", http.MethodGet, "/_sandbox/state", nil).want(http.StatusOK).says(prodRole + "2")
	b.send("", http.MethodDelete, roles+"?arn="+prodRole, nil).want(http.StatusNoContent)
	b.send("", http.MethodDelete, roles+"?arn="+prodRole, nil).want(http.StatusNotFound)
	b.send("", http.MethodPost, roles, map[string]any{"arn": "payments", "trustPolicy": text}).want(http.StatusBadRequest).says("arn")
	b.send("", http.MethodPost, roles, map[string]any{"arn": prodRole, "trustPolicy": "{"}).want(http.StatusBadRequest).says("trustPolicy")
	b.send("", http.MethodPost, roles, map[string]any{"arn": prodRole}).want(http.StatusBadRequest).says("trustPolicy")
}

func TestStaticLogin(t *testing.T) {
	t.Parallel()
	b := newBox(t, lockSeed)
	b.admin(http.MethodPatch, escPath("payments/prod"), `values:
  login:
    fn::open::aws-login:
      static: {accessKeyId: AKIAEXAMPLE, secretAccessKey: {fn::secret: marked-secret}}
`).want(http.StatusOK)
	b.opened(b.user("bo"), "payments/prod").want(http.StatusOK).says("AKIAEXAMPLE").says("marked-secret")
}

func TestLoginInputsAreChecked(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, definition, want string
		onWrite                bool
	}{
		{name: "both", definition: "values: {l: {fn::open::aws-login: {oidc: {roleArn: a, sessionName: bc}, static: {accessKeyId: a, secretAccessKey: b}}}}", want: "exactly one"},
		{name: "neither", definition: "values: {l: {fn::open::aws-login: {}}}", want: "exactly one"},
		{name: "no role", definition: "values: {l: {fn::open::aws-login: {oidc: {sessionName: bc}}}}", want: "roleArn", onWrite: true},
		{name: "a misspelt input", definition: "values: {l: {fn::open::aws-login: {oidc: {roleArn: a, sessionName: bc, subjectAtributes: []}}}}", want: "subjectAtributes"},
		{name: "an unknown attribute", definition: loginDefinition(prodRole, []string{"rootEnvironment"}), want: "unknown subject attribute"},
		{name: "a bad duration", definition: strings.Replace(loginDefinition(prodRole, nil), "1h", "soon", 1), want: "duration"},
		{name: "a misspelt provider", definition: "values: {l: {fn::open::aws-logn: {}}}", want: "unknown provider", onWrite: true},
		{name: "a provider the sandbox lacks", definition: "values: {l: {fn::open::vault-login: {}}}", want: "the sandbox does not have provider"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, lockSeed)
			written := b.admin(http.MethodPatch, escPath("payments/prod"), c.definition)
			if c.onWrite {
				written.want(http.StatusBadRequest).says(c.want)
				return
			}
			written.want(http.StatusOK)
			b.opened(b.user("bo"), "payments/prod").want(http.StatusBadRequest).says(c.want)
		})
	}
}
