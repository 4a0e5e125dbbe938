package survey

import (
	"cmp"
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
	members []member
	gaps
}

// member is a member, and the id of the role that the roster names; "" for a role that is on no list. A later change of a role's name
// does not change it.
type member struct {
	cloud.Member
	role string
}

// seatLimit is how many seats the service lists at most.
const seatLimit = 50

// readMembers reads both rosters of people, since either alone can miss some, and that of service principals. Where they differ, the
// identity provider's wins.
func (s *Survey) readMembers(ctx context.Context) (roster, error) {
	return s.members.get(func() (roster, error) {
		var r roster
		records, err := s.readRecords(ctx)
		if err != nil {
			return r, err
		}
		settings, err := s.readSettings(ctx)
		if err != nil {
			return r, err
		}
		r.again = records.again // of whom roles may have no id
		at := map[string]bool{}
		add := func(members iter.Seq2[cloud.Member, error], what string) error {
			for listed, err := range members {
				hidden, err := r.missed(ctx, err, graph.Blind{What: what, Hides: "people and their roles"})
				if err != nil {
					return err
				}
				login := listed.User.Login
				if hidden || login == "" || at[login] || s.isOrganization(listed) {
					continue
				}
				at[login] = true
				r.members = append(r.members, member{listed, roleOf(listed, records, settings)})
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
		if missing := settings.MemberCount - people; missing > 0 {
			r.blind = append(r.blind, graph.Blind{
				What:  fmt.Sprintf("%d of %d members are on no list (Pulumi Cloud lists at most %d of its own)", missing, settings.MemberCount, seatLimit),
				Hides: "people and their roles",
			})
		}
		return r, nil
	})
}

// roleOf is the id of a member's role, "" for one that is on no list. The ids in a roster are not those of roles; names are unique among
// roles. Who follows the default role has that one, whatever it is called.
func roleOf(listed cloud.Member, records records, settings cloud.Organization) string {
	if id, known := records.roles[listed.OrganizationRole.Name]; known || !listed.FollowsDefaultRole {
		return id
	}
	return cmp.Or(settings.DefaultRoleID, records.built["member"])
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
	blind := slices.Clip(roster.blind)
	for _, member := range roster.members {
		user := graph.User{
			Login: member.User.Login, Role: member.role, Admin: member.VirtualAdmin, Suspended: member.Suspended,
			FollowsDefault: member.FollowsDefaultRole, Service: member.User.ServicePrincipalKind != "",
		}
		if user.Role == "" && !user.Suspended {
			user.RoleUnknown = fmt.Sprintf("the organization role of %s (%q) is on no list", user.Login, member.OrganizationRole.Name)
			blind = append(blind, graph.Blind{What: user.RoleUnknown, Hides: "what " + user.Login + " may do"})
		}
		out.Users = append(out.Users, user)
	}
	return blind, nil
}
