package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report/page"
)

// broadening is what changes can fail on.
const broadening = "broadening"

func (c *cli) changesCommand() *cobra.Command {
	var before, after, preview, failOn string
	cmd := &cobra.Command{
		Use:   "changes --before SNAPSHOT (--after SNAPSHOT | --preview FILE)",
		Short: "Say what a change opens and closes",
		Long: `Say what everybody gains and loses between two snapshots, each with one example by name and the grants that lead there.

--preview takes the output of pulumi preview --json. Resources of this package and of pulumiservice are applied to the snapshot; what the
preview does not tell is listed, and is never taken for no change.

What principals come to by acts is not in it (see escalations), nor for how long an environment stays open.`,
		Example: `  pulumi plugin run leastprivilege -- changes --before monday.json --after friday.json
  pulumi plugin run leastprivilege -- changes --before monday.json --after friday.json --fail-on broadening --format markdown
  pulumi preview --json > preview.json
  pulumi plugin run leastprivilege -- changes --before monday.json --preview preview.json --fail-on broadening`,
		Args:        arguments(0, 0),
		Annotations: formats(report.SARIF, report.HTML),
		RunE: func(_ *cobra.Command, _ []string) error {
			if c.snapshot != "" && before == "" {
				before = c.snapshot // the same words as for every other command
			}
			from, to, unknown, moment, err := compared(before, after, preview)
			if err != nil {
				return err
			}
			blind := merged(from.Blind, to.Blind)
			found := graph.Differences(graph.NewIndex(from.Organization), graph.NewIndex(to.Organization))
			answer := report.ChangesOf(from.Organization.Login, report.Taken(from.Taken), moment, found, blind)
			if c.isPage() {
				to.Blind = blind
				err = c.writePage(page.Input{Snapshot: to, Changes: &page.Changes{Differences: found, Unknown: unknown}})
			} else {
				err = c.write(answer)
			}
			if err != nil {
				return err
			}
			return c.ended(failOn, answer.Gains, fmt.Sprintf("%d gains of access", answer.Gains), blind)
		},
	}
	cmd.Flags().StringVar(&before, "before", "", "`snapshot` of the organization before the change")
	cmd.Flags().StringVar(&after, "after", "", "`snapshot` of the organization after the change")
	cmd.Flags().StringVar(&preview, "preview", "", "`file` with the output of pulumi preview --json, in place of --after")
	c.failing(cmd, &failOn, []string{broadening}, "fail if anybody gains anything")
	return cmd
}

// compared are the two sides of a comparison, and what the second one is.
// unknown is what a preview does not tell.
func compared(before, after, preview string) (from, to graph.Snapshot, unknown []graph.Blind, moment report.Moment, err error) {
	switch {
	case before == "":
		return from, to, nil, moment, misused("--before is missing: the snapshot of the organization before the change")
	case (after == "") == (preview == ""):
		return from, to, nil, moment, misused("give one of --after, a snapshot, and --preview, the output of pulumi preview --json")
	}
	if from, err = readSnapshot(before); err != nil {
		return from, to, nil, moment, err
	}
	if preview != "" {
		to, unknown, err = applyPreview(from, preview)
		return from, to, unknown, report.Moment{Of: "preview"}, err
	}
	if to, err = readSnapshot(after); err != nil {
		return from, to, nil, moment, err
	}
	if from.Organization.Login != to.Organization.Login {
		return from, to, nil, moment, misused("%s is a snapshot of organization %q, and %s of %q: compare snapshots of one organization",
			before, from.Organization.Login, after, to.Organization.Login)
	}
	return from, to, nil, report.Taken(to.Taken), nil
}
