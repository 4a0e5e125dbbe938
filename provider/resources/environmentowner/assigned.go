package environmentowner

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/entitygrants"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/ownership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// assigned is what people hold on an environment.
type assigned struct{ cloud.EntityAssignments }

func (c calls) assigned(ctx context.Context, of ownership.Owned) (assigned, error) {
	found, err := c.client.EntityAssignments(ctx, c.organization, access.Environment, of.ID)
	return assigned{found}, err
}

// logins are those of everybody who holds something, each once.
func (a assigned) logins() []string {
	var out []string
	for _, one := range a.Users {
		if logins.Index(out, one.Login) < 0 {
			out = append(out, one.Login)
		}
	}
	return out
}

// setsOf are the ids of the permission sets that somebody holds.
func (a assigned) setsOf(login string) []string {
	var out []string
	for _, one := range a.Users {
		if logins.Same(one.Login, login) {
			out = append(out, one.SetID)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// permission is what somebody holds, as state writes it.
func (a assigned) permission(login string) string {
	sets := a.setsOf(login)
	if level, ok := entitygrants.Level(access.Environment, a.Sets, sets); ok {
		return string(level)
	}
	return "permissionSet " + strings.Join(sets, ", ")
}

// grants are what people hold, by login.
func (a assigned) grants() []types.DirectGrant {
	out := []types.DirectGrant{}
	for _, login := range a.logins() {
		out = append(out, types.DirectGrant{Login: login, Permission: a.permission(login)})
	}
	return ownership.SortGrants(out)
}

// others names what principals of unknown kinds hold.
func (a assigned) others() string {
	var names []string
	for _, set := range a.Others {
		names = append(names, fmt.Sprintf("permission set %q (%s)", set.Name, set.ID))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
