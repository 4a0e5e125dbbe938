package organizationsettings

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// memberIdentifier is what the service calls the built-in Member.
const memberIdentifier = "member"

// maxScopesNamed bounds the scopes that a line of a preview names.
const maxScopesNamed = 12

// live are all settings. The service may show the built-in Member as no default role: where this resource wrote its id, it is that.
func (w *writer) live(ctx context.Context, organization cloud.Organization, state State) settings {
	now := liveSettings(organization)
	written := state.Written[defaultRoleSetting]
	if now[defaultRoleSetting] != "" || written == "" {
		return now
	}
	if role, err := w.session.Client.Role(ctx, w.organization, written); err == nil && role.DefaultIdentifier == memberIdentifier {
		now[defaultRoleSetting] = written
	}
	return now
}

// compareDefaultRoles says what another default role means for whoever follows it.
func (w *writer) compareDefaultRoles(ctx context.Context, live, changes settings, role string) (survey.RoleChange, []graph.Blind, error) {
	return survey.Of(w.session.Client, w.organization).DefaultRoleChange(ctx, w.surveyed(ctx), role, w.settingsAfter(live, changes))
}

func (w *writer) surveyed(ctx context.Context) survey.Options {
	return survey.Options{Catalogue: w.session.Catalogue, Progress: wire.Log(ctx).InfoStatusf}
}

func (w *writer) settingsAfter(live, changes settings) graph.Settings {
	var after graph.Organization
	for property, value := range w.after(live, changes) {
		if set := accessSettings[property]; set != nil {
			set(&after, value)
		}
	}
	return graph.Settings{Defaults: after.Defaults, MembersCan: after.MembersCan}
}

// warnDefaultRole names at preview who follows the default role, and what they gain and lose by another one. It never fails.
func (w *writer) warnDefaultRole(ctx context.Context, organization cloud.Organization, changes settings) {
	role, changed := changes[defaultRoleSetting]
	coming := wire.Touches(defaultRoleSetting, w.unknowns)
	if !changed && !coming {
		return
	}
	if coming {
		role = organization.DefaultRoleID
	}
	change, blind, err := w.compareDefaultRoles(ctx, liveSettings(organization), changes, role)
	if err != nil {
		w.unread(ctx, "who follows the default role, and what they gain and lose,", err)
		return
	}
	if coming {
		change.After, change.Scopes, change.Unclear = "a role that is not known yet", nil, []string{"what the new default role grants"}
	}
	if len(change.Followers) == 0 {
		wire.Log(ctx).Infof("organization %q: nobody is seen to follow the default role. New members, and organization tokens without a role, "+
			"would have %s in place of %s", w.organization, change.After, change.Before)
	}
	kit.WarnRemovals(ctx, fmt.Sprintf("organization %q: these follow the default role, and an update would give them %s in place of %s (what "+
		"teams and direct grants give them, they keep):", w.organization, change.After, change.Before), followerTexts(change.Followers))
	lost, gained := scopeTexts(change.Scopes)
	kit.WarnRemovals(ctx, fmt.Sprintf("organization %q: whoever follows the default role would lose:", w.organization), lost)
	kit.NoteGains(ctx, fmt.Sprintf("organization %q: whoever follows the default role would gain:", w.organization), gained)
	kit.WarnRemovals(ctx, fmt.Sprintf("organization %q: what whoever follows the default role would gain and lose is not all known. These were not "+
		"compared:", w.organization), slices.Concat(change.Unclear, blindTexts(blind)))
}

func followerTexts(followers []survey.Follower) []string {
	var lines []string
	for _, one := range followers {
		switch {
		case one.Kind == graph.TokenKind:
			lines = append(lines, fmt.Sprintf("organization token %q", one.Name))
		case one.Suspended:
			lines = append(lines, one.Name+" (suspended: once restored)")
		default:
			lines = append(lines, one.Name)
		}
	}
	return lines
}

func scopeTexts(changes []survey.ScopeChange) (lost, gained []string) {
	for _, change := range changes {
		on := "on every " + change.Kind.Noun()
		if change.Kind == access.Organization {
			on = "in the organization"
		}
		if len(change.Lost) > 0 {
			lost = append(lost, on+": "+shortlist.Of(change.Lost, maxScopesNamed))
		}
		if len(change.Gained) > 0 {
			gained = append(gained, on+": "+shortlist.Of(change.Gained, maxScopesNamed))
		}
	}
	return lost, gained
}

// roleLoosening is what a default role that is put back gives to whoever follows it: a line, "" if it gives nothing, and whether it
// gives something on environments. What cannot be read may be more.
func (w *writer) roleLoosening(ctx context.Context, live, changes settings, want Args) (line string, environments bool) {
	role, changed := changes[defaultRoleSetting]
	if _, given := want.wanted()[defaultRoleSetting]; given || !changed {
		return "", false
	}
	change, blind, err := w.compareDefaultRoles(ctx, live, changes, role)
	return loosening(defaultRoleSetting, change, blind, err)
}

// deploymentLoosening is the same of a role of deployments that is put back. Without any, deployments have no more than who starts them.
func (w *writer) deploymentLoosening(ctx context.Context, live, changes settings, want Args) (line string, environments bool) {
	role := changes[deploymentRoleSetting]
	if _, given := want.wanted()[deploymentRoleSetting]; given || role == "" {
		return "", false
	}
	if live[deploymentRoleSetting] == "" {
		return deploymentRoleSetting + ": none becomes " + w.valueText(ctx, deploymentRoleSetting, role), true
	}
	change, blind, err := survey.Of(w.session.Client, w.organization).DeploymentRoleChange(ctx, w.surveyed(ctx), role, w.settingsAfter(live, changes))
	return loosening(deploymentRoleSetting, change, blind, err)
}

func loosening(property string, change survey.RoleChange, blind []graph.Blind, err error) (line string, environments bool) {
	if err != nil {
		return fmt.Sprintf("%s: what the role that is put back gives could not be read: %v", property, err), true
	}
	unclear := len(change.Unclear)+len(blind) > 0
	_, gained := scopeTexts(change.Scopes)
	if len(gained) == 0 && !unclear {
		return "", false
	}
	onEnvironments := func(c survey.ScopeChange) bool { return c.Kind == access.Environment && len(c.Gained) > 0 }
	line = fmt.Sprintf("%s: %s becomes %s", property, change.Before, change.After)
	if len(gained) > 0 {
		line += ", which gives " + shortlist.Joined(gained, len(gained), "; ", "")
	}
	if unclear {
		line += ", and what was not compared: " + shortlist.Joined(slices.Concat(change.Unclear, blindTexts(blind)), 5, "; ", "; and ")
	}
	return line, unclear || slices.ContainsFunc(change.Scopes, onEnvironments)
}
