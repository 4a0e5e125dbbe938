package oidc

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/googlecel"
)

const pool = "projects/123456789012/locations/global/workloadIdentityPools/pulumi"

func TestGoogleWorkloadIdentity(t *testing.T) {
	t.Parallel()
	member := "principal://iam.googleapis.com/" + pool + "/subject/"
	login := attributesPrefix + "acme:rootEnvironment.name:payments/production:currentEnvironment.name:payments/production"
	for name, test := range map[string]struct {
		trust GoogleTrust
		want  GoogleWorkloadIdentity
	}{
		"one": {
			GoogleTrust{Subjects: []string{oneSub}, Audience: "acme", Pool: pool},
			google(PulumiCloudIssuer, "assertion.sub", "assertion.sub == '"+oneSub+"'", GooglePrincipal{oneSub, oneSub, member + oneSub}),
		},
		"several, self-hosted, without a pool": {
			GoogleTrust{Subjects: []string{oneSub, otherSub, oneSub}, Audience: "acme", Issuer: "https://pulumi.acme.example/oidc/"},
			google("https://pulumi.acme.example/oidc", "assertion.sub", "assertion.sub in ['"+oneSub+"', '"+otherSub+"']",
				GooglePrincipal{oneSub, oneSub, ""}, GooglePrincipal{otherSub, otherSub, ""}),
		},
		"too long for google.subject": {
			GoogleTrust{Subjects: []string{login}, Audience: "acme", Pool: pool},
			google(PulumiCloudIssuer, "assertion.sub.extract('pulumi:environments:pulumi.organization.login:{subject}')", "assertion.sub == '"+login+"'",
				GooglePrincipal{login, login[46:], member + login[46:]}),
		},
		"a quote": {
			GoogleTrust{Subjects: []string{`o'brien`}, Audience: "acme"},
			google(PulumiCloudIssuer, "assertion.sub", `assertion.sub == 'o\'brien'`, GooglePrincipal{`o'brien`, `o'brien`, ""}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := GoogleWorkloadIdentityFor(test.trust)
			if err != nil || fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("got  %v, %v\nwant %v", got, err, test.want)
			}
		})
	}
}

func google(issuer, mapping, condition string, principals ...GooglePrincipal) GoogleWorkloadIdentity {
	return GoogleWorkloadIdentity{
		OIDC:             GoogleOIDC{IssuerURI: issuer, AllowedAudiences: []string{"acme"}},
		AttributeMapping: map[string]string{"google.subject": mapping}, AttributeCondition: condition, Principals: principals,
	}
}

// loginOf is a login's subject that has so many characters behind its constant prefix.
func loginOf(length int) string {
	const environment = ":currentEnvironment.name:payments/prod"
	return attributesPrefix + strings.Repeat("s", length-len(environment)) + environment
}

func TestGoogleWorkloadIdentityRefuses(t *testing.T) {
	t.Parallel()
	long := loginOf(MaxGoogleSubject + 1)
	for name, test := range map[string]struct {
		change   func(*GoogleTrust)
		property string
		reason   string
	}{
		"no subject":     {func(g *GoogleTrust) { g.Subjects = nil }, "subjects", "at least one subject"},
		"wildcard":       {func(g *GoogleTrust) { g.Subjects[0] = "pulumi:*" }, "subjects[0]", "wildcard"},
		"anonymous":      {func(g *GoogleTrust) { g.Subjects[0] = "env:<yaml>" }, "subjects[0]", "subjectAttributes"},
		"no audience":    {func(g *GoogleTrust) { g.Audience = "" }, "audience", "empty"},
		"long audience":  {func(g *GoogleTrust) { g.Audience = strings.Repeat("a", 257) }, "audience", "256"},
		"issuer":         {func(g *GoogleTrust) { g.Issuer = "http://pulumi.acme.example" }, "issuer", "https"},
		"project id":     {func(g *GoogleTrust) { g.Pool = strings.Replace(pool, "123456789012", "acme-prod", 1) }, "pool", "project's number"},
		"short pool":     {func(g *GoogleTrust) { g.Pool = "pulumi" }, "pool", "projects/123456789012/"},
		"long":           {func(g *GoogleTrust) { g.Subjects[0] = strings.Repeat("s", 128) }, "subjects[0]", "128 bytes"},
		"long login":     {func(g *GoogleTrust) { g.Subjects[0] = long }, "subjects[0]", "without its constant prefix has 128 bytes"},
		"one of two":     {func(g *GoogleTrust) { g.Subjects = []string{oneSub, long} }, "subjects[1]", "174 bytes"},
		"long condition": {func(g *GoogleTrust) { g.Subjects = padded(38) }, "subjects", "4096"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trust := GoogleTrust{Subjects: []string{oneSub}, Audience: "acme", Pool: pool}
			test.change(&trust)
			got, err := GoogleWorkloadIdentityFor(trust)
			wantProblem(t, got, err, test.property, test.reason)
		})
	}
}

// padded subjects take 110 characters each in a condition, quotes and separator included.
func padded(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("subject:%098d", i)
	}
	return all
}

func TestGoogleLimitsAtTheirEdge(t *testing.T) {
	t.Parallel()
	for _, subject := range []string{strings.Repeat("s", 127), loginOf(127)} {
		got, err := GoogleWorkloadIdentityFor(GoogleTrust{Subjects: []string{subject}, Audience: strings.Repeat("a", 256)})
		if err != nil || len(got.Principals[0].GoogleSubject) != 127 {
			t.Errorf("got %v, %v", got, err)
		}
	}
	// The frame `assertion.sub in []` takes 19 characters, one separator less than subjects.
	subjects := append(padded(36), strings.Repeat("s", 4096-19-36*110-2))
	got, err := GoogleWorkloadIdentityFor(GoogleTrust{Subjects: subjects, Audience: "acme"})
	if err != nil || len(got.AttributeCondition) != MaxGoogleCondition {
		t.Errorf("%d characters, %v", len(got.AttributeCondition), err)
	}
	subjects[36] += "s"
	_, err = GoogleWorkloadIdentityFor(GoogleTrust{Subjects: subjects, Audience: "acme"})
	wantProblem(t, "", err, "subjects", "4097")
}

// evaluate runs an expression of CEL with an evaluator that is not ours.
func evaluate(t *rapid.T, expression, subject string) any {
	out, err := googlecel.Evaluate(expression, map[string]any{"sub": subject}, nil)
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return out.Value()
}

// The condition admits what was asked for and nothing else, and the mapping gives each principal the subject that its
// binding names, different for each.
func TestGoogleConditionProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := drawLocked(t)
		subjects, err := ESCSubjects(l.organization, l.env, l.lock)
		if err != nil {
			t.Fatal(err)
		}
		got, err := GoogleWorkloadIdentityFor(GoogleTrust{Subjects: subjects, Audience: "gcp:acme", Pool: pool})
		if err != nil {
			t.Fatal(err)
		}
		bound := map[string]bool{}
		for i, principal := range got.Principals {
			mapped := evaluate(t, got.AttributeMapping["google.subject"], principal.Subject)
			if principal.Subject != subjects[i] || mapped != principal.GoogleSubject || bound[principal.GoogleSubject] {
				t.Fatalf("%q is mapped to %q, not to %q", principal.Subject, mapped, principal.GoogleSubject)
			}
			bound[principal.GoogleSubject] = true
		}
		asked := mutate(t, "subject", rapid.SampledFrom(subjects).Draw(t, "one of"))
		if admitted := evaluate(t, got.AttributeCondition, asked); admitted != slices.Contains(subjects, asked) {
			t.Fatalf("%q: %v by %s", asked, admitted, got.AttributeCondition)
		}
	})
}

func TestCELStringProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`['"\\{}$ux0-9]{0,8}`)).Draw(t, "text")
		literal := celString(text)
		if got := evaluate(t, literal, ""); got != text {
			t.Fatalf("%s means %q, not %q", literal, got, text)
		}
	})
}
