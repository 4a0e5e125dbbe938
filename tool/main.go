// Command pulumi-tool-leastprivilege answers questions about the access in a Pulumi Cloud organization in a terminal and in CI:
//
//	pulumi plugin run leastprivilege -- who-can environment:open payments/prod
//
// It is the tool plugin of the leastprivilege package, and works by itself as well.
//
// main.go maps outcomes to exit codes, cli.go has what all commands share, and each command is a file of its name. A command asks a source
// (source.go): the service (service.go), or a snapshot (offline.go). Answers are written by package report.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the build.
var version = "dev"

// The exit codes.
const (
	exitFound  = 1 // something at or above --fail-on
	exitUsage  = 2
	exitUnread = 3 // something could not be read
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// streams are where output goes.
type streams struct{ out, err io.Writer }

// run runs one command line and returns the exit code.
func run(ctx context.Context, args []string, to streams) int {
	ctx, end := context.WithCancel(ctx)
	defer end()
	c := &cli{streams: to}
	root := c.root()
	root.SetArgs(args)
	root.SetOut(to.out)
	root.SetErr(to.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var ended *outcome
	if errors.As(err, &ended) {
		if ended.text != "" {
			c.note("%s", ended.text)
		}
		return ended.code
	}
	_, _ = fmt.Fprintf(to.err, "error: %s\n", printable(err.Error()))
	var usage *usageError
	if errors.As(err, &usage) {
		_, _ = fmt.Fprintf(to.err, "See %s --help.\n", commandOf(root, args).CommandPath())
		return exitUsage
	}
	return exitUnread
}

// commandOf is the command that a command line is about.
func commandOf(root *cobra.Command, args []string) *cobra.Command {
	if found, _, err := root.Find(args); err == nil {
		return found
	}
	return root
}

// usageError is a command line that is wrong.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func misused(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// outcome is how a command ended that wrote its answer.
type outcome struct {
	code int
	text string
}

func (o *outcome) Error() string { return o.text }
