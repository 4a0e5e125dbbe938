// Command pulumi-resource-leastprivilege is the Pulumi resource plugin of the leastprivilege package.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider"
)

// schema is what `make generate` wrote. Serving it saves inferring it again at every start of the plugin; a test holds
// that the two are the same.
//
//go:embed schema.json
var schema []byte

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-leastprivilege:", err)
		os.Exit(1)
	}
}

// run serves the plugin. With the single argument -schema it prints the package's schema instead, which is what
// `make generate` reads; the engine never passes that argument.
func run(ctx context.Context, args []string) error {
	plugin, err := provider.New()
	if err != nil {
		return err
	}
	if len(args) == 1 && args[0] == "-schema" {
		inferred, err := provider.Schema(ctx, plugin)
		if err != nil {
			return err
		}
		_, err = os.Stdout.Write(inferred)
		return err
	}
	return provider.Serve(ctx, provider.WithSchema(plugin, schema))
}
