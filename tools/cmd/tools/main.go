// Command tools finds or builds the programs that the tests and the demo run, and prints the directory they are in.
//
//	go -C tools run ./cmd/tools pulumi      the Pulumi CLI and its YAML language host
//	go -C tools run ./cmd/tools lint        golangci-lint
//	go -C tools run ./cmd/tools workflows   actionlint
//	go -C tools run ./cmd/tools supply      govulncheck and cyclonedx-gomod
//	go -C tools run ./cmd/tools release     goreleaser
//
// It must run in the folder tools. Standard output is that one line; progress goes to standard error. Versions are
// those that go.mod here and in the folders lint, workflows, supply and release pin. What is built is kept in a cache, whose
// place is $LEASTPRIVILEGE_CACHE, else pulumi-leastprivilege in the user's cache directory.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tools:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("usage: go -C tools run ./cmd/tools pulumi|lint|workflows|supply|release")
	}
	var set toolset
	switch args[0] {
	case "pulumi":
		set = pulumiTools
		if dir, ok := onPath(ctx, os.Stderr); ok {
			fmt.Println(dir)
			return nil
		}
	case "lint":
		set = lintTools
	case "workflows":
		set = workflowTools
	case "supply":
		set = supplyTools
	case "release":
		set = releaseTools
	default:
		return fmt.Errorf("no tools are called %q; there are pulumi, lint, workflows, supply and release", args[0])
	}
	dir, err := cached(ctx, set, os.Stderr)
	if err != nil {
		return err
	}
	fmt.Println(dir)
	return nil
}
