// Command hello is the smallest infer provider there is: what the plugin's start is measured against.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-go-provider/infer"
)

type greeting struct{}

type greetingArgs struct {
	Name string `pulumi:"name"`
}

//nolint:unparam // the framework asks for the error
func (greeting) Create(
	_ context.Context, req infer.CreateRequest[greetingArgs],
) (infer.CreateResponse[greetingArgs], error) {
	return infer.CreateResponse[greetingArgs]{ID: req.Name, Output: req.Inputs}, nil
}

func main() {
	provider, err := infer.NewProviderBuilder().WithResources(infer.Resource(greeting{})).Build()
	if err == nil {
		err = provider.Run(context.Background(), "hello", "0.1.0")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
