package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// TestMain makes the test binary of a program's package the program's driver: it carries out one operation on the stack
// "test" of the working directory, inline.
func TestMain(*testing.M) {
	if err := drive(context.Background(), os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func drive(ctx context.Context, operation string, arguments []string) error {
	flags := flag.NewFlagSet(operation, flag.ContinueOnError)
	diff := flags.Bool("diff", false, "show what differs")
	unchanged := flags.Bool("expect-no-changes", false, "fail if anything changes")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	project, err := workspace.LoadProject("Pulumi.yaml")
	if err != nil {
		return err
	}
	stack, err := auto.SelectStackInlineSource(ctx, "test", project.Name.String(), program, auto.WorkDir("."))
	if err != nil {
		return err
	}
	switch operation {
	case "preview":
		options := []optpreview.Option{optpreview.ProgressStreams(os.Stdout)}
		if *diff {
			options = append(options, optpreview.Diff())
		}
		if *unchanged {
			options = append(options, optpreview.ExpectNoChanges())
		}
		_, err = stack.Preview(ctx, options...)
	case "up":
		options := []optup.Option{optup.ProgressStreams(os.Stdout)}
		if *diff {
			options = append(options, optup.Diff())
		}
		if *unchanged {
			options = append(options, optup.ExpectNoChanges())
		}
		_, err = stack.Up(ctx, options...)
	case "refresh":
		options := []optrefresh.Option{optrefresh.ProgressStreams(os.Stdout)}
		if *diff {
			options = append(options, optrefresh.Diff())
		}
		if *unchanged {
			options = append(options, optrefresh.ExpectNoChanges())
		}
		_, err = stack.Refresh(ctx, options...)
	case "destroy":
		_, err = stack.Destroy(ctx, optdestroy.ProgressStreams(os.Stdout))
	default:
		err = fmt.Errorf("the driver knows preview, up, refresh and destroy, not %q", operation)
	}
	return err
}
