package entityaccess

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// undecided is what a program does not say yet: an element of an axis of which a part is unknown.
type undecided struct {
	team  bool                 // the axis
	names map[principal]string // who is named by an element whose permission is unknown, with its path
}

// decided are the inputs without the elements that are unknown in part, and what those leave open, one for each axis that has any.
func (v Args) decided(unknowns []string) (Args, []undecided) {
	var open []undecided
	var of *undecided
	if v.Users, of = decidedAxis("users", v.Users, unknowns, func(g types.EntityUserGrant) principal { return personal(g.User) }); of != nil {
		open = append(open, *of)
	}
	if v.Teams, of = decidedAxis("teams", v.Teams, unknowns, func(g types.EntityTeamGrant) principal { return ofTeam(g.Team) }); of != nil {
		of.team = true
		open = append(open, *of)
	}
	return v, open
}

func decidedAxis[T any](property string, axis *[]T, unknowns []string, who func(T) principal) (*[]T, *undecided) {
	if !wire.Touches(property, unknowns) {
		return axis, nil
	}
	known, open := []T{}, &undecided{names: map[principal]string{}}
	for i, one := range ptr.Value(axis) {
		at := fmt.Sprintf("%s[%d]", property, i)
		if !wire.Touches(at, unknowns) {
			known = append(known, one)
		} else if named := who(one); named.name != "" {
			open.names[named] = at
		}
	}
	return &known, open
}

func (u undecided) property() string {
	if u.team {
		return "teams"
	}
	return "users"
}

// leave makes what no known element decides stay as it is now, and returns these grants.
func (a *aims) leave(now grants, open undecided) []grant {
	var left []grant
	for _, one := range now.onAxis(open.team).sorted() {
		if _, decided := a.desired[one.who]; !decided {
			a.desired[one.who] = one
			left = append(left, one)
		}
	}
	return left
}

// sayUndecided tells at preview which grants may be taken away or changed, because part of the axis is not known yet.
func (r *reconciler) sayUndecided(ctx context.Context, op kit.Op, now actual, open undecided, left []grant) {
	var lines []string
	for _, one := range left {
		line := fmt.Sprintf("%s: %s", one, now.names().text(one.held))
		if one.origin != "" {
			line += ", the grant of " + one.origin
		}
		if at := open.names[one.who]; at != "" {
			line += fmt.Sprintf(" (%s names this one, with what is not known yet)", at)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	about := fmt.Sprintf("%s: the grants of %s", r.ref, map[bool]string{false: "people", true: "teams"}[open.team])
	if r.desired.reports() {
		about += " (mode report changes nothing, mode enforce would)"
	}
	kit.WarnUndecided(ctx, op, about, []string{open.property()}, lines)
}
