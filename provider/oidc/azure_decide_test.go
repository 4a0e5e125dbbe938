package oidc

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestDecideAzure(t *testing.T) {
	t.Parallel()
	trusted := []AzureFederatedCredential{
		{Name: "update", Issuer: PulumiCloudIssuer, Subject: oneSub, Audiences: []string{"acme"}},
		{Name: "preview", Issuer: PulumiCloudIssuer, Subject: otherSub, Audiences: []string{"acme"}},
		{Name: "elsewhere", Issuer: "https://token.actions.githubusercontent.com", Subject: "repo:acme/app", Audiences: []string{"api://AzureADTokenExchange"}},
	}
	right := WebIdentity{Issuer: PulumiCloudIssuer, Subject: oneSub, Audiences: []string{"acme"}}
	for name, test := range map[string]struct {
		change func(*WebIdentity)
		want   AzureMismatch
		reason string
	}{
		"the subject":         {func(*WebIdentity) {}, AzureMatches, "update admits"},
		"another of its own":  {func(id *WebIdentity) { id.Subject = otherSub }, AzureMatches, "preview admits"},
		"a longer subject":    {func(id *WebIdentity) { id.Subject += "x" }, AzureSubject, "has the subject"},
		"another case":        {func(id *WebIdentity) { id.Subject = strings.ToUpper(id.Subject) }, AzureSubject, "has the subject"},
		"a pattern":           {func(id *WebIdentity) { id.Subject = "*" }, AzureSubject, "has the subject"},
		"another issuer's":    {func(id *WebIdentity) { id.Subject = "repo:acme/app" }, AzureSubject, "has the subject"},
		"the v2 issuer":       {func(id *WebIdentity) { id.Issuer += "/v2" }, AzureIssuer, "has the issuer"},
		"a trailing slash":    {func(id *WebIdentity) { id.Issuer += "/" }, AzureIssuer, "has the issuer"},
		"an ESC audience":     {func(id *WebIdentity) { id.Audiences = []string{"azure:acme"} }, AzureAudience, "audience azure:acme"},
		"another's audience":  {func(id *WebIdentity) { id.Audiences = []string{"api://AzureADTokenExchange"} }, AzureAudience, "audience"},
		"an upper-case one":   {func(id *WebIdentity) { id.Audiences = []string{"ACME"} }, AzureAudience, "audience"},
		"one audience of two": {func(id *WebIdentity) { id.Audiences = []string{"acme", "gcp:acme"} }, AzureAudience, "audience acme, gcp:acme"},
		"no audience":         {func(id *WebIdentity) { id.Audiences = nil }, AzureAudience, "audience"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := right
			test.change(&id)
			if got, reason := DecideAzure(trusted, id); got != test.want || !strings.Contains(reason, test.reason) {
				t.Errorf("got %q (%s), want %q about %q", got, reason, test.want, test.reason)
			}
		})
	}
	if got, _ := DecideAzure(nil, right); got != AzureNoCredential {
		t.Errorf("an identity without credentials: %q", got)
	}
}

func TestParseAzureFederatedCredentials(t *testing.T) {
	t.Parallel()
	const one = `{"name":"update","issuer":"https://api.pulumi.com/oidc","subject":"s","audiences":["acme"]}`
	const nested = `{"name":"update","properties":{"issuer":"https://api.pulumi.com/oidc","subject":"s","audiences":["acme"]}}`
	for name, document := range map[string]string{
		"one": one, "a list": "[" + one + "]", "as ARM has it": nested, "as ARM lists them": `{"value":[` + nested + `]}`,
	} {
		got, err := ParseAzureFederatedCredentials([]byte(document))
		if want := []AzureFederatedCredential{{Name: "update", Issuer: PulumiCloudIssuer, Subject: "s", Audiences: []string{"acme"}}}; err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	credential := func(name, subject string) string {
		return fmt.Sprintf(`{"name":%q,"issuer":"https://api.pulumi.com/oidc","subject":%q,"audiences":["acme"]}`, name, subject)
	}
	var many []string
	for i := range MaxAzureCredentials + 1 {
		many = append(many, credential(fmt.Sprintf("name-%d", i), fmt.Sprintf("s%d", i)))
	}
	if got, err := ParseAzureFederatedCredentials([]byte("[" + strings.Join(many[1:], ",") + "]")); err != nil || len(got) != MaxAzureCredentials {
		t.Errorf("20 credentials: %d, %v", len(got), err)
	}
	for name, test := range map[string]struct{ document, property, reason string }{
		"not JSON":           {`{`, "", "cannot be read"},
		"not an object":      {`5`, "", "cannot be read"},
		"a bad name":         {credential("-a", "s"), "name", "3 to 120"},
		"a short name":       {credential("ab", "s"), "name", "3 to 120"},
		"a name of 121":      {credential(strings.Repeat("n", 121), "s"), "name", "3 to 120"},
		"no subject":         {credential("abc", ""), "subject", "empty"},
		"a subject of 601":   {credential("abc", strings.Repeat("s", 601)), "subject", "601"},
		"the second subject": {"[" + one + "," + credential("abc", "") + "]", "[1].subject", "empty"},
		"a bad issuer":       {strings.Replace(one, "https:", "http:", 1), "issuer", "https://"},
		"two audiences":      {strings.Replace(one, `"acme"`, `"acme","b"`, 1), "audiences", "exactly one"},
		"no audience":        {strings.Replace(one, `"acme"`, ``, 1), "audiences", "exactly one"},
		"an empty audience":  {strings.Replace(one, `"acme"`, `""`, 1), "audiences[0]", "empty"},
		"both of them":       {strings.Replace(one, `"name"`, `"claimsMatchingExpression":{"value":"x"},"name"`, 1), "claimsMatchingExpression", "beside subject"},
		"an empty one":       {strings.Replace(one, `"subject":"s"`, `"claimsMatchingExpression":{"value":""}`, 1), "claimsMatchingExpression.value", "empty"},
		"one name twice":     {"[" + credential("abc", "a") + "," + credential("ABC", "b") + "]", "", "named ABC"},
		"one subject twice":  {"[" + credential("abc", "a") + "," + credential("abd", "a") + "]", "", "the subject a"},
		"21 credentials":     {"[" + strings.Join(many, ",") + "]", "", "allows 20"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseAzureFederatedCredentials([]byte(test.document))
			wantProblem(t, got, err, test.property, test.reason)
		})
	}
}

func FuzzParseAzureFederatedCredentials(f *testing.F) {
	f.Add(`[{"name":"abc","issuer":"https://api.pulumi.com/oidc","subject":"s","audiences":["acme"]}]`)
	f.Add(`{"value":[{"name":"abc","properties":{"issuer":"https://x.example","subject":"s","audiences":["a"]}}]}`)
	f.Add(`{"claimsMatchingExpression":{"value":""}}`)
	f.Fuzz(func(t *testing.T, document string) {
		credentials, err := ParseAzureFederatedCredentials([]byte(document))
		if err != nil {
			return
		}
		text, err := Document(credentials)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseAzureFederatedCredentials([]byte(text))
		if err != nil || fmt.Sprint(again) != fmt.Sprint(credentials) {
			t.Fatalf("%s: read again: %v, %v", text, again, err)
		}
	})
}

// The promise for Azure: the credentials admit exactly what was locked, whatever the token's owner controls.
func TestAzureAdmitsExactlyTheLockedSubjects(t *testing.T) {
	admitted, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		l := drawLocked(t)
		subjects := must(ESCSubjects(l.organization, l.env, l.lock))
		own := ESCAudience(Azure, l.organization, l.env.Project)
		credentials, err := AzureFederatedCredentials(AzureTrust{Subjects: subjects, Audience: own, Issuer: l.issuer})
		if err != nil {
			t.Fatal(err)
		}
		for _, subject := range subjects {
			id := WebIdentity{Issuer: l.issuer, Subject: subject, Audiences: []string{own}}
			if got, reason := DecideAzure(credentials, id); got != AzureMatches {
				t.Fatalf("the locked subject %q is refused: %s", subject, reason)
			}
			admitted++
		}
		opening, attributes := drawOpening(t, l), drawAttributes(t, l)
		subject, err := ESCSubject(opening, attributes)
		if err != nil {
			return // no token is issued
		}
		issuer := rapid.OneOf(rapid.Just(l.issuer), rapid.Just(l.issuer), issuers).Draw(t, "token issuer")
		audience := ESCAudience(Azure, opening.Organization, opening.Current.Project)
		audience = rapid.SampledFrom([]string{audience, audience, audience, ESCAudience(AWS, opening.Organization, "p"), DeploymentAudience(opening.Organization)}).Draw(t, "audience")
		got, reason := DecideAzure(credentials, WebIdentity{Issuer: issuer, Subject: subject, Audiences: []string{audience}})
		if want := l.admitsFor(Azure, opening, attributes, issuer, audience); (got == AzureMatches) != want {
			t.Fatalf("subject %q, audience %q, issuer %s: got %q (%s), want %v", subject, audience, issuer, got, reason, want)
		}
		if got == AzureMatches {
			admitted++
		} else {
			refused++
		}
	})
	// Both answers must have been tried, or the property says nothing.
	if admitted == 0 || refused == 0 {
		t.Errorf("%d admitted, %d refused", admitted, refused)
	}
}

// One stack's deployments never pass for another's, one operation never for one that was not asked for, and an ESC login
// never for a deployment.
func TestAzureKeepsDeploymentsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLocked(t)
		project, stack := projects.Draw(t, "project"), anyName.Draw(t, "stack")
		ops := rapid.SliceOfN(rapid.SampledFrom(Operations()), 0, 6).Draw(t, "ops")
		subjects := must(DeploymentSubjects(l.organization, project, stack, ops))
		audience := DeploymentAudience(l.organization)
		credentials, err := AzureFederatedCredentials(AzureTrust{Subjects: subjects, Audience: audience})
		if err != nil {
			t.Fatal(err)
		}
		organization, otherProject, otherStack := mutate(t, "organization", l.organization), mutate(t, "project", project), mutate(t, "stack", stack)
		asked := must(DeploymentSubjects("o", "p", "s", ops))
		for _, op := range Operations() {
			subject := fmt.Sprintf("pulumi:deploy:org:%s:project:%s:stack:%s:operation:%s:scope:write", strings.ToLower(organization), otherProject, otherStack, op)
			got, reason := DecideAzure(credentials, WebIdentity{Issuer: PulumiCloudIssuer, Subject: subject, Audiences: []string{audience}})
			want := strings.EqualFold(organization, l.organization) && otherProject == project && otherStack == stack &&
				slices.Contains(asked, must(DeploymentSubjects("o", "p", "s", []Operation{op}))[0])
			if (got == AzureMatches) != want {
				t.Fatalf("%q: got %q (%s), want %v", subject, got, reason, want)
			}
		}
		login := must(ESCSubjects(l.organization, l.env, l.lock))[0]
		if got, _ := DecideAzure(credentials, WebIdentity{Issuer: PulumiCloudIssuer, Subject: login, Audiences: []string{audience}}); got != AzureSubject {
			t.Fatalf("an ESC login passes for a deployment: %q", got)
		}
	})
}
