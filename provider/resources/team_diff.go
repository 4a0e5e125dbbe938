package resources

import (
	"slices"
	"strings"
	"time"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/temporary"
)

// diffTeam compares a team with the desired one. An unknown input counts as a difference.
func diffTeam(state TeamState, desired TeamArgs, unknowns []string, now time.Time) p.DiffResponse {
	d := teamDiff{kit.NewDifferences(unknowns)}
	d.Add(kit.OrganizationProperty, ptr.Value(desired.Organization) != state.Organization, p.UpdateReplace)
	d.name(state, desired)
	otherKind := d.gitHub(state, desired)
	d.Add("displayName", renamed(state, TeamArgs{DisplayName: desired.DisplayName, Description: state.Description}), p.Update)
	d.Add("description", renamed(state, TeamArgs{DisplayName: state.DisplayName, Description: desired.Description}), p.Update)
	d.membership(state.Membership, desired.Membership, desired.managesMembers(state.Kind), now)
	d.Add("unmanagedMembers", ptr.Value(state.UnmanagedMembers) != ptr.Value(desired.UnmanagedMembers), p.Update)
	d.Add("addMembers", state.adds() != desired.adds(), p.Update)
	d.Add("allow", !slices.Equal(ptr.Value(state.Allow), ptr.Value(desired.Allow)), p.Update)
	response := d.Response()
	// Two teams cannot have one name: one of another kind can be created only after the first was deleted.
	response.DeleteBeforeReplace = otherKind
	return response
}

type teamDiff struct{ kit.Differences }

// name compares names. A service that keeps the name in other letters has the same team: replacing it would meet itself.
func (d teamDiff) name(state TeamState, desired TeamArgs) {
	switch {
	case desired.Name == nil || *desired.Name == state.Name:
		d.Add("name", false, p.UpdateReplace)
	case strings.EqualFold(*desired.Name, state.Name):
		d.Add("name", true, p.Update)
	default:
		d.Add("name", true, p.UpdateReplace)
	}
}

// gitHub compares the GitHub teams, and reports whether the desired team is another one for what backs it. A GitHub team that
// was imported has no recorded id, so that giving it one changes nothing.
func (d teamDiff) gitHub(state TeamState, desired TeamArgs) bool {
	const property = "githubTeamId"
	switch {
	case desired.GitHubTeamID == nil && state.GitHubTeamID == nil:
		return false
	case desired.GitHubTeamID == nil:
		d.Add(property, true, p.DeleteReplace)
		return true
	case state.GitHubTeamID == nil && state.Kind == cloud.TeamKindGitHub:
		d.Add(property, true, p.Add)
		return false
	case state.GitHubTeamID == nil:
		d.Add(property, true, p.AddReplace)
		return true
	}
	differs := *desired.GitHubTeamID != *state.GitHubTeamID
	d.Add(property, differs, p.UpdateReplace)
	return differs || kit.Op{Unknowns: d.Unknowns}.Unknown(property)
}

// membership compares who is in the team with who is to be in it at a time: a membership that has expired is a difference,
// although no input changed.
func (d teamDiff) membership(state, desired Membership, managed bool, now time.Time) {
	d.logins("members", state.Members, desired.Members, managed)
	d.logins("admins", state.Admins, desired.Admins, managed)
	const property = "temporaryMembers"
	switch {
	case desired.TemporaryMembers == nil && state.TemporaryMembers == nil:
		d.Add(property, false, p.Update)
	case desired.TemporaryMembers == nil:
		d.Add(property, true, p.Delete)
	case state.TemporaryMembers == nil:
		d.Add(property, true, p.Add)
	default:
		active := temporary.Active(*desired.TemporaryMembers, now)
		d.Add(property, !sameTemporary(active, *state.TemporaryMembers), p.Update)
	}
}

// logins compares a list as a set. While membership is managed, a list that is not given is an empty one.
func (d teamDiff) logins(property string, state, desired *[]string, managed bool) {
	switch {
	case desired == nil && state == nil:
		d.Add(property, false, p.Update)
	case desired == nil:
		d.Add(property, !managed || len(*state) > 0, p.Delete)
	case state == nil:
		d.Add(property, true, p.Add)
	default:
		d.Add(property, !sameLogins(*state, *desired), p.Update)
	}
}
