package survey

import (
	"context"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// Importers reads what imports an environment, itself or by another environment: one call for each page of what imports the environment,
// and each of the environments that import it.
func (s *Survey) Importers(ctx context.Context, environment string) (graph.Importers, []graph.Blind, error) {
	var out graph.Importers
	var blind []graph.Blind
	seen := map[string]bool{environment: true}
	for waiting := []string{environment}; len(waiting) > 0; waiting = waiting[1:] {
		found, err := s.readReferrers(ctx, waiting[0])
		if err != nil {
			return out, nil, err
		}
		blind = distinct(blind, found.blind)
		for _, one := range found.value {
			switch one.kind {
			case access.Stack:
				out.Stacks = append(out.Stacks, one.name)
			case access.Account:
				out.Accounts = append(out.Accounts, one.name)
			default:
				if !seen[one.name] {
					seen[one.name] = true
					out.Environments, waiting = append(out.Environments, one.name), append(waiting, one.name)
				}
			}
		}
	}
	for _, names := range []*[]string{&out.Environments, &out.Stacks, &out.Accounts} {
		slices.Sort(*names)
		*names = slices.Compact(*names)
	}
	return out, blind, nil
}
