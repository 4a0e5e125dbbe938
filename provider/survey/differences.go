package survey

import (
	"context"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// Differences are what everybody gains and loses by planned changes, once the earlier ones are made. It reads the whole organization.
func (s *Survey) Differences(ctx context.Context, earlier, changes graph.Changes, o Options) ([]graph.Difference, []graph.Blind, error) {
	read, blind, err := s.readWhole(ctx, o) // once: what a second time shows besides would be a difference
	if err != nil {
		return nil, nil, err
	}
	before, after := earlier.ApplyWhole(read), slices.Concat(earlier, changes).ApplyWhole(read)
	return graph.Differences(graph.NewIndex(before), graph.NewIndex(after)), distinct(blind, missingImports(before), missingImports(after)), nil
}

// Cost is how many calls reading the whole organization takes, of which nothing is known yet: the formula of the package's documentation, by
// the lists of what there is. It stops to count once the calls are more than most.
func (s *Survey) Cost(ctx context.Context, most int) (calls int, err error) {
	teams, err := s.readTeamNames(ctx)
	if err != nil {
		return 0, err
	}
	calls = 16 + 2*len(teams.value)
	settings, err := s.readSettings(ctx)
	if err != nil {
		return 0, err
	}
	each := 3
	if settings.Features.UserAssignments {
		each++
	}
	for _, count := range []func() (int, error){
		func() (int, error) { return s.costOfIssuers(ctx) },
		func() (int, error) { return costOf(ctx, s.client.Accounts(ctx, s.organization), each-2, most-calls) },
		func() (int, error) { return costOf(ctx, s.client.Environments(ctx, s.organization), each, most-calls) },
		func() (int, error) { return costOf(ctx, s.client.Stacks(ctx, s.organization), each, most-calls) },
	} {
		more, err := count()
		if calls += more; err != nil || calls > most {
			return calls, err
		}
	}
	return calls, nil
}

func (s *Survey) costOfIssuers(ctx context.Context) (int, error) {
	issuers, err := s.client.OIDCIssuers(ctx, s.organization)
	_, err = new(gaps).missed(ctx, err, graph.Blind{})
	return len(issuers), err
}

// costOf counts the calls for a list, as long as they are not more than most. A list that cannot be read costs nothing.
func costOf[T any](ctx context.Context, list func(func(T, error) bool), each, most int) (int, error) {
	calls := 0
	for _, err := range list {
		if err != nil {
			_, err = new(gaps).missed(ctx, err, graph.Blind{})
			return calls, err
		}
		if calls += each; calls > most {
			break
		}
	}
	return calls, nil
}
