package oidcissuer

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// defaultLifetime is how long an exchanged token may live where an issuer says nothing.
const defaultLifetime = 25 * time.Hour

// wanted is the state that the inputs ask for.
func wanted(v Args) State {
	return State{Organization: ptr.Value(v.Organization), Args: v}
}

// lifetime is in seconds; the service's default where nothing is given.
func lifetime(given *string) int64 {
	d, err := timetext.ParseDuration(ptr.Value(given))
	if given == nil || err != nil {
		d = defaultLifetime
	}
	return int64(d / time.Second)
}

func liveLifetime(seconds int64) int64 {
	if seconds == 0 {
		return int64(defaultLifetime / time.Second)
	}
	return seconds
}

func policiesOf(given *[]types.OidcPolicy) []oidc.IssuerPolicy {
	all := make([]oidc.IssuerPolicy, 0, len(ptr.Value(given)))
	for _, policy := range ptr.Value(given) {
		all = append(all, policy.Policy())
	}
	return all
}

// policyKey is the one form of all policies that mean the same.
func policyKey(policy oidc.IssuerPolicy) string {
	policy.AuthorizedPermissions = slices.Sorted(slices.Values(policy.AuthorizedPermissions))
	policy.AuthorizedPermissions = slices.DeleteFunc(policy.AuthorizedPermissions, func(s string) bool { return s != oidc.AdminPermission })
	if len(policy.Rules) == 0 {
		policy.Rules = map[string]string{}
	}
	key, err := json.Marshal(policy)
	if err != nil {
		panic(err) // texts always marshal
	}
	return string(key)
}

func policyKeys(policies []oidc.IssuerPolicy) map[string]bool {
	keys := map[string]bool{}
	for _, policy := range policies {
		keys[policyKey(policy)] = true
	}
	return keys
}

// samePolicies compares as sets. Policies of which none allows anything are as good as none.
func samePolicies(live, want []oidc.IssuerPolicy) bool {
	return maps.Equal(policyKeys(live), policyKeys(want)) || len(want) == 0 && oidc.AdmitsNobody(live)
}

// written is what is sent for the wanted policies: each once, and a deny where there are none, since the service takes no
// empty list.
func written(want []oidc.IssuerPolicy) []oidc.IssuerPolicy {
	if len(want) == 0 {
		return []oidc.IssuerPolicy{oidc.DenyAll()}
	}
	var once []oidc.IssuerPolicy
	seen := map[string]bool{}
	for _, policy := range want {
		if key := policyKey(policy); !seen[key] {
			seen[key] = true
			once = append(once, policy)
		}
	}
	return once
}

// readPolicies is the policies as inputs write them: in the user's own words where they mean the same, else as they are.
func readPolicies(live []oidc.IssuerPolicy, given *[]types.OidcPolicy) *[]types.OidcPolicy {
	if samePolicies(live, policiesOf(given)) {
		return given
	}
	if oidc.AdmitsNobody(live) {
		live = nil
	}
	read := []types.OidcPolicy{}
	for _, policy := range live {
		read = append(read, types.OidcPolicyOf(policy))
	}
	return &read
}

// revokedPolicies lists, for people, what of the live policies is not wanted. A deny that goes revokes nothing.
func revokedPolicies(live []oidc.IssuerPolicy, want []types.OidcPolicy) []string {
	wanted := policyKeys(policiesOf(&want))
	var lines []string
	for _, policy := range live {
		if policy.Decision == oidc.Allow && !wanted[policyKey(policy)] {
			lines = append(lines, policy.String())
		}
	}
	return lines
}

// inputsOf are the inputs that an issuer amounts to. What the inputs before leave to the service stays out of them.
func inputsOf(organization string, live cloud.OIDCIssuer, policies []oidc.IssuerPolicy, before Args) Args {
	now := before
	now.Organization, now.Name = &organization, live.Name
	if !cloud.SameIssuerURL(before.URL, live.URL) {
		now.URL = live.URL
	}
	if seconds := liveLifetime(live.MaxExpiration); seconds != lifetime(before.MaxExpiration) {
		read := timetext.FormatDuration(time.Duration(seconds) * time.Second)
		now.MaxExpiration = &read
	}
	if before.Thumbprints != nil && !sameTexts(live.Thumbprints, *before.Thumbprints) {
		now.Thumbprints = &live.Thumbprints
	}
	now.JWKS = readKeys(live.Keys, before.JWKS)
	now.Policies = readPolicies(policies, before.Policies)
	return now
}

func sameTexts(a, b []string) bool {
	one, other := logins.Set(a), logins.Set(b)
	return slices.Equal(one, other)
}

// readKeys compares key sets by the ids of their keys: in which form the service gives keys back is not known.
func readKeys(live json.RawMessage, given *string) *string {
	if len(live) == 0 || string(live) == "null" {
		return nil
	}
	read := string(live)
	if given == nil {
		return &read
	}
	if sameKeys(read, *given) {
		return given
	}
	return &read
}

func sameKeys(a, b string) bool {
	one, err1 := keyIDs([]byte(a))
	other, err2 := keyIDs([]byte(b))
	return err1 == nil && err2 == nil && slices.Equal(one, other)
}

// keyIDs reads the ids of a set of public keys, in order of their names; an RSA or curve key without an id stands for
// itself.
func keyIDs(text []byte) ([]string, error) {
	var set struct {
		Keys []struct {
			ID     string `json:"kid"`
			IDHere string `json:"KeyID"` // as the service's document writes it
			N      string `json:"n"`
			X      string `json:"x"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, errors.New("is not the JSON text of a key set, which looks like {\"keys\": [...]}")
	}
	if len(set.Keys) == 0 {
		return nil, errors.New("has no keys")
	}
	var ids []string
	for _, key := range set.Keys {
		ids = append(ids, key.ID+key.IDHere)
		if key.ID+key.IDHere == "" {
			ids[len(ids)-1] = key.N + key.X
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// read reads policies that only deny as none.
func read(
	ctx context.Context, op kit.Op, id []string, live cloud.OIDCIssuer, before kit.Before[Args, State],
) (*kit.Found[Args, State], error) {
	policy, err := op.Session.Client.AuthPolicy(ctx, id[0], id[1])
	if err != nil {
		return nil, err
	}
	inputs := inputsOf(id[0], live, policy.Policies, before.Inputs)
	state := wanted(inputs)
	state.IssuerID = live.ID
	return &kit.Found[Args, State]{Inputs: inputs, State: state}, nil
}

// left reads the list, because the answer about one issuer does not tell one that was deleted from one that is not
// visible.
func left(ctx context.Context, op kit.Op, id []string) (bool, error) {
	issuers, err := op.Session.Client.OIDCIssuers(ctx, id[0])
	return slices.ContainsFunc(issuers, func(issuer cloud.OIDCIssuer) bool { return issuer.ID == id[1] }), err
}

const idForm = "organization/issuerId"

func id(organization, id string) string { return kit.JoinID(organization, id) }
