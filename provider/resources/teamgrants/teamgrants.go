// Package teamgrants makes the calls that grant a team access to one entity. Start at [Team].
package teamgrants

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
)

// Team is the team that is granted access.
type Team struct {
	Client       *cloud.Client
	Organization string
	Name         string
}

var stackPermissions = map[access.Level]cloud.StackPermission{
	access.Read: cloud.StackRead, access.Write: cloud.StackWrite, access.Admin: cloud.StackAdmin,
}

// accountLevels are in the order of the service's numbers, which start at 1.
var accountLevels = []access.Level{access.Read, access.Write, access.Admin}

// Edit changes the level of a grant that exists.
func (t Team) Edit(ctx context.Context, on access.EntityRef, level access.TeamGrant) error {
	err := t.set(ctx, on, level, true)
	if errors.Is(err, cloud.ErrNotFound) || errors.Is(err, cloud.ErrInvalid) {
		// There is nothing to edit any more: somebody revoked it since it was read.
		if t.set(ctx, on, level, false) == nil {
			return nil
		}
	}
	return err
}

// Add grants access to an entity on which the team has no grant.
func (t Team) Add(ctx context.Context, on access.EntityRef, level access.TeamGrant) error {
	err := t.set(ctx, on, level, false)
	if errors.Is(err, cloud.ErrConflict) {
		return t.set(ctx, on, level, true) // somebody granted it since it was read
	}
	return err
}

func (t Team) set(ctx context.Context, on access.EntityRef, level access.TeamGrant, edit bool) error {
	switch on.Kind {
	case access.Account:
		number := cloud.AccountPermission(slices.Index(accountLevels, level.Level) + 1)
		return t.Client.SetAccountGrant(ctx, t.Organization, t.Name, on.Name, &number)
	case access.Environment:
		grant := cloud.EnvironmentGrant{Project: on.Project, Environment: on.Name, Permission: string(level.Level)}
		if level.MaxOpenDuration != 0 {
			grant.MaxOpenDuration = level.MaxOpenDuration.String()
		}
		if edit {
			return t.Client.EditEnvironmentGrant(ctx, t.Organization, t.Name, grant)
		}
		return t.Client.AddEnvironmentGrant(ctx, t.Organization, t.Name, grant)
	default:
		grant := cloud.StackGrant{Project: on.Project, Stack: on.Name, Permission: stackPermissions[level.Level]}
		if edit {
			return t.Client.EditStackGrant(ctx, t.Organization, t.Name, grant)
		}
		return t.Client.AddStackGrant(ctx, t.Organization, t.Name, grant)
	}
}

// Revoke takes the team's grant on an entity away.
func (t Team) Revoke(ctx context.Context, on access.EntityRef) error {
	switch on.Kind {
	case access.Account:
		return t.Client.SetAccountGrant(ctx, t.Organization, t.Name, on.Name, nil)
	case access.Environment:
		return t.Client.RemoveEnvironmentGrant(ctx, t.Organization, t.Name, on.Project, on.Name)
	default:
		return t.Client.RemoveStackGrant(ctx, t.Organization, t.Name, on.Project, on.Name)
	}
}

// ReadMaxOpen reads a bound as the service writes it; "" is none.
func ReadMaxOpen(value string) (time.Duration, error) {
	if value == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(value)
	if err == nil && d < 0 {
		err = errors.New("it is negative")
	}
	if err != nil {
		return 0, fmt.Errorf("the service's maxOpenDuration %q is not a duration: %w", value, err)
	}
	return d, nil
}

// WriteMaxOpen is a bound as inputs write it; nil is none.
func WriteMaxOpen(d time.Duration) *string {
	if d == 0 {
		return nil
	}
	text := timetext.FormatDuration(d)
	return &text
}

// NormalDurations writes the maxOpenDuration of every element of a list in one way, so that 30m and 30m0s are the same input.
func NormalDurations(inputs property.Map, list string) property.Map {
	grants, ok := inputs.GetOk(list)
	if !ok || !grants.IsArray() {
		return inputs
	}
	var changed []property.Value
	for _, grant := range grants.AsArray().All {
		if grant.IsMap() {
			if written, ok := grant.AsMap().GetOk("maxOpenDuration"); ok && written.IsString() {
				if d, err := timetext.ParseDuration(written.AsString()); err == nil {
					normal := property.WithGoValue(written, timetext.FormatDuration(d))
					grant = property.WithGoValue(grant, grant.AsMap().Set("maxOpenDuration", normal))
				}
			}
		}
		changed = append(changed, grant)
	}
	return inputs.Set(list, property.WithGoValue(grants, property.NewArray(changed)))
}
