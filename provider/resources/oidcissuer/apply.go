package oidcissuer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// writer brings one issuer to what is desired. Its state is always what was reached.
type writer struct {
	session *session.Session
	client  *cloud.Client
	state   State
	wrote   bool // something was changed

	policies bool // the state's policies are what was read last, and so nothing is written where they stay
}

// register registers the issuer, or with adopt takes over the one that is registered.
func (w *writer) register(ctx context.Context, want Args) error {
	if ptr.Value(want.Adopt) {
		existing, found, err := w.find(ctx)
		if err != nil {
			return err
		}
		if found {
			return w.adopt(ctx, existing, want)
		}
	}
	input := cloud.OIDCIssuerInput{Name: want.Name, URL: want.URL, Thumbprints: want.Thumbprints, Keys: rawKeys(want.JWKS)}
	if want.MaxExpiration != nil {
		input.MaxExpiration = lifetime(want.MaxExpiration)
	}
	made, err := w.client.RegisterOIDCIssuer(ctx, w.state.Organization, input)
	if errors.Is(err, cloud.ErrConflict) {
		existing, found, findErr := w.find(ctx)
		if found && findErr == nil {
			return fmt.Errorf("%w\n  %s", err, w.existsAlready(ctx, existing))
		}
		return errors.Join(err, findErr)
	}
	if err != nil {
		return err
	}
	w.state.IssuerID, w.wrote = made.ID, true
	w.state.Policies = &[]types.OidcPolicy{} // it admits nobody yet
	return nil
}

// adopt takes the state of the issuer that is there, which is then led to what is wanted.
func (w *writer) adopt(ctx context.Context, existing cloud.OIDCIssuer, want Args) error {
	policy, err := w.client.AuthPolicy(ctx, w.state.Organization, existing.ID)
	if err != nil {
		return err
	}
	before := Args{URL: want.URL, Thumbprints: want.Thumbprints, Adopt: want.Adopt, Allow: want.Allow, Provider: want.Provider}
	w.state = wanted(inputsOf(w.state.Organization, existing, policy.Policies, before))
	w.state.IssuerID = existing.ID
	return nil
}

func (w *writer) find(ctx context.Context) (cloud.OIDCIssuer, bool, error) {
	issuers, err := w.client.OIDCIssuers(ctx, w.state.Organization)
	if err != nil {
		return cloud.OIDCIssuer{}, false, err
	}
	for _, issuer := range issuers {
		if cloud.SameIssuerURL(issuer.URL, w.state.URL) {
			return issuer, true, nil
		}
	}
	return cloud.OIDCIssuer{}, false, nil
}

func (w *writer) existsAlready(ctx context.Context, existing cloud.OIDCIssuer) string {
	return fmt.Sprintf("an OIDC issuer for %s, %q, is registered in organization %q already, and there is one for a URL. Put all of its "+
		"policies into the one resource or component that owns it; or take it over with adopt: true. %s",
		w.state.URL, existing.Name, w.state.Organization, kit.TakeOver(ctx, w.session, id(w.state.Organization, existing.ID)))
}

// reconcile changes the issuer and then its policies, as far as they differ.
func (w *writer) reconcile(ctx context.Context, want Args) error {
	if err := w.change(ctx, want); err != nil {
		return err
	}
	w.state.Adopt, w.state.Allow, w.state.Provider = want.Adopt, want.Allow, want.Provider
	if w.policies && samePolicies(policiesOf(w.state.Policies), policiesOf(want.Policies)) {
		w.state.Policies = want.Policies
		return nil
	}
	return w.writePolicies(ctx, want)
}

func (w *writer) change(ctx context.Context, want Args) error {
	diff := diff(w.state, Args{
		Organization: &w.state.Organization, URL: w.state.URL, Policies: w.state.Policies, Allow: w.state.Allow, Provider: w.state.Provider,
		Name: want.Name, MaxExpiration: want.MaxExpiration, Thumbprints: want.Thumbprints, JWKS: want.JWKS,
	}, nil)
	if diff.HasChanges {
		changed, err := w.client.UpdateOIDCIssuer(context.WithoutCancel(ctx), w.state.Organization, w.state.IssuerID, cloud.OIDCIssuerInput{
			Name: want.Name, MaxExpiration: lifetime(want.MaxExpiration), Thumbprints: want.Thumbprints, Keys: rawKeys(want.JWKS),
		})
		if err != nil {
			return err
		}
		w.wrote = true
		if lifetime := lifetime(want.MaxExpiration); changed.Name != want.Name || lifetime != 0 && changed.MaxExpiration != lifetime {
			return fmt.Errorf("OIDC issuer %q was changed, but Pulumi Cloud answers with the name %q and a longest lifetime of %d seconds: "+
				"run `pulumi refresh`, then `pulumi up` again", want.Name, changed.Name, changed.MaxExpiration)
		}
	}
	w.state.Name, w.state.MaxExpiration = want.Name, want.MaxExpiration
	w.state.Thumbprints, w.state.JWKS = want.Thumbprints, want.JWKS
	return nil
}

// writePolicies replaces the whole list, and reads back whether it is what was written: policies that are thought to be
// revoked and are not are the worst outcome there is.
func (w *writer) writePolicies(ctx context.Context, want Args) error {
	wanted := policiesOf(want.Policies)
	policy, err := w.client.AuthPolicy(ctx, w.state.Organization, w.state.IssuerID)
	if err != nil {
		return err
	}
	w.state.Policies = readPolicies(policy.Policies, want.Policies)
	if samePolicies(policy.Policies, wanted) {
		return nil
	}
	if _, err := w.client.ReplaceAuthPolicy(context.WithoutCancel(ctx), w.state.Organization, policy.ID, written(wanted)); err != nil {
		return w.badPolicies(ctx, err, wanted)
	}
	w.wrote = true
	after, err := w.client.AuthPolicy(context.WithoutCancel(ctx), w.state.Organization, w.state.IssuerID)
	if err != nil {
		return fmt.Errorf("the policies of OIDC issuer %q were written, but reading them back failed: %w", w.state.Name, err)
	}
	w.state.Policies = readPolicies(after.Policies, want.Policies)
	if !samePolicies(after.Policies, wanted) {
		return fmt.Errorf("the policies of OIDC issuer %q read back otherwise than they were written, because somebody changes them at the "+
			"same time, or the service takes some of them otherwise: run `pulumi up` again", w.state.Name)
	}
	return nil
}

// badPolicies explains a refusal by a role that is not there: the service says no more than that an id is invalid.
func (w *writer) badPolicies(ctx context.Context, err error, wanted []oidc.IssuerPolicy) error {
	if !errors.Is(err, cloud.ErrInvalid) {
		return err
	}
	for _, policy := range wanted {
		if policy.RoleID == "" {
			continue
		}
		if _, roleErr := w.client.Role(ctx, w.state.Organization, policy.RoleID); cloud.IsNotFound(roleErr) {
			return fmt.Errorf("%w\n  policies: organization %q has no role with the id %q, or it is not visible to this token: use the output "+
				"roleId of a Role", err, w.state.Organization, policy.RoleID)
		}
	}
	return err
}

func rawKeys(text *string) json.RawMessage {
	if text == nil {
		return nil
	}
	return json.RawMessage(*text)
}

// create registers the issuer, which then admits nobody, and writes its policies.
func create(ctx context.Context, op kit.Op, want Args) (*State, error) {
	w := writer{session: op.Session, client: op.Session.Client, state: wanted(want)}
	if err := w.register(ctx, want); err != nil {
		return nil, err
	}
	err := w.reconcile(ctx, want)
	return &w.state, err
}

// update changes what differs. Policies are written whole and read back.
func update(ctx context.Context, op kit.Op, before State, want Args) (*State, error) {
	w := writer{session: op.Session, client: op.Session.Client, state: before, policies: true}
	err := w.reconcile(ctx, want)
	if err != nil && !w.wrote {
		return nil, kit.Missing(err)
	}
	return &w.state, err
}
