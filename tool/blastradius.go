package main

import (
	"github.com/spf13/cobra"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
)

func (c *cli) blastRadiusCommand() *cobra.Command {
	var claims map[string]string
	cmd := &cobra.Command{
		Use:   "blast-radius PRINCIPAL",
		Short: "Say what somebody who takes over a principal can reach",
		Long: `Say what somebody who takes over a principal can reach: entities, identities of clouds, names of secrets, tokens, and what it
can come to by acts.`,
		Example: `  pulumi plugin run leastprivilege -- blast-radius token:ci
  pulumi plugin run leastprivilege -- blast-radius deployment:payments/prod --format markdown`,
		Args:              arguments(1, 1),
		ValidArgsFunction: completePrincipals,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := parsePrincipal(args[0], claims)
			if err != nil {
				return err
			}
			s, err := c.open(cmd.Context())
			if err != nil {
				return err
			}
			organization, blind, err := s.whole(cmd.Context())
			if err != nil {
				return err
			}
			index, id, found := known(graph.NewIndex(organization), p)
			radius, reaches := index.BlastRadius(id.Kind, id.Name)
			if !found || !reaches {
				return &survey.UnknownPrincipalError{Organization: s.organization(), Kind: p.Kind, Name: p.Name}
			}
			return c.write(report.RadiusOf(s.organization(), p.String(), radius, index.Escalations(&id, "", nil), blind))
		},
	}
	claimsFlag(cmd, &claims)
	return cmd
}
