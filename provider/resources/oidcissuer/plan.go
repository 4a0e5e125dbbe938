package oidcissuer

import (
	"context"
	"fmt"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

func previewCreate(ctx context.Context, op kit.Op, want Args) (State, error) {
	w := writer{session: op.Session, client: op.Session.Client, state: wanted(want)}
	if !op.Unknown("url") && w.state.Organization != "" {
		w.warnExisting(ctx, op)
	}
	return w.state, nil
}

func previewUpdate(ctx context.Context, op kit.Op, before State, want Args) (State, error) {
	(&writer{session: op.Session, client: op.Session.Client, state: before}).warnRevoked(ctx, op, want)
	next := wanted(want)
	next.IssuerID = before.IssuerID
	return next, nil
}

// warnExisting says at preview that the URL is registered already, and what would become of its policies. It never fails.
func (w *writer) warnExisting(ctx context.Context, op kit.Op) {
	existing, found, err := w.find(ctx)
	switch {
	case err != nil:
		wire.Log(ctx).Warningf("whether an OIDC issuer for %s is registered already could not be read: %v", w.state.URL, err)
		return
	case !found:
		return
	case !ptr.Value(w.state.Adopt):
		wire.Log(ctx).Warning(w.existsAlready(ctx, existing))
		return
	}
	policy, err := w.client.AuthPolicy(ctx, w.state.Organization, existing.ID)
	if err != nil {
		wire.Log(ctx).Warningf("the policies of OIDC issuer %q, which an update would replace, could not be read: %v", existing.Name, err)
		return
	}
	w.warnThumbprints(ctx, op, existing, w.state.Args)
	if op.Unknown("policies") {
		kit.WarnUndecided(ctx, op, fmt.Sprintf("OIDC issuer %q, which is registered already and which an update would take over: its policies",
			existing.Name), []string{"policies"}, revokedPolicies(policy.Policies, kit.KnownElements(op, "policies", ptr.Value(w.state.Policies))))
		return
	}
	kit.WarnRemovals(ctx, fmt.Sprintf("OIDC issuer %q is registered already, and an update would take it over and revoke:", existing.Name),
		revokedPolicies(policy.Policies, ptr.Value(w.state.Policies)))
}

// warnThumbprints names the thumbprints that may go, because part of the list is not known yet.
func (w *writer) warnThumbprints(ctx context.Context, op kit.Op, live cloud.OIDCIssuer, want Args) {
	known := kit.KnownElements(op, "thumbprints", ptr.Value(want.Thumbprints))
	mayGo := slices.DeleteFunc(slices.Clone(live.Thumbprints), func(one string) bool { return logins.Index(known, one) >= 0 })
	kit.WarnUndecided(ctx, op, fmt.Sprintf("OIDC issuer %q: its thumbprints", live.Name), []string{"thumbprints"}, mayGo)
}

// warnRevoked names at preview the policies that an update would take away. It never fails.
func (w *writer) warnRevoked(ctx context.Context, op kit.Op, want Args) {
	if op.Unknown("thumbprints") {
		live := cloud.OIDCIssuer{Name: w.state.Name, Thumbprints: ptr.Value(w.state.Thumbprints)}
		w.warnThumbprints(ctx, op, live, want)
	}
	policy, err := w.client.AuthPolicy(ctx, w.state.Organization, w.state.IssuerID)
	if err != nil {
		wire.Log(ctx).Warningf("the policies of OIDC issuer %q, of which an update may revoke some, could not be read: %v", w.state.Name, err)
		return
	}
	if op.Unknown("policies") {
		kit.WarnUndecided(ctx, op, fmt.Sprintf("OIDC issuer %q: its policies", w.state.Name), []string{"policies"},
			revokedPolicies(policy.Policies, kit.KnownElements(op, "policies", ptr.Value(want.Policies))))
		return
	}
	kit.WarnRemovals(ctx, fmt.Sprintf("OIDC issuer %q: an update would revoke:", w.state.Name), revokedPolicies(policy.Policies, ptr.Value(want.Policies)))
}

// diff says what differs between an issuer and what is wanted of it. An unknown input counts as a difference.
func diff(state State, want Args, unknowns []string) p.DiffResponse {
	d := kit.NewDifferences(unknowns)
	d.Add("organization", ptr.Value(want.Organization) != state.Organization, p.UpdateReplace)
	d.Add("url", !cloud.SameIssuerURL(want.URL, state.URL), p.UpdateReplace)
	d.Add("name", want.Name != state.Name, p.Update)
	d.Add("maxExpiration", lifetime(want.MaxExpiration) != lifetime(state.MaxExpiration), p.Update)
	d.Add("thumbprints", !sameThumbprints(state.Thumbprints, want.Thumbprints), p.Update)
	switch {
	case want.JWKS == nil && state.JWKS != nil:
		d.Add("jwks", true, p.DeleteReplace)
	default:
		d.Add("jwks", want.JWKS != nil && (state.JWKS == nil || !sameKeys(*state.JWKS, *want.JWKS)), p.Update)
	}
	d.Add("policies", !samePolicies(policiesOf(state.Policies), policiesOf(want.Policies)), p.Update)
	d.Add("provider", ptr.Value((*string)(state.Provider)) != ptr.Value((*string)(want.Provider)), p.Update)
	d.Add("allow", !slices.Equal(ptr.Value(state.Allow), ptr.Value(want.Allow)), p.Update)
	response := d.Response()
	// There is one issuer for a URL: another one for it can be registered only when the first was deleted.
	response.DeleteBeforeReplace = cloud.SameIssuerURL(want.URL, state.URL)
	return response
}

// sameThumbprints says whether nothing is to be done: thumbprints that are not given are left alone.
func sameThumbprints(state, want *[]string) bool {
	return want == nil || state != nil && sameTexts(*state, *want)
}
