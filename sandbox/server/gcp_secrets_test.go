package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/gcp"
)

const (
	googleSecretsPath  = "/_sandbox/clouds/gcp/secrets"
	googleMembersPath  = "/_sandbox/clouds/gcp/members"
	googleSecret       = "projects/123456789012/secrets/db"
	googleAccessor     = "roles/secretmanager.secretAccessor"
	googleMember       = "serviceAccount:" + googleAccount
	googleSecretMarked = "marked-google-5d21"
)

// googleStoreBox has an environment that reads secrets, as a service account that is a member of one of them.
func googleStoreBox(t *testing.T, access, secret, role, member string) *box {
	t.Helper()
	b := newBox(t, lockSeed)
	subjects, err := oidc.ESCSubjects("acme", oidc.EnvironmentRef{Project: "payments", Name: "prod"}, oidc.Lock{})
	if err != nil {
		t.Fatal(err)
	}
	b.trustGoogle("gcp:acme", subjects...)
	for name, value := range map[string]string{googleSecret: googleSecretMarked, googleSecret + "-admin": "other", strings.Replace(googleSecret, "12/", "13/", 1): "elsewhere"} {
		b.registerGoogle("secrets", map[string]any{"name": name, "value": value})
	}
	if secret != "" {
		b.registerGoogle("members", gcp.Membership{Secret: secret, Role: role, Member: member})
	}
	b.admin(http.MethodPatch, escPath("payments/prod"), googleDefinition(oidc.SubjectAttributes(oidc.Lock{}))+
		"    secrets:\n      fn::open::gcp-secrets: {login: '${gcp.login}', access: "+access+"}\n").want(http.StatusOK)
	return b
}

// Who may read a secret is decided by the bindings on it, and by no other secret's.
func TestGoogleSecretsDecide(t *testing.T) {
	t.Parallel()
	const one, both = "{a: {name: db}}", "{a: {name: db}, b: {name: db-admin}}"
	for name, c := range map[string]struct {
		access, secret, role, member string
		want                         string // "" is allowed
	}{
		"a member":          {one, googleSecret, googleAccessor, googleMember, ""},
		"an administrator":  {one, googleSecret, "roles/secretmanager.admin", googleMember, ""},
		"a version":         {"{a: {name: db, version: '1'}}", googleSecret, googleAccessor, googleMember, ""},
		"another secret":    {both, googleSecret, googleAccessor, googleMember, "access.b: PERMISSION_DENIED"},
		"a longer name":     {one, googleSecret + "-admin", googleAccessor, googleMember, "no binding of " + googleAccessor},
		"another case":      {"{a: {name: DB}}", googleSecret, googleAccessor, googleMember, "PERMISSION_DENIED"},
		"another project":   {one, "projects/123456789013/secrets/db", googleAccessor, googleMember, "PERMISSION_DENIED"},
		"a path":            {"{a: {name: ../../123456789013/secrets/db}}", googleSecret, googleAccessor, googleMember, "PERMISSION_DENIED"},
		"another account":   {one, googleSecret, googleAccessor, "serviceAccount:other@acme-prod.iam.gserviceaccount.com", "PERMISSION_DENIED"},
		"a viewer":          {one, googleSecret, "roles/secretmanager.viewer", googleMember, "'secretmanager.versions.access' denied"},
		"without a binding": {one, "", "", "", "PERMISSION_DENIED"},
		"no such secret":    {"{a: {name: none}}", googleSecret, googleAccessor, googleMember, "PERMISSION_DENIED"},
		"no such version":   {"{a: {name: db, version: '2'}}", googleSecret, googleAccessor, googleMember, "NOT_FOUND"},
		"an unknown input":  {"{a: {name: db, stage: x}}", googleSecret, googleAccessor, googleMember, "unknown input"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opened := func() reply {
				b := googleStoreBox(t, c.access, c.secret, c.role, c.member)
				return b.opened(b.user("bo"), "payments/prod")
			}()
			if c.want != "" {
				opened.want(http.StatusBadRequest).says(c.want).hides(googleSecretMarked)
				return
			}
			opened.want(http.StatusOK).says(googleSecretMarked)
		})
	}
}

// A token that Google did not give out, or no longer takes, reads nothing; nor does whoever borrows the login.
func TestGoogleSecretsTokens(t *testing.T) {
	t.Parallel()
	b := googleStoreBox(t, "{a: {name: db}}", googleSecret, googleAccessor, googleMember)
	b.opened(b.user("bo"), "payments/borrower").want(http.StatusBadRequest).hides(googleSecretMarked)
	b.admin(http.MethodPatch, escPath("payments/copy"), "values: {s: {fn::open::gcp-secrets: {login: {project: '123456789012', accessToken: made-up, "+
		"tokenType: Bearer, expiry: ''}, access: {a: {name: db}}}}}").want(http.StatusOK)
	b.opened(b.user("bo"), "payments/copy").want(http.StatusBadRequest).says("UNAUTHENTICATED").hides(googleSecretMarked)
}

func TestGoogleSecretsControl(t *testing.T) {
	t.Parallel()
	b := newBox(t, "")
	before := b.send("", http.MethodGet, "/_sandbox/state", nil).body
	put := func(name string) reply {
		return b.send("", http.MethodPost, googleSecretsPath, map[string]any{"name": name, "value": googleSecretMarked})
	}
	put("db").want(http.StatusBadRequest).says("projects/123456789012/secrets/")
	put(googleSecret).want(http.StatusOK).says(googleSecret + "/versions/1")
	bare := b.send("", http.MethodGet, "/_sandbox/state", nil).body
	member := gcp.Membership{Secret: googleSecret, Role: googleAccessor, Member: googleMember}
	b.registerGoogle("members", member)
	b.send("", http.MethodGet, googleSecretsPath, nil).want(http.StatusOK).says(googleMember).hides(googleSecretMarked)
	b.send("", http.MethodPost, googleMembersPath, gcp.Membership{Secret: googleSecret, Role: googleAccessor, Member: "bo"}).want(http.StatusBadRequest).says("member")
	b.send("", http.MethodPost, googleMembersPath, gcp.Membership{Secret: googleSecret + "x", Role: googleAccessor, Member: googleMember}).want(http.StatusNotFound)
	state := b.send("", http.MethodGet, "/_sandbox/state", nil).hides(googleSecretMarked).says(googleMember).body
	b.send("", http.MethodPut, "/_sandbox/state", state).want(http.StatusNoContent)
	b.send("", http.MethodPut, "/_sandbox/state", strings.Replace(state, `"name": "`+googleSecret+`"`, `"name": "x"`, 1)).want(http.StatusBadRequest).says("clouds.gcp.secrets")
	gone := googleMembersPath + "?secret=" + googleSecret + "&role=" + googleAccessor + "&member=" + googleMember
	b.send("", http.MethodDelete, gone, nil).want(http.StatusNoContent)
	b.send("", http.MethodDelete, gone, nil).want(http.StatusNotFound)
	if after := b.send("", http.MethodGet, "/_sandbox/state", nil).body; after != bare {
		t.Errorf("a member that came and went left %s", after)
	}
	put(googleSecret).want(http.StatusOK).says("/versions/2")
	b.send("", http.MethodDelete, googleSecretsPath+"?name="+googleSecret, nil).want(http.StatusNoContent)
	b.send("", http.MethodDelete, googleSecretsPath+"?name="+googleSecret, nil).want(http.StatusNotFound)
	if after := b.send("", http.MethodGet, "/_sandbox/state", nil).body; after != before {
		t.Errorf("deleting what was made left %s", after)
	}
}
