package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
)

func (c *cli) escalationsCommand() *cobra.Command {
	var scope, on, failOn string
	var claims map[string]string
	cmd := &cobra.Command{
		Use:   "escalations [PRINCIPAL]",
		Short: "Say how principals come to what they do not hold, by what they may do",
		Long: `Say how a principal, or everybody who is not an administrator, comes to what they do not hold by what they may do, such as
editing a role. Without --scope it is about an administrator's rights, and what tells most of each entity.`,
		Example: `  pulumi plugin run leastprivilege -- escalations
  pulumi plugin run leastprivilege -- escalations user:bo --scope environment:open --on payments/prod`,
		Args:              arguments(0, 1),
		Annotations:       formats(report.SARIF),
		ValidArgsFunction: completePrincipals,
		RunE: func(cmd *cobra.Command, args []string) error {
			x, err := parseEscalation(args, scope, on, claims)
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
			index, of, err := x.in(graph.NewIndex(organization), s.organization())
			if err != nil {
				return err
			}
			resource, err := x.resource(index)
			if err != nil {
				return err
			}
			found := index.Escalations(of, scope, resource)
			answer := report.EscalationsOf(s.organization(), x.whose(), scope, x.on(), found, blind)
			if err := c.write(answer); err != nil {
				return err
			}
			grave := 0
			for _, e := range found {
				if review.Severity(e.Severity).AtLeast(review.Severity(failOn)) {
					grave++
				}
			}
			return c.ended(failOn, grave, fmt.Sprintf("%d escalations of this severity or worse", grave), blind)
		},
	}
	cmd.Flags().StringVar(&scope, "scope", "", "`scope` that is looked for, such as environment:open")
	cmd.Flags().StringVar(&on, "on", "", "`name` of the entity that is asked about, such as payments/prod or stack:payments/prod")
	claimsFlag(cmd, &claims)
	c.failing(cmd, &failOn, severities(review.Low), "fail if there is an escalation of this severity or worse")
	return cmd
}

// severities are the names of severities from one on.
func severities(from review.Severity) []string {
	var names []string
	for _, one := range review.Severities() {
		if one.AtLeast(from) {
			names = append(names, string(one))
		}
	}
	return names
}

// escalation is what is asked.
type escalation struct {
	of     *principal
	entity *entity
	kinds  []access.EntityKind
}

func parseEscalation(args []string, scope, on string, claims map[string]string) (escalation, error) {
	var x escalation
	if len(args) > 0 {
		p, err := parsePrincipal(args[0], claims)
		if err != nil {
			return x, err
		}
		x.of = &p
	}
	if scope != "" && len(kindsOf(scope)) == 0 {
		return x, misused("--scope: %q is not a valid scope; scopes look like environment:open", scope)
	}
	switch {
	case on != "" && scope != "":
		asked, err := scopedEntity([]string{scope, on})
		x.entity = &asked
		return x, err
	case on != "":
		kinds, name, err := parseEntity(on)
		if err != nil {
			return x, err
		}
		x.kinds, x.entity = kinds, &entity{kinds[0], name}
	}
	return x, nil
}

func (x escalation) in(index *graph.Index, organization string) (*graph.Index, *graph.PrincipalID, error) {
	if x.of == nil {
		return index, nil, nil
	}
	with, id, found := known(index, *x.of)
	if !found {
		return nil, nil, &survey.UnknownPrincipalError{Organization: organization, Kind: x.of.Kind, Name: x.of.Name}
	}
	return with, &id, nil
}

// resource is the entity that is asked about, nil for none. A name may be of several kinds.
func (x *escalation) resource(index *graph.Index) (*graph.Resource, error) {
	if x.entity == nil {
		return nil, nil //nolint:nilnil // none is asked about
	}
	for _, kind := range append(x.kinds, x.entity.kind) {
		if kind == access.Organization {
			itself := index.Itself()
			return &itself, nil
		}
		if found, is := index.Entity(kind, x.entity.name); is {
			x.entity.kind = kind
			return &found, nil
		}
	}
	return nil, fmt.Errorf("organization %q has no %s %q: %w", index.Login, x.entity.kind.Noun(), x.entity.name, errAbsent)
}

func (x escalation) whose() string {
	if x.of == nil {
		return ""
	}
	return x.of.String()
}

func (x escalation) on() string {
	if x.entity == nil {
		return ""
	}
	return report.EntityName(x.entity.kind, x.entity.name)
}
