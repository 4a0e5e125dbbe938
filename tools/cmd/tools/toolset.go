package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
)

const (
	pulumiModule = "github.com/pulumi/pulumi/pkg/v3"
	versionFlag  = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
)

// toolset is programs that are pinned by one go.mod and built together.
type toolset struct {
	Name     string
	Dir      string // of the go.mod, relative to tools
	Takes    string // for people: how long a first build takes
	Programs []program
}

type program struct {
	Name    string
	Package string
	// VersionFrom is the module whose version is linked in as Pulumi's; "" links nothing. Without a version the CLI
	// says that it is a development build, which the Automation API refuses.
	VersionFrom string
}

var pulumiTools = toolset{
	Name: "pulumi", Dir: ".", Takes: "3 to 6 minutes",
	Programs: []program{
		{Name: "pulumi", Package: pulumiModule + "/cmd/pulumi", VersionFrom: pulumiModule},
		{Name: "pulumi-language-yaml", Package: "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"},
	},
}

var lintTools = toolset{
	Name: "lint", Dir: "lint", Takes: "1 to 2 minutes",
	Programs: []program{{Name: "golangci-lint", Package: "github.com/golangci/golangci-lint/v2/cmd/golangci-lint"}},
}

var workflowTools = toolset{
	Name: "workflows", Dir: "workflows", Takes: "10 seconds",
	Programs: []program{{Name: "actionlint", Package: "github.com/rhysd/actionlint/cmd/actionlint"}},
}

var supplyTools = toolset{
	Name: "supply", Dir: "supply", Takes: "1 minute",
	Programs: []program{
		{Name: "govulncheck", Package: "golang.org/x/vuln/cmd/govulncheck"},
		{Name: "cyclonedx-gomod", Package: "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod"},
	},
}

var releaseTools = toolset{
	Name: "release", Dir: "release", Takes: "5 to 10 minutes",
	Programs: []program{{Name: "goreleaser", Package: "github.com/goreleaser/goreleaser/v2"}},
}

// pinned returns the version, with its v, that the toolset's go.mod requires of a module.
func (s toolset) pinned(module string) (string, error) {
	path := filepath.Join(s.Dir, "go.mod")
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%w (run in the folder tools)", err)
	}
	file, err := modfile.ParseLax(path, data, nil)
	if err != nil {
		return "", err
	}
	for _, require := range file.Require {
		if require.Mod.Path == module {
			return require.Mod.Version, nil
		}
	}
	return "", fmt.Errorf("%s does not require %s", path, module)
}

func (s toolset) linkFlags(p program) (string, error) {
	flags := "-s -w"
	if p.VersionFrom == "" {
		return flags, nil
	}
	version, err := s.pinned(p.VersionFrom)
	if err != nil {
		return "", err
	}
	return flags + " -X " + versionFlag + "=" + strings.TrimPrefix(version, "v"), nil
}
