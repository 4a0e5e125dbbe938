package organizationsettings

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/parallel"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/protection"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// A default that is put back reaches every environment at once. Where it gives more than now, it waits until those environments are
// deleted that somebody protects: in a destroy, they may be on their way out beside this resource, or may be about to stay.

const (
	loosenDefaults = types.OptIn("loosenDefaults")

	// maxEnvironmentsAsked bounds the environments that are asked for, up to two calls each.
	maxEnvironmentsAsked = 1000
	// looksForDeletion bounds how often they are looked at: 75 seconds with the client's default pauses.
	looksForDeletion = 10
)

// loosened are the defaults that would be put back to a higher level, and a permission mode to the permissive one: a line each.
func loosened(live, changes settings, want Args) []string {
	var lines []string
	wanted := want.wanted()
	for _, property := range slices.Sorted(maps.Keys(changes)) {
		_, given := wanted[property]
		now, after := slices.Index(levelOrder, live[property]), slices.Index(levelOrder, changes[property])
		leavesMode := property == permissionModeSetting && live.restricted()
		if !given && (now >= 0 && after > now || leavesMode) {
			lines = append(lines, fmt.Sprintf("%s: %s becomes %s", property, live[property], changes[property]))
		}
	}
	return lines
}

// loosensEnvironments reports whether members would hold more on every environment because a default is put back, or team tokens,
// because they have the defaults again.
func loosensEnvironments(live, changes settings, want Args) bool {
	only := settings{}
	if mode, changed := changes[permissionModeSetting]; changed && cmp.Or(changes[defaultEnvironmentSetting], live[defaultEnvironmentSetting]) != "none" {
		only[permissionModeSetting] = mode
	}
	if after, changed := changes[defaultEnvironmentSetting]; changed {
		only[defaultEnvironmentSetting] = after
	}
	return len(loosened(live, only, want)) > 0
}

// refuseLoosening names what a put back default gives, and refuses one that reaches environments which are protected from deletion or
// need an approval. While waiting is set, it looks again for a while, since they may be about to be deleted.
func (w *writer) refuseLoosening(ctx context.Context, live, changes settings, want Args, waiting bool) error {
	lines := loosened(live, changes, want)
	line, byRole := w.roleLoosening(ctx, live, changes, want)
	if line != "" {
		lines = append(lines, line)
	}
	kit.WarnRemovals(ctx, fmt.Sprintf("organization %q: these defaults are put back, and give every member and every team token more than now:",
		w.organization), lines)
	deploying, byDeployment := w.deploymentLoosening(ctx, live, changes, want)
	if deploying != "" {
		kit.WarnRemovals(ctx, fmt.Sprintf("organization %q: this role is put back, and gives deployments of stacks without a role of their own more "+
			"than now:", w.organization), []string{deploying})
	}
	if !byRole && !byDeployment && !loosensEnvironments(live, changes, want) || slices.Contains(ptr.Value(want.Allow), loosenDefaults) {
		return nil
	}
	for attempt := 0; ; attempt++ {
		guarded, err := w.guardedEnvironments(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("organization %q: the default of environments is not put back, because whether it guards protected "+
				"environments could not be read: %w", w.organization, err)
		case len(guarded) == 0:
			return nil
		case waiting && attempt < looksForDeletion-1:
			kit.Progress(ctx, "waiting for %d protected environments to be deleted", len(guarded))
			if err := w.session.Client.Retry().Pause(ctx, attempt); err != nil {
				return err
			}
			continue
		}
		return errors.New(kit.Bulleted(fmt.Sprintf("organization %q: nothing was put back. %s by default on these environments, "+
			"which are protected from deletion or need an approval:", w.organization, heldThen(live, changes, byRole, byDeployment)), guarded) +
			"\n  Delete them first; environments that depend on this resource (dependsOn) are deleted before it. To put the default back all " +
			"the same, set allow: [loosenDefaults] and run `pulumi up` first. To keep the settings as they are, set retainOnDelete, or run " +
			"`pulumi state delete`")
	}
}

// heldThen is who would hold what on every environment.
func heldThen(live, changes settings, byRole, byDeployment bool) string {
	level := cmp.Or(changes[defaultEnvironmentSetting], live[defaultEnvironmentSetting])
	switch {
	case byRole:
		return "Members would hold what the default role grants"
	case byDeployment:
		return "Deployments would hold what their default role grants"
	case changes[permissionModeSetting] != "":
		return "Members would hold " + level + ", and so would every team token,"
	default:
		return "Members would hold " + level
	}
}

// guardedEnvironments are those that somebody protects: from deletion, or by a gate.
func (w *writer) guardedEnvironments(ctx context.Context) ([]string, error) {
	var all []cloud.Environment
	for environment, err := range w.session.Client.Environments(ctx, w.organization) {
		if err != nil {
			return nil, err
		}
		all = append(all, environment)
	}
	if len(all) > maxEnvironmentsAsked {
		return nil, fmt.Errorf("there are %d environments, and at most %d are looked at", len(all), maxEnvironmentsAsked)
	}
	found := make([]string, len(all))
	err := parallel.Each(ctx, len(all), 8, func(ctx context.Context, i int) error {
		why, err := w.guards(ctx, all[i])
		if why != "" {
			found[i] = all[i].Project + "/" + all[i].Name + ": " + why
		}
		return err
	})
	return slices.DeleteFunc(found, func(line string) bool { return line == "" }), err
}

// guards says how an environment is protected, "" if it is not. One that was deleted in the meantime is not.
func (w *writer) guards(ctx context.Context, environment cloud.Environment) (string, error) {
	protected, err := protection.Of(ctx, w.session, w.organization, environment.Project, environment.Name)
	if err != nil || protected {
		return "protected from deletion", err
	}
	metadata, err := w.session.Client.EnvironmentMetadata(ctx, w.organization, environment.Project, environment.Name)
	switch {
	case cloud.IsNotFound(err):
		return "", kit.RequireSight(ctx, w.session, w.organization, err)
	case err != nil || len(metadata.GatedActions) == 0:
		return "", err
	}
	return "needs an approval", nil
}
