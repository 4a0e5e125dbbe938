package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

const (
	prodRole    = "arn:aws:iam::123456789012:role/payments-prod"
	defaultRole = "arn:aws:iam::123456789012:role/legacy"
)

const lockSeed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: cy}]
teams: [{name: openers, members: [bo, cy]}]
settings: {defaultDeploymentRole: opener}
roles: [{name: opener, scopes: [environment:read, environment:open, environment_version:read, environment_version:open]}]
stacks: [{project: payments, stack: prod}]
environments:
- {project: payments, environment: prod}
- {project: payments, environment: copy}
- {project: payments, environment: app, definition: 'imports: [payments/prod]'}
- {project: payments, environment: borrower, definition: 'imports: [payments/prod]'}
- {project: payments, environment: pinned, definition: 'imports: [payments/prod@1]'}
- {project: payments, environment: indirect, definition: 'imports: [payments/app]'}
- {project: payments, environment: production, definition: 'imports: [payments/prod]'}
- {project: default, environment: legacy}
grants:
- {team: openers, project: payments, environment: prod, permission: open}
- {team: openers, project: payments, environment: copy, permission: open}
- {team: openers, project: payments, environment: app, permission: open}
- {team: openers, project: payments, environment: borrower, permission: open}
- {team: openers, project: payments, environment: pinned, permission: open}
- {team: openers, project: payments, environment: indirect, permission: open}
- {team: openers, project: payments, environment: production, permission: open}
- {team: openers, project: default, environment: legacy, permission: open}
`

func loginDefinition(role string, attributes []string) string {
	list := ""
	if len(attributes) > 0 {
		list = ", subjectAttributes: [" + strings.Join(attributes, ", ") + "]"
	}
	return "values:\n  aws:\n    login:\n      fn::open::aws-login:\n" +
		"        oidc: {roleArn: '" + role + "', sessionName: '${context.pulumi.user.login}', duration: 1h" + list + "}\n"
}

// lockBox has the same locked login in payments/prod and payments/copy, and a role that admits what the lock says for
// payments/prod.
func lockBox(t *testing.T, lock oidc.Lock) *box {
	t.Helper()
	b := newBox(t, lockSeed)
	b.trust(prodRole, "payments", "prod", lock)
	definition := loginDefinition(prodRole, oidc.SubjectAttributes(lock))
	b.admin(http.MethodPatch, escPath("payments/prod"), definition).want(http.StatusOK)
	b.admin(http.MethodPatch, escPath("payments/copy"), definition).want(http.StatusOK)
	return b
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
		"Principal": map[string]any{"Federated": "arn:aws:iam::123456789012:oidc-provider/" + host + "/oidc"},
		"Condition": map[string]any{"StringEquals": map[string]any{host + "/oidc:aud": audience, host + "/oidc:sub": subjects}},
	}}}
	b.register(role, policy)
}

// register tells the sandbox's AWS a role's trust policy, as text or as an object.
func (b *box) register(role string, policy any) {
	b.t.Helper()
	b.send("", http.MethodPost, "/_sandbox/clouds/aws/roles", map[string]any{"arn": role, "trustPolicy": policy}).want(http.StatusOK)
}

func environments(names ...string) []oidc.EnvironmentRef {
	var all []oidc.EnvironmentRef
	for _, name := range names {
		all = append(all, oidc.EnvironmentRef{Project: "payments", Name: name})
	}
	return all
}

func TestLock(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		lock    oidc.Lock
		user    string // bo if not given
		open    string // an environment, or
		yaml    string // text that was never saved
		allowed bool
	}{
		{name: "the environment itself", open: "payments/prod", allowed: true},
		{name: "one of its revisions", open: "payments/prod/versions/1", allowed: true},
		{name: "a copy of the login", open: "payments/copy"},
		{name: "an environment that imports it", open: "payments/borrower"},
		{name: "an environment that imports a revision", open: "payments/pinned"},
		{name: "an environment that imports an importer", open: "payments/indirect"},
		{name: "an environment of a similar name", open: "payments/production"},
		{name: "a stack's import", yaml: "imports: [payments/prod]", allowed: true},
		{name: "a stack's import of a revision", yaml: "imports: ['payments/prod@1']", allowed: true},
		{name: "a stack's import of an importer", yaml: "imports: [payments/borrower]"},
		{name: "a stack's import of an importer, then of it", yaml: "imports: [payments/borrower, payments/prod]"},
		{name: "a stack's copy of the login", yaml: loginDefinition(prodRole, oidc.SubjectAttributes(oidc.Lock{}))},
		{name: "an allowed root", lock: oidc.Lock{AllowedRoots: environments("app")}, open: "payments/app", allowed: true},
		{name: "itself with allowed roots", lock: oidc.Lock{AllowedRoots: environments("app")}, open: "payments/prod", allowed: true},
		{name: "another root", lock: oidc.Lock{AllowedRoots: environments("app")}, open: "payments/borrower"},
		{name: "a root above an allowed one", lock: oidc.Lock{AllowedRoots: environments("app")}, open: "payments/indirect"},
		{name: "a copy in an allowed root", lock: oidc.Lock{AllowedRoots: environments("copy")}, open: "payments/copy"},
		{name: "an allowed user", lock: oidc.Lock{Users: []string{"bo"}}, open: "payments/prod", allowed: true},
		{name: "another user", lock: oidc.Lock{Users: []string{"bo"}}, user: "cy", open: "payments/prod"},
		{name: "an administrator who is not listed", lock: oidc.Lock{Users: []string{"bo"}}, user: "ana", open: "payments/prod"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := lockBox(t, c.lock)
			if c.user == "" {
				c.user = "bo"
			}
			answer := b.openAny(b.user(c.user), c.open, c.yaml)
			if c.allowed {
				answer.want(http.StatusOK).says("ASIA")
				return
			}
			answer.want(http.StatusBadRequest).
				says("AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity").says("diagnostics").hides("ASIA")
			b.send("", http.MethodGet, "/_sandbox/clouds/aws/sessions", nil).want(http.StatusOK).says(`{"sessions":[]}`)
		})
	}
}

// openAny opens an environment, one of its revisions, or text.
func (b *box) openAny(token, environment, text string) reply {
	b.t.Helper()
	if text != "" {
		return b.yamlOpened(token, text)
	}
	name, version, versioned := strings.Cut(environment, "/versions/")
	if !versioned {
		return b.opened(token, name)
	}
	answer := b.send(token, http.MethodPost, escPath(name, "versions", version, "open?duration=1h"), nil)
	if answer.status != http.StatusOK {
		return answer
	}
	return b.send(token, http.MethodGet, escPath(name, "open", decoded[struct{ ID string }](answer).ID), nil)
}

func TestSubjectsOfLogins(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name       string
		holder     string
		attributes []string
		open, yaml string
		audience   string
		subject    string
	}{
		{
			name: "without attributes", holder: "payments/prod", open: "payments/prod",
			audience: "aws:acme", subject: "pulumi:environments:org:acme:env:payments/prod",
		},
		{
			name: "without attributes, imported", holder: "payments/prod", open: "payments/app",
			audience: "aws:acme", subject: "pulumi:environments:org:acme:env:payments/app",
		},
		{
			name: "without attributes, under pulumi up", holder: "payments/prod", yaml: "imports: [payments/prod]",
			audience: "aws:acme", subject: "pulumi:environments:org:acme:env:<yaml>",
		},
		{
			name: "in the legacy project", holder: "default/legacy", open: "default/legacy",
			attributes: []string{"rootEnvironment.name", "currentEnvironment.name"}, audience: "acme",
			subject: "pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:legacy:currentEnvironment.name:legacy",
		},
		{
			name: "in the legacy project, under pulumi up", holder: "default/legacy", yaml: "imports: [legacy]",
			attributes: []string{"rootEnvironment.name", "currentEnvironment.name"}, audience: "acme",
			subject: "pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:legacy:currentEnvironment.name:legacy",
		},
		{
			name: "in the order of the attributes", holder: "payments/prod", open: "payments/app",
			attributes: []string{"pulumi.user.login", "currentEnvironment.name"}, audience: "aws:acme",
			subject: "pulumi:environments:pulumi.organization.login:acme:pulumi.user.login:bo:currentEnvironment.name:payments/prod",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, lockSeed)
			b.trustSubjects(defaultRole, c.audience, c.subject)
			b.admin(http.MethodPatch, escPath(c.holder), loginDefinition(defaultRole, c.attributes)).want(http.StatusOK)
			b.openAny(b.user("bo"), c.open, c.yaml).want(http.StatusOK).says("ASIA")
			sessions := decoded[struct{ Sessions []awsSession }](b.send("", http.MethodGet, "/_sandbox/clouds/aws/sessions", nil)).Sessions
			if len(sessions) != 1 || sessions[0].Subject != c.subject || sessions[0].SessionName != "bo" {
				t.Errorf("got sessions %+v, want one of subject %s", sessions, c.subject)
			}
		})
	}
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
