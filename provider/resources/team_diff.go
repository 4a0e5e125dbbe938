package resources

import (
	"slices"
	"strings"
	"time"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/temporary"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// diffTeam says what differs between a team and what is wanted of it. An unknown input counts as a difference.
func diffTeam(state TeamState, want TeamArgs, unknowns []string, now time.Time) p.DiffResponse {
	d := teamDiff{newDifferences(unknowns)}
	d.add("organization", text(want.Organization) != state.Organization, p.UpdateReplace)
	d.name(state, want)
	otherKind := d.gitHub(state, want)
	d.add("displayName", renamed(state, TeamArgs{DisplayName: want.DisplayName, Description: state.Description}), p.Update)
	d.add("description", renamed(state, TeamArgs{DisplayName: state.DisplayName, Description: want.Description}), p.Update)
	managed := managesMembers(want, state.Kind)
	d.logins("members", state.Members, want.Members, managed)
	d.logins("admins", state.Admins, want.Admins, managed)
	d.temporary(state, want, now)
	d.add("unmanagedMembers", ptr.Value(state.UnmanagedMembers) != ptr.Value(want.UnmanagedMembers), p.Update)
	d.add("addMembers", (TeamArgs{AddMembers: state.AddMembers}).adds() != want.adds(), p.Update)
	d.add("allow", !slices.Equal(list(state.Allow), list(want.Allow)), p.Update)
	response := d.response()
	// Two teams cannot have one name: one of another kind can be made only when the first is gone.
	response.DeleteBeforeReplace = otherKind
	return response
}

type teamDiff struct{ differences }

// name compares names. A service that keeps the name in other letters has the same team: replacing it would meet itself.
func (d teamDiff) name(state TeamState, want TeamArgs) {
	switch {
	case want.Name == nil || *want.Name == state.Name:
		d.add("name", false, p.UpdateReplace)
	case strings.EqualFold(*want.Name, state.Name):
		d.add("name", true, p.Update)
	default:
		d.add("name", true, p.UpdateReplace)
	}
}

// gitHub reports whether the team that is wanted is another one for what backs it. A GitHub team that was imported has
// no recorded id, so that giving it one changes nothing.
func (d teamDiff) gitHub(state TeamState, want TeamArgs) bool {
	const property = "githubTeamId"
	switch {
	case want.GitHubTeamID == nil && state.GitHubTeamID == nil:
		return false
	case want.GitHubTeamID == nil:
		d.add(property, true, p.DeleteReplace)
		return true
	case state.GitHubTeamID == nil && state.Kind == cloud.TeamKindGitHub:
		d.add(property, true, p.Add)
		return false
	case state.GitHubTeamID == nil:
		d.add(property, true, p.AddReplace)
		return true
	}
	differs := *want.GitHubTeamID != *state.GitHubTeamID
	d.add(property, differs, p.UpdateReplace)
	return differs || wire.Touches(property, d.Unknowns)
}

// logins compares a list as a set. While membership is managed, a list that is not given is an empty one.
func (d teamDiff) logins(property string, state, want *[]string, managed bool) {
	switch {
	case want == nil && state == nil:
		d.add(property, false, p.Update)
	case want == nil:
		d.add(property, !managed || len(*state) > 0, p.Delete)
	case state == nil:
		d.add(property, true, p.Add)
	default:
		d.add(property, !sameLogins(*state, *want), p.Update)
	}
}

// temporary compares who is in the team for a time with who should be by now: an end that has come is a difference,
// although no input changed.
func (d teamDiff) temporary(state TeamState, want TeamArgs, now time.Time) {
	const property = "temporaryMembers"
	switch {
	case want.TemporaryMembers == nil && state.TemporaryMembers == nil:
		d.add(property, false, p.Update)
	case want.TemporaryMembers == nil:
		d.add(property, true, p.Delete)
	case state.TemporaryMembers == nil:
		d.add(property, true, p.Add)
	default:
		wanted := temporary.Active(*want.TemporaryMembers, now)
		d.add(property, !sameTemporary(wanted, *state.TemporaryMembers), p.Update)
	}
}

func sameLogins(a, b []string) bool {
	return slices.Equal(foldedSet(a), foldedSet(b))
}

func foldedSet(logins []string) []string {
	folded := make([]string, len(logins))
	for i, login := range logins {
		folded[i] = strings.ToLower(login)
	}
	slices.Sort(folded)
	return slices.Compact(folded)
}
