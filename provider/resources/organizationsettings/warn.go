package organizationsettings

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// maxStacksAsked bounds the stacks whose deployment settings a preview asks for, one call each.
const maxStacksAsked = 200

// warn names at preview what would stop working. It only reads, only what the changes touch, and never fails.
func (w *writer) warn(ctx context.Context, live cloud.Organization, changes settings) {
	losses := tightened(liveSettings(live), changes)
	if len(losses) > 0 {
		people, err := w.losingPeople(ctx, append(lossTexts(losses), turnedOff(liveSettings(live), changes)...))
		if err != nil {
			w.unread(ctx, "the members", err)
		}
		kit.WarnRemovals(ctx, fmt.Sprintf("organization %q: an update would take from these members (what teams and direct grants give them, they keep):",
			w.organization), people)
	}
	if days := shorterExpiry(live, changes); days != 0 || len(losses) > 0 {
		tokens, err := w.machineTokens(ctx)
		if err != nil {
			w.unread(ctx, "the machine tokens", err)
		}
		kit.WarnRemovals(ctx, fmt.Sprintf("organization %q: an update would take access from (personal tokens lose it like their owners):",
			w.organization), w.losingTokens(ctx, tokens, losses, live))
		kit.WarnRemovals(ctx, fmt.Sprintf("organization %q: with maxAccessTokenExpiry %s an update would stop from working (personal tokens of "+
			"members as well, which only their owners see):", w.organization, daysText(days)), refusedTokens(tokens, days))
	}
	w.warnDeployments(ctx, live, changes, losses)
	w.warnRestricted(ctx, live, changes)
	w.warnDefaultRole(ctx, live, changes)
}

func (w *writer) unread(ctx context.Context, what string, err error) {
	wire.Log(ctx).Warningf("organization %q: %s that an update would stop from working could not all be read: %v",
		w.organization, what, err)
}

// levelOrder are the levels of access, lowest first.
var levelOrder = []string{"none", "read", "open", "write", "admin"}

// lost is access that members would not have by default any more.
type lost struct{ property, level, on string }

func (l lost) String() string { return l.level + " on every " + l.on }

// defaultSettings are the levels that members have by default, and what they are on.
var defaultSettings = []struct{ property, noun string }{
	{defaultStackSetting, "stack"}, {defaultEnvironmentSetting, "environment"}, {defaultAccountSetting, "account"},
}

// tightened are the defaults that would be lower.
func tightened(live, changes settings) []lost {
	var losses []lost
	for _, of := range defaultSettings {
		after, changed := changes[of.property]
		if changed && slices.Index(levelOrder, after) < slices.Index(levelOrder, live[of.property]) {
			losses = append(losses, lost{of.property, live[of.property], of.noun})
		}
	}
	return losses
}

// shorterExpiry are the days of an expiry policy that is new, or shorter than before; 0 if there is none.
func shorterExpiry(live cloud.Organization, changes settings) int {
	days, err := daysOf(changes[tokenExpirySetting])
	if err != nil || live.MaxAccessTokenExpiryDays != 0 && days > live.MaxAccessTokenExpiryDays {
		return 0 // the update refuses one that cannot be read
	}
	return days
}

// machineToken is an organization token, or one of a team.
type machineToken struct {
	cloud.Token
	team string
}

func (t machineToken) String() string {
	if t.team == "" {
		return fmt.Sprintf("organization token %q", t.Name)
	}
	return fmt.Sprintf("token %q of team %q", t.Name, t.team)
}

// machineTokens lists the organization's tokens and those of every team: two calls, and one for each team. What could be
// read comes with the error.
func (w *writer) machineTokens(ctx context.Context) ([]machineToken, error) {
	client := w.session.Client
	found, err := collectTokens(nil, client.OrganizationTokens(ctx, w.organization, cloud.ActiveTokens), "")
	if err != nil {
		return found, err
	}
	teams, err := client.Teams(ctx, w.organization)
	if err != nil {
		return found, err
	}
	for _, team := range teams {
		kit.Progress(ctx, "reading tokens of team %s", team.Name)
		found, err = collectTokens(found, client.TeamTokens(ctx, w.organization, team.Name, cloud.ActiveTokens), team.Name)
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

func collectTokens(to []machineToken, list iter.Seq2[cloud.Token, error], team string) ([]machineToken, error) {
	for token, err := range list {
		if err != nil {
			return to, err
		}
		to = append(to, machineToken{token, team})
	}
	return to, nil
}

func lossTexts(losses []lost) []string {
	texts := make([]string, len(losses))
	for i, loss := range losses {
		texts[i] = loss.String()
	}
	return texts
}

// turnedOff is what members may do, and may not any more.
func turnedOff(live, changes settings) []string {
	var texts []string
	for _, toggle := range []struct{ property, may string }{
		{"membersCanCreateStacks", "create stacks"}, {"membersCanCreateTeams", "create teams"}, {"membersCanCreateAccounts", "create accounts"},
		{"membersCanTransferStacks", "transfer stacks"}, {"membersCanDeleteStacks", "delete stacks"},
	} {
		if live[toggle.property] == "true" && changes[toggle.property] == "false" {
			texts = append(texts, toggle.may)
		}
	}
	return texts
}

// losingPeople are the members who have what members have by default: those with the built-in Member role, and those of whom the
// service does not say which role they have.
func (w *writer) losingPeople(ctx context.Context, texts []string) ([]string, error) {
	var lines []string
	for member, err := range w.session.Client.Members(ctx, w.organization) {
		if err != nil {
			return lines, err
		}
		role := member.OrganizationRole.Name
		if member.Role == "admin" || member.VirtualAdmin || (role != "Member" && role != "") {
			continue
		}
		lines = append(lines, fmt.Sprintf("%s: %s", member.User.Login, strings.Join(texts, ", ")))
	}
	slices.Sort(lines)
	return lines, nil
}

// losingTokens are the tokens that have what members have by default: those of teams, unless the organization is restricted, and the
// organization's without a role, as long as the default role is the built-in Member.
func (w *writer) losingTokens(ctx context.Context, tokens []machineToken, losses []lost, live cloud.Organization) []string {
	if len(losses) == 0 {
		return nil
	}
	texts := lossTexts(losses)
	memberIsDefault := w.mayBeMember(ctx, live.DefaultRoleID)
	restricted := live.PermissionMode == cloud.PermissionModeRestricted
	var lines []string
	for _, token := range tokens {
		byTeam := token.team != "" && !restricted
		byDefault := token.team == "" && !token.Admin && token.Role == nil && memberIsDefault
		if byTeam || byDefault {
			lines = append(lines, fmt.Sprintf("%s: %s", token, strings.Join(texts, ", ")))
		}
	}
	return lines
}

// mayBeMember reports whether a default role is the built-in Member, which the service shows by its id or as none. One that cannot be
// read may be.
func (w *writer) mayBeMember(ctx context.Context, id string) bool {
	if id == "" {
		return true
	}
	role, err := w.session.Client.Role(ctx, w.organization, id)
	return err != nil || role.DefaultIdentifier == memberIdentifier
}

// refusedTokens are the tokens that live longer than a policy of so many days allows.
func refusedTokens(tokens []machineToken, days int) []string {
	if days == 0 {
		return nil
	}
	var lines []string
	for _, token := range tokens {
		if !token.Within(days) {
			lines = append(lines, fmt.Sprintf("%s, which %s", token, token.Token.Lifetime()))
		}
	}
	return lines
}

// warnDeployments names the stacks whose deployments are started by git and have no role: they hold no more than their own
// stack, and whatever the defaults gave them.
func (w *writer) warnDeployments(ctx context.Context, live cloud.Organization, changes settings, losses []lost) {
	role, changed := changes[deploymentRoleSetting]
	if !changed {
		role = live.DefaultDeploymentRoleID
	}
	loses := changed || slices.ContainsFunc(losses, func(l lost) bool { return l.property != defaultAccountSetting })
	if role != "" || !loses || wire.Touches(deploymentRoleSetting, w.unknowns) {
		return
	}
	lines, skipped, err := w.rolelessDeployments(ctx)
	if err != nil {
		w.unread(ctx, "the deployments", err)
	}
	heading := fmt.Sprintf("organization %q: deployments that git starts and that have no role could not read other stacks (stack "+
		"references) or open environments after an update. Set defaultDeploymentRoleId, or give the stack a role (DeploymentRole):",
		w.organization)
	if skipped > 0 {
		heading = fmt.Sprintf("%s (%d further stacks were not looked at)", heading, skipped)
	}
	kit.WarnRemovals(ctx, heading, lines)
}

// rolelessDeployments asks one stack after the other: no list tells.
func (w *writer) rolelessDeployments(ctx context.Context) (lines []string, skipped int, err error) {
	asked := 0
	for stack, err := range w.session.Client.Stacks(ctx, w.organization) {
		if err != nil {
			return lines, skipped, err
		}
		if asked++; asked > maxStacksAsked {
			skipped++
			continue
		}
		kit.Progress(ctx, "reading deployment settings of %s/%s", stack.Project, stack.Name)
		deployment, err := w.session.Client.DeploymentSettings(ctx, w.organization, stack.Project, stack.Name)
		if cloud.IsNotFound(err) {
			continue
		}
		if err != nil {
			return lines, skipped, err
		}
		if deployment.ByGit && deployment.RoleID == "" {
			lines = append(lines, fmt.Sprintf("deployments of stack %s/%s", stack.Project, stack.Name))
		}
	}
	return lines, skipped, nil
}
