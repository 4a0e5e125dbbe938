package main

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
)

func (c *cli) explainCommand() *cobra.Command {
	why := ""
	var claims map[string]string
	cmd := &cobra.Command{
		Use:   "explain PRINCIPAL [NAME]",
		Short: "Say what somebody may do, and why, or why not and what is missing",
		Long: `Say what a principal may do on an entity, or on everything in the organization, and by which grants.

With --why it is about one scope: the ways to it, and where it is not held, the smallest grants that would give it.
A principal is written user:bo, team:payments, token:ci, deployment:payments/prod, servicePrincipal:name, agent:name or
outsider:issuer.`,
		Example: `  pulumi plugin run leastprivilege -- explain user:bo
  pulumi plugin run leastprivilege -- explain team:payments payments/prod --why environment:open`,
		Args:              arguments(1, 2),
		ValidArgsFunction: completePrincipals,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := parsePrincipal(args[0], claims)
			if err != nil {
				return err
			}
			x := explanation{principal: p, why: why}
			if err := x.about(args[1:]); err != nil {
				return err
			}
			s, err := c.open(cmd.Context())
			if err != nil {
				return err
			}
			held, blind, err := x.held(cmd.Context(), s)
			if err != nil {
				return err
			}
			return c.write(report.ExplainedOf(s.organization(), p.String(), why, held, blind))
		},
	}
	cmd.Flags().StringVar(&why, "why", "", "`scope` that is asked about, such as environment:open")
	_ = cmd.RegisterFlagCompletionFunc("why", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return allScopes(), cobra.ShellCompDirectiveNoFileComp
	})
	claimsFlag(cmd, &claims)
	return cmd
}

func claimsFlag(cmd *cobra.Command, claims *map[string]string) {
	cmd.Flags().StringToStringVar(claims, "claim", nil, "`name=value` of a claim of the token of outsider:issuer; give it once for each")
}

// completePrincipals completes the kinds of principals.
func completePrincipals(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var kinds []string
	for _, kind := range principalKinds {
		kinds = append(kinds, string(kind)+":")
	}
	return kinds, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// explanation is what is asked about a principal.
type explanation struct {
	principal principal
	why       string
	kinds     []access.EntityKind // that the name may be of, or all where there is no name
	name      string
}

// about reads the name of the entity, if there is one.
func (x *explanation) about(names []string) error {
	x.kinds = access.Kinds()
	if len(names) > 0 {
		var err error
		if x.kinds, x.name, err = parseEntity(names[0]); err != nil {
			return err
		}
	}
	if x.why == "" {
		return nil
	}
	scoped := kindsOf(x.why)
	if len(scoped) == 0 {
		return misused("--why: %q is not a valid scope; scopes look like environment:open", x.why)
	}
	x.kinds = slices.DeleteFunc(slices.Clone(x.kinds), func(kind access.EntityKind) bool { return !slices.Contains(scoped, kind) })
	if len(x.kinds) == 0 {
		return misused("%s is a scope on %s, and %q does not name one", x.why, nounOf(scoped[0]), names[0])
	}
	return nil
}

func (x *explanation) held(ctx context.Context, s source) ([]report.Held, []graph.Blind, error) {
	if x.name == "" {
		return x.everywhere(ctx, s)
	}
	var all []report.Held
	var blind []graph.Blind
	var absent error
	for _, kind := range x.kinds {
		if kind == access.Organization && x.name != s.organization() {
			continue
		}
		q := question{entity: entity{kind, x.name}, scope: x.why}
		var unsure []graph.Blind
		var err error
		if q.catalogue, unsure, err = x.catalogue(ctx, s, kind); err != nil {
			return nil, nil, err
		}
		held, more, err := s.effective(ctx, x.principal, q)
		if errors.Is(err, errAbsent) || errors.Is(err, cloud.ErrNotFound) {
			absent = errors.Join(absent, err)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		all = append(all, heldOn(q.entity, held))
		blind = merged(blind, unsure, more)
	}
	if len(all) == 0 {
		return nil, nil, absent
	}
	return all, blind, nil
}

// catalogue knows the scope that is asked about.
func (x *explanation) catalogue(ctx context.Context, s source, kind access.EntityKind) (access.Catalogue, []graph.Blind, error) {
	scope := x.why
	if scope == "" {
		scope = access.NewCatalogue(nil).Scopes(kind)[0] // any that is known
	}
	return s.catalogueWith(ctx, kind, scope)
}

func heldOn(e entity, held survey.Effective) report.Held {
	return report.Held{Kind: e.kind, Name: e.name, Access: held.Access, Level: held.Level, MissingImports: held.MissingImports, Missing: held.Missing}
}

// everywhere is what the principal holds on the organization, and on each entity on which it holds anything.
func (x *explanation) everywhere(ctx context.Context, s source) ([]report.Held, []graph.Blind, error) {
	organization, blind, err := s.whole(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, kind := range x.kinds {
		catalogue, unsure, err := x.catalogue(ctx, s, kind)
		if err != nil {
			return nil, nil, err
		}
		organization.Catalogue, blind = catalogue, merged(blind, unsure)
	}
	index, id, found := known(graph.NewIndex(organization), x.principal)
	if !found {
		return nil, nil, &survey.UnknownPrincipalError{Organization: s.organization(), Kind: x.principal.Kind, Name: x.principal.Name}
	}
	var all []report.Held
	for _, kind := range slices.Backward(x.kinds) {
		resources := organization.Entities(kind)
		if kind == access.Organization {
			resources = []graph.Resource{organization.Itself()}
		}
		for _, listed := range resources {
			t := listed
			if kind != access.Organization {
				t, _ = index.Entity(kind, listed.Name)
			}
			held, _ := index.Of(id.Kind, id.Name, t)
			if len(held.Paths) == 0 || x.why != "" && held.Holds(x.why) == "" {
				continue
			}
			name := t.Name
			if kind == access.Organization {
				name = s.organization()
			}
			all = append(all, heldOn(entity{kind, name}, effectiveOn(index, id, held, t, "")))
		}
	}
	return all, blind, nil
}
