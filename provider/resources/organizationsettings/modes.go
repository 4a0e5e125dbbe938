package organizationsettings

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// after are the settings once the changes are made. At preview, a mode that is not known yet may become the restricted one.
func (w *writer) after(live, changes settings) settings {
	all := maps.Clone(live)
	maps.Copy(all, changes)
	if wire.Touches(permissionModeSetting, w.unknowns) {
		all[permissionModeSetting] = cloud.PermissionModeRestricted
	}
	return all
}

func (s settings) restricted() bool {
	return s[permissionModeSetting] == cloud.PermissionModeRestricted
}

// warnRestricted names what the restricted permission mode would stop: everything that it stops when an organization gets it, and
// deployments without a role when a restricted organization loses the role that they have by default. It never fails.
func (w *writer) warnRestricted(ctx context.Context, organization cloud.Organization, changes settings) {
	live := liveSettings(organization)
	after := w.after(live, changes)
	roleless := after.restricted() && after[deploymentRoleSetting] == "" && !wire.Touches(deploymentRoleSetting, w.unknowns)
	entered := after.restricted() && !live.restricted()
	if !entered && (!roleless || live[deploymentRoleSetting] == "") {
		return
	}
	found, blind, err := survey.Of(w.session.Client, w.organization).Restriction(ctx, wire.Log(ctx).InfoStatusf)
	if err != nil {
		w.unread(ctx, "the deployments and the tokens of teams", err)
	}
	if roleless {
		w.warnRoleless(ctx, found.Roleless)
	}
	if entered {
		w.warnEntered(ctx, live, found)
		w.warnCeiling(ctx, after)
	}
	kit.WarnRemovals(ctx, fmt.Sprintf("organization %q: what the restricted permission mode stops is not all known. These could not be read:",
		w.organization), blindTexts(blind))
}

func (w *writer) warnRoleless(ctx context.Context, stacks []string) {
	kit.WarnRemovals(ctx, fmt.Sprintf("organization %q: in the restricted permission mode the service refuses these deployments, whether a person, "+
		"a push or a schedule starts them, because their stack selects no role (one that selects a service principal or a team, which cannot be "+
		"read, is named too). Give the stack a role (DeploymentRole), or set defaultDeploymentRoleId:", w.organization), deploymentsOf(stacks))
	wire.Log(ctx).Infof("organization %q: deployments that are started with settings of their own, by the API or `pulumi up --remote`, are in no "+
		"settings of a stack. The service refuses them, too, unless they have a role", w.organization)
}

func (w *writer) warnEntered(ctx context.Context, live settings, found survey.Restriction) {
	kit.WarnRemovals(ctx, fmt.Sprintf("organization %q: in the restricted permission mode the service refuses these deployments, and any change of their "+
		"settings, because these hold PULUMI_ACCESS_TOKEN among the environment variables. Take the token out, and give the stack a role "+
		"(DeploymentRole):", w.organization), deploymentsOf(found.OwnToken))
	var tokens []string
	for _, token := range found.TeamTokens {
		tokens = append(tokens, fmt.Sprintf("token %q of team %q", token.Name, token.Team))
	}
	slices.Sort(tokens)
	kit.WarnRemovals(ctx, fmt.Sprintf("organization %q: in the restricted permission mode these tokens have no longer what members have by default "+
		"(%s), and keep what their team is granted. Grant the team what the token needs:", w.organization,
		strings.Join(append(defaultTexts(live), "what the role Member grants"), ", ")), tokens)
}

// broadRoles are the built-in roles that no restricted organization has as its default, by identifier. Where the service draws the line
// for custom roles is not documented.
var broadRoles = []string{"admin", "maintainer"}

// warnCeiling tells of a default role that the service refuses in a restricted organization.
func (w *writer) warnCeiling(ctx context.Context, after settings) {
	id := after[defaultRoleSetting]
	if id == "" || wire.Touches(defaultRoleSetting, w.unknowns) {
		return
	}
	role, err := w.session.Client.Role(ctx, w.organization, id)
	switch {
	case err != nil:
		w.unread(ctx, "the default role, which a restricted organization refuses where it is broad", err)
	case slices.Contains(broadRoles, role.DefaultIdentifier):
		wire.Log(ctx).Warningf("organization %q: the default role is %s, which is broader than a restricted organization allows: the service "+
			"will refuse the change. Set defaultRoleId to a narrower role", w.organization, role.Name)
	}
}

// explainCeiling explains that the service refused a default role in a restricted organization.
func (w *writer) explainCeiling(now settings, err error) error {
	if !now.restricted() || !errors.Is(err, cloud.ErrInvalid) {
		return err
	}
	return fmt.Errorf("%w\n  defaultRoleId: organization %q is restricted, and the default role of such an organization cannot be a broad one: choose a "+
		"narrower role", err, w.organization)
}

// refuseMode refuses a change of the permission mode that the service says cannot be made.
func (w *writer) refuseMode(organization cloud.Organization, changes settings) error {
	mode, changed := changes[permissionModeSetting]
	if !changed || organization.Features.PermissionModes {
		return nil
	}
	return fmt.Errorf("organization %q: permissionMode cannot be changed to %s: the service says that this organization cannot switch its "+
		"mode%s", w.organization, mode, w.modeAdvice(mode))
}

// explainMode explains that the service refused a change of the permission mode.
func (w *writer) explainMode(changes settings, err error) error {
	mode, changed := changes[permissionModeSetting]
	if !changed || !errors.Is(err, cloud.ErrInvalid) && !errors.Is(err, cloud.ErrForbidden) {
		return err
	}
	return fmt.Errorf("%w\n  permissionMode: the service refused to make organization %q %s%s", err, w.organization, mode, w.modeAdvice(mode))
}

func (w *writer) modeAdvice(mode string) string {
	if mode == cloud.PermissionModeRestricted {
		return "\n  Only an administrator can change it, where the edition has permission modes and the default role is not a broad one. " +
			"Leave permissionMode out to keep it as it is"
	}
	const stays = "\n  An organization that was created restricted stays so, and only an administrator can change it elsewhere. "
	if w.deleting {
		return stays + "To keep the settings as they are, set retainOnDelete, or run `pulumi state delete`"
	}
	return stays + "Set permissionMode: restricted"
}

func deploymentsOf(stacks []string) []string {
	var lines []string
	for _, stack := range stacks {
		lines = append(lines, "deployments of stack "+stack)
	}
	slices.Sort(lines)
	return lines
}

// defaultTexts are the defaults that grant something.
func defaultTexts(live settings) []string {
	var texts []string
	for _, of := range defaultSettings {
		if level := live[of.property]; level != "none" {
			texts = append(texts, lost{of.property, level, of.noun}.String())
		}
	}
	return texts
}

func blindTexts(blind []graph.Blind) []string {
	var texts []string
	for _, one := range blind {
		texts = append(texts, fmt.Sprintf("%s (may hide %s)", one.What, one.Hides))
	}
	return texts
}
