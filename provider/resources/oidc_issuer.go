package resources

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// OIDCIssuer owns an issuer that the organization trusts, and all of its policies.
type OIDCIssuer struct {
	kit.Managed[OIDCIssuerArgs, OIDCIssuerState, cloud.OIDCIssuer]
}

var (
	_ infer.CustomResource[OIDCIssuerArgs, OIDCIssuerState]       = (*OIDCIssuer)(nil)
	_ infer.ExplicitDependencies[OIDCIssuerArgs, OIDCIssuerState] = (*OIDCIssuer)(nil)
)

// NewOIDCIssuer returns the resource.
func NewOIDCIssuer(sessions session.Source) *OIDCIssuer {
	return &OIDCIssuer{kit.New(sessions, kit.Spec[OIDCIssuerArgs, OIDCIssuerState, cloud.OIDCIssuer]{
		Noun:   "OIDC issuer",
		Name:   func(v OIDCIssuerState) string { return v.Name },
		ID:     func(v OIDCIssuerState) string { return issuerID(v.Organization, v.IssuerID) },
		IDForm: issuerIDForm,

		Prepare:   withAudience,
		Sets:      []string{"policies", "thumbprints", "allow"},
		Rules:     checkIssuer,
		KeepLists: (*OIDCIssuerArgs).keepLists,
		Diff:      kit.Compare(diffIssuer),

		PreviewCreate: previewIssuer,
		Create:        createIssuer,
		Look: func(ctx context.Context, op kit.Op, id []string) (cloud.OIDCIssuer, error) {
			return op.Session.Client.OIDCIssuer(ctx, id[0], id[1])
		},
		Read:          readIssuer,
		PreviewUpdate: previewIssuerUpdate,
		Update:        updateIssuer,
		Remove: func(ctx context.Context, op kit.Op, state OIDCIssuerState, _ cloud.OIDCIssuer) error {
			return op.Session.Client.DeleteOIDCIssuer(context.WithoutCancel(ctx), state.Organization, state.IssuerID)
		},
		Left:  issuerLeft,
		Stays: ", and admits whom its policies admit: use a token of an organization administrator",
	})}
}

// Annotate describes the resource.
func (r *OIDCIssuer) Annotate(a infer.Annotator) {
	a.SetToken("index", "OidcIssuer")
	a.Describe(r, oidcIssuerDocs)
}

// OIDCIssuerArgs are the inputs of an OidcIssuer.
type OIDCIssuerArgs struct {
	Organization  *string             `pulumi:"organization,optional"`
	Name          string              `pulumi:"name"`
	URL           string              `pulumi:"url"`
	Provider      *types.OidcProvider `pulumi:"provider,optional"`
	MaxExpiration *string             `pulumi:"maxExpiration,optional"`
	Thumbprints   *[]string           `pulumi:"thumbprints,optional"`
	JWKS          *string             `pulumi:"jwks,optional"`
	Policies      *[]types.OidcPolicy `pulumi:"policies,optional"`
	Adopt         *bool               `pulumi:"adopt,optional"`
	Allow         *[]types.OptIn      `pulumi:"allow,optional"`
}

const (
	maxExpirationHelp = "The longest that an exchanged token may live, such as `1h` or `30m`. Default: the service's, 25 hours."
	thumbprintsHelp   = "SHA-256 thumbprints, 64 hexadecimal digits each, of the certificates of an issuer whose certificate authority is " +
		"private. Omitted, the service finds them itself and they are not managed."
	jwksHelp = "The issuer's public keys, as JSON text of a key set (RFC 7517), for an issuer that Pulumi Cloud cannot reach. Omitted, the " +
		"service fetches them. Taking them away again makes another issuer."
	policiesHelp = "All of the issuer's policies. What is not listed is revoked; with none, nobody is admitted. Order and duplicates make no " +
		"difference."
)

// Annotate describes the inputs.
func (v *OIDCIssuerArgs) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, organizationHelp)
	a.Describe(&v.Name, "The issuer's name, for people.")
	a.Describe(&v.URL, "The issuer's URL, as its tokens name it in `iss`. An organization has one issuer for a URL. Changing it makes another "+
		"one.")
	a.Describe(&v.Provider, "The system whose tokens these are. It decides which claims of a policy are known to name one workload. Default: "+
		"recognized by the URL; set it for a system on a host of your own.")
	a.Describe(&v.MaxExpiration, maxExpirationHelp)
	a.Describe(&v.Thumbprints, thumbprintsHelp)
	a.Describe(&v.JWKS, jwksHelp)
	a.Describe(&v.Policies, policiesHelp)
	a.Describe(&v.Adopt, "When true, and the URL is registered already, that issuer is taken over: its policies are replaced, and a destroy "+
		"deletes it. A preview names them. Default: a URL that is registered is an error.")
	a.Describe(&v.Allow, "Risks that are taken deliberately: `tokenWithoutRole`, `bareWildcardSubject`, `wildcardInClaim`.")
}

// OIDCIssuerState is what an OidcIssuer outputs.
type OIDCIssuerState struct {
	Organization string `pulumi:"organization"`
	OIDCIssuerArgs
	IssuerID string `pulumi:"issuerId"`
}

// Annotate describes the outputs.
func (v *OIDCIssuerState) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that trusts the issuer.")
	a.Describe(&v.Name, "The issuer's name.")
	a.Describe(&v.URL, "The issuer's URL.")
	a.Describe(&v.Provider, "The system whose tokens these are, where it is given.")
	a.Describe(&v.MaxExpiration, "The longest that an exchanged token may live, where it is not the service's default.")
	a.Describe(&v.Thumbprints, "The thumbprints of the issuer's certificates, where they are managed.")
	a.Describe(&v.JWKS, "The issuer's static public keys, where it has some.")
	a.Describe(&v.Policies, "All of the issuer's policies; none when nobody is admitted.")
	a.Describe(&v.Adopt, "Whether an issuer that exists is taken over.")
	a.Describe(&v.Allow, "Risks that are taken deliberately.")
	a.Describe(&v.IssuerID, "The service's id of the issuer.")
}

func previewIssuer(ctx context.Context, op kit.Op, want OIDCIssuerArgs) (OIDCIssuerState, error) {
	w := issuerWriter{client: op.Session.Client, state: wantedIssuer(want)}
	if !op.Unknown("url") && w.state.Organization != "" {
		w.warnExisting(ctx)
	}
	return w.state, nil
}

// createIssuer registers the issuer, which then admits nobody, and writes its policies.
func createIssuer(ctx context.Context, op kit.Op, want OIDCIssuerArgs) (*OIDCIssuerState, error) {
	w := issuerWriter{client: op.Session.Client, state: wantedIssuer(want)}
	if err := w.register(ctx, want); err != nil {
		return nil, err
	}
	err := w.lead(ctx, want)
	return &w.state, err
}

// readIssuer reads policies that only deny as none.
func readIssuer(
	ctx context.Context, op kit.Op, id []string, live cloud.OIDCIssuer, before kit.Before[OIDCIssuerArgs, OIDCIssuerState],
) (*kit.Found[OIDCIssuerArgs, OIDCIssuerState], error) {
	policy, err := op.Session.Client.AuthPolicy(ctx, id[0], id[1])
	if err != nil {
		return nil, err
	}
	inputs := issuerInputs(id[0], live, policy.Policies, before.Inputs)
	state := wantedIssuer(inputs)
	state.IssuerID = live.ID
	return &kit.Found[OIDCIssuerArgs, OIDCIssuerState]{Inputs: inputs, State: state}, nil
}

func previewIssuerUpdate(ctx context.Context, op kit.Op, before OIDCIssuerState, want OIDCIssuerArgs) (OIDCIssuerState, error) {
	if !op.Unknown("policies") {
		(&issuerWriter{client: op.Session.Client, state: before}).warnRevoked(ctx, want)
	}
	next := wantedIssuer(want)
	next.IssuerID = before.IssuerID
	return next, nil
}

// updateIssuer changes what differs. Policies are written whole and read back.
func updateIssuer(ctx context.Context, op kit.Op, before OIDCIssuerState, want OIDCIssuerArgs) (*OIDCIssuerState, error) {
	w := issuerWriter{client: op.Session.Client, state: before}
	err := w.lead(ctx, want)
	if err != nil && !w.wrote {
		return nil, kit.Missing(err)
	}
	return &w.state, err
}

// issuerLeft reads the list, because the answer about one issuer does not tell one that was deleted from one that is not
// visible.
func issuerLeft(ctx context.Context, op kit.Op, id []string) (bool, error) {
	issuers, err := op.Session.Client.OIDCIssuers(ctx, id[0])
	return slices.ContainsFunc(issuers, func(issuer cloud.OIDCIssuer) bool { return issuer.ID == id[1] }), err
}

// WireDependencies keeps what never changes known in previews of updates.
func (r *OIDCIssuer) WireDependencies(f infer.FieldSelector, _ *OIDCIssuerArgs, state *OIDCIssuerState) {
	if state.IssuerID != "" {
		f.OutputField(&state.IssuerID).AlwaysKnown()
	}
}

const issuerIDForm = "organization/issuerId"

func issuerID(organization, id string) string { return kit.JoinID(organization, id) }

// withAudience pins the organization's audience in every policy that allows and names none, so that it is part of what a
// preview shows.
func withAudience(op kit.Op, inputs property.Map) property.Map {
	organization := inputs.Get(kit.OrganizationProperty)
	name := op.Session.Organization
	if organization.IsString() && organization.AsString() != "" {
		name = organization.AsString()
	}
	policies := inputs.Get("policies")
	if name == "" || organization.IsComputed() || !policies.IsArray() {
		return inputs
	}
	filled := make([]property.Value, 0, policies.AsArray().Len())
	for _, policy := range policies.AsArray().All {
		filled = append(filled, pinAudience(policy, oidc.ExchangeAudience(name)))
	}
	return inputs.Set("policies", property.WithGoValue(policies, property.NewArray(filled)))
}

func pinAudience(policy property.Value, audience string) property.Value {
	if !policy.IsMap() {
		return policy
	}
	decision, claims := policy.AsMap().Get("decision"), policy.AsMap().Get("claims")
	allows := decision.IsString() && decision.AsString() == string(oidc.Allow)
	if !allows || !claims.IsMap() && !claims.IsNull() {
		return policy
	}
	pinned := property.Map{}
	if claims.IsMap() {
		pinned = claims.AsMap()
	}
	if _, given := pinned.GetOk("aud"); given {
		return policy
	}
	filled := property.WithGoValue(claims, pinned.Set("aud", property.New(audience)))
	return property.WithGoValue(policy, policy.AsMap().Set("claims", filled))
}

// warnExisting says at preview that the URL is registered already, and what would become of its policies. It never fails.
func (w *issuerWriter) warnExisting(ctx context.Context) {
	existing, found, err := w.find(ctx)
	switch {
	case err != nil:
		wire.Log(ctx).Warningf("whether an OIDC issuer for %s is registered already could not be read: %v", w.state.URL, err)
		return
	case !found:
		return
	case !ptr.Value(w.state.Adopt):
		wire.Log(ctx).Warning(w.existsAlready(existing))
		return
	}
	policy, err := w.client.AuthPolicy(ctx, w.state.Organization, existing.ID)
	if err != nil {
		wire.Log(ctx).Warningf("the policies of OIDC issuer %q, which an update would replace, could not be read: %v", existing.Name, err)
		return
	}
	warnRemovals(ctx, fmt.Sprintf("OIDC issuer %q is registered already, and an update would take it over and revoke:", existing.Name),
		revokedPolicies(policy.Policies, list(w.state.Policies)))
}

// warnRevoked names at preview the policies that an update would take away. It never fails.
func (w *issuerWriter) warnRevoked(ctx context.Context, want OIDCIssuerArgs) {
	policy, err := w.client.AuthPolicy(ctx, w.state.Organization, w.state.IssuerID)
	if err != nil {
		wire.Log(ctx).Warningf("the policies of OIDC issuer %q, of which an update may revoke some, could not be read: %v", w.state.Name, err)
		return
	}
	warnRemovals(ctx, fmt.Sprintf("OIDC issuer %q: an update would revoke:", w.state.Name), revokedPolicies(policy.Policies, list(want.Policies)))
}

func checkIssuer(_ context.Context, op kit.Op, v OIDCIssuerArgs) problem.List {
	var problems problem.List
	if strings.TrimSpace(v.Name) == "" {
		problems.Add("name", "must not be empty")
	}
	problems.AddReason("url", oidc.BadIssuerURL(v.URL))
	problems = append(problems, types.CheckLifetime("maxExpiration", v.MaxExpiration)...)
	problems = append(problems, types.CheckThumbprints("thumbprints", ptr.Value(v.Thumbprints))...)
	if v.JWKS != nil {
		problems.AddReason("jwks", oidc.BadKeySet(*v.JWKS))
	}
	problems.AddReason("policies", oidc.TooManyPolicies(len(written(policiesOf(v.Policies)))))
	for i, policy := range ptr.Value(v.Policies) {
		problems = append(problems, types.CheckBareID(fmt.Sprintf("policies[%d].roleId", i), ptr.Value(policy.RoleID))...)
	}
	problems = append(problems, types.CheckOneOf("provider", v.Provider)...)
	organization, system := ptr.Value(v.Organization), types.WorkloadSystem(v.Provider, v.URL)
	if op.Unknown("provider") {
		system = oidc.AnyWorkloads
	}
	for _, one := range problem.Of(oidc.CheckIssuerPolicies(system, organization, policiesOf(v.Policies), types.IssuerOptInsOf(ptr.Value(v.Allow)))) {
		if !dependsOnUnknown(one.Path, op.Unknowns) {
			problems.AddReason("policies"+one.Path, one.Reason)
		}
	}
	return append(problems, types.CheckOptIns("OidcIssuer", ptr.Value(v.Allow))...)
}

// dependsOnUnknown drops what is said of whom a policy's token is for while a part of that, or an opt-in, is unknown: one
// part decides about the others.
func dependsOnUnknown(property string, unknowns []string) bool {
	if wire.Touches("allow", unknowns) || wire.Touches("organization", unknowns) {
		return true
	}
	index, rest, _ := strings.Cut(property, "]")
	if strings.HasPrefix(rest, ".claims") {
		return wire.Touches("policies"+index+"].decision", unknowns)
	}
	for _, part := range []string{"decision", "tokenType", "team", "user", "runner", "roleId", "admin"} {
		if wire.Touches("policies"+index+"]."+part, unknowns) {
			return true
		}
	}
	return false
}
