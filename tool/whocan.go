package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report"
)

func (c *cli) whoCanCommand() *cobra.Command {
	indirect := false
	cmd := &cobra.Command{
		Use:   "who-can SCOPE [NAME]",
		Short: "Say who can use a scope on a stack, an environment, an account or the organization",
		Long: `Say who can use a scope, such as environment:open or stack:write, and by which grants.

The scope says which kind of entity NAME is: project/name, or the name of an account. Without NAME the question is about the
organization itself, and scopes such as team:create.`,
		Example: `  pulumi plugin run leastprivilege -- who-can environment:open payments/prod
  pulumi plugin run leastprivilege -- who-can environment:open payments/prod --indirect --snapshot acme.json`,
		Args:              arguments(1, 2),
		ValidArgsFunction: completeScopes,
		RunE: func(cmd *cobra.Command, args []string) error {
			asked, err := scopedEntity(args)
			if err != nil {
				return err
			}
			s, err := c.open(cmd.Context())
			if err != nil {
				return err
			}
			if asked.kind == access.Organization {
				asked.name = s.organization()
			}
			q := question{entity: asked, scope: args[0], indirect: indirect}
			catalogue, unsure, err := s.catalogueWith(cmd.Context(), asked.kind, q.scope)
			if err != nil {
				return err
			}
			q.catalogue = catalogue
			answer, importers, blind, err := s.whoCan(cmd.Context(), q)
			if err != nil {
				return err
			}
			return c.write(report.WhoCanOf(
				report.Question{Organization: s.organization(), Scope: q.scope, Kind: q.kind, Name: q.name, Indirect: indirect}, answer, importers, merged(unsure, blind),
			))
		},
	}
	cmd.Flags().BoolVar(&indirect, "indirect", false,
		"also say who does not hold the scope and can come to use it, by something that they may do or by an environment that imports this one")
	return cmd
}

// scopedEntity is the entity that a scope and a name are about.
func scopedEntity(args []string) (entity, error) {
	kinds := kindsOf(args[0])
	if len(kinds) == 0 {
		return entity{}, misused("%q is not a valid scope; scopes look like environment:open", args[0])
	}
	if len(args) == 1 {
		if slices.Contains(kinds, access.Organization) {
			return entity{kind: access.Organization}, nil
		}
		return entity{}, misused("%s is a scope on %s: give its name", args[0], nounOf(kinds[0]))
	}
	named, name, err := parseEntity(args[1])
	if err != nil {
		return entity{}, err
	}
	for _, kind := range named {
		if slices.Contains(kinds, kind) {
			return entity{kind, name}, nil
		}
	}
	return entity{}, misused("%s is a scope on %s, and %q does not name one", args[0], nounOf(kinds[0]), args[1])
}

// completeScopes completes the first argument.
func completeScopes(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return allScopes(), cobra.ShellCompDirectiveNoFileComp
}

func allScopes() []string {
	var all []string
	for _, kind := range access.Kinds() {
		all = append(all, access.NewCatalogue(nil).Scopes(kind)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
