package server

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	gooidc "github.com/coreos/go-oidc/v3/oidc"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

const tokenBlock = `values:
  token:
    fn::open::oidc: {audience: https://x.example, duration: 15m, identityToken: {version: v2}}
  claims:
    fn::open::debug-oidc-claims: {audience: https://x.example, identityToken: {version: v2}}
`

// valueOf is a value of an opened environment, by its names.
func valueOf(t *testing.T, answer reply, names ...string) any {
	t.Helper()
	value := decoded[map[string]any](answer)["properties"]
	for _, name := range names {
		object, ok := value.(map[string]any)
		if !ok {
			t.Fatalf("no %v in %s", names, answer.body)
		}
		if inner, wrapped := object["value"].(map[string]any); wrapped {
			object = inner
		}
		value = object[name]
	}
	object, ok := value.(map[string]any)
	if !ok {
		t.Fatalf("no %v in %s", names, answer.body)
	}
	return object["value"]
}

// A token of the second version is of an issuer with a key of its own, and its subject is what the metadata and the function predict:
// that of the environment which declares the block, also when another imports it.
func TestTokensOfTheSecondVersion(t *testing.T) {
	t.Parallel()
	b := newBox(t, "")
	for _, one := range [][2]string{{"payments/token", tokenBlock}, {"payments/importer", "imports: [payments/token]\n"}} {
		name, text := one[0], one[1]
		project, environment, _ := strings.Cut(name, "/")
		b.admin(http.MethodPost, "/api/esc/environments/acme", map[string]any{"project": project, "name": environment}).want(http.StatusOK)
		b.admin(http.MethodPatch, escPath(name), text).want(http.StatusOK)
	}
	metadata := decoded[struct{ ID, OidcSubjectV2 string }](b.admin(http.MethodGet, escPath("payments/token", "metadata"), nil).want(http.StatusOK))
	importer := decoded[struct{ ID string }](b.admin(http.MethodGet, escPath("payments/importer", "metadata"), nil).want(http.StatusOK))
	id, err := oidc.ParseESCSubjectV2(metadata.OidcSubjectV2)
	if err != nil || id.Environment != metadata.ID {
		t.Fatalf("%+v: %v", metadata, err)
	}
	provider, err := gooidc.NewProvider(t.Context(), b.url+"/oidc/v2")
	if err != nil {
		t.Fatalf("discovery: %v", err)
	}
	verifier := provider.Verifier(&gooidc.Config{ClientID: "https://x.example", Now: b.clock})
	for environment, root := range map[string]string{"payments/token": metadata.ID, "payments/importer": importer.ID} {
		opened := b.opened(b.s.AdminToken(), environment).want(http.StatusOK)
		token, ok := valueOf(t, opened, "token").(string)
		if !ok {
			t.Fatalf("no token in %s", opened.body)
		}
		verified, err := verifier.Verify(t.Context(), token)
		if err != nil {
			t.Fatalf("%s: %v", environment, err)
		}
		var claims map[string]any
		if err := verified.Claims(&claims); err != nil {
			t.Fatal(err)
		}
		if verified.Subject != metadata.OidcSubjectV2 || claims[oidc.ClaimCurrentEnvironmentID] != metadata.ID || claims[oidc.ClaimRootEnvironmentID] != root {
			t.Errorf("%s: got %v", environment, claims)
		}
		if verified.Expiry.Sub(verified.IssuedAt).Minutes() != 15 {
			t.Errorf("it lives from %v to %v", verified.IssuedAt, verified.Expiry)
		}
		if got := valueOf(t, opened, "claims", "sub"); got != metadata.OidcSubjectV2 {
			t.Errorf("the preview of %s shows the subject %v", environment, got)
		}
		first, err := gooidc.NewProvider(t.Context(), b.url+"/oidc")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := first.Verifier(&gooidc.Config{SkipClientIDCheck: true, SkipIssuerCheck: true, Now: b.clock}).Verify(t.Context(), token); err == nil {
			t.Error("the keys of the first version verify a token of the second")
		}
	}
	if !slices.Contains(b.events(), "environment-oidc-token-issued") {
		t.Errorf("no event: %v", b.events())
	}
	if answer := b.yamlOpened(b.s.AdminToken(), tokenBlock); !strings.Contains(answer.body, "once it is saved") {
		t.Errorf("an unsaved text: %s", answer.body)
	}
}

func TestTokensOfTheSecondVersionAreRefused(t *testing.T) {
	t.Parallel()
	b := newBox(t, "")
	b.admin(http.MethodPost, "/api/esc/environments/acme", map[string]any{"project": "payments", "name": "token"}).want(http.StatusOK)
	for inputs, want := range map[string]string{
		"audience: x, identityToken: {version: v1}":                                "is not v2",
		"audience: '', identityToken: {version: v2}":                               "1 to 512",
		"audience: " + strings.Repeat("x", 513) + ", identityToken: {version: v2}": "1 to 512",
		"audience: x, duration: 30s, identityToken: {version: v2}":                 "is not between",
		"audience: x, duration: 2h, identityToken: {version: v2}":                  "is not between",
		"audience: x, subjectAttributes: [a], identityToken: {version: v2}":        "unknown input",
		"audience: x, identityToken: {version: v2, subject: a}":                    "unknown input",
	} {
		b.admin(http.MethodPatch, escPath("payments/token"), "values:\n  token:\n    fn::open::oidc: {"+inputs+"}\n").want(http.StatusOK)
		if answer := b.opened(b.s.AdminToken(), "payments/token"); !strings.Contains(answer.body, want) {
			t.Errorf("%s: got %s, want %q", inputs, answer.body, want)
		}
	}
}
