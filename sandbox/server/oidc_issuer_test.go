package server

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/idtokens"
)

func TestIssuerIsReadByAnIndependentVerifier(t *testing.T) {
	t.Parallel()
	b := newBox(t, "")
	token := b.sign(idtokens.Identity{Subject: "who", Audience: []string{"aws:acme"}, Lifetime: time.Minute, Claims: map[string]any{"org": "acme"}})

	provider, err := oidc.NewProvider(t.Context(), b.url+"/oidc")
	if err != nil {
		t.Fatalf("discovery: %v", err)
	}
	verified, err := provider.Verifier(&oidc.Config{ClientID: "aws:acme", Now: b.clock}).Verify(t.Context(), token)
	if err != nil {
		t.Fatalf("verifying: %v", err)
	}
	if verified.Subject != "who" || verified.Issuer != b.url+"/oidc" {
		t.Errorf("got subject %q of issuer %q", verified.Subject, verified.Issuer)
	}
	var claims struct {
		Organization string `json:"org"`
	}
	if err := verified.Claims(&claims); err != nil || claims.Organization != "acme" {
		t.Errorf("got claims %+v, %v", claims, err)
	}
	if _, err := provider.Verifier(&oidc.Config{ClientID: "gcp:acme", Now: b.clock}).Verify(t.Context(), token); err == nil {
		t.Error("a token for one audience was taken for another's")
	}
}

func TestIssuerVerify(t *testing.T) {
	t.Parallel()
	b, other := newBox(t, ""), newBox(t, "")
	good := b.sign(idtokens.Identity{Subject: "who", Audience: []string{"aws:acme"}, Lifetime: time.Minute})
	cases := []struct {
		name  string
		token string
		at    time.Duration
		want  string // "" is valid
	}{
		{name: "valid", token: good},
		{name: "expired", token: good, at: 2 * time.Minute, want: "not valid"},
		{name: "before its time", token: good, at: -time.Minute, want: "not valid"},
		{name: "another issuer's", token: other.sign(idtokens.Identity{Subject: "who", Lifetime: time.Minute}), want: "signature"},
		{name: "tampered", token: tampered(t, good), want: "signature"},
		{name: "unsigned", token: unsigned(good), want: "not a signed JWT"},
		{name: "not a token", token: "hello", want: "not a signed JWT"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			claims, err := b.s.org.Issuer().Verify(c.token, b.clock().Add(c.at))
			switch {
			case c.want == "" && (err != nil || claims.Subject != "who"):
				t.Errorf("got %+v, %v", claims, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got error %v, want one with %q", err, c.want)
			case err != nil && strings.Contains(err.Error(), c.token) && len(c.token) > 10:
				t.Error("the error repeats the token")
			}
		})
	}
}

func TestIssuerPublishesNoPrivateKey(t *testing.T) {
	t.Parallel()
	b := newBox(t, "")
	answer := b.send("", http.MethodGet, "/oidc/.well-known/jwks", nil).want(http.StatusOK)
	keys := decoded[struct {
		Keys []map[string]any `json:"keys"`
	}](answer).Keys
	if len(keys) != 1 {
		t.Fatalf("got %d keys, want 1", len(keys))
	}
	for name, want := range map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig"} {
		if keys[0][name] != want {
			t.Errorf("%s is %v, want %v", name, keys[0][name], want)
		}
	}
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi"} {
		if _, found := keys[0][private]; found {
			t.Errorf("the key set shows the private part %q", private)
		}
	}
	again := b.send("", http.MethodGet, "/oidc/.well-known/jwks", nil).want(http.StatusOK)
	if answer.body != again.body {
		t.Error("the key changed between two reads")
	}
}

func TestIssuerNeedsTheURL(t *testing.T) {
	t.Parallel()
	s, err := New(core.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.org.Issuer().Sign(idtokens.Identity{Subject: "who"}); err == nil || !strings.Contains(err.Error(), "URL") {
		t.Errorf("got %v, want an error about the URL", err)
	}
}

func (b *box) sign(id idtokens.Identity) string {
	b.t.Helper()
	b.s.org.Mu.Lock()
	defer b.s.org.Mu.Unlock()
	token, err := b.s.org.Issuer().Sign(id)
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

// tampered gives a token another subject and keeps the signature.
func tampered(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	if err := json.Unmarshal(data, &claims); err != nil {
		t.Fatal(err)
	}
	claims["sub"] = "somebody else"
	data, err = json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	parts[1] = base64.RawURLEncoding.EncodeToString(data)
	return strings.Join(parts, ".")
}

// unsigned is the classic attack: the algorithm "none" and no signature.
func unsigned(token string) string {
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	return header + "." + strings.Split(token, ".")[1] + "."
}
