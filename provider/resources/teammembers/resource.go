// Package teammembers is the resource TeamMembers: people whom it adds to a team.
package teammembers

import (
	"context"
	_ "embed" // the page
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed teammembers.md
var docs string

// Resource is the resource TeamMembers. It adds people to a team. It is apart from Team so that a program can have them join
// last: a Team removes those who leave before the team's access grows, and a TeamMembers adds those who come after it has shrunk.
type Resource struct {
	kit.Managed[Args, State, cloud.Team]
}

var _ infer.CustomResource[Args, State] = (*Resource)(nil)

// New returns the resource.
func New(sessions session.Source) *Resource {
	return &Resource{kit.New(sessions, kit.Spec[Args, State, cloud.Team]{
		Noun:   "members of team",
		Name:   func(v State) string { return v.Team },
		ID:     func(v State) string { return kit.JoinID(v.Organization, v.Team) },
		IDForm: "organization/team",

		Sets:  membership.Properties,
		Rules: check,
		Diff: func(_ context.Context, op kit.Op, before State, desired Args) (p.DiffResponse, error) {
			return diff(before, desired, op.Unknowns, op.Session.Now()), nil
		},

		PreviewCreate: preview,
		Create: func(ctx context.Context, op kit.Op, desired Args) (*State, error) {
			return reconcile(ctx, op, membership.Lists{}, desired)
		},
		Look: func(ctx context.Context, op kit.Op, id []string) (cloud.Team, error) {
			return membership.OfTeam(ctx, op.Session.Client, id[0], id[1])
		},
		Read: readBack,
		PreviewUpdate: func(ctx context.Context, op kit.Op, before State, desired Args) (State, error) {
			desired.SayUndecided(ctx, op, before.Team, before.Everybody())
			return preview(ctx, op, desired)
		},
		Update: func(ctx context.Context, op kit.Op, before State, desired Args) (*State, error) {
			return reconcile(ctx, op, before.Lists, desired)
		},
		Planned: plannedAccess,
		Delete:  remove,
	})}
}

// Annotate describes the resource.
func (r *Resource) Annotate(a infer.Annotator) {
	a.SetToken("index", "TeamMembers")
	a.Describe(r, docs)
}

// Args are the inputs of a TeamMembers.
type Args struct {
	Organization *string `pulumi:"organization,optional"`
	Team         string  `pulumi:"team"`
	membership.Lists
}

// Annotate describes the inputs.
func (v *Args) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, kit.OrganizationHelp)
	a.Describe(&v.Team, "The team's name. Changing it adds the people to another team.")
	a.Describe(&v.Members, "Logins of people to have in the team. Order, duplicates and the case of letters make no difference.")
	a.Describe(&v.Admins, "Logins of people to have in the team as its admins. A login is in `members` or here, not in both.")
	a.Describe(&v.TemporaryMembers, "People to have in the team for a time. An expired one is removed, and never added.")
}

// State is what a TeamMembers outputs.
type State struct {
	Organization string `pulumi:"organization"`
	Args
}

// Annotate describes the outputs.
func (v *State) Annotate(a infer.Annotator) {
	a.Describe(&v.Organization, "The organization that the team belongs to.")
	a.Describe(&v.Team, "The team's name.")
	a.Describe(&v.Members, "Logins of those of the members who are in the team.")
	a.Describe(&v.Admins, "Logins of those of the admins who are in the team as such.")
	a.Describe(&v.TemporaryMembers, "Those of the temporary members who are in the team.")
}

// check does not hold the team's name to the rules for new teams: the team may have been created elsewhere.
func check(ctx context.Context, op kit.Op, v Args) problem.List {
	if !op.Unknown("team") {
		v.Declare(ctx, op, v.Organization, v.Team, false)
	}
	return append(types.CheckName("team", v.Team), v.Check()...)
}

// diff compares those of the people who are in the team with the desired ones. An unknown input counts as a
// difference.
func diff(state State, desired Args, unknowns []string, now time.Time) p.DiffResponse {
	d := kit.NewDifferences(unknowns)
	d.Add(kit.OrganizationProperty, ptr.Value(desired.Organization) != state.Organization, p.UpdateReplace)
	d.Add("team", desired.Team != state.Team, p.UpdateReplace)
	membership.Compare(d, state.Lists, desired.Lists, true, now)
	return d.Response()
}
