// Command demo shows the main job of the provider on a sandbox Pulumi Cloud, end to end, with the real Pulumi CLI: least
// privilege is put in place, it holds, a hand-made grant is found and removed, and everything is taken back. It exits
// non-zero at the first step that does not show what it should.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	example := flag.String("example", "../examples/yaml/quickstart", "the folder of the example")
	deploymentRole := flag.String("deployment-role", "caps",
		"how the sandbox reads a deployment's role: caps what it may do, is added to the rights of the stack's own token, or replaces them")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *example, *deploymentRole)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "\nThe demo failed: %v\n", err)
		os.Exit(1)
	}
}
