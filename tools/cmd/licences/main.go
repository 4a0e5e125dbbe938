// Command licences reads a CycloneDX bill of materials on standard input, and fails for a component whose licence is not one that this
// product may be distributed with, or whose licence is not known.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// allowed are licences that ask for no more than to be named, or for the source of files that were changed.
var allowed = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD-Source-Code", "ISC", "MIT", "MPL-2.0", "Unlicense", "Zlib"}

type bill struct {
	Components []component `json:"components"`
}

type component struct {
	Name     string    `json:"name"`
	Version  string    `json:"version"`
	Licenses []license `json:"licenses"`
	Evidence struct {
		Licenses []license `json:"licenses"` // as found in the component's files
	} `json:"evidence"`
}

type license struct {
	License struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"license"`
	Expression string `json:"expression"`
}

func (l license) String() string { return l.License.ID + l.License.Name + l.Expression }

func main() {
	found, err := check(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
	fmt.Println(found)
}

// check returns a line about what there is, or an error that names every component that must not be there.
func check(in io.Reader) (string, error) {
	var b bill
	if err := json.NewDecoder(in).Decode(&b); err != nil {
		return "", err
	}
	if len(b.Components) == 0 {
		return "", fmt.Errorf("the bill of materials has no components")
	}
	var refused []string
	for _, c := range b.Components {
		all := slices.Concat(c.Licenses, c.Evidence.Licenses)
		switch i := slices.IndexFunc(all, func(l license) bool { return !slices.Contains(allowed, l.String()) }); {
		case len(all) == 0:
			refused = append(refused, fmt.Sprintf("%s %s has no licence that is known", c.Name, c.Version))
		case i >= 0:
			refused = append(refused, fmt.Sprintf("%s %s has the licence %s", c.Name, c.Version, all[i]))
		}
	}
	if len(refused) > 0 {
		return "", fmt.Errorf("not among the licences that are allowed (%s):\n  %s", strings.Join(allowed, ", "), strings.Join(refused, "\n  "))
	}
	return fmt.Sprintf("%d components, each under a licence that is allowed", len(b.Components)), nil
}
