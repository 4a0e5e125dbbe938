package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report"
)

// cli is what all commands share.
type cli struct {
	streams
	format, output       string
	noColor, quiet       bool
	snapshot             string
	apiURL, organization string
	insecure             bool
	additional           []string
	acceptBlind          bool
}

const rootLong = `Who can do what in a Pulumi Cloud organization, why, what a change opens, and what to mend.

It reads the organization with the access token of PULUMI_ACCESS_TOKEN or of "pulumi login". With --snapshot it reads a file in
place of the service.

Exit codes: 0 nothing at or above --fail-on, 1 something, 2 wrong usage, 3 something could not be read.`

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use: "pulumi-tool-leastprivilege", Short: "Answers questions about the access in a Pulumi Cloud organization", Long: rootLong,
		Version: version, SilenceErrors: true, SilenceUsage: true,
		Example: `  export PULUMI_ORGANIZATION=acme
  pulumi plugin run leastprivilege -- who-can environment:open payments/prod
  pulumi plugin run leastprivilege -- review --fail-on high`,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return c.check(cmd) },
		Args:              cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return misused("unknown command %q%s", args[0], suggestion(cmd, args[0]))
			}
			return cmd.Help()
		},
	}
	root.Flags().Bool("version", false, "say the version") // without -v, which pulumi plugin run takes for its own
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	flags := root.PersistentFlags()
	flags.StringVar(&c.format, "format", string(report.Table), "how the answer is written: "+strings.Join(report.FormatNames(), ", "))
	flags.StringVarP(&c.output, "output", "o", "", "`file` to write the answer to (default: standard output)")
	flags.BoolVar(&c.noColor, "no-color", false, "write no colors; the environment variable NO_COLOR does the same")
	flags.BoolVar(&c.quiet, "quiet", false, "write no progress and no notes")
	flags.StringVar(&c.snapshot, "snapshot", "", "`file` that the command snapshot wrote, to read in place of the service")
	flags.StringVar(&c.apiURL, "api-url", "", "`address` of Pulumi Cloud (default: PULUMI_BACKEND_URL, else that of the current login)")
	flags.StringVar(&c.organization, "organization", "", "`name` of the organization (default: PULUMI_ORGANIZATION)")
	flags.BoolVar(&c.insecure, "allow-insecure-api", false, "allow an address that is plain http on another machine")
	flags.StringSliceVar(&c.additional, "additional-scopes", nil, "`names` of scopes that this version does not know")
	root.AddCommand(
		c.snapshotCommand(), c.whoCanCommand(), c.explainCommand(), c.blastRadiusCommand(), c.escalationsCommand(), c.changesCommand(),
		c.reviewCommand(), c.suggestCommand(), c.lintCommand(),
	)
	return root
}

func suggestion(cmd *cobra.Command, typed string) string {
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(typed); len(near) > 0 {
		return "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return ""
}

// arguments checks how many arguments there are.
func arguments(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || most >= 0 && len(args) > most {
			return misused("%d arguments are given, and the form is: %s", len(args), cmd.UseLine())
		}
		return nil
	}
}

// formats are those that a command has besides table, JSON and Markdown.
func formats(more ...report.Format) map[string]string {
	named := map[string]string{}
	for _, one := range more {
		named["format "+string(one)] = "true"
	}
	return named
}

// check checks the common flags, before anything is read.
func (c *cli) check(cmd *cobra.Command) error {
	if !slices.Contains(report.FormatNames(), c.format) {
		return misused("invalid --format %q; valid are %s", c.format, strings.Join(report.FormatNames(), ", "))
	}
	if special := []string{string(report.SARIF), string(report.HTML)}; slices.Contains(special, c.format) && cmd.Annotations["format "+c.format] == "" {
		return misused("--format %s is not available for the answers of %s", c.format, cmd.Name())
	}
	if c.snapshot != "" && c.apiURL != "" {
		return misused("--snapshot and --api-url are both given: a snapshot is read in place of the service")
	}
	return nil
}

// write writes an answer in the format that is asked for.
func (c *cli) write(a report.Answer) error {
	var text bytes.Buffer
	width, color := c.terminal()
	err := report.Write(&text, a, report.Options{Format: report.Format(c.format), Color: color, Width: width, Version: version})
	if errors.Is(err, report.ErrFormat) {
		return &usageError{fmt.Errorf("--format %s: %w", c.format, err)}
	}
	if err != nil {
		return err
	}
	return c.writeOut(text.Bytes())
}

// writeOut writes a whole answer: a file is there with all of it, or as it was before.
func (c *cli) writeOut(text []byte) error {
	if c.output == "" || c.output == "-" {
		_, err := c.out.Write(text)
		return err
	}
	return replaceFile(c.output, text)
}

// terminal is the width of the terminal that the answer is written to, 0 if it is none, and whether it shows colors.
func (c *cli) terminal() (width int, color bool) {
	file, is := c.out.(*os.File)
	if !is || c.output != "" || !term.IsTerminal(int(file.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		width = 0
	}
	return width, !c.noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// note writes a line to standard error.
func (c *cli) note(format string, args ...any) {
	if !c.quiet {
		_, _ = fmt.Fprintln(c.err, printable(fmt.Sprintf(format, args...)))
	}
}

// failing is the flag --fail-on of a command, and what it stands for.
func (c *cli) failing(cmd *cobra.Command, failOn *string, valid []string, help string) {
	cmd.Flags().StringVar(failOn, "fail-on", "never", help+": "+strings.Join(valid, ", ")+", or never")
	cmd.Flags().BoolVar(&c.acceptBlind, "accept-blind", false,
		"exit with 0 where nothing was found, although something could not be read (with --fail-on; default: exit with 3)")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if !slices.Contains(append(valid, "never"), *failOn) {
			return misused("invalid --fail-on %q; valid are %s, never", *failOn, strings.Join(valid, ", "))
		}
		return nil
	}
}

// ended is how a command ends that was asked to fail on something: what could not be read may hide it.
func (c *cli) ended(failOn string, found int, what string, unread []graph.Blind) error {
	switch {
	case failOn == "never":
		return nil
	case found > 0:
		return &outcome{exitFound, fmt.Sprintf("failed: %s (--fail-on %s)", what, failOn)}
	case len(unread) > 0 && !c.acceptBlind:
		return &outcome{exitUnread, fmt.Sprintf("cannot tell: %d things could not be read, such as %s. Use a token that can read them, or accept that with --accept-blind",
			len(unread), unread[0].What)}
	}
	return nil
}

// completeWith completes an argument from a few words.
func completeWith(words ...string) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

// open is the source of answers: the snapshot that is given, else the service.
func (c *cli) open(ctx context.Context) (source, error) {
	if c.snapshot != "" {
		return c.openSnapshot(c.snapshot)
	}
	return c.openService(ctx)
}

func (c *cli) organizationName() string {
	return cmp.Or(c.organization, os.Getenv("PULUMI_ORGANIZATION"))
}
