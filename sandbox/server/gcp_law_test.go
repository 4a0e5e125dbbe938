package server

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/gcp"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/idtokens"
)

// googleTrusted is a service account that the product made reachable, and for whom.
type googleTrusted struct {
	provider, account, audience string
	subjects                    []string
}

// drawGoogleTrusted makes a provider and a service account as the product writes them, for the login of an environment or
// for the deployments of a stack. Few letters, so that names often differ in one place only; `pulumi` is an organization
// whose subjects begin twice with the same word.
func drawGoogleTrusted(t *rapid.T, b *box, id string) googleTrusted {
	name := rapid.StringMatching(`[abA][ab-]{0,2}`)
	organization := rapid.SampledFrom([]string{"acme", "pulumi", "a"}).Draw(t, "organization")
	trusted := googleTrusted{provider: googlePool + "/providers/" + id, account: id + "-account@acme-prod.iam.gserviceaccount.com"}
	var err error
	if rapid.Bool().Draw(t, "deployments") {
		operations := rapid.SliceOfN(rapid.SampledFrom(oidc.Operations()), 0, 3).Draw(t, "operations")
		trusted.subjects, err = oidc.DeploymentSubjects(organization, name.Draw(t, "project"), name.Draw(t, "stack"), operations)
		trusted.audience = oidc.DeploymentAudience(organization)
	} else {
		ref := rapid.Custom(func(t *rapid.T) oidc.EnvironmentRef {
			return oidc.EnvironmentRef{Project: rapid.OneOf(name, rapid.Just(oidc.LegacyProject)).Draw(t, "project"), Name: name.Draw(t, "name")}
		})
		env := ref.Draw(t, "env")
		trusted.subjects, err = oidc.ESCSubjects(organization, env, oidc.Lock{
			AllowedRoots: rapid.SliceOfN(ref, 0, 2).Draw(t, "roots"), Users: rapid.SliceOfN(name, 0, 2).Draw(t, "users"),
		})
		trusted.audience = oidc.ESCAudience(oidc.GCP, organization, env.Project)
	}
	if err != nil {
		t.Fatal(err)
	}
	written, err := oidc.GoogleWorkloadIdentityFor(oidc.GoogleTrust{
		Subjects: trusted.subjects, Audience: trusted.audience, Issuer: b.url + "/oidc", Pool: googlePool,
	})
	if err != nil {
		t.Fatal(err)
	}
	account := &gcp.ServiceAccount{Email: trusted.account}
	for _, principal := range written.Principals {
		account.Bindings.Bind(googleUser, principal.Member)
	}
	b.s.org.State.Clouds.GCP.Providers[trusted.provider] = &gcp.Provider{Name: trusted.provider, GoogleWorkloadIdentity: written}
	b.s.org.State.Clouds.GCP.ServiceAccounts[trusted.account] = account
	return trusted
}

// lookAlikes turn a subject into one that a careless comparison would take for it.
var lookAlikes = []func(string) string{
	func(s string) string { return s },
	func(s string) string { return s + "x" },
	func(s string) string { return "x" + s },
	func(s string) string { return s[:len(s)-1] },
	func(s string) string { return s[1:] },
	func(s string) string { return s + " " },
	func(s string) string { return s + "'" },
	strings.ToUpper, strings.ToLower,
	func(s string) string { return strings.Replace(s, "a", "b", 1) },
	func(s string) string { return strings.Replace(s, "operation:", "operation:pre", 1) },
	func(s string) string { return strings.TrimPrefix(s, "pulumi:environments:pulumi.organization.login:") },
	func(s string) string { return "pulumi:environments:pulumi.organization.login:" + s },
	func(s string) string { return s + s },
}

// Of two identities in one pool, whatever they are for, each is given to exactly the subjects that were asked for, by its
// own provider and by the other's: CEL and the bindings decide, and admit no look-alike.
func TestGoogleDecisionLaw(t *testing.T) {
	b := newBox(t, "")
	tried := map[bool]int{}
	rapid.Check(t, func(rt *rapid.T) {
		b.s.org.Mu.Lock()
		defer b.s.org.Mu.Unlock()
		all := []googleTrusted{drawGoogleTrusted(rt, b, "one-one"), drawGoogleTrusted(rt, b, "two-two")}
		which := rapid.SampledFrom(all)
		of, through, as := which.Draw(rt, "of"), which.Draw(rt, "through"), which.Draw(rt, "as")
		if rapid.Bool().Draw(rt, "consistent") {
			through, as = of, of
		}
		subject := rapid.SampledFrom(of.subjects).Draw(rt, "subject")
		subject = rapid.SampledFrom(lookAlikes).Draw(rt, "look-alike")(subject)
		token, err := b.s.org.Issuer().Sign(idtokens.Identity{Subject: subject, Audience: []string{of.audience}, Lifetime: time.Minute})
		if err != nil {
			rt.Fatal(err)
		}
		_, err = b.s.gcp.Login(gcp.LoginRequest{Provider: through.provider, ServiceAccount: as.account, Token: token})
		if err != nil && !errors.Is(err, gcp.ErrRefused) {
			rt.Fatal(err)
		}
		want := of.audience == through.audience && slices.Contains(through.subjects, subject) && slices.Contains(as.subjects, subject)
		if (err == nil) != want {
			rt.Fatalf("%s, with audience %s, through %+v, as %+v: %v", subject, of.audience, through, as, err)
		}
		tried[want]++
	})
	if tried[true] < 5 || tried[false] < 5 {
		t.Errorf("admitted %d, refused %d: the law says little", tried[true], tried[false])
	}
}
