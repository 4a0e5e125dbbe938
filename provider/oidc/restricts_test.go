package oidc

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	"pgregory.net/rapid"
)

// corrections are those of each finding, and of all together.
func corrections(t *rapid.T, kind DocumentKind, document string, want Intent) (all []string) {
	findings, err := Lint(kind, document, want)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(findings, Finding{Corrected: Correct(kind, document, want)}) {
		if f.Corrected != "" {
			all = append(all, f.Corrected)
		} else if f.Rule != "" && !strings.Contains(f.Fix, "There is no corrected document: ") {
			t.Fatalf("%s has no correction, and does not say why: %s", f.Rule, f.Fix)
		}
	}
	return all
}

// Whatever a correction of a trust policy admits, the policy admits, and it still admits what was declared, says an evaluator
// that shares no code.
func TestCorrectionsOfAWSRestrictProperty(t *testing.T) {
	t.Parallel()
	dev := strings.ReplaceAll(prodLogin, "prod", "dev")
	subjects := []string{prodLogin, dev, strings.ReplaceAll(prodLogin, "acme", "other"), "x"}
	audiences := []string{"aws:acme", "sts.amazonaws.com"}
	var everybody []naiveRequest
	for _, caller := range callers(subjects, audiences) {
		everybody = append(everybody, caller)
		if caller.kind == "Federated" && len(caller.context) > 0 {
			with := naiveRequest{caller.kind, caller.name, caller.action, maps.Clone(caller.context)}
			for key := range caller.context {
				if issuer, found := strings.CutSuffix(key, ":sub"); found {
					with.context[issuer+":iss"] = []string{"https://" + issuer}
				}
			}
			everybody = append(everybody, with)
		}
	}
	seen := 0
	rapid.Check(t, func(t *rapid.T) {
		document := drawPolicy(t)
		want := rapid.SampledFrom([]Intent{
			{}, {Organization: "acme"}, {Subjects: []string{prodLogin}}, {Organization: "acme", Subjects: []string{prodLogin, dev}, Audience: "aws:acme", AccountID: "123456789012"},
		}).Draw(t, "intent")
		for _, corrected := range corrections(t, AWSDocument, document, want) {
			seen++
			before, after := naivePolicy(document), naivePolicy(corrected)
			for _, caller := range everybody {
				if after(caller) && !before(caller) {
					t.Fatalf("%s\nis corrected to\n%s\nwhich admits %+v", document, corrected, caller)
				}
			}
			for _, subject := range want.Subjects {
				if !slices.ContainsFunc(everybody, func(r naiveRequest) bool {
					return slices.ContainsFunc(slices.Collect(maps.Keys(r.context)), func(key string) bool {
						return strings.HasSuffix(key, ":sub") && slices.Contains(r.context[key], subject)
					}) && after(r)
				}) {
					t.Fatalf("%s\nis corrected to\n%s\nwhich does not admit %s", document, corrected, subject)
				}
			}
		}
	})
	if seen == 0 {
		t.Error("nothing was corrected")
	}
}

// The same for attribute conditions, held against an evaluator of CEL.
func TestCorrectionsOfGoogleRestrictProperty(t *testing.T) {
	t.Parallel()
	environment, err := cel.NewEnv(cel.Variable("assertion", cel.MapType(cel.StringType, cel.StringType)))
	if err != nil {
		t.Fatal(err)
	}
	admits := func(t *rapid.T, condition string, claims map[string]string) bool {
		tree, issues := environment.Compile(condition)
		if issues.Err() != nil {
			t.Fatalf("%s: %v", condition, issues.Err())
		}
		program, err := environment.Program(tree)
		if err != nil {
			t.Fatal(err)
		}
		value, _, err := program.Eval(map[string]any{"assertion": claims})
		return err == nil && value.Value() == true
	}
	terms := []string{
		"assertion.sub == 'repo:a/b'", "assertion['sub'] in ['repo:a/b', 'repo:a/c']", "assertion.sub.startsWith('repo:a/')", "assertion.sub.endsWith( \"b\" )",
		"assertion.repository_id == '42'", "assertion.aud == 'x'", "assertion.sub.contains('||')", "true", "!(assertion.sub == 'repo:a/c')", "assertion.sub != 'repo:a/b'",
		"(assertion.repository_id == '42' ? true : assertion.sub == 'repo:a/b')",
	}
	draw := rapid.Custom(func(t *rapid.T) string {
		condition := rapid.SampledFrom(terms).Draw(t, "term")
		for range rapid.IntRange(0, 3).Draw(t, "more") {
			join := rapid.SampledFrom([]string{"%s && %s", "%s && %s", "(%s) && %s", "%s || %s", "(%s || %s)", " %s&&%s "}).Draw(t, "join")
			condition = fmt.Sprintf(join, condition, rapid.SampledFrom(terms).Draw(t, "term"))
		}
		return condition
	})
	seen := 0
	rapid.Check(t, func(t *rapid.T) {
		condition := draw.Draw(t, "condition")
		want := rapid.SampledFrom([]Intent{{}, {Subjects: []string{"repo:a/b"}}, {Subjects: []string{"repo:a/b", "repo:a/c"}}}).Draw(t, "intent")
		for _, corrected := range corrections(t, GoogleDocument, condition, want) {
			seen++
			admitted := map[string]bool{}
			for _, subject := range []string{"repo:a/b", "repo:a/c", "repo:a/d||", "x"} {
				for _, id := range []string{"42", "43"} {
					for _, audience := range []string{"x", "y"} {
						claims := map[string]string{"sub": subject, "repository_id": id, "aud": audience}
						now := admits(t, corrected, claims)
						if now && !admits(t, condition, claims) {
							t.Fatalf("%s is corrected to %s, which admits %v", condition, corrected, claims)
						}
						admitted[subject] = admitted[subject] || now
					}
				}
			}
			for _, subject := range want.Subjects {
				if !admitted[subject] {
					t.Fatalf("%s is corrected to %s, which does not admit %s", condition, corrected, subject)
				}
			}
		}
	})
	if seen == 0 {
		t.Error("nothing was corrected")
	}
}

// The same for federated credentials.
func TestCorrectionsOfAzureRestrictProperty(t *testing.T) {
	t.Parallel()
	admits := func(document, issuer, subject, audience string) bool {
		var all []struct {
			Issuer, Subject string
			Audiences       []string
			Matching        *struct{ Value string } `json:"claimsMatchingExpression"`
		}
		if json.Unmarshal([]byte(document), &all) != nil {
			return false
		}
		for _, c := range all {
			same := c.Matching == nil && c.Subject == subject && subject != ""
			if c.Matching != nil {
				pattern := regexp.MustCompile(`^claims\['sub'\] (?:eq|matches) '([^']*)'`).FindStringSubmatch(c.Matching.Value)
				same = pattern != nil && naiveLike(pattern[1], subject) && !strings.Contains(c.Matching.Value, "job_workflow_ref")
			}
			if same && c.Issuer == issuer && slices.Contains(c.Audiences, audience) {
				return true
			}
		}
		return false
	}
	subjects := []string{prodLogin, strings.ReplaceAll(prodLogin, "acme", "other"), "pulumi:deploy:org:acme:project:p:stack:s:operation:update:scope:write", "x"}
	seen := 0
	rapid.Check(t, func(t *rapid.T) {
		var all []map[string]any
		for i := range rapid.IntRange(1, 3).Draw(t, "credentials") {
			c := map[string]any{"name": fmt.Sprintf("c%d", i), "issuer": PulumiCloudIssuer}
			c["audiences"] = rapid.SampledFrom([][]string{{"azure:acme"}, {"azure:acme"}, {"azure:other"}, {"acme"}, {}, {"aws:acme"}}).Draw(t, "audiences")
			switch form := rapid.SampledFrom([]string{"subject", "subject", "matching", "none"}).Draw(t, "form"); form {
			case "subject":
				c["subject"] = rapid.SampledFrom(append(subjects, "*", "pulumi:environments:org:acme:env:<yaml>")).Draw(t, "subject")
			case "matching":
				c["claimsMatchingExpression"] = map[string]any{"value": rapid.SampledFrom([]string{
					"claims['sub'] matches 'pulumi:*'", "claims['sub'] matches 'other:*'", "claims['sub'] eq '" + prodLogin + "'",
					"claims['sub'] matches 'pulumi:*' and claims['job_workflow_ref'] eq 'x'",
				}).Draw(t, "expression")}
			}
			all = append(all, c)
		}
		text, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		want := rapid.SampledFrom([]Intent{{}, {Organization: "acme"}, {Organization: "acme", Subjects: []string{prodLogin}}}).Draw(t, "intent")
		for _, corrected := range corrections(t, AzureDocument, string(text), want) {
			seen++
			for _, subject := range subjects {
				admitted := false
				for _, audience := range []string{"azure:acme", "azure:other", "acme", "aws:acme"} {
					now := admits(corrected, PulumiCloudIssuer, subject, audience)
					if now && !admits(string(text), PulumiCloudIssuer, subject, audience) {
						t.Fatalf("%s is corrected to %s, which admits %s", text, corrected, subject)
					}
					admitted = admitted || now
				}
				if slices.Contains(want.Subjects, subject) && !admitted {
					t.Fatalf("%s is corrected to %s, which does not admit %s", text, corrected, subject)
				}
			}
		}
	})
	if seen == 0 {
		t.Error("nothing was corrected")
	}
}

// The same for the policies of an issuer.
func TestCorrectionsOfPoliciesRestrictProperty(t *testing.T) {
	t.Parallel()
	matches := func(pattern, value string) bool {
		expression := strings.NewReplacer(`\*`, `.*`, `\?`, `.?`, `\.`, `.`).Replace(regexp.QuoteMeta(pattern))
		return regexp.MustCompile("^(?:" + expression + ")$").MatchString(value)
	}
	admits := func(document string, claims map[string]string) bool {
		var policies []IssuerPolicy
		if json.Unmarshal([]byte(document), &policies) != nil {
			return false
		}
		allowed := false
		for _, p := range policies {
			applies := true
			for claim, pattern := range p.Rules {
				applies = applies && matches(pattern, claims[claim])
			}
			if applies && p.Decision == Deny {
				return false
			}
			allowed = allowed || applies
		}
		return allowed
	}
	values := map[string][]string{
		"sub": {"repo:a/b:x", "repo:a/b:y", "repo:a/*", "*", "repo:a/b.:x"}, "repository_id": {"42", "4?"}, "ref": {"refs/heads/main", "refs/heads/*", "v1.2"},
		"job_workflow_ref": {"a/b/c", "a/*"}, "repository": {"a/b", "a/my.b"},
	}
	seen := 0
	rapid.Check(t, func(t *rapid.T) {
		var policies []IssuerPolicy
		for range rapid.IntRange(1, 3).Draw(t, "policies") {
			p := IssuerPolicy{Decision: rapid.SampledFrom([]Decision{Allow, Allow, Deny}).Draw(t, "decision"), TokenType: OrganizationToken, Rules: map[string]string{}}
			for _, claim := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"sub", "repository_id", "ref", "job_workflow_ref", "repository"}), rapid.ID).Draw(t, "claims") {
				p.Rules[claim] = rapid.SampledFrom(values[claim]).Draw(t, claim)
			}
			if audience := rapid.SampledFrom([]string{"urn:pulumi:org:acme", "urn:pulumi:org:acme", "urn:pulumi:org:b", ""}).Draw(t, "audience"); audience != "" {
				p.Rules["aud"] = audience
			}
			policies = append(policies, p)
		}
		text, err := json.Marshal(policies)
		if err != nil {
			t.Fatal(err)
		}
		want := rapid.SampledFrom([]Intent{{}, {Organization: "acme"}, {Organization: "acme", Subjects: []string{"repo:a/b:x"}}}).Draw(t, "intent")
		for _, corrected := range corrections(t, PulumiDocument, string(text), want) {
			seen++
			for _, subject := range []string{"repo:a/b:x", "repo:a/b:y", "repo:a/bc:x", "z"} {
				for _, id := range []string{"42", "43"} {
					for _, ref := range []string{"refs/heads/main", "refs/heads/z", "v1.2"} {
						for _, audience := range []string{"urn:pulumi:org:acme", "urn:pulumi:org:b"} {
							claims := map[string]string{"sub": subject, "repository_id": id, "ref": ref, "job_workflow_ref": "a/b/c", "repository": "a/b", "aud": audience}
							if admits(corrected, claims) && !admits(string(text), claims) {
								t.Fatalf("%s is corrected to %s, which admits %v", text, corrected, claims)
							}
						}
					}
				}
			}
		}
	})
	if seen == 0 {
		t.Error("nothing was corrected")
	}
}
