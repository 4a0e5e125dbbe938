package team

import (
	"slices"
	"strings"
	"time"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
)

// diff compares a team with the desired one. An unknown input counts as a difference.
func diff(state State, desired Args, unknowns []string, now time.Time) p.DiffResponse {
	d := differences{kit.NewDifferences(unknowns)}
	d.Add(kit.OrganizationProperty, ptr.Value(desired.Organization) != state.Organization, p.UpdateReplace)
	d.name(state, desired)
	otherKind := d.gitHub(state, desired)
	d.Add("displayName", renamed(state, Args{DisplayName: desired.DisplayName, Description: state.Description}), p.Update)
	d.Add("description", renamed(state, Args{DisplayName: state.DisplayName, Description: desired.Description}), p.Update)
	membership.Compare(d.Differences, state.Lists, desired.Lists, desired.managesMembers(state.Kind), now)
	d.Add("unmanagedMembers", ptr.Value(state.UnmanagedMembers) != ptr.Value(desired.UnmanagedMembers), p.Update)
	d.Add("addMembers", state.adds() != desired.adds(), p.Update)
	d.Add("allow", !slices.Equal(ptr.Value(state.Allow), ptr.Value(desired.Allow)), p.Update)
	response := d.Response()
	// Two teams cannot have one name: one of another kind can be created only after the first was deleted.
	response.DeleteBeforeReplace = otherKind
	return response
}

type differences struct{ kit.Differences }

// name compares names. A service that keeps the name in other letters has the same team: replacing it would meet itself.
func (d differences) name(state State, desired Args) {
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
func (d differences) gitHub(state State, desired Args) bool {
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
