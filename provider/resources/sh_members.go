package resources

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
)

// teamWithMembers reads a team whose members are needed. A listing that failed is an error: it must never be taken for an
// empty team.
func teamWithMembers(ctx context.Context, client *cloud.Client, organization, team string) (cloud.Team, error) {
	live, err := client.Team(ctx, organization, team)
	if err != nil {
		return live, err
	}
	return live, membersListed(live)
}

func membersListed(team cloud.Team) error {
	if team.ListMembersError == "" {
		return nil
	}
	return fmt.Errorf("team %q: Pulumi Cloud could not list the members: %s\n  "+
		"Its identity provider did not answer, so nothing was changed; run again when it does", team.Name, team.ListMembersError)
}

func indexMember(members []cloud.TeamMember, login string) int {
	return slices.IndexFunc(members, func(m cloud.TeamMember) bool { return sameLogin(m.Login, login) })
}

const teamRoleMember = "member"

// people are the logins of an organization's members.
type people []string

// peopleOf lists an organization's members: those whom the identity provider knows, and those whom only Pulumi Cloud does.
func peopleOf(ctx context.Context, client *cloud.Client, organization string) (people, error) {
	var known people
	for member, err := range client.Members(ctx, organization) {
		if err != nil {
			return nil, err
		}
		known = append(known, member.User.Login)
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

// spelling is the login as the organization has it, "" if nobody is called so.
func (p people) spelling(login string) string {
	if at := indexLogin(p, login); at >= 0 {
		return p[at]
	}
	return ""
}

// nearest is the login that is most like another one, "" if none is close.
func (p people) nearest(login string) string {
	best, distance := "", 3
	for _, known := range p {
		if d := levenshtein.Distance(strings.ToLower(known), strings.ToLower(login), nil); d < distance {
			best, distance = known, d
		}
	}
	return best
}

// spelledLogins are the members of an organization as the service spells them, by their logins in lower case.
func spelledLogins(ctx context.Context, current *session.Session, organization string) (map[string]string, error) {
	spelled := map[string]string{}
	for member, err := range current.Client.Members(ctx, organization) {
		if err != nil {
			return nil, err
		}
		spelled[strings.ToLower(member.User.Login)] = member.User.Login
	}
	return spelled, nil
}
