// Package membership is for the resources that name the members of teams. [Lists] are the members that a program asks for: check
// them with [Lists.Check], compare them with [Compare], and make them the actual members with [Lists.Plan] and [Apply]. [Of] and
// [OfTeam] read who is in an organization and in a team.
package membership

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
)

// OfTeam reads a team whose members are needed. A listing that failed is an error: it must never be taken for an
// empty team.
func OfTeam(ctx context.Context, client *cloud.Client, organization, team string) (cloud.Team, error) {
	actual, err := client.Team(ctx, organization, team)
	if err != nil {
		return actual, err
	}
	return actual, Listed(actual)
}

// Listed fails where a team was read without its members.
func Listed(team cloud.Team) error {
	if team.ListMembersError == "" {
		return nil
	}
	return fmt.Errorf("team %q: Pulumi Cloud could not list the members: %s\n  "+
		"Its identity provider did not answer, so nothing was changed; run again when it does", team.Name, team.ListMembersError)
}

// NoTeam is the error of a resource that finds no team of that name.
func NoTeam(team, resource string, err error) error {
	return fmt.Errorf("team %q does not exist, or is not visible to this token: create it (leastprivilege.Team), or remove this %s: %w",
		team, resource, err)
}

// Index is where a login stands among the members of a team, -1 if it does not.
func Index(members []cloud.TeamMember, login string) int {
	return slices.IndexFunc(members, func(m cloud.TeamMember) bool { return logins.Same(m.Login, login) })
}

// People are the logins of an organization's members.
type People []string

// Of lists an organization's members: those whom the identity provider knows, and those whom only Pulumi Cloud does.
func Of(ctx context.Context, client *cloud.Client, organization string) (People, error) {
	known, err := Members(ctx, client, organization)
	if err != nil {
		return nil, err
	}
	for member, err := range client.Seats(ctx, organization) {
		if err != nil {
			return nil, err
		}
		if !slices.Contains(known, member.User.Login) {
			known = append(known, member.User.Login)
		}
	}
	return known, nil
}

// Members lists those of an organization's members whom the identity provider knows.
func Members(ctx context.Context, client *cloud.Client, organization string) (People, error) {
	var known People
	for member, err := range client.Members(ctx, organization) {
		if err != nil {
			return nil, err
		}
		known = append(known, member.User.Login)
	}
	return known, nil
}

// Suspended lists the members whose membership is suspended, as far as they can be listed.
func Suspended(ctx context.Context, client *cloud.Client, organization string) People {
	var suspended People
	for member, err := range client.MembersAndSuspended(ctx, organization) {
		if err == nil && member.Suspended {
			suspended = append(suspended, member.User.Login)
		}
	}
	return suspended
}

// Why says why a login that is not among these members can be given nothing: it is not known, or its membership is among those that are
// suspended.
func (p People) Why(organization, login string, suspended People) string {
	if suspended.Spelling(login) != "" {
		return fmt.Sprintf("the membership of %q in organization %q is suspended: reinstate it first", login, organization)
	}
	why := fmt.Sprintf("%q is not a member of organization %q", login, organization)
	if near := p.Nearest(login); near != "" {
		why += fmt.Sprintf("; did you mean %q?", near)
	}
	return why
}

// Spelling is the login as the organization has it, "" if nobody is called so.
func (p People) Spelling(login string) string {
	if at := logins.Index(p, login); at >= 0 {
		return p[at]
	}
	return ""
}

// Nearest is the login that is most like another one, "" if none is close.
func (p People) Nearest(login string) string {
	best, distance := "", 3
	for _, known := range p {
		if d := levenshtein.Distance(strings.ToLower(known), strings.ToLower(login), nil); d < distance {
			best, distance = known, d
		}
	}
	return best
}
