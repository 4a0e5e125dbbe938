package resources

import (
	"context"
	"errors"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// MachineToken owns an access token of the organization or of a team, and the one that it has just taken the place of.
type MachineToken struct {
	kit.Managed[MachineTokenArgs, MachineTokenState, kit.None]
}

var (
	_ infer.CustomResource[MachineTokenArgs, MachineTokenState]       = (*MachineToken)(nil)
	_ infer.ExplicitDependencies[MachineTokenArgs, MachineTokenState] = (*MachineToken)(nil)
)

// NewMachineToken returns the resource.
func NewMachineToken(sessions session.Source) *MachineToken {
	return &MachineToken{kit.New(sessions, kit.Spec[MachineTokenArgs, MachineTokenState, kit.None]{
		Noun:   "token",
		Name:   func(v MachineTokenState) string { return v.Name },
		ID:     tokenID,
		IDForm: "organization/name",

		Sets:      []string{"allow"},
		Rules:     checkMachineToken,
		KeepLists: func(v *MachineTokenArgs) { kit.KeepList(&v.Allow) },
		Diff:      compareToken,

		PreviewCreate: previewToken,
		Create: func(ctx context.Context, op kit.Op, want MachineTokenArgs) (*MachineTokenState, error) {
			state := wantedToken(want)
			return kit.Reached(tokensOf(op, state).issue(ctx, state))
		},
		Read:          readToken,
		PreviewUpdate: previewTokenUpdate,
		Update: func(ctx context.Context, op kit.Op, before MachineTokenState, want MachineTokenArgs) (*MachineTokenState, error) {
			return kit.Reached(tokensOf(op, before).update(ctx, before, want, dueOf(before, want, op.Session.Now())))
		},
		Delete: func(ctx context.Context, op kit.Op, state MachineTokenState) error {
			return tokensOf(op, state).deleteAll(ctx, state)
		},
	})}
}

// Annotate describes the resource.
func (r *MachineToken) Annotate(a infer.Annotator) {
	a.SetToken("index", "MachineToken")
	a.Describe(r, machineTokenDocs)
}

// Outputs are those that the framework does not know enough about, by resource.
func Outputs() map[tokens.Type]wire.Outputs {
	return map[tokens.Type]wire.Outputs{"leastprivilege:index:MachineToken": {
		Secret: []string{"value"},
		Chosen: []string{"value", "tokenId", "tokenName", "expiresAt", "createdAt", "generation"},
	}, "leastprivilege:index:LoginTransition": {
		Chosen: []string{"trustedSubjects", "permittedAwsReads", "maxAwsSessionSeconds"},
	}}
}

// MachineTokenArgs are the inputs of a MachineToken.
type MachineTokenArgs struct {
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
func (v *MachineTokenArgs) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, organizationHelp)
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

// MachineTokenState is what a MachineToken outputs.
type MachineTokenState struct {
	Organization string `pulumi:"organization"`
	MachineTokenArgs

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
func (v *MachineTokenState) Annotate(a infer.Annotator) {
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
	a.Describe(&v.TokenID, "The service's id of the token. Empty when the token was found to be gone: the next update makes another.")
	a.Describe(&v.TokenName, "The token's name, as the console and the audit log show it.")
	a.Describe(&v.ExpiresAt, "When the token expires (RFC 3339).")
	a.Describe(&v.CreatedAt, "When the token was made (RFC 3339).")
	a.Describe(&v.Generation, "The number in the token's name. It grows with every rotation.")
	a.Describe(&v.PreviousTokenID, "The service's id of the token before this one, as long as it is kept.")
	a.Describe(&v.PreviousTokenName, "The name of the token before this one, as long as it is kept.")
}

// compareToken decides from the state and the clock alone. A rotation, and the deletion of the token before, are changes that no
// input shows.
func compareToken(ctx context.Context, op kit.Op, before MachineTokenState, want MachineTokenArgs) (p.DiffResponse, error) {
	warnReplacedToken(ctx, before, want, op.Unknowns)
	return diffToken(before, want, op.Session.Now(), op.Unknowns), nil
}

// warnReplacedToken says that a replacement is not a rotation: the value that is in use ends with the update.
func warnReplacedToken(ctx context.Context, state MachineTokenState, want MachineTokenArgs, unknowns []string) {
	for _, of := range []struct{ property, before, after string }{
		{"name", state.Name, want.Name}, {"team", text(state.Team), text(want.Team)}, {"roleId", text(state.RoleID), text(want.RoleID)},
	} {
		if of.before != of.after && !wire.Touches(of.property, unknowns) && state.TokenID != "" {
			wire.Log(ctx).Warningf("token %q: another %s makes another token, and this one stops working in the same update, whatever "+
				"gracePeriod says: it is for rotations. To change over without a gap, make a second MachineToken, give its value to what uses "+
				"this one, and then remove this one", state.TokenName, of.property)
			return
		}
	}
}

func tokensOf(op kit.Op, state MachineTokenState) *tokenWriter {
	return &tokenWriter{session: op.Session, organization: state.Organization, team: ptr.Value(state.Team)}
}

func previewToken(ctx context.Context, op kit.Op, want MachineTokenArgs) (MachineTokenState, error) {
	state := wantedToken(want)
	w := tokensOf(op, state)
	w.warnPolicy(ctx, state)
	w.noteTakenTokens(ctx, state)
	return state, nil
}

// readToken finds the tokens by their ids in the list. It never has their values.
func readToken(
	ctx context.Context, op kit.Op, _ []string, _ kit.None, before kit.Before[MachineTokenArgs, MachineTokenState],
) (*kit.Found[MachineTokenArgs, MachineTokenState], error) {
	if before.State.Name == "" {
		return nil, errors.New("a machine token cannot be imported: Pulumi Cloud shows the value of a token once, when it is " +
			"made. Let the program make another one, and delete the old one when nothing uses it any more")
	}
	state, err := tokensOf(op, before.State).refresh(ctx, before.State)
	if err != nil {
		return nil, kit.Missing(err)
	}
	if state.TokenID == "" && state.PreviousTokenID == nil {
		return nil, nil //nolint:nilnil // it was deleted
	}
	return &kit.Found[MachineTokenArgs, MachineTokenState]{Inputs: before.Inputs, State: state}, nil
}

func previewTokenUpdate(
	ctx context.Context, op kit.Op, before MachineTokenState, want MachineTokenArgs,
) (MachineTokenState, error) {
	due := dueOf(before, want, op.Session.Now())
	tokensOf(op, before).announce(ctx, before, want, due)
	return plannedToken(before, want, due), nil
}

// WireDependencies keeps the token known in previews of updates that leave it alone: without this, everything that takes
// its value would seem to change with a grace period.
func (r *MachineToken) WireDependencies(f infer.FieldSelector, _ *MachineTokenArgs, state *MachineTokenState) {
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
