package survey

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// listTokens translates a list of machine tokens.
func listTokens(ctx context.Context, list iter.Seq2[cloud.Token, error], team string, blind graph.Blind) (seen[[]graph.Token], error) {
	var out seen[[]graph.Token]
	for token, err := range list {
		hidden, err := out.missed(ctx, err, blind)
		if err != nil {
			return out, err
		}
		if hidden {
			continue
		}
		own := graph.Token{
			ID: token.ID, Name: token.Name, Team: team, Admin: token.Admin && team == "",
			Created: token.Created.UTC(), Expires: moment(token.Expires), LastUsed: moment(token.LastUsed),
		}
		if token.Role != nil && team == "" {
			own.Role = token.Role.ID
		}
		out.value = append(out.value, own)
	}
	return out, nil
}

// moment is a time in Unix seconds; 0 is none.
func moment(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

func (s *Survey) readTokens(ctx context.Context) (seen[[]graph.Token], error) {
	return s.tokens.get(func() (seen[[]graph.Token], error) {
		return listTokens(ctx, s.client.OrganizationTokens(ctx, s.organization, cloud.ActiveTokens), "",
			graph.Blind{What: "tokens of the organization", Hides: "tokens and their roles"})
	})
}

func (s *Survey) readTeamTokens(ctx context.Context, team string) (seen[[]graph.Token], error) {
	return s.teamTokens.get(team, func() (seen[[]graph.Token], error) {
		return listTokens(ctx, s.client.TeamTokens(ctx, s.organization, team, cloud.ActiveTokens), team,
			graph.Blind{What: fmt.Sprintf("tokens of team %q", team), Hides: "tokens that have what the team has"})
	})
}

func (s *Survey) addTokens(ctx context.Context, o Options, out *graph.Organization) ([]graph.Blind, error) {
	own, err := s.readTokens(ctx)
	if err != nil {
		return nil, err
	}
	read := make([]seen[[]graph.Token], len(o.TeamTokens))
	err = each(ctx, len(o.TeamTokens), "teams' tokens", o.say, func(ctx context.Context, i int) error {
		var err error
		read[i], err = s.readTeamTokens(ctx, o.TeamTokens[i])
		return err
	})
	out.Tokens = append(out.Tokens, own.value...)
	blind := slices.Clip(own.blind)
	for _, tokens := range read {
		out.Tokens = append(out.Tokens, tokens.value...)
		blind = append(blind, tokens.blind...)
	}
	return blind, err
}

func (s *Survey) listStacks(ctx context.Context) (seen[[]cloud.Stack], error) {
	return s.stackList.get(func() (seen[[]cloud.Stack], error) {
		var out seen[[]cloud.Stack]
		for stack, err := range s.client.Stacks(ctx, s.organization) {
			hidden, err := out.missed(ctx, err, graph.Blind{What: "stacks", Hides: "deployments and their roles"})
			if err != nil {
				return out, err
			}
			if !hidden {
				out.value = append(out.value, stack)
			}
		}
		return out, nil
	})
}

// stackNames are the stacks by `project/name`.
func (s *Survey) stackNames(ctx context.Context) (seen[[]string], error) {
	list, err := s.listStacks(ctx)
	out := seen[[]string]{gaps: list.gaps}
	for _, stack := range list.value {
		out.value = append(out.value, stack.Project+"/"+stack.Name)
	}
	return out, err
}

// deployment is what the deployment settings of a stack say, if it has any.
type deployment struct {
	graph.Deployment
	configured bool
}

// readDeployment reads the role in the deployment settings of a stack.
func (s *Survey) readDeployment(ctx context.Context, stack string, listed bool) (seen[deployment], error) {
	return s.deployed.get(stack, func() (seen[deployment], error) {
		out := seen[deployment]{value: deployment{Deployment: graph.Deployment{Stack: stack}}}
		project, name := cut(stack)
		settings, err := s.client.DeploymentSettings(ctx, s.organization, project, name)
		if errors.Is(err, cloud.ErrNotFound) {
			// It has no settings of its own, or does not exist. Whether a token may see them is known from the list of stacks.
			if !listed {
				_, err = s.client.Stack(ctx, s.organization, project, name)
				return out, err
			}
			return out, nil
		}
		hidden, err := out.missed(ctx, err, graph.Blind{What: "deployment settings of stack " + stack, Hides: "the role of its deployments"})
		out.value.Role, out.value.OwnToken, out.value.ByGit = settings.RoleID, settings.OwnToken, settings.ByGit
		out.value.Logins, out.value.Variables = deploymentLogins(settings.OIDC), settings.Variables
		out.value.configured = !hidden
		return out, err
	})
}

// deploymentLogins are the identities that deployments log in as. What cannot be read is a login without a name.
func deploymentLogins(configured map[string]json.RawMessage) []graph.Login {
	var logins []graph.Login
	for _, cloudName := range slices.Sorted(maps.Keys(configured)) {
		var of struct {
			RoleARN        string `json:"roleArn"`
			ClientID       string `json:"clientId"`
			Project        string `json:"projectId"`
			Pool           string `json:"workloadPoolId"`
			Provider       string `json:"providerId"`
			ServiceAccount string `json:"serviceAccount"`
		}
		identity := ""
		if json.Unmarshal(configured[cloudName], &of) == nil {
			identity = cmp.Or(of.RoleARN, of.ClientID, esc.GoogleIdentity(of.Project, of.Pool, of.Provider, of.ServiceAccount))
		}
		logins = append(logins, graph.Login{Cloud: cloudName, Identity: identity, Path: "operationContext.oidc." + cloudName})
	}
	return logins
}

func (s *Survey) addDeployments(ctx context.Context, o Options, out *graph.Organization) ([]graph.Blind, error) {
	names := seen[[]string]{value: o.Deployments}
	if o.AllDeployments {
		var err error
		if names, err = s.stackNames(ctx); err != nil {
			return nil, err
		}
	}
	read := make([]seen[deployment], len(names.value))
	err := each(ctx, len(names.value), "deployment settings", o.say, func(ctx context.Context, i int) error {
		var err error
		read[i], err = s.readDeployment(ctx, names.value[i], o.AllDeployments)
		return err
	})
	blind := slices.Clip(names.blind)
	for _, one := range read {
		out.Deployments = append(out.Deployments, one.value.Deployment)
		blind = append(blind, one.blind...)
	}
	return blind, err
}
