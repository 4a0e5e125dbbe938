package oidc

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Conditions are taken together where they are about one key. Keys that resemble each other are not one: what one of them asks for
// says nothing about the other.
func TestLintTakesKeysApart(t *testing.T) {
	t.Parallel()
	const github = "token.actions.githubusercontent.com"
	document := func(provider, condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":"` + webIdentityAction +
			`","Condition":` + strings.ReplaceAll(condition, "GH", github) + `}]}`
	}
	for name, test := range map[string]struct{ provider, condition, want string }{
		"Google's two audiences":            {"accounts.google.com", `{"StringEquals":{"accounts.google.com:aud":"a","accounts.google.com:oaud":"b"}}`, "audience-only high"},
		"Google's two audiences, a subject": {"accounts.google.com", `{"StringEquals":{"accounts.google.com:aud":"a","accounts.google.com:oaud":"b","accounts.google.com:sub":"1"}}`, ""},
		"a placeholder's key excludes":      {oidcProvider(github), `{"StringEquals":{"GH:aud":"a"},"StringNotEquals":{"${x}:aud":"a"}}`, "audience-only high"},
		"a slash's key excludes":            {oidcProvider(github), `{"StringEquals":{"GH:aud":"a"},"StringNotEquals":{"GH/:aud":"a"}}`, "audience-only high"},
		"a slash's key asks, if there":      {oidcProvider(github), `{"StringEquals":{"GH:aud":"a"},"StringEqualsIfExists":{"GH/:sub":"repo:a/b:environment:c"}}`, "audience-only high"},
		"one key excludes":                  {oidcProvider(github), `{"StringEquals":{"GH:aud":"a"},"StringNotEquals":{"GH:AUD":"a"},"Null":{"GH:aud":"true"}}`, "dead-statement low"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFindings(t, AWSDocument, document(test.provider, test.condition), test.want)
		})
	}
}

func oidcProvider(issuer string) string { return "arn:aws:iam::123456789012:oidc-provider/" + issuer }

// A document that has no finding of high severity admits nobody whom it does not name, whatever conditions it is made of.
func TestLintFindsWhoGetsInProperty(t *testing.T) {
	t.Parallel()
	clean := 0
	rapid.Check(t, func(t *rapid.T) {
		issuer := rapid.SampledFrom([]string{"token.actions.githubusercontent.com", "accounts.google.com"}).Draw(t, "issuer")
		provider := oidcProvider(issuer)
		if issuer == "accounts.google.com" {
			provider = issuer
		}
		conditions := map[string]map[string][]string{}
		for range rapid.IntRange(1, 5).Draw(t, "conditions") {
			operator := rapid.SampledFrom([]string{"", "", "ForAnyValue:", "ForAllValues:"}).Draw(t, "set") +
				rapid.SampledFrom([]string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"}).Draw(t, "operator") +
				rapid.SampledFrom([]string{"", "", "IfExists"}).Draw(t, "exists")
			claim := rapid.SampledFrom([]string{":sub", ":sub", ":aud", ":aud", "/:sub", ":oaud", ":repository_id", ":email"}).Draw(t, "claim")
			if conditions[operator] == nil {
				conditions[operator] = map[string][]string{}
			}
			conditions[operator][issuer+claim] = rapid.SliceOfN(rapid.SampledFrom([]string{"repo:a/b:environment:c", "1", "2", "x", "y", "*"}), 1, 3).Draw(t, "values")
		}
		statement := map[string]any{"Effect": "Allow", "Principal": map[string]string{"Federated": provider}, "Action": webIdentityAction, "Condition": conditions}
		document, _ := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{statement}})
		findings, err := Lint(AWSDocument, string(document), Intent{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			if f.Severity == High {
				return
			}
		}
		clean++
		admits := naivePolicy(string(document))
		for _, subject := range []string{"repo:z/z:environment:z", "9"} {
			for _, audience := range []string{"x", "y", "1", "z"} {
				for _, original := range []string{"x", "y", "1", "z"} {
					for _, further := range []map[string][]string{{}, {issuer + ":repository_id": {"z"}, issuer + ":email": {"z"}}} {
						further[issuer+":sub"], further[issuer+":aud"] = []string{subject}, []string{audience}
						if issuer == "accounts.google.com" {
							further[issuer+":oaud"] = []string{original}
						}
						if admits(naiveRequest{kind: "Federated", name: provider, action: webIdentityAction, context: further}) {
							t.Fatalf("%v is admitted, and what is found is %+v: %s", further, findings, document)
						}
					}
				}
			}
		}
	})
	if clean == 0 {
		t.Error("no document is clean")
	}
}
