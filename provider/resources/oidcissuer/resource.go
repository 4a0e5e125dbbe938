// Package oidcissuer is the resource OidcIssuer: an identity provider whose tokens Pulumi Cloud takes, and whom it admits.
package oidcissuer

import (
	"context"
	_ "embed" // the page

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed oidcissuer.md
var docs string

// Resource is the resource OidcIssuer. It owns an issuer that the organization trusts, and all of its policies.
type Resource struct {
	kit.Managed[Args, State, cloud.OIDCIssuer]
}

var (
	_ infer.CustomResource[Args, State]       = (*Resource)(nil)
	_ infer.ExplicitDependencies[Args, State] = (*Resource)(nil)
)

// New returns the resource.
func New(sessions session.Source) *Resource {
	return &Resource{kit.New(sessions, kit.Spec[Args, State, cloud.OIDCIssuer]{
		Noun:   "OIDC issuer",
		Name:   func(v State) string { return v.Name },
		ID:     func(v State) string { return id(v.Organization, v.IssuerID) },
		IDForm: idForm,

		Prepare: withAudience,
		Sets:    []string{"policies", "thumbprints", "allow"},
		Rules:   check,
		Diff:    kit.Compare(diff),

		PreviewCreate: previewCreate,
		Create:        create,
		Look: func(ctx context.Context, op kit.Op, id []string) (cloud.OIDCIssuer, error) {
			return op.Session.Client.OIDCIssuer(ctx, id[0], id[1])
		},
		Read:          read,
		PreviewUpdate: previewUpdate,
		Planned:       plannedAccess,
		Update:        update,
		Remove: func(ctx context.Context, op kit.Op, state State, _ cloud.OIDCIssuer) error {
			return op.Session.Client.DeleteOIDCIssuer(context.WithoutCancel(ctx), state.Organization, state.IssuerID)
		},
		Left:  left,
		Stays: ", and admits whom its policies admit: use a token of an organization administrator",
	})}
}

// Annotate describes the resource.
func (r *Resource) Annotate(a infer.Annotator) {
	a.SetToken("index", "OidcIssuer")
	a.Describe(r, docs)
}

// Args are the inputs of an OidcIssuer.
type Args struct {
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
func (v *Args) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
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
	a.Describe(&v.Allow, "Risks that are taken deliberately: `tokenWithoutRole`, `bareWildcardSubject`, `wildcardInClaim`, `pullRequests`.")
}

// State is what an OidcIssuer outputs.
type State struct {
	Organization string `pulumi:"organization"`
	Args
	IssuerID string `pulumi:"issuerId"`
}

// Annotate describes the outputs.
func (v *State) Annotate(a infer.Annotator) {
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

// WireDependencies keeps what never changes known in previews of updates.
func (r *Resource) WireDependencies(f infer.FieldSelector, _ *Args, state *State) {
	if state.IssuerID != "" {
		f.OutputField(&state.IssuerID).AlwaysKnown()
	}
}
