// Package team is the resource Team: a team, and who is in it.
package team

import (
	"context"
	_ "embed" // the page

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed team.md
var docs string

// Resource is the resource Team. It owns a team's existence and its whole membership, unless that is left to others.
type Resource struct {
	kit.Managed[Args, State, cloud.Team]
}

var (
	_ infer.CustomResource[Args, State]       = (*Resource)(nil)
	_ infer.ExplicitDependencies[Args, State] = (*Resource)(nil)
)

// New returns the resource.
func New(sessions session.Source) *Resource {
	return &Resource{kit.New(sessions, kit.Spec[Args, State, cloud.Team]{
		Noun:   "team",
		Name:   func(v State) string { return v.Name },
		ID:     func(v State) string { return kit.JoinID(v.Organization, v.Name) },
		IDForm: "organization/name",

		Sets:  append([]string{"allow"}, membership.Properties...),
		Rules: check,
		Diff: func(_ context.Context, op kit.Op, before State, desired Args) (p.DiffResponse, error) {
			return diff(before, desired, op.Unknowns, op.Session.Now()), nil
		},

		PreviewCreate: previewCreate,
		Create:        create,
		Look: func(ctx context.Context, op kit.Op, id []string) (cloud.Team, error) {
			return op.Session.Client.Team(ctx, id[0], id[1])
		},
		Read:          readBack,
		PreviewUpdate: previewUpdate,
		Update:        update,
		Planned:       plannedAccess,
		Remove:        remove,
		Seen:          seen,
		Stays:         ": the caller may see it, but not delete it. Use a token of an organization administrator",
	})}
}

// Annotate describes the resource.
func (r *Resource) Annotate(a infer.Annotator) {
	a.SetToken("index", "Team")
	a.Describe(r, docs)
}

// Args are the inputs of a Team. Lists are pointers because the framework drops an empty one from the inputs.
type Args struct {
	Organization *string `pulumi:"organization,optional"`
	Name         *string `pulumi:"name,optional"`
	DisplayName  *string `pulumi:"displayName,optional"`
	Description  *string `pulumi:"description,optional"`
	membership.Lists
	GitHubTeamID     *int           `pulumi:"githubTeamId,optional"`
	Allow            *[]types.OptIn `pulumi:"allow,optional"`
	UnmanagedMembers *bool          `pulumi:"unmanagedMembers,optional"`
	AddMembers       *bool          `pulumi:"addMembers,optional"`
}

const (
	membersHelp = "Logins of the team's members. With `admins` they are the whole membership. Order, duplicates and the case " +
		"of letters make no difference. Omitted means nobody: everybody else is removed, the creator included."
	temporaryHelp = "Members for a time, besides `members` and `admins`, with which they are the whole membership. An expired one is " +
		"shown by a refresh, removed by the next update, and never added."
	adminsHelp = "Logins of the team's admins, who may change its members and its access to what they administer. A login is in " +
		"`members` or here, not in both."
	unmanagedHelp = "When true, who belongs to the team is left to others: nobody is added or removed, and the lists must be omitted. " +
		"Default: false."
	addMembersHelp = "When false, people who are missing are not added and nobody is made an admin: a `TeamMembers` does that, once the " +
		"team's access is what it should be. People who are not listed are removed all the same. Default: true."
	githubTeamHelp = "The numeric id of the GitHub team that backs this one, in an organization that is backed by GitHub. Display " +
		"name, description and membership then come from GitHub and cannot be given."
)

// Annotate describes the inputs.
func (v *Args) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.Name, "The team's name, which identifies it in the organization; without a slash. Required unless "+
		"`githubTeamId` is given; then it may say which name is expected. Changing it makes another team.")
	a.Describe(&v.DisplayName, "The name that people see, at most 100 characters. Default: the name.")
	a.Describe(&v.Description, "What the team is for.")
	a.Describe(&v.Members, membersHelp)
	a.Describe(&v.Admins, adminsHelp)
	a.Describe(&v.TemporaryMembers, temporaryHelp)
	a.Describe(&v.UnmanagedMembers, unmanagedHelp)
	a.Describe(&v.AddMembers, addMembersHelp)
	a.Describe(&v.GitHubTeamID, githubTeamHelp)
	a.Describe(&v.Allow, "Risks that are taken deliberately: `lockOut`, to remove the caller from the team whose role is the "+
		"caller's last way to administer the organization.")
}

// adds reports whether people who are missing are added.
func (v Args) adds() bool { return ptr.Or(v.AddMembers, true) }

// managesMembers reports whether this resource manages the membership of a team of some kind. Lists that are omitted are
// empty ones; the membership of GitHub and SCIM teams comes from there, as long as no list is given.
func (v Args) managesMembers(kind string) bool {
	if v.GitHubTeamID != nil || ptr.Value(v.UnmanagedMembers) {
		return false
	}
	return len(v.Given()) > 0 || kind == "" || kind == cloud.TeamKindPulumi
}

// State is what a Team outputs.
type State struct {
	Organization string `pulumi:"organization"`
	Name         string `pulumi:"name"`
	Args
	Kind           string    `pulumi:"kind"`
	ExpiredMembers *[]string `pulumi:"expiredMembers,optional"`
}

// Annotate describes the outputs.
func (v *State) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the team belongs to.")
	a.Describe(&v.Name, "The team's name.")
	a.Describe(&v.DisplayName, "The name that people see, where it is not the name.")
	a.Describe(&v.Members, "Logins of the members, where membership is managed.")
	a.Describe(&v.Admins, "Logins of the team's admins, where membership is managed.")
	a.Describe(&v.GitHubTeamID, "The id of the GitHub team that backs this one.")
	a.Describe(&v.Allow, "Risks that are taken deliberately.")
	a.Describe(&v.TemporaryMembers, "Members for a time who are in the team.")
	a.Describe(&v.ExpiredMembers, "Logins of members who were still in the team at the last refresh although they had expired. The "+
		"next update removes them. Empty after every update.")
	a.Describe(&v.UnmanagedMembers, "Whether membership is left to others.")
	a.Describe(&v.AddMembers, "Whether people who are missing are added.")
	a.Describe(&v.Kind, "Where the membership is kept: `pulumi`, `github` or `scim`.")
}

// WireDependencies keeps what never changes known in previews of updates.
func (r *Resource) WireDependencies(f infer.FieldSelector, _ *Args, state *State) {
	f.OutputField(&state.Kind).AlwaysKnown()
	if state.Name != "" {
		f.OutputField(&state.Name).AlwaysKnown()
	}
}
