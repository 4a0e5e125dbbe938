package organizationsettings

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/lockout"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// settingsScope is what changing these settings takes.
const settingsScope = "organization:update"

// refuseLockOut refuses a change after which the caller's token would work no more, or could not take the change back. It
// asks nothing unless the expiry policy gets shorter, or the default role changes.
func (w *writer) refuseLockOut(
	ctx context.Context, live cloud.Organization, changes settings, allow *[]types.OptIn,
) error {
	days := shorterExpiry(live, changes)
	role, newRole := changes[defaultRoleSetting]
	newRole = newRole && !live.IsAdmin() // administrators stay what they are
	if slices.Contains(ptr.Value(allow), types.OptIn("lockOut")) || (days == 0 && !newRole) {
		return nil
	}
	caller, err := w.session.Client.CurrentUser(ctx)
	if err != nil {
		return err
	}
	if days != 0 {
		if err := w.refuseOwnExpiry(ctx, caller, days); err != nil {
			return err
		}
	}
	if newRole {
		return w.refuseOwnRole(ctx, caller, live.DefaultRoleID, role)
	}
	return nil
}

// refuseOwnExpiry looks for the caller's own token among those that a policy would stop.
func (w *writer) refuseOwnExpiry(ctx context.Context, caller cloud.User, days int) error {
	own, err := w.ownTokens(ctx, caller)
	if err != nil {
		return err
	}
	for _, token := range own {
		if token.Within(days) {
			continue
		}
		name := token.Name
		if name == "" {
			name = token.Description
		}
		return &lockout.Error{Text: fmt.Sprintf("refused: the token that these calls are made with, %q of %s, %s; with "+
			"maxAccessTokenExpiry %s it would stop working. Work with a token that expires within %s of its making, or insist with "+
			"allow: [lockOut]", name, caller.Login, token.Lifetime(), daysText(days), daysText(days))}
	}
	return nil
}

// ownTokens are the tokens that the caller may be using. A machine token says its name. Which of a person's tokens makes a
// call, the service does not say: it is one of those that were used last.
func (w *writer) ownTokens(ctx context.Context, caller cloud.User) ([]cloud.Token, error) {
	client := w.session.Client
	switch {
	case caller.Token == nil:
		all, err := tokensWhere(client.PersonalTokens(ctx, cloud.ActiveTokens), func(cloud.Token) bool { return true })
		latest := int64(0)
		for _, token := range all {
			latest = max(latest, token.LastUsed)
		}
		return slices.DeleteFunc(all, func(token cloud.Token) bool { return token.LastUsed != latest }), err
	case caller.Token.Team != "":
		return tokensWhere(client.TeamTokens(ctx, w.organization, caller.Token.Team, cloud.ActiveTokens), caller.Token.Is)
	}
	return tokensWhere(client.OrganizationTokens(ctx, w.organization, cloud.ActiveTokens), caller.Token.Is)
}

func tokensWhere(list iter.Seq2[cloud.Token, error], is func(cloud.Token) bool) ([]cloud.Token, error) {
	var found []cloud.Token
	for token, err := range list {
		if err != nil {
			return nil, err
		}
		if is(token) {
			found = append(found, token)
		}
	}
	return found, nil
}

// refuseOwnRole concerns an organization token without a role of its own: it has the default one.
func (w *writer) refuseOwnRole(ctx context.Context, caller cloud.User, before, after string) error {
	if caller.Token == nil || caller.Token.Team != "" {
		return nil
	}
	own, err := w.ownTokens(ctx, caller)
	if err != nil || len(own) == 0 || own[0].Role != nil {
		return err
	}
	roles := lockout.Roles{Client: w.session.Client, Organization: w.organization}
	has, err := roles.GrantAll(ctx, someOf(before), []string{settingsScope})
	if err != nil || !has {
		return err
	}
	keeps, err := roles.GrantAll(ctx, someOf(after), []string{settingsScope})
	if err != nil || keeps {
		return err
	}
	return &lockout.Error{Text: fmt.Sprintf("refused: token %q may change the settings of organization %q (%s) only by the organization's "+
		"default role, and the new one does not grant that: you could not take it back. Have an organization administrator do it, or "+
		"insist with allow: [lockOut]", caller.Token.Name, w.organization, settingsScope)}
}

// someOf is a list of an id, empty for none.
func someOf(id string) []string {
	if id == "" {
		return nil
	}
	return []string{id}
}
