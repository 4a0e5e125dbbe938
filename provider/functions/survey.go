package functions

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// survey reads what grants access in an organization. It only reads, a few calls at a time: one for each team, for the
// tokens of each team, and, with deployments, for the settings of each stack.
type survey struct {
	client       *cloud.Client
	organization string
	found        graph.Organization
}

const surveyCalls = 8 // calls under way at once

func (s *survey) read(ctx context.Context, deployments bool) (*graph.Index, error) {
	steps := []func(context.Context) error{s.settings, s.members, s.teams, s.tokens}
	if deployments {
		steps = append(steps, s.deployments)
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return graph.NewIndex(s.found), nil
}

// settings reads the defaults and every role, policy and permission set.
func (s *survey) settings(ctx context.Context) error {
	organization, err := s.client.Organization(ctx, s.organization)
	if err != nil {
		return err
	}
	s.found = graph.Organization{
		Defaults: graph.Defaults{
			Stack:       organization.DefaultStackPermission.Level(),
			Environment: access.Level(organization.DefaultEnvironmentPermission),
			Account:     organization.DefaultAccountPermission.Level(),
		},
		DefaultRole: organization.DefaultRoleID, DefaultDeploymentRole: organization.DefaultDeploymentRoleID,
		Records: map[string]graph.Record{},
	}
	for _, purpose := range []cloud.Purpose{cloud.PurposeRole, cloud.PurposePolicy, cloud.PurposeSet} {
		records, err := s.client.Roles(ctx, s.organization, purpose)
		if err != nil {
			return err
		}
		for _, record := range records {
			if err := s.record(record); err != nil {
				return err
			}
		}
	}
	return s.unlisted(ctx)
}

func (s *survey) record(record cloud.Role) error {
	switch record.DefaultIdentifier {
	case "member":
		s.found.MemberRole = record.ID
	case "admin":
		s.found.AdminRole = record.ID
	}
	parsed, err := access.ParseDescriptor(record.Details)
	if err != nil {
		return fmt.Errorf("%s %q grants what this version cannot read, so that nobody can say who has it: %w", record.Purpose, record.Name, err)
	}
	s.found.Records[record.ID] = graph.Record{Name: record.Name, Descriptor: parsed}
	return nil
}

// unlisted reads what roles name and lists leave out, as they do with some built-in sets.
func (s *survey) unlisted(ctx context.Context) error {
	var missing []string
	for _, record := range s.found.Records {
		for _, id := range access.Composed(record.Descriptor) {
			if _, known := s.found.Records[id]; !known && !slices.Contains(missing, id) {
				missing = append(missing, id)
			}
		}
	}
	slices.Sort(missing)
	for _, id := range missing {
		record, err := s.client.Role(ctx, s.organization, id)
		if errors.Is(err, cloud.ErrNotFound) {
			continue // a reference to nothing grants nothing
		}
		if err != nil {
			return err
		}
		if err := s.record(record); err != nil {
			return err
		}
	}
	return nil
}

// members reads both rosters: either alone can miss people. What the identity provider says of somebody wins.
func (s *survey) members(ctx context.Context) error {
	byName := map[string]string{}
	for id, record := range s.found.Records {
		byName[record.Name] = id
	}
	seen := map[string]bool{}
	add := func(members iter.Seq2[cloud.Member, error]) error {
		for member, err := range members {
			switch {
			case err != nil:
				return err
			case seen[member.User.Login] || member.OrganizationRole.Name == "":
				// Somebody who was read already, or the roster's entry for the organization itself.
			default:
				seen[member.User.Login] = true
				s.found.Users = append(s.found.Users, graph.User{
					// The id that a roster has lives in a space of its own; names are unique.
					Login: member.User.Login, Role: byName[member.OrganizationRole.Name],
				})
			}
		}
		return nil
	}
	if err := add(s.client.Members(ctx, s.organization)); err != nil {
		return err
	}
	return add(s.client.Seats(ctx, s.organization))
}

func (s *survey) teams(ctx context.Context) error {
	listed, err := s.client.Teams(ctx, s.organization)
	if err != nil {
		return err
	}
	s.found.Teams = make([]graph.Team, len(listed))
	return each(ctx, len(listed), func(ctx context.Context, i int) error {
		// Whether lists have members and grants in full is not documented.
		team, err := s.client.Team(ctx, s.organization, listed[i].Name)
		if err == nil && team.ListMembersError != "" {
			err = fmt.Errorf("the members of team %q could not be listed: %s", team.Name, team.ListMembersError)
		}
		s.found.Teams[i] = teamOf(team)
		return err
	})
}

// each does something for every index below n, a few at a time, and stops at the first error.
func each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(surveyCalls)
	for i := range n {
		group.Go(func() error { return do(ctx, i) })
	}
	return group.Wait()
}

func teamOf(team cloud.Team) graph.Team {
	out := graph.Team{
		Name: team.Name, Roles: team.RoleIDs,
		Stacks: map[string]access.Level{}, Environments: map[string]graph.OpenGrant{}, Accounts: map[string]access.Level{},
	}
	for _, member := range team.Members {
		out.Members = append(out.Members, member.Login)
	}
	for _, grant := range team.Stacks {
		out.Stacks[grant.Project+"/"+grant.Stack] = grant.Permission.Level()
	}
	for _, grant := range team.Environments {
		bound, _ := time.ParseDuration(grant.MaxOpenDuration) // what the service normalised; none without one
		out.Environments[grant.Project+"/"+grant.Environment] = graph.OpenGrant{Level: access.Level(grant.Permission), MaxOpen: bound}
	}
	for _, grant := range team.Accounts {
		out.Accounts[grant.Account] = grant.Permission.Level()
	}
	return out
}

// tokens reads the machine tokens that work.
func (s *survey) tokens(ctx context.Context) error {
	for token, err := range s.client.OrganizationTokens(ctx, s.organization, cloud.ActiveTokens) {
		if err != nil {
			return err
		}
		own := graph.Token{Name: token.Name, Admin: token.Admin}
		if token.Role != nil {
			own.Role = token.Role.ID
		}
		s.found.Tokens = append(s.found.Tokens, own)
	}
	byTeam := make([][]graph.Token, len(s.found.Teams))
	err := each(ctx, len(byTeam), func(ctx context.Context, i int) error {
		team := s.found.Teams[i].Name
		for token, err := range s.client.TeamTokens(ctx, s.organization, team, cloud.ActiveTokens) {
			if err != nil {
				return err
			}
			byTeam[i] = append(byTeam[i], graph.Token{Name: token.Name, Team: team})
		}
		return nil
	})
	s.found.Tokens = append(s.found.Tokens, slices.Concat(byTeam...)...)
	return err
}

// deployments reads the role in the deployment settings of every stack.
func (s *survey) deployments(ctx context.Context) error {
	var stacks []cloud.Stack
	for stack, err := range s.client.Stacks(ctx, s.organization) {
		if err != nil {
			return err
		}
		stacks = append(stacks, stack)
	}
	s.found.Deployments = make([]graph.Deployment, len(stacks))
	return each(ctx, len(stacks), func(ctx context.Context, i int) error {
		stack := stacks[i]
		settings, err := s.client.DeploymentSettings(ctx, s.organization, stack.Project, stack.Name)
		if errors.Is(err, cloud.ErrNotFound) {
			err = nil // it has no settings of its own
		}
		s.found.Deployments[i] = graph.Deployment{Stack: stack.Project + "/" + stack.Name, Role: settings.RoleID}
		return err
	})
}

// target reads the entity that is asked about.
func (s *survey) target(ctx context.Context, in entityRef) (graph.Target, error) {
	switch {
	case in.stack != nil:
		return s.stack(ctx, *in.stack)
	case in.environment != nil:
		return s.environment(ctx, *in.environment)
	default:
		return s.account(ctx, *in.account)
	}
}

func (s *survey) stack(ctx context.Context, ref types.StackRef) (graph.Target, error) {
	found, err := s.client.Stack(ctx, s.organization, ref.Project, ref.Stack)
	if err != nil {
		return graph.Target{}, err
	}
	direct, err := s.client.Collaborators(ctx, s.organization, ref.Project, ref.Stack)
	target := graph.Target{
		Entity: access.Entity{Kind: access.Stack, ID: found.ID, Tags: found.Tags}, Name: ref.Project + "/" + ref.Stack,
		Direct: map[string]access.Level{},
	}
	for _, collaborator := range direct {
		target.Direct[collaborator.User.Login] = collaborator.Permission.Level()
	}
	return target, err
}

func (s *survey) environment(ctx context.Context, ref types.EnvironmentRef) (graph.Target, error) {
	found, err := s.client.EnvironmentMetadata(ctx, s.organization, ref.Project, ref.Environment)
	if err != nil {
		return graph.Target{}, err
	}
	tags, err := s.client.EnvironmentTags(ctx, s.organization, ref.Project, ref.Environment)
	return graph.Target{
		Entity: access.Entity{Kind: access.Environment, ID: found.ID, Tags: tags}, Name: ref.Project + "/" + ref.Environment,
		Owner: found.Owner.Login, Gated: found.GatedActions,
	}, err
}

func (s *survey) account(ctx context.Context, name string) (graph.Target, error) {
	found, err := s.client.Account(ctx, s.organization, name)
	if err != nil {
		return graph.Target{}, err
	}
	tags, err := s.client.AccountTags(ctx, s.organization, name)
	return graph.Target{
		Entity: access.Entity{Kind: access.Account, ID: found.ID, Tags: tags}, Name: name, Owner: found.Owner.Login,
	}, err
}
