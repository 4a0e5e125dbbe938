// Package explained_test holds what previews say of who gains and who loses access against what the update does, tried on the sandbox with
// everybody's tokens.
package explained_test

import (
	"flag"
	"os"
	"testing"
)

// checks is how many programs of each resource are drawn, always the same ones, unless `go test -rapid.checks` says otherwise.
const checks = "8"

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		for name, value := range map[string]string{"rapid.checks": checks, "rapid.seed": "1"} {
			if err := flag.Set(name, value); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}
