package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	// parses finds code that reads a text which others wrote.
	parses = regexp.MustCompile(`(json|yaml)\.(Unmarshal|NewDecoder)\(|jwt\.Parse|url\.Parse(Query)?\(|regexp\.Compile\(|(?m)^func (\([^)]*\) )?(Parse|Unmarshal)[A-Z]?\w*\(`)
	target = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(f \*testing\.F\)`)
)

// fuzzedFrom has the packages that parse and are fuzzed from another one, whose target reaches all that they parse.
var fuzzedFrom = map[string]string{
	"provider/components/cloudlogin":    "provider FuzzInputs", // its checks are those of the functions and resources
	"provider/resources/deploymentrole": "provider FuzzInputs",
	"provider/resources/oidcissuer":     "provider FuzzInputs",
	"provider/stores":                   "provider/oidc FuzzParseAWSPermissionPolicy", // which refuses what it joins
	"provider/survey":                   "provider/cloud FuzzAnswers",                 // reads the settings that the client has read
	"provider/types":                    "provider FuzzInputs",
	"sandbox/approvals":                 "sandbox/server FuzzRequests",
	"sandbox/clouds":                    "sandbox/server FuzzRequests",
	"sandbox/contract":                  "sandbox/server FuzzRequests", // of tests alone
	"sandbox/environments":              "sandbox/server FuzzParseImportName",
	"sandbox/idtokens":                  "sandbox/server FuzzAssumeRoleTakesAnyToken",
	"sandbox/rest":                      "sandbox/server FuzzRequests",
	"sandbox/seed":                      "sandbox/server FuzzSeed",
	"sandbox/stacks":                    "sandbox/server FuzzRequests",
	"sandbox/state":                     "sandbox/server FuzzState",
	"sandbox/teams":                     "sandbox/server FuzzRequests",
	"sandbox/trust":                     "sandbox/server FuzzRequests",
}

// onlyTests are packages that only tests use, and that read what tests wrote.
var onlyTests = []string{"provider/resourcetest", "provider/enginetest", "sandbox/server/servertest"}

// Every package that parses has a fuzz target, its own or one of another package that is named here.
func TestEveryParserIsFuzzed(t *testing.T) {
	t.Parallel()
	parsers, targets := map[string]bool{}, map[string][]string{}
	for _, root := range []string{"provider", "sandbox"} {
		require.NoError(t, filepath.WalkDir(root, func(file string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(file) != ".go" {
				return err
			}
			text, err := os.ReadFile(file)
			folder := filepath.ToSlash(filepath.Dir(file))
			switch {
			case strings.HasSuffix(file, "_test.go"):
				for _, found := range target.FindAllStringSubmatch(string(text), -1) {
					targets[folder] = append(targets[folder], folder+" "+found[1])
				}
			case parses.Match(text) && !slices.Contains(onlyTests, folder):
				parsers[folder] = true
			}
			return err
		}))
	}
	assert.Greater(t, len(parsers), 20)
	for folder := range parsers {
		if len(targets[folder]) > 0 {
			assert.NotContains(t, fuzzedFrom, folder, "it has a target of its own")
			continue
		}
		from := fuzzedFrom[folder]
		of, _, _ := strings.Cut(from, " ")
		assert.Contains(t, targets[of], from, "%s parses, and no fuzz target reaches it", folder)
	}
	for folder := range fuzzedFrom {
		assert.True(t, parsers[folder], "%s does not parse", folder)
	}
}
