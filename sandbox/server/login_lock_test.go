package server

import (
	"cmp"
	"net/http"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
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

// cloudUnderTest is a cloud whose logins are tried with every lock.
type cloudUnderTest struct {
	name oidc.Cloud
	// trust lets exactly these subjects use the identity that definition logs in as.
	trust func(b *box, audience string, subjects ...string)
	// definition is an environment with a login that has these attributes.
	definition func(attributes []string) string
	// credentials is what an opened login holds, refusal what the cloud says.
	credentials, refusal string
	// sessionName is the one that bo gets, where the cloud has such a thing.
	sessionName string
}

var cloudsUnderTest = []cloudUnderTest{
	{
		name:        oidc.AWS,
		trust:       func(b *box, audience string, subjects ...string) { b.trustSubjects(prodRole, audience, subjects...) },
		definition:  func(attributes []string) string { return loginDefinition(prodRole, attributes) },
		credentials: "ASIA", refusal: "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity", sessionName: "bo",
	},
	{
		name: oidc.Azure, trust: (*box).trustAzure, definition: azureDefinition,
		credentials: "ARM_OIDC_TOKEN", refusal: "invalid_client: AADSTS700213: No matching federated identity record found for presented assertion subject",
	},
	{
		name: oidc.GCP, trust: (*box).trustGoogle, definition: googleDefinition,
		credentials: "ya29.", refusal: "unauthorized_client: refused by Google: The given credential is rejected by the attribute condition",
	},
}

func (c cloudUnderTest) sessions() string { return "/_sandbox/clouds/" + string(c.name) + "/sessions" }

// cloudSession is what the tests read of a session, on any cloud.
type cloudSession struct{ Subject, SessionName string }

// lockBox has the same locked login in payments/prod and payments/copy, and an identity that admits what the lock says for
// payments/prod.
func lockBox(t *testing.T, cloud cloudUnderTest, lock oidc.Lock) *box {
	t.Helper()
	b := newBox(t, lockSeed)
	subjects, err := oidc.ESCSubjects("acme", lockedEnvironments("prod")[0], lock)
	if err != nil {
		t.Fatal(err)
	}
	cloud.trust(b, oidc.ESCAudience(cloud.name, "acme", "payments"), subjects...)
	definition := cloud.definition(oidc.SubjectAttributes(lock))
	b.admin(http.MethodPatch, escPath("payments/prod"), definition).want(http.StatusOK)
	b.admin(http.MethodPatch, escPath("payments/copy"), definition).want(http.StatusOK)
	return b
}

func lockedEnvironments(names ...string) []oidc.EnvironmentRef {
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
		{name: "a stack's copy of the login", yaml: "copy"},
		{name: "an allowed root", lock: oidc.Lock{AllowedRoots: lockedEnvironments("app")}, open: "payments/app", allowed: true},
		{name: "itself with allowed roots", lock: oidc.Lock{AllowedRoots: lockedEnvironments("app")}, open: "payments/prod", allowed: true},
		{name: "another root", lock: oidc.Lock{AllowedRoots: lockedEnvironments("app")}, open: "payments/borrower"},
		{name: "a root above an allowed one", lock: oidc.Lock{AllowedRoots: lockedEnvironments("app")}, open: "payments/indirect"},
		{name: "a copy in an allowed root", lock: oidc.Lock{AllowedRoots: lockedEnvironments("copy")}, open: "payments/copy"},
		{name: "an allowed user", lock: oidc.Lock{Users: []string{"bo"}}, open: "payments/prod", allowed: true},
		{name: "another user", lock: oidc.Lock{Users: []string{"bo"}}, user: "cy", open: "payments/prod"},
		{name: "an administrator who is not listed", lock: oidc.Lock{Users: []string{"bo"}}, user: "ana", open: "payments/prod"},
	}
	for _, cloud := range cloudsUnderTest {
		for _, c := range cases {
			t.Run(string(cloud.name)+", "+c.name, func(t *testing.T) {
				t.Parallel()
				b := lockBox(t, cloud, c.lock)
				if c.yaml == "copy" {
					c.yaml = cloud.definition(oidc.SubjectAttributes(c.lock))
				}
				answer := b.openAny(b.user(cmp.Or(c.user, "bo")), c.open, c.yaml)
				if c.allowed {
					answer.want(http.StatusOK).says(cloud.credentials)
					return
				}
				answer.want(http.StatusBadRequest).says(cloud.refusal).says("diagnostics").hides(cloud.credentials)
				b.send("", http.MethodGet, cloud.sessions(), nil).want(http.StatusOK).says(`{"sessions":[]}`)
			})
		}
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
			audience: "CLOUD:acme", subject: "pulumi:environments:org:acme:env:payments/prod",
		},
		{
			name: "without attributes, imported", holder: "payments/prod", open: "payments/app",
			audience: "CLOUD:acme", subject: "pulumi:environments:org:acme:env:payments/app",
		},
		{
			name: "without attributes, under pulumi up", holder: "payments/prod", yaml: "imports: [payments/prod]",
			audience: "CLOUD:acme", subject: "pulumi:environments:org:acme:env:<yaml>",
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
			attributes: []string{"pulumi.user.login", "currentEnvironment.name"}, audience: "CLOUD:acme",
			subject: "pulumi:environments:pulumi.organization.login:acme:pulumi.user.login:bo:currentEnvironment.name:payments/prod",
		},
	}
	for _, cloud := range cloudsUnderTest {
		for _, c := range cases {
			t.Run(string(cloud.name)+", "+c.name, func(t *testing.T) {
				t.Parallel()
				b := newBox(t, lockSeed)
				cloud.trust(b, strings.Replace(c.audience, "CLOUD", string(cloud.name), 1), c.subject)
				b.admin(http.MethodPatch, escPath(c.holder), cloud.definition(c.attributes)).want(http.StatusOK)
				b.openAny(b.user("bo"), c.open, c.yaml).want(http.StatusOK).says(cloud.credentials)
				sessions := decoded[struct{ Sessions []cloudSession }](b.send("", http.MethodGet, cloud.sessions(), nil)).Sessions
				if len(sessions) != 1 || sessions[0].Subject != c.subject || sessions[0].SessionName != cloud.sessionName {
					t.Errorf("got sessions %+v, want one of subject %s", sessions, c.subject)
				}
			})
		}
	}
}
