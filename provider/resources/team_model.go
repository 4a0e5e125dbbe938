package resources

import (
	"fmt"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/temporary"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

func teamID(organization, name string) string {
	if organization == "" || name == "" {
		return "" // not known yet
	}
	return organization + "/" + name
}

// displayName is the one that a team has: its name where none is given.
func displayName(given *string, name string) string {
	if given == nil || *given == "" {
		return name
	}
	return *given
}

// managesMembers reports whether a team of some kind has its membership from this resource. Lists that are omitted are
// empty ones; the membership of GitHub and SCIM teams comes from there, as long as no list is given.
func managesMembers(v TeamArgs, kind string) bool {
	if v.GitHubTeamID != nil || ptr.Value(v.UnmanagedMembers) {
		return false
	}
	given := v.Members != nil || v.Admins != nil || v.TemporaryMembers != nil
	return given || kind == "" || kind == cloud.TeamKindPulumi
}

// adds reports whether people who are missing are added.
func (v TeamArgs) adds() bool { return v.AddMembers == nil || *v.AddMembers }

// checkUnmanaged refuses lists of members whom nobody is to manage.
func checkUnmanaged(v TeamArgs) problem.List {
	if !ptr.Value(v.UnmanagedMembers) {
		return nil
	}
	var problems problem.List
	for path, given := range map[string]bool{
		"members": v.Members != nil, "admins": v.Admins != nil, "temporaryMembers": v.TemporaryMembers != nil,
	} {
		if given {
			problems = append(problems, problem.Problem{Path: path, Reason: "is left to others by unmanagedMembers: leave out one of the two"})
		}
	}
	return problems
}

func (v *TeamArgs) keepLists() {
	keepList(&v.Members)
	keepList(&v.Admins)
	keepList(&v.TemporaryMembers)
	keepList(&v.Allow)
}

func checkTeam(_ *session.Session, v TeamArgs) problem.List {
	var problems problem.List
	switch {
	case v.Name != nil && v.GitHubTeamID != nil:
		problems = append(problems, plainName("name", *v.Name)...)
	case v.Name != nil:
		problems = append(problems, types.CheckTeamName("name", *v.Name)...)
	case v.GitHubTeamID == nil:
		problems = append(problems, problem.Problem{Path: "name", Reason: "is required, unless githubTeamId is given"})
	}
	problems = append(problems, types.CheckTeamDisplayName("displayName", text(v.DisplayName))...)
	problems = append(problems, checkGitHubTeam(v)...)
	problems = append(problems, types.CheckLogins("members", list(v.Members))...)
	problems = append(problems, types.CheckLogins("admins", list(v.Admins))...)
	for i, login := range list(v.Admins) {
		if at := indexLogin(list(v.Members), login); at >= 0 && login != "" {
			problems = append(problems, problem.Problem{
				Path:   fmt.Sprintf("admins[%d]", i),
				Reason: fmt.Sprintf("%s is in members[%d] as well: an admin is a member, so keep it in admins only", login, at),
			})
		}
	}
	problems = append(problems, checkUnmanaged(v)...)
	problems = append(problems, checkTemporary(v)...)
	return append(problems, types.CheckOptIns("Team", list(v.Allow))...)
}

func checkGitHubTeam(v TeamArgs) problem.List {
	if v.GitHubTeamID == nil {
		return nil
	}
	var problems problem.List
	for _, given := range []struct {
		path string
		set  bool
	}{
		{"displayName", v.DisplayName != nil},
		{"description", v.Description != nil},
		{"members", v.Members != nil},
		{"admins", v.Admins != nil},
		{"temporaryMembers", v.TemporaryMembers != nil},
	} {
		if given.set {
			problems = append(problems, problem.Problem{
				Path: given.path, Reason: "comes from GitHub for a team with githubTeamId: leave it out",
			})
		}
	}
	if *v.GitHubTeamID <= 0 {
		problems = append(problems, problem.Problem{Path: "githubTeamId", Reason: "must be the numeric id of a GitHub team"})
	}
	return problems
}

// wantedTeam is the state that the inputs ask for at a time.
func wantedTeam(want TeamArgs, now time.Time) TeamState {
	kind := cloud.TeamKindPulumi
	if want.GitHubTeamID != nil {
		kind = cloud.TeamKindGitHub
	}
	state := TeamState{
		Organization: text(want.Organization), Name: text(want.Name), DisplayName: want.DisplayName,
		Description: want.Description, Members: want.Members, Admins: want.Admins, GitHubTeamID: want.GitHubTeamID,
		Allow: want.Allow, Kind: kind, UnmanagedMembers: want.UnmanagedMembers, AddMembers: want.AddMembers,
	}
	if want.TemporaryMembers != nil {
		active := temporary.Active(*want.TemporaryMembers, now)
		state.TemporaryMembers, state.ExpiredMembers = &active, &[]string{}
	}
	return state
}

// teamInputs are the inputs that a team amounts to. What the inputs before leave to the service, and is as the service
// makes it, stays out of them. The GitHub team's id cannot be read.
func teamInputs(organization string, live cloud.Team, before TeamArgs, at time.Time) TeamArgs {
	now := before
	now.Organization = &organization
	if before.Name != nil || before.GitHubTeamID == nil {
		now.Name = &live.Name
	}
	if live.Kind == cloud.TeamKindPulumi || before.DisplayName != nil {
		now.DisplayName = unlessDefault(before.DisplayName, live.DisplayName, live.Name)
	}
	if live.Kind == cloud.TeamKindPulumi || before.Description != nil {
		now.Description = unlessDefault(before.Description, live.Description, "")
	}
	if managesMembers(before, live.Kind) {
		now.takeMembers(live.Members, before, at)
	}
	return now
}

// unlessDefault is the value that was read; nil when none was given and the service has what it has by default.
func unlessDefault(given *string, read, byDefault string) *string {
	if given == nil && (read == byDefault || read == "") {
		return nil
	}
	if given != nil && displayName(given, byDefault) == displayName(&read, byDefault) {
		return given
	}
	return &read
}

// teamState is what the service holds, as far as it is managed.
func teamState(organization string, live cloud.Team, given TeamArgs, now time.Time) TeamState {
	state := wantedTeam(teamInputs(organization, live, given, now), now)
	state.Name, state.Kind = live.Name, live.Kind
	if given.TemporaryMembers != nil {
		state.TemporaryMembers, state.ExpiredMembers = temporaryLists(assumed(live.Members, given, now), *given.TemporaryMembers, now)
	}
	return state
}

// memberLists are members and admins as inputs write them: in canonical order, and in the user's own spelling where a
// login is given already. A list that is not given appears only when there is something to put in it.
func memberLists(live []cloud.TeamMember, members, admins *[]string) (*[]string, *[]string) {
	given := append(slices.Clone(list(members)), list(admins)...)
	var plain, leading []string
	for _, m := range live {
		login := m.Login
		if at := indexLogin(given, login); at >= 0 {
			login = given[at]
		}
		if isTeamAdmin(m) {
			leading = append(leading, login)
		} else {
			plain = append(plain, login)
		}
	}
	return listLike(members, plain), listLike(admins, leading)
}

func listLike(given *[]string, logins []string) *[]string {
	if given == nil && len(logins) == 0 {
		return nil
	}
	sorted := append([]string{}, logins...)
	wire.SortSet(sorted)
	return &sorted
}

// renamed reports whether the names that people see differ.
func renamed(state TeamState, want TeamArgs) bool {
	if want.GitHubTeamID != nil {
		return false
	}
	if state.Kind != cloud.TeamKindPulumi && want.DisplayName == nil && want.Description == nil {
		return false
	}
	return displayName(state.DisplayName, state.Name) != displayName(want.DisplayName, state.Name) ||
		text(state.Description) != text(want.Description)
}
