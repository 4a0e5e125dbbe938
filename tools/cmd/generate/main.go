// Command generate writes schema.json and the SDKs in sdk/ from the schema that the plugin prints.
//
//	plugin -schema | go -C tools run ./cmd/generate           write
//	plugin -schema | go -C tools run ./cmd/generate -check    fail if what is there differs, and say what is stale
//
// It must run in the folder tools. `make generate` and `make check-generated` do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	check := flag.Bool("check", false, "write nothing; fail if something is stale")
	root := flag.String("root", "..", "the repository")
	flag.Parse()
	if err := run(context.Background(), os.Stdin, *root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, schema io.Reader, root string, check bool) error {
	data, err := io.ReadAll(schema)
	if err != nil {
		return err
	}
	generated, err := generate(ctx, data, filepath.Join(root, goModuleDir))
	if err != nil {
		return err
	}
	if !check {
		return generated.write(root)
	}
	stale, err := generated.stale(root)
	if err != nil {
		return err
	}
	if len(stale) > 0 {
		return errors.New("generated files are stale: run make generate\n  " + strings.Join(stale, "\n  "))
	}
	return nil
}
