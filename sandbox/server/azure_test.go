package server

import (
	"cmp"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/azure"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/idtokens"
)

const (
	azureClient       = "11111111-1111-4111-8111-111111111111"
	azureTenant       = "22222222-2222-4222-8222-222222222222"
	azureSubscription = "33333333-3333-4333-8333-333333333333"
	azureCredentials  = "/_sandbox/clouds/azure/credentials"
)

// azureDefinition is a login to Azure as the documentation writes it; the provider's own is opened by its tests.
var canonicalGUID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func azureDefinition(attributes []string) string {
	list := ""
	if len(attributes) > 0 {
		list = ", subjectAttributes: [" + strings.Join(attributes, ", ") + "]"
	}
	return "values:\n  azure:\n    login:\n      fn::open::azure-login: {clientId: " + azureClient + ", tenantId: " + azureTenant +
		", subscriptionId: /subscriptions/" + azureSubscription + ", oidc: true" + list + "}\n" +
		"  environmentVariables: {ARM_OIDC_TOKEN: '${azure.login.oidc.token}'}\n"
}

// trustAzure lets exactly these subjects use the identity. Written out, because AzureFederatedCredentials refuses the
// literal <yaml>, which is one of the subjects that logins have.
func (b *box) trustAzure(audience string, subjects ...string) {
	b.t.Helper()
	var credentials []oidc.AzureFederatedCredential
	for i, subject := range subjects {
		credentials = append(credentials, oidc.AzureFederatedCredential{
			Name: "subject-" + strconv.Itoa(i), Issuer: b.url + "/oidc", Subject: subject, Audiences: []string{audience},
		})
	}
	b.azureTrust(credentials...).want(http.StatusOK)
}

// azureTrust registers everything that the identity trusts.
func (b *box) azureTrust(credentials ...oidc.AzureFederatedCredential) reply {
	b.t.Helper()
	return b.send("", http.MethodPost, azureCredentials, map[string]any{
		"clientId": azureClient, "tenantId": azureTenant, "credentials": credentials,
	})
}

func (b *box) azureLocked(project, environment string, lock oidc.Lock) {
	b.t.Helper()
	subjects, err := oidc.ESCSubjects("acme", oidc.EnvironmentRef{Project: project, Name: environment}, lock)
	if err != nil {
		b.t.Fatal(err)
	}
	credentials, err := oidc.AzureFederatedCredentials(oidc.AzureTrust{
		Subjects: subjects, Audience: oidc.ESCAudience(oidc.Azure, "acme", project), Issuer: b.url + "/oidc",
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.azureTrust(credentials...).want(http.StatusOK)
}

// loggedIn lists who has logged in.
func (b *box) loggedIn() []azure.Session {
	b.t.Helper()
	answer := b.send("", http.MethodGet, "/_sandbox/clouds/azure/sessions", nil).want(http.StatusOK)
	return decoded[struct{ Sessions []azure.Session }](answer).Sessions
}

// What programs and tools get: the ids, the token, and the variables that hold them.
func TestAzureLoginOutputs(t *testing.T) {
	t.Parallel()
	b := newBox(t, lockSeed)
	b.azureLocked("payments", "prod", oidc.Lock{})
	definition, err := esc.Build(esc.Definition{Logins: []esc.Login{esc.AzureLogin{
		ClientID: azureClient, TenantID: azureTenant, SubscriptionID: azureSubscription, SubjectAttributes: oidc.SubjectAttributes(oidc.Lock{}),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	b.admin(http.MethodPatch, escPath("payments/prod"), definition).want(http.StatusOK)
	answer := b.opened(b.user("bo"), "payments/prod").want(http.StatusOK)
	type value struct {
		Value  any
		Secret bool
	}
	opened := decoded[struct {
		Properties struct {
			EnvironmentVariables struct{ Value map[string]value } `json:"environmentVariables"`
		}
	}](answer)
	variables := opened.Properties.EnvironmentVariables.Value
	for name, want := range map[string]string{
		"ARM_CLIENT_ID": azureClient, "ARM_TENANT_ID": azureTenant, "ARM_SUBSCRIPTION_ID": azureSubscription, "ARM_USE_OIDC": "true",
	} {
		if variables[name].Value != want {
			t.Errorf("%s is %v, want %s", name, variables[name].Value, want)
		}
	}
	token, _ := variables["ARM_OIDC_TOKEN"].Value.(string)
	if !variables["ARM_OIDC_TOKEN"].Secret || len(variables) != 5 {
		t.Errorf("got %d variables, the token among them secret: %v", len(variables), variables["ARM_OIDC_TOKEN"].Secret)
	}
	b.s.org.Mu.Lock()
	defer b.s.org.Mu.Unlock()
	claims, err := b.s.org.Issuer().Verify(token, b.now)
	if err != nil || claims.Audience[0] != "azure:acme" || !strings.HasSuffix(claims.Subject, ":currentEnvironment.name:payments/prod") {
		t.Errorf("the token says %+v, %v", claims, err)
	}
}

func TestAzureRefusals(t *testing.T) {
	t.Parallel()
	const subject = "pulumi:environments:org:acme:env:payments/prod"
	cases := []struct {
		name    string
		request azure.SignInRequest
		id      idtokens.Identity
		want    string // "" is allowed
	}{
		{name: "allowed"},
		{name: "another identity", request: azure.SignInRequest{ClientID: azureTenant}, want: "AADSTS700016"},
		{name: "another tenant", request: azure.SignInRequest{TenantID: azureClient}, want: "AADSTS700016"},
		{name: "no credentials", request: azure.SignInRequest{ClientID: azureSubscription}, want: "AADSTS70021: "},
		{name: "another subject", id: idtokens.Identity{Subject: subject + "x"}, want: "AADSTS700213"},
		{name: "another case", id: idtokens.Identity{Subject: strings.ToUpper(subject)}, want: "AADSTS700213"},
		{name: "another audience", id: idtokens.Identity{Audience: []string{"aws:acme"}}, want: "AADSTS700212"},
		{name: "two audiences", id: idtokens.Identity{Audience: []string{"azure:acme", "aws:acme"}}, want: "AADSTS700212"},
		{name: "an expired token", id: idtokens.Identity{Lifetime: -time.Second}, want: "AADSTS50027"},
		{name: "not a token", request: azure.SignInRequest{Token: "hello"}, want: "AADSTS50027"},
	}
	b := newBox(t, "")
	b.azureTrust(oidc.AzureFederatedCredential{Name: "prod", Issuer: b.url + "/oidc", Subject: subject, Audiences: []string{"azure:acme"}}).want(http.StatusOK)
	b.send("", http.MethodPost, "/_sandbox/clouds/azure/identities", map[string]any{"clientId": azureSubscription, "tenantId": azureTenant}).want(http.StatusOK)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			id := idtokens.Identity{Subject: cmp.Or(c.id.Subject, subject), Audience: c.id.Audience, Lifetime: c.id.Lifetime}
			if id.Audience == nil {
				id.Audience = []string{"azure:acme"}
			}
			if id.Lifetime == 0 {
				id.Lifetime = time.Minute
			}
			request := azure.SignInRequest{
				ClientID: cmp.Or(c.request.ClientID, azureClient), TenantID: cmp.Or(c.request.TenantID, azureTenant),
				Token: cmp.Or(c.request.Token, b.sign(id)),
			}
			before := len(b.loggedIn())
			b.s.org.Mu.Lock()
			err := b.s.azure.SignIn(request)
			b.s.org.Mu.Unlock()
			if (c.want == "") != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), "invalid_client: "+c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if after := len(b.loggedIn()); (after > before) != (c.want == "") {
				t.Errorf("%d sessions became %d", before, after)
			}
		})
	}
}

func TestAzureControl(t *testing.T) {
	t.Parallel()
	b := newBox(t, "")
	before := b.send("", http.MethodGet, "/_sandbox/state", nil).body
	one := func(name, subject string) map[string]any {
		return map[string]any{
			"clientId": azureClient, "tenantId": azureTenant, "name": name, "issuer": b.url + "/oidc", "subject": subject, "audience": "azure:acme",
		}
	}
	post := func(body map[string]any) reply { return b.send("", http.MethodPost, azureCredentials, body) }
	post(one("prod", "s1")).want(http.StatusOK)
	post(one("copy", "s1")).want(http.StatusBadRequest).says("two federated credentials have the issuer")
	post(one("PROD", "s2")).want(http.StatusOK).says(`"s2"`).hides(`"s1"`)
	for i := range oidc.MaxAzureCredentials - 1 {
		post(one("more-"+strconv.Itoa(i), "more:"+strconv.Itoa(i))).want(http.StatusOK)
	}
	post(one("one-more", "one:more")).want(http.StatusBadRequest).says("Azure allows 20")
	b.send("", http.MethodGet, azureCredentials+"?clientId="+azureClient, nil).want(http.StatusOK).says("more:18").hides("one:more")

	state := b.send("", http.MethodGet, "/_sandbox/state", nil).says("more:18").body
	b.send("", http.MethodDelete, azureCredentials+"?clientId="+azureClient+"&name=prod", nil).want(http.StatusNoContent)
	b.send("", http.MethodDelete, azureCredentials+"?clientId="+azureClient+"&name=prod", nil).want(http.StatusNotFound)
	b.send("", http.MethodDelete, azureCredentials+"?clientId="+azureClient, nil).want(http.StatusNoContent)
	b.send("", http.MethodDelete, azureCredentials+"?clientId="+azureClient, nil).want(http.StatusNotFound)
	if after := b.send("", http.MethodGet, "/_sandbox/state", nil).body; after != before {
		t.Errorf("deleting what was made left %s", after)
	}
	b.send("", http.MethodPut, "/_sandbox/state", state).want(http.StatusNoContent)
	if restored := b.send("", http.MethodGet, "/_sandbox/state", nil).body; restored != state {
		t.Error("the restored state differs")
	}
	b.send("", http.MethodPut, "/_sandbox/state", strings.Replace(state, `"more-1": {`, `"more-x": {`, 1)).want(http.StatusBadRequest).says("more-x")
	b.send("", http.MethodPut, "/_sandbox/state", strings.Replace(state, `"more:1"`, `"more:2"`, 1)).want(http.StatusBadRequest).says("clouds.azure")

	// The whole list may come as text, as programs output it, and takes the place of what was there.
	list := `[{"name":"only","issuer":"` + b.url + `/oidc","subject":"s","audiences":["azure:acme"]}]`
	post(map[string]any{"clientId": azureClient, "tenantId": azureTenant, "credentials": list}).want(http.StatusOK).hides("more:1")
	for what, body := range map[string]map[string]any{
		"clientId":               {"tenantId": azureTenant, "credentials": list},
		"tenantId":               {"clientId": azureClient, "tenantId": "acme", "credentials": list},
		"in tenant":              {"clientId": azureClient, "tenantId": azureClient, "credentials": list},
		"credentials: the fed":   {"clientId": azureClient, "tenantId": azureTenant, "credentials": "{"},
		"credential.subject":     {"clientId": azureClient, "tenantId": azureTenant, "name": "abc", "issuer": b.url, "audience": "a"},
		"credentials[0].subject": {"clientId": azureClient, "tenantId": azureTenant, "credentials": strings.Replace(list, `"s"`, `""`, 1)},
	} {
		answer := post(body)
		if answer.status != http.StatusBadRequest && answer.status != http.StatusConflict {
			t.Errorf("%s: got status %d", what, answer.status)
		}
		answer.says(what)
	}
}

// A managed identity has a principal, and stays when its last credential goes.
func TestAzureIdentities(t *testing.T) {
	t.Parallel()
	b := newBox(t, "")
	const identities = "/_sandbox/clouds/azure/identities"
	body := map[string]any{"clientId": strings.ToUpper(azureClient), "tenantId": azureTenant}
	made := decoded[azure.Identity](b.send("", http.MethodPost, identities, body).want(http.StatusOK))
	if made.ClientID != azureClient || !canonicalGUID.MatchString(made.PrincipalID) {
		t.Errorf("got %+v", made)
	}
	b.azureTrust(oidc.AzureFederatedCredential{Name: "prod", Issuer: b.url + "/oidc", Subject: "s", Audiences: []string{"a"}}).want(http.StatusOK)
	b.send("", http.MethodDelete, azureCredentials+"?clientId="+azureClient+"&name=prod", nil).want(http.StatusNoContent)
	b.send("", http.MethodGet, identities, nil).want(http.StatusOK).says(made.PrincipalID)
	b.send("", http.MethodDelete, identities+"?clientId="+azureClient, nil).want(http.StatusNoContent)
	b.send("", http.MethodDelete, identities+"?clientId="+azureClient, nil).want(http.StatusNotFound)
	b.send("", http.MethodPost, identities, map[string]any{"clientId": "x", "tenantId": azureTenant}).want(http.StatusBadRequest).says("clientId")
}

// An assignment cannot be changed, and there is one for each principal, role and scope.
func TestAzureRoleAssignments(t *testing.T) {
	t.Parallel()
	b := newBox(t, "")
	before := b.send("", http.MethodGet, "/_sandbox/state", nil).body
	made := decoded[azure.Identity](b.send("", http.MethodPost, "/_sandbox/clouds/azure/identities",
		map[string]any{"clientId": azureClient, "tenantId": azureTenant}).want(http.StatusOK))
	const assignments = "/_sandbox/clouds/azure/role-assignments"
	assign := func(name, principal, scope, role string) reply {
		return b.send("", http.MethodPost, assignments, map[string]any{
			"name": name, "principalId": principal, "scope": "/subscriptions/" + azureSubscription + scope, "roleDefinitionId": role,
		})
	}
	const reader, owner = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
	const full = "/providers/Microsoft.Authorization/roleDefinitions/" + reader
	assign(azureClient, made.PrincipalID, "/resourceGroups/a", reader).want(http.StatusOK)
	assign(azureClient, made.PrincipalID, "/resourceGroups/A", full).want(http.StatusOK)
	assign(azureTenant, made.PrincipalID, "/resourceGroups/a", full).want(http.StatusConflict).says("RoleAssignmentExists")
	assign(azureClient, made.PrincipalID, "/resourceGroups/a", owner).want(http.StatusConflict).says("RoleAssignmentUpdateNotPermitted")
	assign(azureTenant, azureTenant, "/resourceGroups/a", reader).want(http.StatusBadRequest).says("PrincipalNotFound")
	assign("x", made.PrincipalID, "/resourceGroups/a", reader).want(http.StatusBadRequest).says("name")
	assign(azureTenant, made.PrincipalID, "/ resourceGroups", reader).want(http.StatusBadRequest).says("scope")
	assign(azureTenant, made.PrincipalID, "", "Reader").want(http.StatusBadRequest).says("roleDefinitionId")
	b.send("", http.MethodGet, assignments, nil).want(http.StatusOK).says("/resourceGroups/A")
	state := b.send("", http.MethodGet, "/_sandbox/state", nil).body
	b.send("", http.MethodPut, "/_sandbox/state", state).want(http.StatusNoContent)
	b.send("", http.MethodPut, "/_sandbox/state", strings.Replace(state, `"scope": "`, `"scope": "x`, 1)).want(http.StatusBadRequest).says("roleAssignments")
	b.send("", http.MethodDelete, assignments+"?name="+azureClient, nil).want(http.StatusNoContent)
	b.send("", http.MethodDelete, assignments+"?name="+azureClient, nil).want(http.StatusNotFound)
	b.send("", http.MethodDelete, "/_sandbox/clouds/azure/identities?clientId="+azureClient, nil).want(http.StatusNoContent)
	if after := b.send("", http.MethodGet, "/_sandbox/state", nil).body; after != before {
		t.Errorf("deleting what was made left %s", after)
	}
}

func TestAzureLoginInputsAreChecked(t *testing.T) {
	t.Parallel()
	const ids = "clientId: c, tenantId: t, subscriptionId: s"
	for name, c := range map[string]struct {
		definition, want string
		onWrite          bool
	}{
		"no client":            {definition: "values: {l: {fn::open::azure-login: {tenantId: t, subscriptionId: s, oidc: true}}}", want: "clientId", onWrite: true},
		"neither way":          {definition: "values: {l: {fn::open::azure-login: {" + ids + "}}}", want: "exactly one"},
		"both ways":            {definition: "values: {l: {fn::open::azure-login: {" + ids + ", oidc: true, clientSecret: x}}}", want: "exactly one"},
		"a misspelt input":     {definition: "values: {l: {fn::open::azure-login: {" + ids + ", oidc: true, subjectAtributes: []}}}", want: "subjectAtributes"},
		"an unknown attribute": {definition: "values: {l: {fn::open::azure-login: {" + ids + ", oidc: true, subjectAttributes: [x]}}}", want: "unknown subject attribute"},
	} {
		t.Run(name, func(t *testing.T) {
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
	b := newBox(t, lockSeed)
	b.admin(http.MethodPatch, escPath("payments/prod"), "values: {l: {fn::open::azure-login: {"+ids+", clientSecret: {fn::secret: marked-secret}}}}").want(http.StatusOK)
	b.opened(b.user("bo"), "payments/prod").want(http.StatusOK).says("marked-secret")
}

// The sandbox decides as the pure evaluator does, over random locks and ways to open.
func TestAzureDecisionLaw(t *testing.T) {
	b := newBox(t, lockSeed)
	admitted := 0
	rapid.Check(t, func(rt *rapid.T) {
		// Often enough what is admitted, or the law would say little.
		names := rapid.SampledFrom([]string{"prod", "prod", "prod", "prod", "prod", "copy", "app", "Prod", "pro"})
		lock := oidc.Lock{Users: rapid.SliceOfN(rapid.SampledFrom([]string{"bo", "cy", "Bo"}), 0, 2).Draw(rt, "users")}
		for _, name := range rapid.SliceOfN(names, 0, 2).Draw(rt, "roots") {
			lock.AllowedRoots = append(lock.AllowedRoots, oidc.EnvironmentRef{Project: "payments", Name: name})
		}
		b.azureLocked("payments", "prod", lock)
		opened := oidc.OpenContext{
			Organization: "acme", User: rapid.SampledFrom([]string{"bo", "cy"}).Draw(rt, "user"),
			Root:    oidc.EnvironmentRef{Project: "payments", Name: names.Draw(rt, "root")},
			Current: oidc.EnvironmentRef{Project: "payments", Name: names.Draw(rt, "current")},
		}
		subject, err := oidc.ESCSubject(opened, oidc.SubjectAttributes(lock))
		if err != nil {
			rt.Fatal(err)
		}
		audience := rapid.SampledFrom([]string{"azure:acme", "azure:acme", "azure:acme", "azure:acme", "aws:acme", "acme"}).Draw(rt, "audience")
		token := b.sign(idtokens.Identity{Subject: subject, Audience: []string{audience}, Lifetime: time.Minute})
		b.s.org.Mu.Lock()
		defer b.s.org.Mu.Unlock()
		refused := b.s.azure.SignIn(azure.SignInRequest{ClientID: azureClient, TenantID: azureTenant, Token: token})
		trusted := b.s.org.State.Clouds.Azure.Identities[azureClient].All()
		want, reason := oidc.DecideAzure(trusted, oidc.WebIdentity{Issuer: b.url + "/oidc", Subject: subject, Audiences: []string{audience}})
		if (want == oidc.AzureMatches) != (refused == nil) {
			rt.Fatalf("%s: the sandbox says %v, the evaluator %q (%s)", subject, refused, want, reason)
		}
		if refused == nil {
			admitted++
		}
	})
	if admitted == 0 {
		t.Error("nothing was admitted, so the law says little")
	}
}
