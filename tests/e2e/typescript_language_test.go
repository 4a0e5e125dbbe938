package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is wrong in a program is an error of the compiler, on its line, that names what is wrong; nothing else is.
func TestTypeScriptCompilerRefusesWrongPrograms(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS(filepath.Join(nodejsTests, "wrong"))))
	output, err := compileTypeScript(t, folder)
	require.Error(t, err, "it compiled")
	reported := compilerErrors(output)

	program, err := os.ReadFile(filepath.Join(folder, "index.ts"))
	require.NoError(t, err)
	marked := regexp.MustCompile(`// wrong: (TS\d+) (\S+)$`)
	wrong := 0
	for i, line := range strings.Split(string(program), "\n") {
		place := fmt.Sprintf("index.ts(%d)", i+1)
		mark := marked.FindStringSubmatch(line)
		if mark == nil {
			assert.NotContains(t, reported, place)
			continue
		}
		wrong++
		assert.Contains(t, reported[place], mark[1], "%s %s", place, line)
		assert.Contains(t, reported[place], mark[2], "%s %s", place, line)
	}
	assert.Len(t, reported, wrong, output)
	assert.Greater(t, wrong, 20)
}

// compilerErrors are the compiler's messages by file and line. Lines of a message after its first are indented.
func compilerErrors(output string) map[string]string {
	starts := regexp.MustCompile(`^(\S+\.ts)\((\d+),\d+\): error `)
	all, place := map[string]string{}, ""
	for _, line := range strings.Split(output, "\n") {
		if start := starts.FindStringSubmatch(line); start != nil {
			place = fmt.Sprintf("%s(%s)", start[1], start[2])
		}
		if place != "" {
			all[place] += line + "\n"
		}
	}
	return all
}

// What the READMEs show compiles and runs, in a folder with nothing but the SDK installed.
func TestTypeScriptREADMEs(t *testing.T) {
	t.Parallel()
	readmes := map[string]string{
		"repository": repositoryReadme,
		"package":    filepath.Join(typeScriptModules(t), "pulumi-leastprivilege", "README.md"),
	}
	for name, path := range readmes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := t.TempDir()
			writeReadme(t, source, path, "typescript", "index.ts", "nodejs")
			typeScript.checkReadme(t, source)
		})
	}
}

// The package says what it is, where its plugin comes from, and carries its types with their documentation.
func TestTypeScriptPackage(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(typeScriptModules(t), "pulumi-leastprivilege")
	read := func(name string) string {
		content, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		return string(content)
	}
	var manifest struct {
		Name, Version, Description, Homepage, Repository, License string
		Keywords                                                  []string
		Dependencies                                              map[string]string
		Pulumi                                                    struct {
			Resource              bool
			Name, Version, Server string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(read("package.json")), &manifest))
	const repository = "https://github.com/pulumi-leastprivilege/pulumi-leastprivilege"
	assert.Equal(t, "pulumi-leastprivilege", manifest.Name)
	assert.Contains(t, manifest.Description, "Least privilege on Pulumi Cloud")
	assert.Equal(t, repository, manifest.Homepage)
	assert.Equal(t, repository, manifest.Repository)
	assert.Equal(t, "Apache-2.0", manifest.License)
	assert.Subset(t, manifest.Keywords, []string{"pulumi", "category/cloud", "kind/native"})
	assert.Contains(t, manifest.Dependencies, "@pulumi/pulumi")
	assert.True(t, manifest.Pulumi.Resource)
	assert.Equal(t, "leastprivilege", manifest.Pulumi.Name)
	assert.Equal(t, manifest.Version, manifest.Pulumi.Version)
	assert.Equal(t, "github://api.github.com/pulumi-leastprivilege/pulumi-leastprivilege", manifest.Pulumi.Server)

	assert.Contains(t, read("LICENSE"), "Apache License")
	declared := regexp.MustCompile(`\*/\n    (\w+)\??: pulumi\.Input`)
	assert.Greater(t, len(declared.FindAllString(read("types/input.d.ts"), -1)), 40, "inputs have their documentation")
	assert.Regexp(t, `(?s)/\*\*.*\*/\nexport declare class ScopedTeam `, read("scopedTeam.d.ts"))
	assert.Regexp(t, `(?s)/\*\*.*\*/\nexport declare function escSubjectsOutput`, read("escSubjects.d.ts"))
}
