package docs

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
)

// trusted are the subjects that each page's trust policies admit.
func trusted(t *testing.T, page string) (subjects []string, audience string) {
	t.Helper()
	var err error
	switch page {
	case "docs/deployment-roles.md":
		subjects, err = oidc.DeploymentSubjects("acme", "payments", "prod", []oidc.Operation{oidc.Preview, oidc.Update})
		audience = oidc.DeploymentAudience("acme")
	default:
		subjects, err = oidc.ESCSubjects("acme", oidc.EnvironmentRef{Project: "payments", Name: "prod"}, oidc.Lock{})
		audience = oidc.ESCAudience(oidc.AWS, "acme", "payments")
	}
	require.NoError(t, err)
	return subjects, audience
}

// Trust policies in the pages are what the provider writes.
func TestTrustPolicies(t *testing.T) {
	t.Parallel()
	shown := of(blocks(t), "json", "trust-policy")
	require.NotEmpty(t, shown)
	for _, b := range shown {
		subjects, audience := trusted(t, b.page)
		written, err := oidc.AWSTrustPolicy(oidc.AWSTrust{
			Subjects: subjects, Audiences: []string{audience}, AccountID: "123456789012", Issuer: "https://api.pulumi.com/oidc",
		})
		require.NoError(t, err)
		assert.JSONEq(t, written, b.text, "%s", b)
	}
}

// Definitions in the pages are definitions to the ESC library.
func TestDefinitions(t *testing.T) {
	t.Parallel()
	shown := of(blocks(t), "yaml", "environment")
	require.NotEmpty(t, shown)
	for _, b := range shown {
		assert.Empty(t, esc.Check(b.String(), b.text), "%s", b)
	}
}

// Seeds in the pages start a sandbox.
func TestSeeds(t *testing.T) {
	t.Parallel()
	shown := of(blocks(t), "yaml", "seed")
	require.NotEmpty(t, shown)
	for _, b := range shown {
		_, err := server.New(server.Options{Seed: []byte(b.text)})
		assert.NoError(t, err, "%s", b)
	}
}

// Every resource says how it is imported, with a type of the package and an id of the form that the provider takes.
func TestImports(t *testing.T) {
	t.Parallel()
	var schema struct {
		Resources map[string]struct {
			Description string `json:"description"`
			IsComponent bool   `json:"isComponent"`
		} `json:"resources"`
	}
	require.NoError(t, json.Unmarshal([]byte(read(t, filepath.Join(root, "schema.json"))), &schema))
	const none = "" // it cannot be imported, and says why
	forms := map[string]string{
		"ApprovalGate":    "acme/<id>",
		"AccessInvariant": none, "MachineToken": none, "LoginTransition": none,
		"Role": "acme/<id>", "Team": "acme/payments", "TeamAccess": "acme/payments", "EntityAccess": "acme/stack/payments/prod",
		"Environment": "acme/payments/dev", "DeploymentRole": "acme/payments/prod",
		"OrganizationSettings": "acme", "PermissionSet": "acme/<id>",
		"StackOwner": "acme/payments/prod", "EnvironmentOwner": "acme/payments/prod", "OidcIssuer": "acme/<id>", "TeamMembers": "acme/payments",
	}
	seen := 0
	for token, r := range schema.Resources {
		name := token[strings.LastIndex(token, ":")+1:]
		if r.IsComponent {
			continue
		}
		seen++
		_, section, found := strings.Cut(r.Description, "\n## Import\n")
		require.True(t, found, "%s has no section on import", name)
		shown := of(fenced(t, token, section), "sh", "")
		if forms[name] == none {
			assert.Contains(t, section, "cannot be imported", name)
			assert.Empty(t, shown, name)
			continue
		}
		require.Len(t, shown, 1, name)
		words := strings.Fields(shown[0].text)
		require.Len(t, words, 5, name)
		assert.Equal(t, []string{"pulumi", "import", token}, words[:3], name)
		assert.Equal(t, forms[name], words[4], name)
	}
	assert.Len(t, forms, seen)
}

// Commands in the pages exist: make targets, flags of the sandbox, commands of the Pulumi CLI, names of the packages.
func TestCommands(t *testing.T) {
	t.Parallel()
	d := newDesk(t, organization)
	shown := of(blocks(t), "bash", "")
	require.NotEmpty(t, shown)
	for _, b := range shown {
		for _, line := range strings.Split(strings.TrimSpace(b.text), "\n") {
			line = strings.TrimSpace(strings.SplitN(line, "   #", 2)[0])
			if line != "" {
				d.exists(b, line)
			}
		}
	}
}

const repository = "github.com/pulumi-leastprivilege/pulumi-leastprivilege"

var (
	makefile = regexp.MustCompile(`(?m)^([a-z-]+):`)
	flagName = regexp.MustCompile(`--[a-z-]+`)
)

// exists says whether a line of a shell could be typed.
func (d *desk) exists(b block, line string) {
	d.t.Helper()
	fields := strings.Fields(line)
	switch {
	case fields[0] == "make":
		targets := makefile.FindAllStringSubmatch(read(d.t, filepath.Join(root, "Makefile")), -1)
		assert.Contains(d.t, targets, []string{fields[1] + ":", fields[1]}, "%s: %s", b, line)
	case strings.HasPrefix(line, "go run ./sandbox"):
		sources, err := filepath.Glob(filepath.Join(root, "sandbox", "*.go"))
		require.NoError(d.t, err)
		var code strings.Builder
		for _, source := range sources {
			code.WriteString(read(d.t, source))
		}
		for _, flag := range flagName.FindAllString(line, -1) {
			assert.Contains(d.t, code.String(), `"`+strings.TrimPrefix(flag, "--")+`"`, "%s: %s", b, line)
		}
	case strings.HasPrefix(line, toolCommand):
		d.tool(b, line)
	case strings.HasPrefix(line, "pulumi new "):
		template := strings.TrimPrefix(fields[2], "CLONE/")
		assert.FileExists(d.t, filepath.Join(root, template, "Pulumi.yaml"), "%s: %s", b, line)
		d.command(b, fields[1:])
	case fields[0] == "pulumi":
		d.command(b, fields[1:])
	case line == "npm install pulumi-leastprivilege", line == "pip install pulumi_leastprivilege", line == "go get "+goSDK:
		assert.Contains(d.t, read(d.t, filepath.Join(root, "schema.json")), fields[2])
	case fields[0] == "git":
		assert.Equal(d.t, "git clone https://"+repository, line, "%s", b)
	case fields[0] == "cd":
		// What is cloned is a folder of the repository's name.
		inside := strings.TrimPrefix(strings.TrimPrefix(fields[1], path.Base(repository)), "/")
		info, err := os.Stat(filepath.Join(root, inside))
		if assert.NoError(d.t, err, "%s: %s", b, line) {
			assert.True(d.t, info.IsDir(), "%s: %s", b, line)
		}
	case fields[0] == "export":
		assert.Regexp(d.t, `^export PULUMI_[A-Z_]+=\S+`, line, "%s", b)
	default:
		assert.Fail(d.t, "a command that nothing knows", "%s: %s", b, line)
	}
}

// command asks the CLI for the help of a command, and for its flags in it.
func (d *desk) command(b block, fields []string) {
	d.t.Helper()
	var name []string
	for _, field := range fields {
		if !regexp.MustCompile(`^[a-z]+$`).MatchString(field) || len(name) == 2 {
			break
		}
		name = append(name, field)
	}
	help, err := d.engineer.Run(d.t.Context(), append(name, "--help")...)
	require.NoError(d.t, err, "%s", b)
	// For a word that is not a command, the CLI prints the help of the command before it.
	last := len(name) - 1
	known := strings.Join(name[:last], " ") + " (" + name[last] + `( |$)|\S+[^$]*\n\s*Aliases:\n[^\n]*\b` + name[last] + `\b)`
	assert.Regexp(d.t, `(?m)^\s*pulumi ?`+known, help, "%s: pulumi %s", b, strings.Join(fields, " "))
	for _, field := range fields {
		if strings.HasPrefix(field, "--") {
			assert.Contains(d.t, help, strings.SplitN(field, "=", 2)[0], "%s: pulumi %s", b, strings.Join(fields, " "))
		}
	}
}

// Project files in the pages find the plugin in the folder that they name, when none is installed.
func TestProjectFiles(t *testing.T) {
	t.Parallel()
	shown := of(blocks(t), "yaml", "project")
	require.NotEmpty(t, shown)
	for _, b := range shown {
		d := newDesk(t, organization)
		require.NoError(t, os.RemoveAll(filepath.Join(d.root, "home", "plugins")))
		program := strings.ReplaceAll(b.text, "CLONE/bin", os.Getenv("LEASTPRIVILEGE_PLUGIN_DIR"))
		require.NotEqual(t, b.text, program, "%s", b)
		d.program(program + "resources: {team: {type: 'leastprivilege:Team', properties: {name: payments, members: [bo]}}}\n")
		assert.Contains(t, d.run("preview", "--non-interactive"), "leastprivilege:index:Team", "%s", b)
	}
}

// Messages that the page on troubleshooting shows are messages of the code.
func TestTroubleshootingShowsRealMessages(t *testing.T) {
	t.Parallel()
	code := messages(t)
	cell := regexp.MustCompile("(?m)^\\| `([^`]+)`[^|]*\\|")
	shown := cell.FindAllStringSubmatch(read(t, filepath.Join(root, "docs", "troubleshooting.md")), -1)
	require.Greater(t, len(shown), 10)
	for _, match := range shown {
		for _, part := range strings.Split(match[1], "...") {
			assert.True(t, strings.Contains(code, strings.Trim(part, `"`)), "no message has %q of docs/troubleshooting.md: %s", part, match[1])
		}
	}
}

// messages are all texts in the plugin's code, one after another.
func messages(t *testing.T) string {
	t.Helper()
	var texts strings.Builder
	require.NoError(t, filepath.WalkDir(filepath.Join(root, "provider"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if text, ok := n.(ast.Expr); ok {
				if value, ok := joined(text); ok {
					texts.WriteString(value + "\n")
					return false
				}
			}
			return true
		})
		return nil
	}))
	return texts.String()
}

// joined is the value of a string literal, or of several that are added.
func joined(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		value, err := strconv.Unquote(e.Value)
		return value, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, first := joined(e.X)
		right, second := joined(e.Y)
		return left + right, first && second && e.Op == token.ADD
	}
	return "", false
}

// The overview for the registry and the one for readers of the repository list the same practices.
func TestOverviewsListTheSamePractices(t *testing.T) {
	t.Parallel()
	practices := func(page string) string {
		_, after, found := strings.Cut(read(t, filepath.Join(root, "docs", page)), "\n## Practices\n")
		require.True(t, found, page)
		section, _, _ := strings.Cut(after, "\n## ")
		return section
	}
	assert.Equal(t, practices("_index.md"), practices("README.md"))
}
