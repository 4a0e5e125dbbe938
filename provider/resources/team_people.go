package resources

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// declareTeam notes whom a program puts into a team, for previews of what counts them. A team whose membership is left to others is
// not noted: those who are in it stay.
func declareTeam(current *session.Session, v TeamArgs, unknowns []string, whole bool) {
	organization, err := current.OrganizationOr(v.Organization)
	given := v.Members != nil || v.Admins != nil || v.TemporaryMembers != nil
	if err != nil || text(v.Name) == "" || wire.Touches("name", unknowns) || !managesMembers(v, cloud.TeamKindPulumi) {
		return
	}
	members := session.Team{Whole: whole, People: append(wantedMembers(v, current.Now()), list(v.Admins)...)}
	for _, property := range []string{"members", "admins", "temporaryMembers"} {
		members.Unknown = members.Unknown || wire.Touches(property, unknowns)
	}
	if given || members.Unknown {
		current.Program.DeclareTeam(organization, text(v.Name), members)
	}
}

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

// previewPeople fails a preview that would add somebody who is not in the organization. Those who are in the team already
// are not looked for, and without sight of the members nothing can be said.
func previewPeople(ctx context.Context, current *session.Session, want TeamArgs, in []cloud.TeamMember) error {
	unknowns := wire.UnknownInputs(ctx)
	organization := text(want.Organization)
	added := map[string]string{}
	for property, logins := range map[string][]string{
		"members": list(want.Members), "admins": list(want.Admins), "temporaryMembers": wantedMembers(TeamArgs{TemporaryMembers: want.TemporaryMembers}, current.Now()),
	} {
		for i, login := range logins {
			path := fmt.Sprintf("%s[%d]", property, i)
			if login != "" && indexMember(in, login) < 0 && !wire.Touches(path, unknowns) {
				added[login] = path
			}
		}
	}
	if len(added) == 0 || organization == "" || wire.Touches(organizationProperty, unknowns) {
		return nil
	}
	known, err := peopleOf(ctx, current.Client, organization)
	if err != nil {
		return nil //nolint:nilerr // whether they are in the organization cannot be told, and the update says so
	}
	var lines []string
	for login, path := range added {
		if known.spelling(login) != "" {
			continue
		}
		line := fmt.Sprintf("%s: %q is not a member of organization %q", path, login, organization)
		if near := known.nearest(login); near != "" {
			line += fmt.Sprintf("; did you mean %q?", near)
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return nil
	}
	slices.Sort(lines)
	return fmt.Errorf("%s\n  Invite them to the organization first, or correct the login", strings.Join(lines, "\n"))
}
