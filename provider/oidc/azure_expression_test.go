package oidc

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// naiveFlexible decides by an expression as Azure documents the language, without any code of this package: "yes", "no" or
// "cannot tell". It knows claims, `eq`, `matches` and `and`, and nothing more.
func naiveFlexible(expression string, claims map[string]string) string {
	answer := "yes"
	for _, part := range strings.Split(expression, " and ") {
		words := strings.SplitN(part, " ", 3)
		if len(words) != 3 {
			return "cannot tell"
		}
		claim, found1 := strings.CutPrefix(words[0], "claims['")
		claim, found2 := strings.CutSuffix(claim, "']")
		quoted := words[2]
		if !found1 || !found2 || len(quoted) < 2 || quoted[0] != '\'' || quoted[len(quoted)-1] != '\'' || strings.Contains(quoted[1:len(quoted)-1], "'") {
			return "cannot tell"
		}
		text, value := quoted[1:len(quoted)-1], claims[claim]
		widest, narrowest := regexp.QuoteMeta(text), regexp.QuoteMeta(text)
		switch words[1] {
		case "eq":
		case "matches":
			widest = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(widest)
			narrowest = strings.NewReplacer(`\*`, `.+`, `\?`, `.`).Replace(narrowest)
		default:
			return "cannot tell"
		}
		_, present := claims[claim]
		switch {
		case !present || !regexp.MustCompile("(?i)^(?:"+widest+")$").MatchString(value):
			answer = "no"
		case !regexp.MustCompile("^(?:"+narrowest+")$").MatchString(value) && answer == "yes":
			answer = "cannot tell"
		}
	}
	return answer
}

// Claims of runs of GitHub Actions: of the repository that is meant, of its neighbours, and of another owner's.
func drawRun(t *rapid.T) map[string]string {
	repository := rapid.SampledFrom([]string{"acme/app", "acme/app2", "acme/other", "Acme/app", "acme-x/app", "evil/app"}).Draw(t, "repository")
	run := map[string]string{
		"sub": "repo:" + repository + ":" + rapid.SampledFrom([]string{
			"ref:refs/heads/main", "ref:refs/heads/mainx", "ref:refs/heads/a/b", "pull_request", "environment:prod", "",
		}).Draw(t, "place"),
		"repository_id":       rapid.SampledFrom([]string{"42", "43", "4"}).Draw(t, "id"),
		"repository_owner_id": rapid.SampledFrom([]string{"1", "2"}).Draw(t, "owner"),
	}
	if rapid.Bool().Draw(t, "reusable") {
		run["job_workflow_ref"] = repository + "/.github/workflows/" + rapid.SampledFrom([]string{"a.yml", "b.yml", ""}).Draw(t, "file") + "@refs/heads/main"
	}
	return run
}

var drawExpression = rapid.Custom(func(t *rapid.T) string {
	part := rapid.SampledFrom([]string{
		"claims['sub'] eq 'repo:acme/app:ref:refs/heads/main'", "claims['sub'] matches 'repo:acme/app:*'", "claims['sub'] matches 'repo:acme/*'",
		"claims['sub'] matches 'repo:acme/app*:ref:refs/heads/main'", "claims['sub'] matches 'repo:acme/app:ref:refs/heads/????'",
		"claims['sub'] matches 'repo:acme/app:ref:refs/heads/main'", "claims['sub'] matches '*'", "claims['repository_id'] eq '42'",
		"claims['repository_owner_id'] eq '1'", "claims['job_workflow_ref'] matches 'acme/app/.github/workflows/*@refs/heads/main'",
		"claims['job_workflow_ref'] eq 'acme/app/.github/workflows/a.yml@refs/heads/main'", "claims['actor'] eq 'ana'",
		"claims['sub'] startswith 'repo:acme'", "claims['sub'] eq 'it''s'", "true",
	})
	joined := rapid.SampledFrom([]string{" and ", " and ", " and ", " and ", " or "}).Draw(t, "joined")
	return strings.Join(rapid.SliceOfN(part, 1, 3).Draw(t, "parts"), joined)
})

func runIdentity(run map[string]string) WebIdentity {
	id := WebIdentity{Issuer: GitHubIssuer, Subject: run["sub"], Audiences: []string{"api://AzureADTokenExchange"}, Claims: map[string][]string{}}
	for claim, value := range run {
		if claim != subjectClaim {
			id.Claims[claim] = []string{value}
		}
	}
	return id
}

// An expression decides as a second reading of Azure's documentation does, and what either does not understand is unknown.
func TestFlexibleCredentialsDecideProperty(t *testing.T) {
	seen := map[Outcome]int{}
	rapid.Check(t, func(t *rapid.T) {
		expression, run := drawExpression.Draw(t, "expression"), drawRun(t)
		document := fmt.Sprintf(`{"name":"abc","issuer":%q,"audiences":["api://AzureADTokenExchange"],"claimsMatchingExpression":{"value":%q,"languageVersion":1}}`,
			GitHubIssuer, expression)
		credentials, err := ParseAzureFederatedCredentials([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		got, reason := EvaluateAzure(credentials, runIdentity(run))
		seen[got]++
		want := map[string]Outcome{"yes": Allowed, "no": Denied, "cannot tell": Unknown}[naiveFlexible(expression, run)]
		if got != want {
			t.Fatalf("%s for %v: %s (%s), want %s", expression, run, got, reason, want)
		}
	})
	if seen[Allowed] == 0 || seen[Denied] == 0 || seen[Unknown] == 0 {
		t.Errorf("not every answer was tried: %v", seen)
	}
}

// A document of a flexible credential in which nothing is found admits no run of another repository, and what it is not
// understood for is found.
func TestFlexibleCredentialsWithoutFindingsProperty(t *testing.T) {
	t.Parallel()
	clean := 0
	rapid.Check(t, func(t *rapid.T) {
		expression, run := drawExpression.Draw(t, "expression"), drawRun(t)
		document := fmt.Sprintf(`{"name":"abc","issuer":%q,"audiences":["api://AzureADTokenExchange"],"claimsMatchingExpression":{"value":%q,"languageVersion":1}}`,
			GitHubIssuer, expression)
		if len(lint(t, AzureDocument, document, "")) > 0 {
			return
		}
		clean++
		if run["repository_id"] == "42" || strings.HasPrefix(run["sub"], "repo:acme/app:") || strings.HasPrefix(run["sub"], "repo:Acme/app:") {
			return
		}
		if got := naiveFlexible(expression, run); got != "no" {
			t.Fatalf("nothing is found in %s, which may admit %v: %s", expression, run, got)
		}
	})
	if clean == 0 {
		t.Error("something was found in every document")
	}
}

func TestFlexibleCredentials(t *testing.T) {
	t.Parallel()
	const sub = "repo:acme/app:ref:refs/heads/main"
	right := WebIdentity{Issuer: GitHubIssuer, Subject: sub, Audiences: []string{"x"}, Claims: map[string][]string{"repository_id": {"42"}}}
	for name, test := range map[string]struct {
		expression string
		version    int
		change     func(*WebIdentity)
		want       AzureMismatch
	}{
		"exact":                     {"claims['sub'] eq '" + sub + "'", 1, nil, AzureMatches},
		"no version":                {"claims['sub'] eq '" + sub + "'", 0, nil, AzureMatches},
		"another version":           {"claims['sub'] eq '" + sub + "'", 2, nil, AzureUnclear},
		"a pattern":                 {"claims['sub'] matches 'repo:acme/*'", 1, nil, AzureMatches},
		"a star for nothing":        {"claims['sub'] matches '" + sub + "*'", 1, nil, AzureUnclear},
		"a question mark":           {"claims['sub'] matches 'repo:acme/app:ref:refs/heads/mai?'", 1, nil, AzureMatches},
		"eq takes no pattern":       {"claims['sub'] eq 'repo:acme/*'", 1, nil, AzureSubject},
		"another case":              {"claims['sub'] eq '" + strings.ToUpper(sub) + "'", 1, nil, AzureUnclear},
		"two comparisons":           {"claims['sub'] matches 'repo:acme/*' and claims['repository_id'] eq '42'", 1, nil, AzureMatches},
		"the second fails":          {"claims['sub'] matches 'repo:acme/*' and claims['repository_id'] eq '43'", 1, nil, AzureSubject},
		"claims are not known":      {"claims['sub'] matches 'repo:acme/*' and claims['repository_id'] eq '42'", 1, func(id *WebIdentity) { id.Claims = nil }, AzureUnclear},
		"unknown, and fails":        {"claims['sub'] eq 'x' and claims['repository_id'] eq '42'", 1, func(id *WebIdentity) { id.Claims = nil }, AzureSubject},
		"a claim that is not there": {"claims['job_workflow_ref'] matches '*'", 1, nil, AzureSubject},
		"or":                        {"claims['sub'] eq 'x' or claims['repository_id'] eq '42'", 1, nil, AzureUnclear},
		"not an expression":         {"x", 1, nil, AzureUnclear},
		"a quote":                   {"claims['sub'] eq 'it''s'", 1, nil, AzureUnclear},
		"another audience":          {"claims['sub'] eq '" + sub + "'", 1, func(id *WebIdentity) { id.Audiences = []string{"y"} }, AzureAudience},
		"another issuer":            {"claims['sub'] eq '" + sub + "'", 1, func(id *WebIdentity) { id.Issuer = GitLabIssuer }, AzureIssuer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := right
			if test.change != nil {
				test.change(&id)
			}
			flexible := AzureFederatedCredential{Name: "abc", Issuer: GitHubIssuer, Audiences: []string{"x"}, Matching: &AzureMatching{test.expression, test.version}}
			if got, reason := DecideAzure([]AzureFederatedCredential{flexible}, id); got != test.want {
				t.Errorf("got %q (%s), want %q", got, reason, test.want)
			}
		})
	}
}

// A correction keeps what an expression asks of other claims, and closes what it asks of the subject.
func TestCorrectFlexible(t *testing.T) {
	t.Parallel()
	const sub = "repo:acme/app:ref:refs/heads/main"
	for name, test := range map[string]struct{ expression, want string }{
		"an owner's repositories": {
			"claims['sub'] matches 'repo:acme/*' and claims['repository_owner_id'] eq '1'",
			"claims['sub'] eq '" + sub + "' and claims['repository_owner_id'] eq '1'",
		},
		"not what is meant":  {"claims['sub'] matches 'repo:other/*' and claims['repository_owner_id'] eq '1'", ""},
		"not understood":     {"claims['sub'] matches 'repo:acme/*' or claims['repository_owner_id'] eq '1'", ""},
		"perhaps not for it": {"claims['sub'] matches 'repo:acme/*' and claims['job_workflow_ref'] matches 'acme/*'", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document := fmt.Sprintf(`{"issuer":%q,"audiences":["x"],"claimsMatchingExpression":{"value":%q,"languageVersion":1}}`, GitHubIssuer, test.expression)
			got := Correct(AzureDocument, document, Intent{Subjects: []string{sub}, Audience: "x"})
			if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestLintFlexible(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		`{"issuer":"https://gitlab.com","audiences":["x"],"subject":"a","claimsMatchingExpression":{"value":"claims['sub'] eq 'a'"}}`:                 "invalid-document high",
		`{"issuer":"https://gitlab.com","audiences":["x"],"claimsMatchingExpression":{"value":"claims['sub'] eq 'a'","languageVersion":2}}`:           "not-checked high",
		`{"issuer":"https://gitlab.com","audiences":["x"],"claimsMatchingExpression":{"value":"claims['sub'] eq 'a'","languageVersion":"1"}}`:         "invalid-document high",
		`{"issuer":"https://gitlab.com","audiences":["x"],"claimsMatchingExpression":{"value":"claims['sub'] eq 'a' andclaims['sub'] eq 'b'"}}`:       "not-checked high",
		`{"issuer":"https://gitlab.com","audiences":["x"],"claimsMatchingExpression":{"value":"claims['sub'] matches 'project_path:acme/app:*'"}}`:    "wildcard-subject high",
		`{"issuer":"https://api.pulumi.com/oidc","audiences":["azure:acme"],"claimsMatchingExpression":{"value":"claims['sub'] eq '` + login + `'"}}`: "",
	} {
		wantFindings(t, AzureDocument, document, want)
	}
}
