package resources

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// OIDCIssuer owns an issuer that the organization trusts, and all of its policies.
type OIDCIssuer struct{ Sessions session.Source }

var (
	_ infer.CustomCheck[OIDCIssuerArgs]                           = (*OIDCIssuer)(nil)
	_ infer.CustomDiff[OIDCIssuerArgs, OIDCIssuerState]           = (*OIDCIssuer)(nil)
	_ infer.CustomCreate[OIDCIssuerArgs, OIDCIssuerState]         = (*OIDCIssuer)(nil)
	_ infer.CustomRead[OIDCIssuerArgs, OIDCIssuerState]           = (*OIDCIssuer)(nil)
	_ infer.CustomUpdate[OIDCIssuerArgs, OIDCIssuerState]         = (*OIDCIssuer)(nil)
	_ infer.CustomDelete[OIDCIssuerState]                         = (*OIDCIssuer)(nil)
	_ infer.ExplicitDependencies[OIDCIssuerArgs, OIDCIssuerState] = (*OIDCIssuer)(nil)
)

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
	Organization  string              `pulumi:"organization"`
	Name          string              `pulumi:"name"`
	URL           string              `pulumi:"url"`
	Provider      *types.OidcProvider `pulumi:"provider,optional"`
	MaxExpiration *string             `pulumi:"maxExpiration,optional"`
	Thumbprints   *[]string           `pulumi:"thumbprints,optional"`
	JWKS          *string             `pulumi:"jwks,optional"`
	Policies      *[]types.OidcPolicy `pulumi:"policies,optional"`
	Adopt         *bool               `pulumi:"adopt,optional"`
	Allow         *[]types.OptIn      `pulumi:"allow,optional"`
	IssuerID      string              `pulumi:"issuerId"`
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

// Check validates the inputs, fills in the audience of policies that allow, and puts sets in canonical order.
func (r *OIDCIssuer) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[OIDCIssuerArgs], error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.CheckResponse[OIDCIssuerArgs]{}, err
	}
	req.NewInputs = withAudience(current, req.NewInputs)
	unknowns := wire.Unknowns(req.NewInputs)
	resp, err := checkInputs(ctx, r.Sessions, req, []string{"policies", "thumbprints", "allow"},
		func(_ *session.Session, v OIDCIssuerArgs) []access.Problem { return checkIssuer(v, unknowns) })
	resp.Inputs.keepLists()
	return resp, err
}

// Diff compares what is wanted with what is there. The default compares inputs as texts: it would see neither that two
// ways of writing a policy are one, nor that no policies and an empty list of them are.
func (r *OIDCIssuer) Diff(
	ctx context.Context, req infer.DiffRequest[OIDCIssuerArgs, OIDCIssuerState],
) (infer.DiffResponse, error) {
	return diffIssuer(req.State, req.Inputs, wire.UnknownInputs(ctx)), nil
}

// Create registers the issuer, which then admits nobody, and writes its policies.
func (r *OIDCIssuer) Create(
	ctx context.Context, req infer.CreateRequest[OIDCIssuerArgs],
) (infer.CreateResponse[OIDCIssuerState], error) {
	req.Inputs.keepLists()
	out := infer.CreateResponse[OIDCIssuerState]{Output: wantedIssuer(req.Inputs)}
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.CreateResponse[OIDCIssuerState]{}, err
	}
	w := issuerWriter{client: current.Client, state: out.Output}
	if req.DryRun {
		if !wire.Touches("url", wire.UnknownInputs(ctx)) && out.Output.Organization != "" {
			w.warnExisting(ctx)
		}
		return out, nil
	}
	if err := w.register(ctx, req.Inputs); err != nil {
		return infer.CreateResponse[OIDCIssuerState]{}, err
	}
	err = w.lead(ctx, req.Inputs)
	out.ID, out.Output = issuerID(w.state.Organization, w.state.IssuerID), w.state
	if err != nil {
		return out, partly(err)
	}
	return out, nil
}

// Read answers what is there now. Policies that only deny read as none.
func (r *OIDCIssuer) Read(
	ctx context.Context, req infer.ReadRequest[OIDCIssuerArgs, OIDCIssuerState],
) (infer.ReadResponse[OIDCIssuerArgs, OIDCIssuerState], error) {
	gone := infer.ReadResponse[OIDCIssuerArgs, OIDCIssuerState]{}
	id, err := splitID(req.ID, 2, issuerIDForm)
	if err != nil {
		return gone, err
	}
	current, err := r.Sessions(ctx)
	if err != nil {
		return gone, err
	}
	live, err := current.Client.OIDCIssuer(ctx, id[0], id[1])
	if err != nil {
		return gone, requireSight(ctx, current, id[0], err)
	}
	policy, err := current.Client.AuthPolicy(ctx, id[0], id[1])
	if err != nil {
		return gone, err
	}
	inputs := issuerInputs(id[0], live, policy.Policies, req.Inputs)
	state := wantedIssuer(inputs)
	state.IssuerID = live.ID
	return infer.ReadResponse[OIDCIssuerArgs, OIDCIssuerState]{ID: req.ID, Inputs: inputs, State: state}, nil
}

// Update changes what differs. Policies are written whole and read back.
func (r *OIDCIssuer) Update(
	ctx context.Context, req infer.UpdateRequest[OIDCIssuerArgs, OIDCIssuerState],
) (infer.UpdateResponse[OIDCIssuerState], error) {
	req.Inputs.keepLists()
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.UpdateResponse[OIDCIssuerState]{}, err
	}
	w := issuerWriter{client: current.Client, state: req.State}
	if req.DryRun {
		next := wantedIssuer(req.Inputs)
		next.IssuerID = req.State.IssuerID
		if !wire.Touches("policies", wire.UnknownInputs(ctx)) {
			w.warnRevoked(ctx, req.Inputs)
		}
		return infer.UpdateResponse[OIDCIssuerState]{Output: next}, nil
	}
	err = w.lead(ctx, req.Inputs)
	switch {
	case err == nil:
		return infer.UpdateResponse[OIDCIssuerState]{Output: w.state}, nil
	case !w.wrote:
		return infer.UpdateResponse[OIDCIssuerState]{}, issuerMissing(ctx, current, req.State, err)
	default:
		return infer.UpdateResponse[OIDCIssuerState]{Output: w.state}, partly(err)
	}
}

// Delete deletes the issuer with its policies, and confirms it. One that is gone is done. It looks first, because the
// answer to a delete does not tell an issuer that is gone from one that the caller may not see any more.
func (r *OIDCIssuer) Delete(ctx context.Context, req infer.DeleteRequest[OIDCIssuerState]) (infer.DeleteResponse, error) {
	current, err := r.Sessions(ctx)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	organization, id := req.State.Organization, req.State.IssuerID
	_, err = current.Client.OIDCIssuer(ctx, organization, id)
	if err := requireSight(ctx, current, organization, err); err != nil {
		return infer.DeleteResponse{}, err
	}
	if err := current.Client.DeleteOIDCIssuer(context.WithoutCancel(ctx), organization, id); err != nil {
		return infer.DeleteResponse{}, err
	}
	left, err := current.Client.OIDCIssuers(ctx, organization)
	if err != nil {
		return infer.DeleteResponse{}, fmt.Errorf("OIDC issuer %q was deleted, but reading back whether it is gone failed: %w",
			req.State.Name, err)
	}
	for _, issuer := range left {
		if issuer.ID == id {
			return infer.DeleteResponse{}, fmt.Errorf("OIDC issuer %q is still there after it was deleted, and admits whom its policies "+
				"admit: use a token of an organization administrator", req.State.Name)
		}
	}
	return infer.DeleteResponse{}, nil
}

// WireDependencies keeps what never changes known in previews of updates.
func (r *OIDCIssuer) WireDependencies(f infer.FieldSelector, _ *OIDCIssuerArgs, state *OIDCIssuerState) {
	if state.IssuerID != "" {
		f.OutputField(&state.IssuerID).AlwaysKnown()
	}
}

const issuerIDForm = "organization/issuerId"

func issuerID(organization, id string) string { return organization + "/" + id }

// withAudience pins the organization's audience in every policy that allows and names none, so that it is part of what a
// preview shows.
func withAudience(current *session.Session, inputs property.Map) property.Map {
	organization := inputs.Get(organizationProperty)
	name := current.Organization
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

func checkIssuer(v OIDCIssuerArgs, unknowns []string) []access.Problem {
	var problems []access.Problem
	refuse := func(path, reason string) {
		if reason != "" {
			problems = append(problems, access.Problem{Path: path, Reason: reason})
		}
	}
	if strings.TrimSpace(v.Name) == "" {
		refuse("name", "must not be empty")
	}
	refuse("url", oidc.BadIssuerURL(v.URL))
	problems = append(problems, types.CheckLifetime("maxExpiration", v.MaxExpiration)...)
	problems = append(problems, types.CheckThumbprints("thumbprints", list(v.Thumbprints))...)
	if v.JWKS != nil {
		refuse("jwks", oidc.BadKeySet(*v.JWKS))
	}
	refuse("policies", oidc.TooManyPolicies(len(written(policiesOf(v.Policies)))))
	for i, policy := range list(v.Policies) {
		problems = append(problems, bareID(fmt.Sprintf("policies[%d].roleId", i), text(policy.RoleID))...)
	}
	problems = append(problems, types.CheckOneOf("provider", v.Provider)...)
	organization, system := text(v.Organization), types.WorkloadSystem(v.Provider, v.URL)
	if wire.Touches("provider", unknowns) {
		system = oidc.AnyWorkloads
	}
	for _, one := range problem.Of(oidc.CheckIssuerPolicies(system, organization, policiesOf(v.Policies), types.IssuerOptInsOf(list(v.Allow)))) {
		if !dependsOnUnknown(one.Path, unknowns) {
			refuse("policies"+one.Path, one.Reason)
		}
	}
	return append(problems, types.CheckOptIns("OidcIssuer", list(v.Allow))...)
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
