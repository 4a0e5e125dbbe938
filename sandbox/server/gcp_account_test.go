package server

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/gcp"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/idtokens"
)

const (
	googlePool     = "projects/123456789012/locations/global/workloadIdentityPools/pulumi"
	googleProvider = googlePool + "/providers/payments-prod"
	googleAccount  = "payments-prod@acme-prod.iam.gserviceaccount.com"
	googleUser     = "roles/iam.workloadIdentityUser"
)

func googleDefinition(attributes []string) string {
	list := ""
	if len(attributes) > 0 {
		list = ", subjectAttributes: [" + strings.Join(attributes, ", ") + "]"
	}
	return "values:\n  gcp:\n    login:\n      fn::open::gcp-login:\n        project: 123456789012\n" +
		"        oidc: {workloadPoolId: pulumi, providerId: payments-prod, serviceAccount: " + googleAccount + ", tokenLifetime: 1h" + list + "}\n"
}

// trustGoogle lets subjects act as googleAccount: through a provider whose condition admits them, and one binding each.
func (b *box) trustGoogle(audience string, subjects ...string) {
	b.t.Helper()
	const prefix = "pulumi:environments:pulumi.organization.login:"
	mapping := "assertion.sub.startsWith('" + prefix + "') ? assertion.sub.extract('" + prefix + "{subject}') : assertion.sub"
	b.registerGoogle("providers", map[string]any{
		"name": googleProvider, "oidc": map[string]any{"issuerUri": b.url + "/oidc", "allowedAudiences": []string{audience}},
		"attributeMapping":   map[string]string{"google.subject": mapping},
		"attributeCondition": "assertion.sub in ['" + strings.Join(subjects, "', '") + "']",
	})
	var members []string
	for _, subject := range subjects {
		members = append(members, "principal://iam.googleapis.com/"+googlePool+"/subject/"+strings.TrimPrefix(subject, prefix))
	}
	b.registerGoogle("service-accounts", map[string]any{
		"email": googleAccount, "bindings": []any{map[string]any{"role": googleUser, "members": members}},
	})
}

func (b *box) registerGoogle(kind string, body any) {
	b.t.Helper()
	b.send("", http.MethodPost, "/_sandbox/clouds/gcp/"+kind, body).want(http.StatusOK)
}

// What the product writes is what the sandbox's Google admits, member by member.
func TestGoogleLoginByWhatTheProductWrites(t *testing.T) {
	t.Parallel()
	b := newBox(t, lockSeed)
	env := oidc.EnvironmentRef{Project: "payments", Name: "prod"}
	lock := oidc.Lock{Users: []string{"bo", "cy"}}
	subjects, err := oidc.ESCSubjects("acme", env, lock)
	if err != nil {
		t.Fatal(err)
	}
	identity, err := oidc.GoogleWorkloadIdentityFor(oidc.GoogleTrust{
		Subjects: subjects, Audience: oidc.ESCAudience(oidc.GCP, "acme", "payments"), Issuer: b.url + "/oidc", Pool: googlePool,
	})
	if err != nil {
		t.Fatal(err)
	}
	b.registerGoogle("providers", gcp.Provider{Name: googleProvider, GoogleWorkloadIdentity: identity})
	b.registerGoogle("service-accounts", map[string]any{"email": googleAccount})
	b.registerGoogle("members", gcp.Membership{ServiceAccount: googleAccount, Role: googleUser, Member: identity.Principals[0].Member})
	definition, err := esc.Build(esc.Definition{Logins: []esc.Login{esc.GCPLogin{
		Project: "123456789012", ProjectName: "acme-prod", WorkloadPoolID: "pulumi", ProviderID: "payments-prod",
		ServiceAccount: googleAccount, TokenLifetime: time.Hour, SubjectAttributes: oidc.SubjectAttributes(lock),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	b.admin(http.MethodPatch, escPath("payments/prod"), definition).want(http.StatusOK)

	b.opened(b.user("bo"), "payments/prod").want(http.StatusOK).says("ya29.").says(`"Bearer"`).says(`"123456789012"`).says("GOOGLE_OAUTH_ACCESS_TOKEN")
	// cy passes the condition and has no binding; ana does not pass the condition.
	b.opened(b.user("cy"), "payments/prod").want(http.StatusBadRequest).
		says("PERMISSION_DENIED").says("iam.serviceAccounts.getAccessToken").says("no binding of " + googleUser).hides("ya29.")
	b.opened(b.user("ana"), "payments/prod").want(http.StatusBadRequest).says("unauthorized_client").hides("ya29.")

	sessions := decoded[struct{ Sessions []gcp.Session }](b.send("", http.MethodGet, "/_sandbox/clouds/gcp/sessions", nil)).Sessions
	if len(sessions) != 1 || sessions[0].Principal != identity.Principals[0].Member || sessions[0].Subject != subjects[0] ||
		sessions[0].Expires.Sub(sessions[0].Issued) != time.Hour || !slices.Equal(sessions[0].Audience, []string{"gcp:acme"}) {
		t.Errorf("got sessions %+v", sessions)
	}
}

func TestGoogleLogin(t *testing.T) {
	t.Parallel()
	const subject = "pulumi:environments:org:acme:env:payments/prod"
	cases := []struct {
		name    string
		request gcp.LoginRequest // provider and service account have defaults
		change  func(*idtokens.Identity)
		setup   func(*gcp.Provider, *gcp.ServiceAccount)
		want    string // "" is allowed
	}{
		{name: "allowed"},
		{name: "an hour", request: gcp.LoginRequest{Lifetime: time.Hour}},
		{name: "more than an hour", request: gcp.LoginRequest{Lifetime: time.Hour + 1}, want: "INVALID_ARGUMENT"},
		{name: "twelve hours, by policy", request: gcp.LoginRequest{Lifetime: 12 * time.Hour}, setup: longLifetime},
		{name: "more than twelve, by policy", request: gcp.LoginRequest{Lifetime: 12*time.Hour + 1}, setup: longLifetime, want: "INVALID_ARGUMENT"},
		{name: "no such provider", request: gcp.LoginRequest{Provider: googleProvider + "2"}, want: "invalid_target"},
		{name: "a region", request: gcp.LoginRequest{Provider: strings.Replace(googleProvider, "global", "europe-west1", 1)}, want: "invalid_target"},
		{name: "a disabled provider", setup: func(p *gcp.Provider, _ *gcp.ServiceAccount) { p.Disabled = true }, want: "invalid_target"},
		{name: "another issuer", setup: func(p *gcp.Provider, _ *gcp.ServiceAccount) { p.OIDC.IssuerURI = "https://api.pulumi.com/oidc" }, want: "invalid_grant"},
		{name: "another subject", change: func(id *idtokens.Identity) { id.Subject += "x" }, want: "unauthorized_client"},
		{name: "another audience", change: func(id *idtokens.Identity) { id.Audience = []string{"aws:acme"} }, want: "invalid_grant"},
		{name: "one audience of several", change: func(id *idtokens.Identity) { id.Audience = []string{"aws:acme", "gcp:acme"} }},
		{name: "no audience listed", setup: func(p *gcp.Provider, _ *gcp.ServiceAccount) { p.OIDC.AllowedAudiences = nil }, want: "invalid_grant"},
		{
			name: "the provider as audience", setup: func(p *gcp.Provider, _ *gcp.ServiceAccount) { p.OIDC.AllowedAudiences = nil },
			change: func(id *idtokens.Identity) { id.Audience = []string{"https://iam.googleapis.com/" + googleProvider} },
		},
		{name: "an expired token", change: func(id *idtokens.Identity) { id.Lifetime = -time.Second }, want: "invalid_grant"},
		{name: "not a token", request: gcp.LoginRequest{Token: "hello"}, want: "invalid_grant"},
		{name: "a long subject", setup: anySubject, change: func(id *idtokens.Identity) { id.Subject = strings.Repeat("s", 127) }, want: "PERMISSION_DENIED"},
		{name: "a subject that is too long", setup: anySubject, change: func(id *idtokens.Identity) { id.Subject = strings.Repeat("s", 128) }, want: "invalid_request"},
		{name: "no such account", request: gcp.LoginRequest{ServiceAccount: "other@acme-prod.iam.gserviceaccount.com"}, want: "PERMISSION_DENIED"},
		{name: "no binding", setup: func(_ *gcp.Provider, a *gcp.ServiceAccount) { a.Bindings = nil }, want: "PERMISSION_DENIED"},
		{name: "a binding of another role", setup: func(_ *gcp.Provider, a *gcp.ServiceAccount) { a.Bindings[0].Role = "roles/iam.serviceAccountUser" }, want: "PERMISSION_DENIED"},
		{name: "a binding of another subject", setup: bound("principal://iam.googleapis.com/" + googlePool + "/subject/" + subject + "x"), want: "PERMISSION_DENIED"},
		{name: "a binding of another pool", setup: bound("principal://iam.googleapis.com/" + googlePool + "2/subject/" + subject), want: "PERMISSION_DENIED"},
		{name: "a binding of the whole pool", setup: bound("principalSet://iam.googleapis.com/" + googlePool + "/*")},
		{name: "a binding of an attribute", setup: bound("principalSet://iam.googleapis.com/" + googlePool + "/attribute.root/payments/prod")},
		{name: "a binding of another value", setup: bound("principalSet://iam.googleapis.com/" + googlePool + "/attribute.root/payments"), want: "PERMISSION_DENIED"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, "")
			b.trustGoogle("gcp:acme", subject)
			id := idtokens.Identity{Subject: subject, Audience: []string{"gcp:acme"}, Lifetime: time.Minute, Claims: map[string]any{"root_env": "payments/prod"}}
			if c.change != nil {
				c.change(&id)
			}
			request := c.request
			request.Provider = cmp.Or(request.Provider, googleProvider)
			request.ServiceAccount = cmp.Or(request.ServiceAccount, googleAccount)
			request.Token = cmp.Or(request.Token, b.sign(id))
			b.s.org.Mu.Lock()
			defer b.s.org.Mu.Unlock()
			provider := b.s.org.State.Clouds.GCP.Providers[googleProvider]
			provider.AttributeMapping = map[string]string{"google.subject": "assertion.sub", "attribute.root": "assertion.root_env"}
			if c.setup != nil {
				c.setup(provider, b.s.org.State.Clouds.GCP.ServiceAccounts[googleAccount])
			}
			credentials, err := b.s.gcp.Login(request)
			switch {
			case c.want == "" && (err != nil || !strings.HasPrefix(credentials.AccessToken, "ya29.")):
				t.Errorf("refused: %v", err)
			case c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want) || !errors.Is(err, gcp.ErrRefused) || credentials != (gcp.Credentials{})):
				t.Errorf("got error %v, want %s", err, c.want)
			}
		})
	}
}

func longLifetime(_ *gcp.Provider, a *gcp.ServiceAccount) { a.LongLifetime = true }

func anySubject(p *gcp.Provider, _ *gcp.ServiceAccount) { p.AttributeCondition = "" }

func bound(member string) func(*gcp.Provider, *gcp.ServiceAccount) {
	return func(_ *gcp.Provider, a *gcp.ServiceAccount) { a.Bindings[0].Members = []string{member} }
}

func TestGoogleEndpoints(t *testing.T) {
	t.Parallel()
	b := newBox(t, "")
	const root = "/_sandbox/clouds/gcp/"
	before := b.send("", http.MethodGet, "/_sandbox/state", nil).body
	b.trustGoogle("gcp:acme", "s")
	b.send("", http.MethodGet, root+"providers", nil).want(http.StatusOK).says(googleProvider).says("attributeCondition")
	b.send("", http.MethodGet, root+"service-accounts", nil).want(http.StatusOK).says(googleAccount)
	// Registering an account again keeps its bindings; a member that is added and removed leaves no trace.
	b.registerGoogle("service-accounts", map[string]any{"email": googleAccount})
	trusted := b.send("", http.MethodGet, "/_sandbox/state", nil).want(http.StatusOK).says(googleUser).says(googleProvider).body
	member := gcp.Membership{ServiceAccount: googleAccount, Role: googleUser, Member: "principal://iam.googleapis.com/" + googlePool + "/subject/a"}
	query := root + "members?" + url.Values{"serviceAccount": {googleAccount}, "role": {member.Role}, "member": {member.Member}}.Encode()
	b.registerGoogle("members", member)
	b.registerGoogle("members", member)
	b.send("", http.MethodDelete, query, nil).want(http.StatusNoContent)
	b.send("", http.MethodDelete, query, nil).want(http.StatusNotFound)
	if after := b.send("", http.MethodGet, "/_sandbox/state", nil).body; after != trusted {
		t.Errorf("a member that was added and removed left a trace:\n%s\n%s", trusted, after)
	}
	b.send("", http.MethodPut, "/_sandbox/state", trusted).want(http.StatusNoContent)
	b.send("", http.MethodDelete, root+"providers?name="+googleProvider, nil).want(http.StatusNoContent)
	b.send("", http.MethodDelete, root+"providers?name="+googleProvider, nil).want(http.StatusNotFound)
	b.send("", http.MethodDelete, root+"service-accounts?email="+googleAccount, nil).want(http.StatusNoContent)
	b.send("", http.MethodDelete, root+"service-accounts?email="+googleAccount, nil).want(http.StatusNotFound)
	if after := b.send("", http.MethodGet, "/_sandbox/state", nil).body; after != before {
		t.Errorf("making and deleting left a trace:\n%s\n%s", before, after)
	}
}

func TestGoogleEndpointsRefuse(t *testing.T) {
	t.Parallel()
	b := newBox(t, "")
	b.trustGoogle("gcp:acme", "s")
	provider := func(change map[string]any) map[string]any {
		body := map[string]any{
			"name": googleProvider, "oidc": map[string]any{"issuerUri": "https://api.pulumi.com/oidc"},
			"attributeMapping": map[string]string{"google.subject": "assertion.sub"},
		}
		for key, value := range change {
			body[key] = value
		}
		return body
	}
	cases := []struct {
		kind, want string
		body       any
	}{
		{"providers", "name", provider(map[string]any{"name": strings.Replace(googleProvider, "123456789012", "acme-prod", 1)})},
		{"providers", "oidc.issuerUri", provider(map[string]any{"oidc": map[string]any{}})},
		{"providers", "attributeMapping", provider(map[string]any{"attributeMapping": map[string]string{}})},
		{"providers", "attributeMapping", provider(map[string]any{"attributeMapping": map[string]string{"google.subject": "assertion."}})},
		{"providers", "attributeCondition", provider(map[string]any{"attributeCondition": "assertion.sub =="})},
		{"providers", "attributeCondition: has 4097", provider(map[string]any{"attributeCondition": "assertion.sub == '" + strings.Repeat("x", 4097-18-1) + "'"})},
		{"service-accounts", "email", map[string]any{"email": "payments-prod"}},
		{"service-accounts", "bindings[0].role", map[string]any{"email": googleAccount, "bindings": []any{map[string]any{"role": "owner"}}}},
		{"service-accounts", "bindings[0].members[0]", map[string]any{"email": googleAccount, "bindings": []any{map[string]any{"role": googleUser, "members": []string{"bo"}}}}},
		{"members", "members[0]", gcp.Membership{ServiceAccount: googleAccount, Role: googleUser, Member: "bo"}},
	}
	for _, c := range cases {
		b.send("", http.MethodPost, "/_sandbox/clouds/gcp/"+c.kind, c.body).want(http.StatusBadRequest).says(c.want)
	}
	b.send("", http.MethodPost, "/_sandbox/clouds/gcp/members", gcp.Membership{ServiceAccount: "x@y"}).want(http.StatusNotFound)
	b.send("", http.MethodPut, "/_sandbox/state", strings.Replace(b.send("", http.MethodGet, "/_sandbox/state", nil).body,
		`"name": "`+googleProvider+`"`, `"name": "other"`, 1)).want(http.StatusBadRequest).says("clouds.gcp.providers")
}

func TestGoogleLoginInputsAreChecked(t *testing.T) {
	t.Parallel()
	const given = "oidc: {workloadPoolId: pulumi, providerId: payments-prod, serviceAccount: a@b"
	cases := []struct {
		name, inputs, want string
		onWrite            bool
	}{
		{name: "both", inputs: "project: 1, " + given + "}, accessToken: {accessToken: t}", want: "exactly one"},
		{name: "neither", inputs: "project: 1", want: "exactly one"},
		{name: "no project", inputs: given + "}", want: "project", onWrite: true},
		{name: "a project by its id", inputs: "project: acme-prod, " + given + "}", want: "number", onWrite: true},
		{name: "no account", inputs: "project: 1, oidc: {workloadPoolId: pulumi, providerId: x}", want: "serviceAccount", onWrite: true},
		{name: "a misspelt input", inputs: "project: 1, " + given + ", subjectAtributes: []}", want: "subjectAtributes"},
		{name: "a misspelt way", inputs: "project: 1, " + given + "}, odic: {}", want: "odic"},
		{name: "a bad lifetime", inputs: "project: 1, " + given + ", tokenLifetime: soon}", want: "tokenLifetime"},
		{name: "an unknown attribute", inputs: "project: 1, " + given + ", subjectAttributes: [rootEnvironment]}", want: "unknown subject attribute"},
		{name: "a foreign token that impersonates", inputs: "project: 1, accessToken: {accessToken: t, serviceAccount: a@b}", want: "use oidc"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, lockSeed)
			written := b.admin(http.MethodPatch, escPath("payments/prod"), "values: {l: {fn::open::gcp-login: {"+c.inputs+"}}}")
			if c.onWrite {
				written.want(http.StatusBadRequest).says(c.want)
				return
			}
			written.want(http.StatusOK)
			b.opened(b.user("bo"), "payments/prod").want(http.StatusBadRequest).says(c.want)
		})
	}
	b := newBox(t, lockSeed)
	b.admin(http.MethodPatch, escPath("payments/prod"), "values: {l: {fn::open::gcp-login: {project: 7, accessToken: {accessToken: given}}}}").want(http.StatusOK)
	b.opened(b.user("bo"), "payments/prod").want(http.StatusOK).says(`"given"`).says(`"7"`)
}
