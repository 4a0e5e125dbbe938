// Package machinetoken is the resource MachineToken: an access token of a team or an organization that expires, and is rotated.
package machinetoken

import (
	"context"
	_ "embed" // the page

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

//go:embed machinetoken.md
var docs string

// Resource is the resource MachineToken. It owns an access token of the organization or of a team, and the one that it has just taken the place of.
type Resource struct {
	kit.Managed[Args, State, kit.None]
}

var (
	_ infer.CustomResource[Args, State]       = (*Resource)(nil)
	_ infer.ExplicitDependencies[Args, State] = (*Resource)(nil)
)

// New returns the resource.
func New(sessions session.Source) *Resource {
	return &Resource{kit.New(sessions, kit.Spec[Args, State, kit.None]{
		Noun:   "token",
		Name:   func(v State) string { return v.Name },
		ID:     id,
		IDForm: "organization/name",

		Sets:  []string{"allow"},
		Rules: check,
		Diff:  compare,

		PreviewCreate: previewCreate,
		Create: func(ctx context.Context, op kit.Op, want Args) (*State, error) {
			state := wanted(want)
			return kit.Reached(writerFor(op, state).issue(ctx, state))
		},
		Read:          read,
		PreviewUpdate: previewUpdate,
		Update: func(ctx context.Context, op kit.Op, before State, want Args) (*State, error) {
			return kit.Reached(writerFor(op, before).update(ctx, before, want, dueOf(before, want, op.Session.Now())))
		},
		Planned: plannedAccess,
		Delete: func(ctx context.Context, op kit.Op, state State) error {
			return writerFor(op, state).deleteAll(ctx, state)
		},
	})}
}

// Annotate describes the resource.
func (r *Resource) Annotate(a infer.Annotator) {
	a.SetToken("index", "MachineToken")
	a.Describe(r, docs)
}

// Args are the inputs of a MachineToken.
type Args struct {
	Organization *string        `pulumi:"organization,optional"`
	Name         string         `pulumi:"name"`
	Team         *string        `pulumi:"team,optional"`
	RoleID       *string        `pulumi:"roleId,optional"`
	ExpiresIn    string         `pulumi:"expiresIn"`
	RotateBefore *string        `pulumi:"rotateBefore,optional"`
	GracePeriod  *string        `pulumi:"gracePeriod,optional"`
	Description  *string        `pulumi:"description,optional"`
	Allow        *[]types.OptIn `pulumi:"allow,optional"`
}

// Annotate describes the inputs.
func (v *Args) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.Name, "What the token's names begin with, at most 34 characters. Pulumi Cloud never frees the name of a token, not "+
		"even of one that was deleted, so each generation has a suffix: `ci-1`, `ci-2`. Changing it makes another token, and deletes this one "+
		"in the same update: `gracePeriod` is for rotations.")
	a.Describe(&v.Team, "The team whose token this is: it has the team's access, and what members have by default. Changing it makes "+
		"another token, and deletes this one in the same update.")
	a.Describe(&v.RoleID, "The id of the role that the token has: the output `roleId` of a `Role`. It is then a token of the organization. "+
		"Exactly one of this and `team` is given. Changing it makes another token, and deletes this one in the same update.")
	a.Describe(&v.ExpiresIn, "How long each token lives, such as `30d` or `12h`: at most two years, and what the organization's policy "+
		"allows. A token's lifetime cannot be changed, so another value rotates.")
	a.Describe(&v.RotateBefore, "Rotate when less than this remains of the token's life, such as `7d`. Default: a new token is made when "+
		"the old one has expired.")
	a.Describe(&v.GracePeriod, "How long the previous token is kept after a rotation, at least. Default: until the next update. Another `name`, "+
		"`team` or `roleId` is not a rotation.")
	a.Describe(&v.Description, "What the token is for. Another text rotates.")
	a.Describe(&v.Allow, "Risks that are taken deliberately: `tokenWithoutRole`, for a token with neither a team nor a role, which has "+
		"what members have by default.")
}

// State is what a MachineToken outputs.
type State struct {
	Organization string `pulumi:"organization"`
	Args

	Value      string `pulumi:"value" provider:"secret"`
	TokenID    string `pulumi:"tokenId"`
	TokenName  string `pulumi:"tokenName"`
	ExpiresAt  string `pulumi:"expiresAt"`
	CreatedAt  string `pulumi:"createdAt"`
	Generation int    `pulumi:"generation"`

	PreviousTokenID   *string `pulumi:"previousTokenId,optional"`
	PreviousTokenName *string `pulumi:"previousTokenName,optional"`
}

// Annotate describes the outputs.
func (v *State) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the token belongs to.")
	a.Describe(&v.Name, "What the token's names begin with.")
	a.Describe(&v.Team, "The team whose token this is.")
	a.Describe(&v.RoleID, "The id of the role that the token has.")
	a.Describe(&v.ExpiresIn, "How long each token lives.")
	a.Describe(&v.RotateBefore, "How much of the token's life remains when it is rotated.")
	a.Describe(&v.GracePeriod, "How long the previous token is kept after a rotation, at least.")
	a.Describe(&v.Description, "What the token is for.")
	a.Describe(&v.Allow, "Risks that are taken deliberately.")
	a.Describe(&v.Value, "The access token itself.")
	a.Describe(&v.TokenID, "The service's id of the token. Empty when the token was not found: the next update makes another.")
	a.Describe(&v.TokenName, "The token's name, as the console and the audit log show it.")
	a.Describe(&v.ExpiresAt, "When the token expires (RFC 3339).")
	a.Describe(&v.CreatedAt, "When the token was made (RFC 3339).")
	a.Describe(&v.Generation, "The number in the token's name. It grows with every rotation.")
	a.Describe(&v.PreviousTokenID, "The service's id of the token before this one, as long as it is kept.")
	a.Describe(&v.PreviousTokenName, "The name of the token before this one, as long as it is kept.")
}

// Outputs are what the framework does not know of the outputs.
var Outputs = wire.Outputs{
	Secret: []string{"value"},
	Chosen: []string{"value", "tokenId", "tokenName", "expiresAt", "createdAt", "generation"},
}

func writerFor(op kit.Op, state State) *writer {
	return &writer{session: op.Session, organization: state.Organization, team: ptr.Value(state.Team)}
}

// WireDependencies keeps the token known in previews of updates that leave it alone: without this, everything that takes
// its value would seem to change with a grace period.
func (r *Resource) WireDependencies(f infer.FieldSelector, _ *Args, state *State) {
	f.OutputField(&state.Value).AlwaysSecret()
	if state.Value == "" {
		return
	}
	f.OutputField(&state.Value).AlwaysKnown()
	f.OutputField(&state.TokenID).AlwaysKnown()
	f.OutputField(&state.TokenName).AlwaysKnown()
	f.OutputField(&state.ExpiresAt).AlwaysKnown()
	f.OutputField(&state.CreatedAt).AlwaysKnown()
	f.OutputField(&state.Generation).AlwaysKnown()
}
