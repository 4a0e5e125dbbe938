package server

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	pulumiesc "github.com/pulumi/esc"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/idtokens"
)

func TestOneOfManyConcurrentEditsWins(t *testing.T) {
	t.Parallel()
	b := newBox(t, accessSeed)
	etag := b.admin(http.MethodGet, escPath("payments/prod"), nil).header.Get("ETag")
	var wait sync.WaitGroup
	statuses := make([]int, 8)
	for i := range statuses {
		wait.Go(func() {
			statuses[i] = b.admin(http.MethodPatch, escPath("payments/prod"), "values: {writer: "+strconv.Itoa(i)+"}", "ETag", etag).status
		})
	}
	wait.Wait()
	count := map[int]int{}
	for _, status := range statuses {
		count[status]++
	}
	if count[http.StatusOK] != 1 || count[http.StatusConflict] != len(statuses)-1 {
		t.Errorf("got statuses %v, want one 200 and the rest 409", statuses)
	}
}

func TestSecretsOutliveASavedState(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"", "?include=history"} {
		b := newBox(t, accessSeed)
		b.admin(http.MethodPatch, escPath("payments/prod"), "values: {key: {fn::secret: marked-secret}}").want(http.StatusOK)
		saved := b.send("", http.MethodGet, "/_sandbox/state"+query, nil).want(http.StatusOK).hides("marked-secret").body
		b.admin(http.MethodDelete, escPath("payments/prod"), nil).want(http.StatusOK)
		b.send("", http.MethodPut, "/_sandbox/state", saved).want(http.StatusNoContent)
		b.opened(b.user("oli"), "payments/prod").want(http.StatusOK).says("marked-secret")
		if again := b.send("", http.MethodGet, "/_sandbox/state", nil).body; query == "" && again != saved {
			t.Errorf("a restored state differs:\n%s\n%s", saved, again)
		}
	}
}

func TestClaimsOfLogins(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name                  string
		kind                  esc.TextKind
		chain                 []string // environments on the way, the one with the login last
		wantRoot, wantCurrent string
	}{
		{name: "opened", chain: []string{"payments/prod"}, wantRoot: "payments/prod", wantCurrent: "payments/prod"},
		{name: "imported", chain: []string{"payments/app", "payments/prod@3"}, wantRoot: "payments/app", wantCurrent: "payments/prod"},
		{name: "legacy", chain: []string{"old"}, wantRoot: "old", wantCurrent: "old"},
		{name: "legacy, written out", chain: []string{"default/old"}, wantRoot: "old", wantCurrent: "old"},
		{name: "text", kind: esc.Anonymous, chain: []string{"<yaml>"}, wantRoot: "<yaml>", wantCurrent: "<yaml>"},
		{name: "imported by text", kind: esc.Anonymous, chain: []string{"<yaml>", "payments/app", "payments/prod"}, wantRoot: "payments/app", wantCurrent: "payments/prod"},
	}
	b := newBox(t, "")
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			token := b.loginToken(c.kind, c.chain)
			provider, err := gooidc.NewProvider(t.Context(), b.url+"/oidc")
			if err != nil {
				t.Fatal(err)
			}
			verified, err := provider.Verifier(&gooidc.Config{SkipClientIDCheck: true, Now: b.clock}).Verify(t.Context(), token)
			if err != nil {
				t.Fatal(err)
			}
			var claims struct {
				Root    string `json:"root_env"`
				Current string `json:"current_env"`
				User    string `json:"trigger_user"`
				Org     string `json:"org"`
			}
			if err := verified.Claims(&claims); err != nil {
				t.Fatal(err)
			}
			if claims.Root != c.wantRoot || claims.Current != c.wantCurrent || claims.User != "ana" || claims.Org != "acme" {
				t.Errorf("got claims %+v", claims)
			}
		})
	}
}

// loginToken is the token that a login in the last environment of the chain gets.
func (b *box) loginToken(kind esc.TextKind, chain []string) string {
	b.t.Helper()
	values, err := pulumiesc.NewExecContext(map[string]pulumiesc.Value{})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, name := range chain {
		values = values.CopyForEnv(name)
	}
	b.s.org.Mu.Lock()
	defer b.s.org.Mu.Unlock()
	c := &core.Call{Org: b.s.org, Caller: authz.Principal{Login: "ana"}}
	o := esc.Opening(c, kind, esc.ToRead)
	token, err := o.LoginToken(oidc.AWS, nil, values)
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

func TestSecretsLaw(t *testing.T) {
	b := newBox(t, "")
	mine, other := b.s.org.EnvironmentKey("one"), b.s.org.EnvironmentKey("two")
	rapid.Check(t, func(rt *rapid.T) {
		secret := rapid.StringMatching(`[ -~]{1,40}`).Draw(rt, "secret")
		quoted, err := json.Marshal("mark:" + secret)
		if err != nil {
			rt.Fatal(err)
		}
		text := "values: {key: {fn::secret: " + string(quoted) + "}}\n"
		sealed, err := environments.Seal(t.Context(), "e", []byte(text), mine)
		if err != nil {
			rt.Fatal(err)
		}
		if strings.Contains(string(sealed), "mark:") {
			rt.Fatalf("stored in clear: %s", sealed)
		}
		if again, err := environments.Seal(t.Context(), "e", sealed, mine); err != nil || string(again) != string(sealed) {
			rt.Fatalf("sealing twice differs: %s, %v", again, err)
		}
		if _, err := environments.Reveal(t.Context(), "e", sealed, other); err == nil {
			rt.Fatal("another environment's key decrypts it")
		}
		if clear, err := environments.Reveal(t.Context(), "e", sealed, mine); err != nil || !strings.Contains(string(clear), "mark:") {
			rt.Fatalf("it cannot be read again: %v", err)
		}
	})
}

func FuzzParseImportName(f *testing.F) {
	for _, seed := range []string{"payments/prod", "prod", "payments/prod@3", "prod@stable", "a/b/c", "@", "<yaml>", "default/x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name, err := environments.ParseImportName(text)
		if err != nil {
			return
		}
		written := name.String()
		if name.Version != "" {
			written += "@" + name.Version
		}
		again, err := environments.ParseImportName(written)
		if err != nil || again != name {
			t.Errorf("%q reads as %+v, and that as %+v, %v", text, name, again, err)
		}
	})
}

func FuzzAssumeRoleTakesAnyToken(f *testing.F) {
	s, err := New(core.Options{})
	if err != nil {
		f.Fatal(err)
	}
	s.SetURL("http://127.0.0.1:1")
	token, err := s.org.Issuer().Sign(idtokens.Identity{Subject: "who", Audience: []string{"a"}, Lifetime: -time.Minute})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add(unsigned(token))
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := s.org.Issuer().Verify(token, s.org.Now()); err == nil {
			t.Errorf("a token that the issuer did not make is valid: %q", token)
		}
	})
}
