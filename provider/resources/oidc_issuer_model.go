package resources

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	p "github.com/pulumi/pulumi-go-provider"

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

func (v *OIDCIssuerArgs) keepLists() {
	keepList(&v.Thumbprints)
	keepList(&v.Policies)
	keepList(&v.Allow)
}

// wantedIssuer is the state that the inputs ask for.
func wantedIssuer(v OIDCIssuerArgs) OIDCIssuerState {
	return OIDCIssuerState{Organization: ptr.Value(v.Organization), OIDCIssuerArgs: v}
}

// issuerLifetime is in seconds; the service's default where nothing is given.
func issuerLifetime(given *string) int64 {
	d, err := timetext.ParseDuration(text(given))
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
	all := make([]oidc.IssuerPolicy, 0, len(list(given)))
	for _, policy := range list(given) {
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

// issuerInputs are the inputs that an issuer amounts to. What the inputs before leave to the service stays out of them.
func issuerInputs(
	organization string, live cloud.OIDCIssuer, policies []oidc.IssuerPolicy, before OIDCIssuerArgs,
) OIDCIssuerArgs {
	now := before
	now.Organization, now.Name = &organization, live.Name
	if !cloud.SameIssuerURL(before.URL, live.URL) {
		now.URL = live.URL
	}
	if seconds := liveLifetime(live.MaxExpiration); seconds != issuerLifetime(before.MaxExpiration) {
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

// diffIssuer says what differs between an issuer and what is wanted of it. An unknown input counts as a difference.
func diffIssuer(state OIDCIssuerState, want OIDCIssuerArgs, unknowns []string) p.DiffResponse {
	d := kit.NewDifferences(unknowns)
	d.Add("organization", text(want.Organization) != state.Organization, p.UpdateReplace)
	d.Add("url", !cloud.SameIssuerURL(want.URL, state.URL), p.UpdateReplace)
	d.Add("name", want.Name != state.Name, p.Update)
	d.Add("maxExpiration", issuerLifetime(want.MaxExpiration) != issuerLifetime(state.MaxExpiration), p.Update)
	d.Add("thumbprints", !sameThumbprints(state.Thumbprints, want.Thumbprints), p.Update)
	switch {
	case want.JWKS == nil && state.JWKS != nil:
		d.Add("jwks", true, p.DeleteReplace)
	default:
		d.Add("jwks", want.JWKS != nil && (state.JWKS == nil || !sameKeys(*state.JWKS, *want.JWKS)), p.Update)
	}
	d.Add("policies", !samePolicies(policiesOf(state.Policies), policiesOf(want.Policies)), p.Update)
	d.Add("provider", text((*string)(state.Provider)) != text((*string)(want.Provider)), p.Update)
	d.Add("allow", !slices.Equal(list(state.Allow), list(want.Allow)), p.Update)
	response := d.Response()
	// There is one issuer for a URL: another one for it can be registered only when the first is gone.
	response.DeleteBeforeReplace = cloud.SameIssuerURL(want.URL, state.URL)
	return response
}

// sameThumbprints says whether nothing is to be done: thumbprints that are not given are left alone.
func sameThumbprints(state, want *[]string) bool {
	return want == nil || state != nil && sameTexts(*state, *want)
}
