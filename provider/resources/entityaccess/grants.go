package entityaccess

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/teamgrants"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// principal is who holds a grant: a person by the one form of their login, or a team by its name.
type principal struct {
	team bool
	name string
}

func personal(login string) principal { return principal{name: strings.ToLower(login)} }

func ofTeam(name string) principal { return principal{team: true, name: name} }

func (p principal) String() string {
	if p.team {
		return "team " + p.name
	}
	return "user " + p.name
}

// compare orders people before teams, and each by name.
func (p principal) compare(other principal) int {
	if p.team != other.team {
		if p.team {
			return 1
		}
		return -1
	}
	return cmp.Compare(p.name, other.name)
}

// held is what a principal holds: a built-in level, or other permission sets by their ids.
type held struct {
	access.TeamGrant
	sets string // ids, sorted and separated by commas; "" for a built-in level
}

// Origins of grants that came with the entity.
const (
	ofCreator = "its creator"
	ofOwner   = "its owner"
)

// grant is one principal's grant on the entity.
type grant struct {
	who    principal
	name   string // login or team, as it is written
	held   held
	origin string // of a grant that came with the entity
	// collaborator says that the grant is listed among a stack's collaborators alone.
	collaborator bool
}

// String is who holds it, as it is written.
func (g grant) String() string {
	if g.who.team {
		return "team " + g.name
	}
	return "user " + g.name
}

// grants are direct grants on one entity, one for each principal.
type grants map[principal]grant

// sorted are the grants in the order of their principals.
func (g grants) sorted() []grant {
	return slices.SortedFunc(maps.Values(g), func(a, b grant) int { return a.who.compare(b.who) })
}

// holds reports whether a principal holds exactly this.
func (g grants) holds(one grant) bool {
	actual, ok := g[one.who]
	return ok && actual.held == one.held
}

// holdsAll reports whether all of others are held exactly.
func (g grants) holdsAll(others grants) bool {
	for _, one := range others {
		if !g.holds(one) {
			return false
		}
	}
	return true
}

func heldByUser(g types.EntityUserGrant) held {
	if g.PermissionSet != nil {
		return held{sets: *g.PermissionSet}
	}
	return held{TeamGrant: access.TeamGrant{Level: access.Level(ptr.Value(g.Permission))}}
}

// heldByTeam is what a grant of inputs or of the state gives. A bound that cannot be read is an error: it is not the same as none.
func heldByTeam(g types.EntityTeamGrant) (held, error) {
	out := held{sets: ptr.Value(g.PermissionSet), TeamGrant: access.TeamGrant{Level: access.Level(ptr.Value(g.Permission))}}
	if g.MaxOpenDuration == nil {
		return out, nil
	}
	bound, err := timetext.ParseDuration(*g.MaxOpenDuration)
	if err != nil {
		return out, fmt.Errorf("team %q: invalid maxOpenDuration: %w", g.Team, err)
	}
	out.MaxOpenDuration = bound
	return out, nil
}

// grantsOf are the grants that lists of inputs ask for.
func grantsOf(users []types.EntityUserGrant, teams []types.EntityTeamGrant) (grants, error) {
	out := grants{}
	for _, g := range users {
		out[personal(g.User)] = grant{who: personal(g.User), name: g.User, held: heldByUser(g)}
	}
	for _, g := range teams {
		held, err := heldByTeam(g)
		if err != nil {
			return out, err
		}
		out[ofTeam(g.Team)] = grant{who: ofTeam(g.Team), name: g.Team, held: held}
	}
	return out, nil
}

func (v Args) grants() (grants, error) { return grantsOf(ptr.Value(v.Users), ptr.Value(v.Teams)) }

// onAxis are the grants of people, or those of teams.
func (g grants) onAxis(team bool) grants {
	of := maps.Clone(g)
	maps.DeleteFunc(of, func(who principal, _ grant) bool { return who.team != team })
	return of
}

func sameGrants(a, b grants) bool {
	return maps.EqualFunc(a, b, func(x, y grant) bool { return x.held == y.held })
}

// users are the grants of people as inputs write them; logins are spelled as in before.
func (g grants) users(before *[]types.EntityUserGrant) []types.EntityUserGrant {
	out := []types.EntityUserGrant{}
	for _, one := range g.onAxis(false).sorted() {
		written := types.EntityUserGrant{User: one.name}
		if at := slices.IndexFunc(ptr.Value(before), func(b types.EntityUserGrant) bool { return logins.Same(b.User, one.name) }); at >= 0 {
			written.User = (*before)[at].User
		}
		if one.held.sets != "" {
			written.PermissionSet = new(one.held.sets)
		} else {
			written.Permission = new(types.EntityPermission(one.held.Level))
		}
		out = append(out, written)
	}
	wire.SortSet(out)
	return out
}

// teams are the grants of teams as inputs write them.
func (g grants) teams() []types.EntityTeamGrant {
	out := []types.EntityTeamGrant{}
	for _, one := range g.onAxis(true).sorted() {
		written := types.EntityTeamGrant{Team: one.name, MaxOpenDuration: teamgrants.WriteMaxOpen(one.held.MaxOpenDuration)}
		if one.held.sets != "" {
			written.PermissionSet = new(one.held.sets)
		} else {
			written.Permission = new(types.EntityPermission(one.held.Level))
		}
		out = append(out, written)
	}
	wire.SortSet(out)
	return out
}

func (g grants) recorded(before types.EntityGrants) types.EntityGrants {
	return types.EntityGrants{Users: g.users(&before.Users), Teams: g.teams()}
}

// names are the names of permission sets by id.
type names map[string]string

// text is what somebody holds, for people: `write`, `open (for 1h at most)`, `permission set "auditors" (id)`.
func (n names) text(h held) string {
	if h.sets == "" {
		return h.TeamGrant.String()
	}
	var all []string
	for _, id := range strings.Split(h.sets, ",") {
		if name, ok := n[id]; ok {
			all = append(all, fmt.Sprintf("permission set %q (%s)", name, id))
		} else {
			all = append(all, fmt.Sprintf("permission set %s", id))
		}
	}
	return access.TeamGrant{Level: access.Level(strings.Join(all, " and ")), MaxOpenDuration: h.MaxOpenDuration}.String()
}

// lowers reports whether going to the next one takes something away and gives nothing. Custom sets are not compared.
func (h held) lowers(kind access.EntityKind, next held) bool {
	return h.sets == "" && next.sets == "" && h.Lowers(kind, next.TeamGrant)
}
