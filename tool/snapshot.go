package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report"
)

func (c *cli) snapshotCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "snapshot [-o FILE]",
		Short: "Write everything that grants access in the organization as JSON",
		Long: `Write everything that grants access in the organization as JSON: names, roles, grants and settings, and no secret.

Every other command takes the file as --snapshot, in place of the service: offline, in CI without an administrator's token, and to
compare with a later one (changes). It takes an administrator's token to see everything; what could not be read is in the file.`,
		Example: "  pulumi plugin run leastprivilege -- snapshot -o acme.json",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if flag := cmd.Flags().Lookup("format"); flag.Changed && c.format != string(report.JSON) {
				return misused("a snapshot is JSON; --format %s is for answers", c.format)
			}
			if c.snapshot != "" {
				return misused("--snapshot is a file to read, and this command writes one: give its name as -o")
			}
			s, err := c.openService(cmd.Context())
			if err != nil {
				return err
			}
			taken := time.Now().UTC().Truncate(time.Second)
			organization, blind, err := s.whole(cmd.Context())
			if err != nil {
				return err
			}
			text, err := graph.MarshalSnapshot(graph.Snapshot{Taken: taken, Organization: organization, Blind: blind})
			if err != nil {
				return err
			}
			if len(blind) > 0 {
				c.note("%d things could not be read, such as %s; they are in the snapshot", len(blind), blind[0].What)
			}
			return c.writeOut(report.Printable(text))
		},
	}
}
