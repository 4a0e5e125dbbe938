package oidc

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// deadKeys are of two issuers: keys of one claim, and the same key written in other ways.
var deadKeys = []string{
	"accounts.google.com:sub", "accounts.google.com:aud", "accounts.google.com:oaud", "ACCOUNTS.google.com:aud", "accounts.google.com:amr",
	"api.pulumi.com/oidc:sub", "api.pulumi.com/oidc:aud", "api.pulumi.com/oidc/:sub", "api.pulumi.com/oidc:SUB",
}

var deadOperators = []string{
	"StringEquals", "StringEquals", "StringLike", "StringNotEquals", "StringEqualsIgnoreCase", "StringEqualsIfExists", "ForAnyValue:StringEquals",
}

func drawDead(t *rapid.T) string {
	conditions := map[string]map[string]any{}
	for range rapid.IntRange(1, 5).Draw(t, "conditions") {
		operator, key := rapid.SampledFrom(deadOperators).Draw(t, "operator"), rapid.SampledFrom(deadKeys).Draw(t, "key")
		if conditions[operator] == nil {
			conditions[operator] = map[string]any{}
		}
		conditions[operator][key] = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "A", "a*"}), 1, 2, rapid.ID).Draw(t, "values")
	}
	provider := rapid.SampledFrom([]string{"accounts.google.com", broughtARN}).Draw(t, "provider")
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"Federated": provider}, "Action": webIdentityAction, "Condition": conditions,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// deadRequests are the tokens of the two issuers, with every combination of values of the claims.
func deadRequests() (all []naiveRequest) {
	values := []string{"a", "b", "A", "ab"}
	for _, subject := range values {
		for _, audience := range values {
			all = append(all, naiveRequest{"Federated", broughtARN, webIdentityAction, map[string][]string{
				"api.pulumi.com/oidc:sub": {subject}, "api.pulumi.com/oidc:aud": {audience},
			}})
			for _, other := range values {
				for _, methods := range [][]string{nil, {"a"}, {"a", "b"}} {
					context := map[string][]string{
						"accounts.google.com:sub": {subject}, "accounts.google.com:aud": {audience}, "accounts.google.com:oaud": {other},
					}
					if methods != nil {
						context["accounts.google.com:amr"] = methods
					}
					all = append(all, naiveRequest{"Federated", "accounts.google.com", webIdentityAction, context})
				}
			}
		}
	}
	return all
}

// A statement that lint calls dead admits nobody, says an evaluator that shares no code.
func TestDeadStatementsAdmitNobodyProperty(t *testing.T) {
	t.Parallel()
	requests, dead := deadRequests(), 0
	rapid.Check(t, func(t *rapid.T) {
		text := drawDead(t)
		findings, err := Lint(AWSDocument, text, Intent{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			if f.Rule != RuleDeadStatement {
				continue
			}
			dead++
			for _, request := range requests {
				if naiveAllows(text, request) {
					t.Fatalf("%s: %s, and yet %v is admitted", text, strings.TrimSpace(f.Message), request)
				}
			}
		}
	})
	if dead == 0 {
		t.Error("no statement was dead")
	}
}
