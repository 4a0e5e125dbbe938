package survey

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// roster is the members of the organization.
type roster struct {
	members []cloud.Member
	blind   []graph.Blind
}

// seatLimit is how many seats the service lists at most.
const seatLimit = 50

// readMembers reads both rosters of people, since either alone can miss some, and that of service principals. Where they differ, the
// identity provider's wins.
func (s *Survey) readMembers(ctx context.Context) (roster, error) {
	return s.members.get(func() (roster, error) {
		var r roster
		at := map[string]bool{}
		add := func(members iter.Seq2[cloud.Member, error], what string) error {
			for member, err := range members {
				blind, err := unseen(err, graph.Blind{What: what, Hides: "people and their roles"})
				if err != nil {
					return err
				}
				r.blind = append(r.blind, blind...)
				login := member.User.Login
				if len(blind) > 0 || login == "" || at[login] || s.isOrganization(member) {
					continue
				}
				at[login] = true
				r.members = append(r.members, member)
			}
			return nil
		}
		if err := add(s.client.MembersAndSuspended(ctx, s.organization), "the members that the identity provider lists"); err != nil {
			return r, err
		}
		if err := add(s.client.Seats(ctx, s.organization), "the members that Pulumi Cloud itself lists"); err != nil {
			return r, err
		}
		people := len(r.members)
		if err := add(s.client.ServicePrincipals(ctx, s.organization), "the service principals of the organization"); err != nil {
			return r, err
		}
		settings, err := s.readSettings(ctx)
		if missing := settings.MemberCount - people; missing > 0 {
			r.blind = append(r.blind, graph.Blind{
				What:  fmt.Sprintf("%d of %d members are on no list (Pulumi Cloud lists at most %d of its own)", missing, settings.MemberCount, seatLimit),
				Hides: "people and their roles",
			})
		}
		return r, err
	})
}

// isOrganization reports whether a member is the roster's entry for the organization itself.
func (s *Survey) isOrganization(m cloud.Member) bool {
	return strings.EqualFold(m.User.Login, s.organization) && m.OrganizationRole.Name == "" && m.Created.Unix() <= 0
}

func (s *Survey) addMembers(ctx context.Context, _ Options, out *graph.Organization) ([]graph.Blind, error) {
	roster, err := s.readMembers(ctx)
	if err != nil {
		return nil, err
	}
	records, err := s.readRecords(ctx)
	blind := slices.Clip(roster.blind)
	for _, member := range roster.members {
		user := graph.User{
			Login: member.User.Login, Admin: member.VirtualAdmin, Suspended: member.Suspended,
			Service: member.User.ServicePrincipalKind != "", FollowsDefault: member.FollowsDefaultRole,
		}
		// The ids in a roster are not those of roles; names are unique among roles.
		role, known := records.roles[member.OrganizationRole.Name]
		user.Role = role
		if !known && !user.Suspended {
			user.RoleUnknown = fmt.Sprintf("the organization role of %s (%q) is on no list", user.Login, member.OrganizationRole.Name)
			blind = append(blind, graph.Blind{What: user.RoleUnknown, Hides: "what " + user.Login + " may do"})
		}
		out.Users = append(out.Users, user)
	}
	return blind, err
}
