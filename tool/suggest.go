package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
)

func (c *cli) suggestCommand() *cobra.Command {
	language := ""
	var events *evidence
	cmd := &cobra.Command{
		Use:   "suggest PRINCIPAL",
		Short: "Suggest the smallest access that would have allowed everything that was used",
		Long: `Suggest the smallest access for a team, an organization token or the deployments of a stack that would have allowed everything
that they used, as a block for a program. It has no scope that is not held now. The gaps of the audit log are listed: read them,
and ask, before you write it down.`,
		Example: `  pulumi plugin run leastprivilege -- suggest team:payments --since 90d --language typescript
  pulumi plugin run leastprivilege -- suggest token:ci --snapshot acme.json --events audit-logs`,
		Args:              arguments(1, 1),
		ValidArgsFunction: completePrincipals,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := parsePrincipal(args[0], nil)
			if err != nil {
				return err
			}
			if !slices.Contains([]graph.Kind{graph.TeamKind, graph.TokenKind, graph.DeploymentKind}, p.Kind) {
				return misused("%q: access is suggested for a team, an organization token (token:name) or the deployments of a stack", args[0])
			}
			if !slices.Contains(languageNames(), language) {
				return misused("invalid --language %q; valid are %s", language, strings.Join(languageNames(), ", "))
			}
			s, err := c.open(cmd.Context())
			if err != nil {
				return err
			}
			read, err := events.read(cmd.Context(), s)
			if err != nil {
				return err
			}
			found, is := review.Suggest(read.input(), p.PrincipalID)
			if !is {
				return &survey.UnknownPrincipalError{Organization: s.organization(), Kind: p.Kind, Name: p.Name}
			}
			window := report.WindowOf(read.since, read.until, read.count())
			return c.write(report.SuggestedOf(s.organization(), p.String(), window, report.Language(language), found, merged(read.unread, read.untold)))
		},
	}
	events = c.evidenceFlags(cmd)
	cmd.Flags().StringVar(&language, "language", string(report.YAML), "`language` of the block: "+strings.Join(languageNames(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("language", completeWith(languageNames()...))
	return cmd
}

func languageNames() []string {
	var names []string
	for _, one := range report.Languages() {
		names = append(names, string(one))
	}
	return names
}
