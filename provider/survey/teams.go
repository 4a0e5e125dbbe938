package survey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

func (s *Survey) readTeamNames(ctx context.Context) (seen[[]string], error) {
	return s.teamNames.get(func() (seen[[]string], error) {
		var out seen[[]string]
		list, err := s.client.Teams(ctx, s.organization)
		for _, team := range list {
			out.value = append(out.value, team.Name)
		}
		slices.Sort(out.value) // paths come in this order, whatever order the service lists teams in
		_, err = out.missed(ctx, err, graph.Blind{What: "the list of teams", Hides: "teams, their members and what they are granted"})
		return out, err
	})
}

// readTeam reads one team: lists have a summary of members and grants. nil is a team that was deleted meanwhile.
func (s *Survey) readTeam(ctx context.Context, name string) (seen[*cloud.Team], error) {
	return s.teams.get(name, func() (seen[*cloud.Team], error) {
		team, err := s.client.Team(ctx, s.organization, name)
		if err != nil {
			settings, settingsErr := s.readSettings(ctx)
			if settingsErr == nil && errors.Is(err, cloud.ErrNotFound) && settings.IsAdmin() {
				return seen[*cloud.Team]{}, nil
			}
			var out seen[*cloud.Team]
			_, err = out.missed(ctx, err, graph.Blind{What: fmt.Sprintf("team %q", name), Hides: "its members and what it is granted"})
			return out, err
		}
		out := seen[*cloud.Team]{value: &team}
		if team.ListMembersError != "" {
			out.blind = []graph.Blind{{
				What:  fmt.Sprintf("members of team %q: the identity provider says %s", name, team.ListMembersError),
				Hides: "people who have what the team is granted",
			}}
		}
		return out, nil
	})
}

func (s *Survey) addTeams(ctx context.Context, o Options, out *graph.Organization) ([]graph.Blind, error) {
	names, err := s.readTeamNames(ctx)
	if err != nil {
		return nil, err
	}
	records, err := s.readRecords(ctx)
	if err != nil {
		return nil, err
	}
	read := make([]seen[*cloud.Team], len(names.value))
	err = each(ctx, len(names.value), "teams", o.say, func(ctx context.Context, i int) error {
		var err error
		read[i], err = s.readTeam(ctx, names.value[i])
		return err
	})
	blind := slices.Clip(names.blind)
	for _, team := range read {
		blind = append(blind, team.blind...)
		if team.value != nil {
			translated, unread := records.team(*team.value)
			out.Teams, blind = append(out.Teams, translated), append(blind, unread...)
		}
	}
	return blind, err
}

// team translates a team. A grant whose permission set has a name is by that set, which may be a custom one. A bound that cannot
// be read is reported and counts as none, so that no answer shows less access than there is.
func (r records) team(team cloud.Team) (graph.Team, []graph.Blind) {
	var blind []graph.Blind
	out := graph.Team{
		Name: team.Name, Roles: team.RoleIDs,
		Stacks: map[string]graph.Held{}, Environments: map[string]graph.Held{}, Accounts: map[string]graph.Held{},
	}
	for _, member := range team.Members {
		out.Members = append(out.Members, member.Login)
		if member.Role == cloud.TeamRoleAdmin {
			out.Admins = append(out.Admins, member.Login)
		}
	}
	for _, grant := range team.Stacks {
		out.Stacks[grant.Project+"/"+grant.Stack] = graph.Held{
			Level: grant.Permission.Level(), Set: r.custom(access.Stack, grant.SetName),
		}
	}
	for _, grant := range team.Environments {
		var bound time.Duration
		if grant.MaxOpenDuration != "" {
			var err error
			if bound, err = time.ParseDuration(grant.MaxOpenDuration); err != nil {
				blind = append(blind, graph.Blind{
					What:  fmt.Sprintf("team %q, environment %s/%s: %v", team.Name, grant.Project, grant.Environment, err),
					Hides: "for how long it may open the environment",
				})
			}
		}
		out.Environments[grant.Project+"/"+grant.Environment] = graph.Held{
			Level: access.Level(grant.Permission), Set: r.custom(access.Environment, grant.SetName), MaxOpen: bound,
		}
	}
	for _, grant := range team.Accounts {
		out.Accounts[grant.Account] = graph.Held{Level: grant.Permission.Level(), Set: r.custom(access.Account, grant.SetName)}
	}
	return out, blind
}

// custom finds a custom permission set by name; "" for a built-in one, which the level names.
func (r records) custom(kind access.EntityKind, name string) string {
	id := r.sets[setName{string(kind), name}]
	if r.byID[id].Identifier != "" {
		return ""
	}
	return id
}
