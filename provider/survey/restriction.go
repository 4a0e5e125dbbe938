package survey

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// restrictionLimit bounds the stacks and the teams that [Survey.Restriction] asks for, one call each.
const restrictionLimit = 200

// Restriction is what the restricted permission mode stops.
type Restriction struct {
	// Roleless are the stacks (project/stack) whose deployment settings name no role.
	Roleless []string
	// OwnToken are the stacks whose deployment settings hold an access token among their environment variables.
	OwnToken []string
	// TeamTokens have the organization's defaults in the permissive mode alone.
	TeamTokens []graph.Token
}

// Restriction reads what the restricted permission mode stops: one call for each stack and for each team, at most 200 of either. What
// it did not look at, and what could not be read, is in the blind spots; it fails only with the context.
func (s *Survey) Restriction(ctx context.Context, say Progress) (Restriction, []graph.Blind, error) {
	var out Restriction
	settings, err := s.readSettings(ctx)
	blind := failed(nil, err, graph.Blind{What: "the settings of the organization", Hides: "whether this token sees every stack and team"})
	if err == nil && !settings.IsAdmin() {
		blind = append(blind, graph.Blind{
			What:  fmt.Sprintf("the lists of stacks and teams may be short: this token's role in the organization is %q, not an administrator's", settings.UserRole),
			Hides: "deployments and tokens of teams",
		})
	}
	blind = append(blind, s.restrictedDeployments(ctx, say, &out)...)
	blind = append(blind, s.restrictedTokens(ctx, say, &out)...)
	return out, blind, ctx.Err()
}

func (s *Survey) restrictedDeployments(ctx context.Context, say Progress, out *Restriction) []graph.Blind {
	hides := "deployments that stop"
	names, err := s.stackNames(ctx)
	blind := failed(names.blind, err, graph.Blind{What: "the list of stacks", Hides: hides})
	stacks, blind := bounded(names.value, blind, "stacks", hides)
	read := make([]seen[deployment], len(stacks))
	failures := eachOne(ctx, len(stacks), "deployment settings", say, func(i int) (err error) {
		read[i], err = s.readDeployment(ctx, stacks[i], true)
		return err
	})
	for i, one := range read {
		blind = append(blind, failed(one.blind, failures[i], graph.Blind{What: "deployment settings of stack " + stacks[i], Hides: hides})...)
		if one.value.configured && one.value.Role == "" {
			out.Roleless = append(out.Roleless, stacks[i])
		}
		if one.value.OwnToken {
			out.OwnToken = append(out.OwnToken, stacks[i])
		}
	}
	return blind
}

func (s *Survey) restrictedTokens(ctx context.Context, say Progress, out *Restriction) []graph.Blind {
	hides := "tokens of teams that lose the organization's defaults"
	names, err := s.readTeamNames(ctx)
	blind := failed(names.blind, err, graph.Blind{What: "the list of teams", Hides: hides})
	teams, blind := bounded(names.value, blind, "teams", hides)
	read := make([]seen[[]graph.Token], len(teams))
	failures := eachOne(ctx, len(teams), "teams' tokens", say, func(i int) (err error) {
		read[i], err = s.readTeamTokens(ctx, teams[i])
		return err
	})
	for i, one := range read {
		blind = append(blind, failed(one.blind, failures[i], graph.Blind{What: fmt.Sprintf("tokens of team %q", teams[i]), Hides: hides})...)
		out.TeamTokens = append(out.TeamTokens, one.value...)
	}
	return blind
}

// eachOne makes calls for every index below n, a few at a time, and returns what failed by index: one failure stops none of the others.
func eachOne(ctx context.Context, n int, what string, say Progress, do func(i int) error) []error {
	failures := make([]error, n)
	_ = each(ctx, n, what, Options{Progress: say}.say, func(_ context.Context, i int) error {
		failures[i] = do(i)
		return nil
	})
	return failures
}

// bounded cuts a list, and reports what was cut as a blind spot.
func bounded(names []string, blind []graph.Blind, what, hides string) ([]string, []graph.Blind) {
	if len(names) <= restrictionLimit {
		return names, blind
	}
	return names[:restrictionLimit], append(blind, graph.Blind{
		What:  fmt.Sprintf("%d of %d %s, since at most %d are looked at", len(names)-restrictionLimit, len(names), what, restrictionLimit),
		Hides: hides,
	})
}

// failed adds a call that failed to blind spots, with the reason.
func failed(blind []graph.Blind, err error, what graph.Blind) []graph.Blind {
	blind = slices.Clone(blind)
	if err == nil {
		return blind
	}
	what.What += ": " + reason(err)
	return append(blind, what)
}
