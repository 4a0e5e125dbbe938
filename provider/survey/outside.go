package survey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// readAgents reads the custom agents.
func (s *Survey) readAgents(ctx context.Context) (seen[[]graph.Agent], error) {
	return s.agents.get(func() (seen[[]graph.Agent], error) {
		var out seen[[]graph.Agent]
		list, err := s.client.AgentDefinitions(ctx, s.organization)
		if _, err = out.missed(ctx, err, graph.Blind{What: "custom agents", Hides: "agents and their roles"}); err != nil {
			return out, err
		}
		for _, agent := range list {
			read := graph.Agent{
				Name: agent.Name, Role: agent.RoleID, ApprovalMode: agent.ApprovalMode, AllIntegrations: agent.AllIntegrations(),
				Paused: agent.PausedAt != "",
			}
			for _, integration := range agent.Integrations {
				read.Integrations = append(read.Integrations, integration.ID)
			}
			out.value = append(out.value, read)
		}
		return out, nil
	})
}

func (s *Survey) addAgents(ctx context.Context, _ Options, out *graph.Organization) ([]graph.Blind, error) {
	agents, err := s.readAgents(ctx)
	out.Agents = slices.Clip(agents.value)
	return agents.blind, err
}

// readIssuers reads the OIDC issuers with their policies.
func (s *Survey) readIssuers(ctx context.Context, o Options) (seen[[]graph.Issuer], error) {
	return s.issuers.get(func() (seen[[]graph.Issuer], error) {
		var out seen[[]graph.Issuer]
		list, err := s.client.OIDCIssuers(ctx, s.organization)
		if _, err = out.missed(ctx, err, graph.Blind{What: "OIDC issuers", Hides: "identities outside, and what their tokens may do"}); err != nil {
			return out, err
		}
		slices.SortFunc(list, func(a, b cloud.OIDCIssuer) int { return strings.Compare(a.Name, b.Name) })
		out.value = make([]graph.Issuer, len(list))
		missing := make([]gaps, len(list))
		err = each(ctx, len(list), "OIDC issuers", o.say, func(ctx context.Context, i int) error {
			var err error
			out.value[i] = graph.Issuer{ID: list[i].ID, Name: list[i].Name, URL: list[i].URL}
			missing[i], err = s.readPolicies(ctx, &out.value[i])
			return err
		})
		for _, one := range missing {
			out.add(one)
		}
		return out, err
	})
}

func (s *Survey) readPolicies(ctx context.Context, issuer *graph.Issuer) (missing gaps, _ error) {
	policy, err := s.client.AuthPolicy(ctx, s.organization, issuer.ID)
	if errors.Is(err, cloud.ErrNotFound) {
		if settings, settingsErr := s.readSettings(ctx); settingsErr != nil || settings.IsAdmin() {
			return missing, settingsErr // it has none yet
		}
	}
	hidden, err := missing.missed(ctx, err, graph.Blind{
		What: fmt.Sprintf("policies of OIDC issuer %q", issuer.Name), Hides: "identities outside, and what their tokens may do",
	})
	if hidden {
		issuer.Unreadable = "its policies could not be read"
	}
	issuer.Policies = policy.Policies
	return missing, err
}

func (s *Survey) addIssuers(ctx context.Context, o Options, out *graph.Organization) ([]graph.Blind, error) {
	issuers, err := s.readIssuers(ctx, o)
	out.Issuers = slices.Clip(issuers.value)
	return issuers.blind, err
}
