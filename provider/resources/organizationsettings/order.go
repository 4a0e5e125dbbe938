package organizationsettings

import (
	"context"
	"maps"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// A default role is set by a call of its own, and two roles cannot be told to be narrower and wider. So what narrows goes before it, and what
// widens after it: what people have in between is never more than before and than after.

// steps are the changes in the order in which they are made: each is one call.
func (w *writer) steps(ctx context.Context, live, changes settings) []settings {
	role, changesRole := changes[defaultRoleSetting]
	if !changesRole {
		return []settings{changes}
	}
	first, last := settings{}, settings{}
	for property, value := range changes {
		switch {
		case property == defaultRoleSetting:
		case property == permissionModeSetting && w.modeFirst(ctx, live, changes), property != permissionModeSetting && narrows(property, live[property], value):
			first[property] = value
		default:
			last[property] = value
		}
	}
	return slices.DeleteFunc([]settings{first, {defaultRoleSetting: role}, last}, func(step settings) bool { return len(step) == 0 })
}

// narrows reports whether a setting gives less with its next value. A level without a name is not compared.
func narrows(property, now, next string) bool {
	switch property {
	case tokenExpirySetting:
		before, malformedNow := daysOf(now)
		after, malformed := daysOf(next)
		return next != "" && malformed == nil && malformedNow == nil && (now == "" || after < before) // the call refuses one that cannot be read
	case deploymentRoleSetting:
		return next != "" // without any, deployments have what the person has who starts them, by the default role too
	case defaultStackSetting, defaultEnvironmentSetting, defaultAccountSetting:
		return slices.Index(levelOrder, next) < slices.Index(levelOrder, now)
	}
	return next == "false"
}

// modeFirst reports whether the permission mode changes before the default role. The restricted mode has a ceiling on that role: it is
// left before a role that may be above it is set, and entered after such a role is replaced. A new role that is above it has to be refused
// before anybody has it.
func (w *writer) modeFirst(ctx context.Context, live, changes settings) bool {
	if changes[permissionModeSetting] != cloud.PermissionModeRestricted {
		return !w.below(ctx, changes[defaultRoleSetting])
	}
	return w.above(ctx, changes[defaultRoleSetting]) || w.below(ctx, live[defaultRoleSetting])
}

// above reports whether a default role may be above the ceiling of the restricted mode, and below whether it certainly is not. Where the
// service draws the line for custom roles is not documented.
func (w *writer) above(ctx context.Context, id string) bool {
	identifier, err := w.identifier(ctx, id)
	return err != nil || slices.Contains(broadRoles, identifier)
}

func (w *writer) below(ctx context.Context, id string) bool {
	identifier, err := w.identifier(ctx, id)
	return err == nil && identifier != "" && !slices.Contains(broadRoles, identifier)
}

// identifier is the one of a built-in role, "" for a custom role.
func (w *writer) identifier(ctx context.Context, id string) (string, error) {
	if id == "" {
		return memberIdentifier, nil
	}
	role, err := w.session.Client.Role(ctx, w.organization, id)
	return role.DefaultIdentifier, err
}

// with are the settings after some of them were changed.
func (s settings) with(changes settings) settings {
	all := maps.Clone(s)
	maps.Copy(all, changes)
	return all
}
