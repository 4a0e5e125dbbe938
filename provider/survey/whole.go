package survey

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// Whole reads everything that grants access in the organization: what [Survey.Organization] reads, all entities, the tokens of all teams
// and the deployments of all stacks. An object that cannot be read does not hide the rest: it is a blind spot, and what lists say of
// it is there.
func (s *Survey) Whole(ctx context.Context, o Options) (graph.Organization, []graph.Blind, error) {
	out, blind, err := s.readWhole(ctx, o)
	return out, distinct(blind, missingImports(out)), err
}

// Planned is Whole as planned changes leave the organization.
func (s *Survey) Planned(ctx context.Context, planned graph.Changes, o Options) (*graph.Index, []graph.Blind, error) {
	out, blind, err := s.readWhole(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	out = planned.ApplyWhole(out)
	return graph.NewIndex(out), distinct(blind, missingImports(out)), nil
}

// missingImports are the imports of environments that are on no list.
func missingImports(o graph.Organization) []graph.Blind {
	var blind []graph.Blind
	known := map[string]bool{}
	for _, one := range o.Environments {
		known[one.Name] = true
	}
	for _, one := range o.Environments {
		if one.Definition == nil {
			continue
		}
		for _, imported := range one.Definition.Imports {
			if !known[imported.Name] {
				blind = append(blind, hiddenImport(imported.Name, one.Name))
			}
		}
	}
	return blind
}

func (s *Survey) readWhole(ctx context.Context, o Options) (graph.Organization, []graph.Blind, error) {
	teams, err := s.readTeamNames(ctx)
	if err != nil {
		return graph.Organization{}, nil, err
	}
	o.TeamTokens, o.AllDeployments = teams.value, true
	out, blind, err := s.Organization(ctx, o)
	if err != nil {
		return out, nil, err
	}
	for _, part := range []func(context.Context, Options, *graph.Organization) ([]graph.Blind, error){
		s.addStacks, s.addAccounts, s.addEnvironments,
	} {
		more, err := part(ctx, o, &out)
		if err != nil {
			return out, nil, err
		}
		blind = append(blind, more...)
	}
	for _, entities := range [][]graph.Resource{out.Stacks, out.Environments, out.Accounts} {
		slices.SortFunc(entities, func(a, b graph.Resource) int { return cmp.Compare(a.Name, b.Name) })
	}
	return out, distinct(blind), nil
}

// use is an environment, a stack or an account that imports an environment.
type use struct {
	kind        access.EntityKind
	name, scope string
}

// readReferrers reads what imports an environment itself.
func (s *Survey) readReferrers(ctx context.Context, name string) (seen[[]use], error) {
	return s.referrers.get(name, func() (seen[[]use], error) {
		var out seen[[]use]
		project, env := cut(name)
		for referrer, err := range s.client.Referrers(ctx, s.organization, project, env) {
			hidden, err := out.missed(ctx, err, graph.Blind{What: "referrers of environment " + name, Hides: "what imports it"})
			if err != nil {
				return out, err
			}
			one := use{scope: "environment:open"}
			if referrer.Version != cloud.LatestVersion {
				one.scope = "environment_version:open"
			}
			switch {
			case hidden:
				continue
			case referrer.Environment != nil:
				one.kind, one.name = access.Environment, cmp.Or(referrer.Environment.Project, legacyProject)+"/"+referrer.Environment.Name
			case referrer.Stack != nil:
				one.kind, one.name = access.Stack, referrer.Stack.Project+"/"+referrer.Stack.Stack
			case referrer.Account != nil:
				one.kind, one.name = access.Account, referrer.Account.Name
			default:
				continue
			}
			out.value = append(out.value, one)
		}
		return out, nil
	})
}

func (s *Survey) listEnvironments(ctx context.Context) (seen[[]cloud.Environment], error) {
	return s.listed.get(func() (seen[[]cloud.Environment], error) {
		var out seen[[]cloud.Environment]
		for environment, err := range s.client.Environments(ctx, s.organization) {
			hidden, err := out.missed(ctx, err, graph.Blind{What: "environments", Hides: "environments, and who may do what with them"})
			if err != nil {
				return out, err
			}
			if !hidden {
				out.value = append(out.value, environment)
			}
		}
		return out, nil
	})
}

func (s *Survey) addEnvironments(ctx context.Context, o Options, out *graph.Organization) ([]graph.Blind, error) {
	list, err := s.listEnvironments(ctx)
	if err != nil {
		return nil, err
	}
	read := make([]seen[graph.Resource], len(list.value))
	uses := make([]seen[[]use], len(list.value))
	err = each(ctx, len(list.value), "environments", o.say, func(ctx context.Context, i int) error {
		var err error
		if read[i], err = s.wholeEnvironment(ctx, list.value[i]); err != nil {
			return err
		}
		uses[i], err = s.readReferrers(ctx, read[i].value.Name)
		return err
	})
	if err != nil {
		return nil, err
	}
	blind := slices.Clip(list.blind)
	for i, one := range read {
		out.Environments = append(out.Environments, one.value)
		blind = append(append(blind, one.blind...), uses[i].blind...)
	}
	for i, one := range uses {
		addUses(out, read[i].value.Name, one.value)
	}
	return blind, nil
}

// wholeEnvironment reads one environment of the list.
func (s *Survey) wholeEnvironment(ctx context.Context, listed cloud.Environment) (seen[graph.Resource], error) {
	name := cmp.Or(listed.Project, legacyProject) + "/" + listed.Name
	out, err := s.readEnvironment(ctx, name)
	hidden, err := out.missed(ctx, err, graph.Blind{What: "environment " + name, Hides: "its gates and assignments"})
	if err != nil {
		return out, err
	}
	if hidden {
		out.value = graph.Resource{Entity: access.Entity{Kind: access.Environment, ID: listed.ID}, Name: name, Owner: listed.Owner.Login}
	}
	for _, part := range []struct {
		what, hides string
		read        func() ([]graph.Blind, error)
	}{
		{"gates", "who approves, and whether their own requests", func() ([]graph.Blind, error) { return s.readGates(ctx, &out.value) }},
		{"tags", "who holds it by its tags", func() (_ []graph.Blind, err error) {
			if out.value.Tags = listed.Tags; out.value.Tags == nil {
				out.value.Tags, err = s.readTags(ctx, name)
			}
			return nil, err
		}},
		{"definition", "what it imports, its logins and secrets", func() ([]graph.Blind, error) {
			definition, err := s.readDefinition(ctx, name)
			if out.value.Definition = &definition.value; err != nil {
				out.value.Definition = &graph.Definition{Unreadable: "the definition could not be read"}
			}
			return definition.blind, err
		}},
	} {
		more, err := part.read()
		if _, err = out.missed(ctx, err, graph.Blind{What: fmt.Sprintf("%s of environment %s", part.what, name), Hides: part.hides}); err != nil {
			return out, err
		}
		out.blind = distinct(out.blind, more)
	}
	return out, nil
}

// legacyProject is the project of environments that were made before there were projects.
const legacyProject = "default"

// addUses adds an environment to the stacks and accounts that import it.
func addUses(out *graph.Organization, environment string, uses []use) {
	for _, by := range uses {
		if by.kind == access.Environment {
			continue // its definition says so
		}
		entities := out.Entities(by.kind)
		at := slices.IndexFunc(entities, func(t graph.Resource) bool { return t.Name == by.name })
		if at < 0 {
			continue // on no list: then the list is short, which is a blind spot already
		}
		addUse(&entities[at], graph.Reference{Name: environment, Scope: by.scope})
	}
}

func addUse(t *graph.Resource, r graph.Reference) {
	if !slices.Contains(t.Uses, r) {
		t.Uses = append(slices.Clip(t.Uses), r)
	}
}

func (s *Survey) addStacks(ctx context.Context, o Options, out *graph.Organization) ([]graph.Blind, error) {
	list, err := s.listStacks(ctx)
	if err != nil {
		return nil, err
	}
	read := make([]seen[graph.Resource], len(list.value))
	err = each(ctx, len(list.value), "stacks", o.say, func(ctx context.Context, i int) error {
		listed := list.value[i]
		name := listed.Project + "/" + listed.Name
		var err error
		read[i], err = s.readStack(ctx, name)
		hidden, err := read[i].missed(ctx, err, graph.Blind{What: "stack " + name, Hides: "who may do what with it"})
		if hidden {
			read[i].value = graph.Resource{Entity: access.Entity{Kind: access.Stack, ID: listed.ID}, Name: name}
		}
		return err
	})
	blind := slices.Clip(list.blind)
	for _, one := range read {
		out.Stacks = append(out.Stacks, one.value)
		blind = append(blind, one.blind...)
	}
	return blind, err
}

func (s *Survey) listAccounts(ctx context.Context) (seen[[]cloud.Account], error) {
	return s.accountList.get(func() (seen[[]cloud.Account], error) {
		var out seen[[]cloud.Account]
		for account, err := range s.client.Accounts(ctx, s.organization) {
			hidden, err := out.missed(ctx, err, graph.Blind{What: "accounts", Hides: "accounts, and who may do what with them"})
			if err != nil {
				return out, err
			}
			if !hidden {
				out.value = append(out.value, account)
			}
		}
		return out, nil
	})
}

func (s *Survey) addAccounts(ctx context.Context, o Options, out *graph.Organization) ([]graph.Blind, error) {
	list, err := s.listAccounts(ctx)
	if err != nil {
		return nil, err
	}
	read := make([]seen[graph.Resource], len(list.value))
	err = each(ctx, len(list.value), "accounts", o.say, func(ctx context.Context, i int) error {
		listed := list.value[i]
		var err error
		read[i], err = s.readListedAccount(ctx, listed)
		hidden, err := read[i].missed(ctx, err, graph.Blind{What: "account " + listed.Name, Hides: "its tags, and who may do what with it by them"})
		if hidden {
			read[i].value = accountOf(listed)
		}
		return err
	})
	blind := slices.Clip(list.blind)
	for _, one := range read {
		out.Accounts = append(out.Accounts, one.value)
		blind = append(blind, one.blind...)
	}
	return blind, err
}
