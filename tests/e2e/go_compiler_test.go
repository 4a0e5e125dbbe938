package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A mistake in a program is found by the compiler. ARGUMENTS are those of a ScopedTeam.
const mistakenProgram = `package main

import (
	lp "` + goSDK + `"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		_, err := lp.NewScopedTeam(ctx, "team", &lp.ScopedTeamArgs{ARGUMENTS})
		return err
	})
}
`

// Go has no notion of a field that must be set, so the SDK says what is missing when the program runs, before any call.
// That is the one mistake here which the compiler lets through.
const missingTest = `package main

import (
	"testing"

	lp "` + goSDK + `"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

type none struct{}

func (none) NewResource(pulumi.MockResourceArgs) (string, resource.PropertyMap, error) { panic("registered") }
func (none) Call(pulumi.MockCallArgs) (resource.PropertyMap, error)                    { panic("called") }

func TestMissing(*testing.T) {
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		_, err := lp.NewScopedTeam(ctx, "team", &lp.ScopedTeamArgs{Members: pulumi.ToStringArray([]string{"bo"})})
		return err
	}, pulumi.WithMocks("project", "stack", none{}))
	println(err.Error())
}
`

func TestGoMistakesDoNotCompile(t *testing.T) {
	t.Parallel()
	mistakes := map[string]struct{ arguments, message string }{
		"correct":  {`Name: pulumi.String("payments")`, ""},
		"unknown":  {`Name: pulumi.String("payments"), GrantThrough: lp.GrantThroughPeople`, "undefined: lp.GrantThroughPeople"},
		"other":    {`Name: pulumi.String("payments"), GrantThrough: lp.StackPermissionRead`, "does not implement leastprivilege.GrantThroughPtrInput"},
		"text":     {`Name: pulumi.String("payments"), GrantThrough: pulumi.String("role")`, "does not implement leastprivilege.GrantThroughPtrInput"},
		"property": {`Name: pulumi.String("payments"), Member: pulumi.ToStringArray([]string{"bo"})`, "unknown field Member"},
		"type":     {`Name: pulumi.String("payments"), Members: pulumi.String("bo")`, "does not implement pulumi.StringArrayInput"},
		"nested": {
			`Access: &lp.AccessArgs{Stacks: lp.EnvironmentRuleArray{}}`,
			"does not implement leastprivilege.StackRuleArrayInput",
		},
	}
	folder := filepath.Join(t.TempDir(), "mistakes")
	for name, mistake := range mistakes {
		require.NoError(t, os.MkdirAll(filepath.Join(folder, name), 0o700))
		program := strings.ReplaceAll(mistakenProgram, "ARGUMENTS", mistake.arguments)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name, "main.go"), []byte(program), 0o600))
	}
	useGoSDK(t, folder)
	output, err := goCommand(t, folder, "build", "-o", filepath.Join(folder, "built")+"/", "./...")
	require.Error(t, err, "programs with mistakes compiled")
	found := goErrors(output)
	for name, mistake := range mistakes {
		if mistake.message == "" {
			assert.NotContains(t, found, name)
			continue
		}
		assert.Contains(t, found[name], mistake.message, name)
	}

	require.NoError(t, os.Mkdir(filepath.Join(folder, "missing"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "missing", "main_test.go"), []byte(missingTest), 0o600))
	output, err = goCommand(t, folder, "test", "-mod=mod", "-v", "-vet=off", "./missing")
	require.NoError(t, err, output)
	assert.Contains(t, output, "invalid value for required argument 'Name'")
}

// goErrors are the errors of each package, by its folder.
func goErrors(output string) map[string]string {
	found := map[string]string{}
	for _, line := range strings.Split(output, "\n") {
		name, message, ok := strings.Cut(line, "/")
		if ok && !strings.HasPrefix(line, "#") {
			found[name] += message + "\n"
		}
	}
	return found
}
