package ownership

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/entitygrants"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// CreatorGrant is the permission of the creator of a stack.
const CreatorGrant = "creator"

// setPrefix begins the permission of permission sets that are not one built-in level.
const setPrefix = "permissionSet "

// setSeparator stands between the ids of several permission sets.
const setSeparator = ", "

// Assigned are the grants that assignments amount to, one for each person, by login.
func Assigned(kind access.EntityKind, found cloud.EntityAssignments) []types.DirectGrant {
	sets, out := map[string][]string{}, []types.DirectGrant{}
	for _, one := range found.Users {
		key := strings.ToLower(one.Login)
		if _, seen := sets[key]; !seen {
			out = append(out, types.DirectGrant{Login: one.Login})
		}
		sets[key] = append(sets[key], one.SetID)
	}
	for i := range out {
		ids := sets[strings.ToLower(out[i].Login)]
		slices.Sort(ids)
		out[i].Permission = permissionOf(kind, found.Sets, slices.Compact(ids))
	}
	return SortGrants(out)
}

// WarnOthers names what principals of unknown kinds hold.
func WarnOthers(ctx context.Context, kind access.EntityKind, of Owned, found cloud.EntityAssignments) {
	if len(found.Others) == 0 {
		return
	}
	var names []string
	for _, set := range found.Others {
		names = append(names, fmt.Sprintf("permission set %q (%s)", set.Name, set.ID))
	}
	slices.Sort(names)
	wire.Log(ctx).Warningf("%s %s: principals of a kind that this version does not know hold %s there, which stays", kind.Noun(), of.path(),
		strings.Join(names, ", "))
}

func permissionOf(kind access.EntityKind, known []cloud.PermissionSet, ids []string) string {
	if level, ok := entitygrants.Level(kind, known, ids); ok {
		return string(level)
	}
	return setPrefix + strings.Join(ids, setSeparator)
}

// and stands between what one person holds in two ways.
const and = " and "

// Beside adds grants to others, one for each person.
func Beside(grants, more []types.DirectGrant) []types.DirectGrant {
	out := slices.Clone(grants)
	for _, g := range more {
		at := slices.IndexFunc(out, func(other types.DirectGrant) bool { return logins.Same(other.Login, g.Login) })
		if at < 0 {
			out = append(out, g)
			continue
		}
		out[at].Permission += and + g.Permission
	}
	return SortGrants(out)
}

// Assign gives somebody again what they held.
func Assign(ctx context.Context, client *cloud.Client, organization string, kind access.EntityKind, of Owned, g types.DirectGrant) error {
	level, set, err := assignable(g)
	if err != nil {
		return err
	}
	if set == "" {
		found, err := client.EntityAssignments(ctx, organization, kind, of.ID)
		if err != nil {
			return err
		}
		identifier := access.SetIdentifier(kind, level)
		at := slices.IndexFunc(found.Sets, func(s cloud.PermissionSet) bool { return s.DefaultIdentifier == identifier })
		if at < 0 {
			return fmt.Errorf("organization %q has no permission set %s", organization, identifier)
		}
		set = found.Sets[at].ID
	}
	return client.Assign(ctx, organization, kind, of.ID, g.Login, set)
}

// assignable is the level or the permission set by which somebody can be given again what they held. A creator gets admin again.
func assignable(g types.DirectGrant) (access.Level, string, error) {
	sets, custom := strings.CutPrefix(g.Permission, setPrefix)
	switch {
	case strings.Contains(g.Permission, and), strings.Contains(g.Permission, setSeparator):
		return "", "", fmt.Errorf("%s is several permission sets, and one at a time can be assigned", grantOf(g))
	case !custom && g.Permission == CreatorGrant:
		return access.Admin, "", nil
	case !custom:
		return access.Level(g.Permission), "", nil
	}
	return "", sets, nil
}

// SortGrants puts grants in the order of their logins.
func SortGrants(grants []types.DirectGrant) []types.DirectGrant {
	slices.SortFunc(grants, func(a, b types.DirectGrant) int { return strings.Compare(a.Login, b.Login) })
	return grants
}

// administers tells whether a grant lets its holder give others access, or may do so.
func administers(g types.DirectGrant) bool {
	return !slices.Contains([]string{"read", "open", "write"}, g.Permission)
}

func grantOf(g types.DirectGrant) string {
	return fmt.Sprintf("the %s grant of %s", g.Permission, g.Login)
}

func grantLine(on Owned, g types.DirectGrant) string { return on.path() + ": " + grantOf(g) }

// holds returns what somebody holds.
func (v Owned) holds(login string) (types.DirectGrant, bool) {
	at := slices.IndexFunc(v.Grants, func(g types.DirectGrant) bool { return logins.Same(g.Login, login) })
	if at < 0 {
		return types.DirectGrant{}, false
	}
	return v.Grants[at], true
}

// drop notes that somebody holds nothing any more.
func (v *Owned) drop(login string) {
	v.Grants = slices.DeleteFunc(slices.Clone(v.Grants), func(g types.DirectGrant) bool { return logins.Same(g.Login, login) })
}

// took notes a grant that was removed.
func (v *Owned) took(g types.DirectGrant) {
	if !slices.Contains(v.Removed, g) {
		v.Removed = append(v.Removed, g)
	}
}
