package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// asTool makes the test binary the tool.
const asTool = "LEASTPRIVILEGE_TEST_AS_TOOL"

func TestMain(m *testing.M) {
	if os.Getenv(asTool) != "" {
		main()
	}
	os.Exit(m.Run())
}

// secret is in the seed, and nowhere in an answer.
const secret = "hunter2-of-the-seed"

const seed = `
organization: acme
users: [{login: ana, role: admin}, {login: ada, role: admin}, {login: bo, role: member}, {login: cy, role: member}, {login: sue, suspended: true}]
roles: [{name: openers, scopes: ["environment:open"]}]
teams: [{name: payments, admins: [bo]}, {name: operators, members: [cy]}]
stacks: [{project: payments, stack: prod, owner: ana, tags: {environment: production}}]
environments:
  - project: payments
    environment: prod
    owner: bo
    tags: {tier: production}
    definition: |
      imports: [payments/base]
      values:
        aws: {login: {fn::open::aws-login: {oidc: {roleArn: "arn:aws:iam::123456789012:role/deploy", sessionName: x}}}}
        password: {fn::secret: hunter2-of-the-seed}
  - {project: payments, environment: base, definition: "values: {}", owner: bo}
  - {project: payments, environment: dev, definition: "values: {}", owner: ana}
accounts: [{account: aws, owner: ana}]
agents: [{name: helper, role: openers}]
oidcIssuers:
  - name: github
    url: https://token.actions.githubusercontent.com
    policies: [{team: payments, claims: {sub: "repo:acme/app:*", aud: "urn:pulumi:org:acme"}}]
gates: [{project: payments, environment: prod, action: open, approvers: {teams: [payments]}}]
grants:
  - {team: operators, project: payments, environment: prod, permission: open}
  - {team: operators, project: payments, environment: base, permission: open}
`

// bench is a folder with a snapshot of a sandbox, in which the tool runs.
type bench struct {
	t       *testing.T
	sandbox *servertest.Running
	dir     string
	env     []string
}

// ran is how the tool ended.
type ran struct {
	code     int
	out, err string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return newBenchOn(t, servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(seed)}))
}

func newBenchOn(t *testing.T, sandbox *servertest.Running) *bench {
	t.Helper()
	b := &bench{t: t, sandbox: sandbox, dir: t.TempDir()}
	b.env = []string{
		"PULUMI_ACCESS_TOKEN=" + sandbox.Token, "PULUMI_BACKEND_URL=" + sandbox.URL, "PULUMI_ORGANIZATION=acme", "PULUMI_HOME=" + t.TempDir(), asTool + "=1",
	}
	return b
}

// run runs the tool as a process.
func (b *bench) run(args ...string) ran {
	b.t.Helper()
	command := exec.CommandContext(b.t.Context(), os.Args[0], args...)
	command.Dir = b.dir
	command.Env = slices.Concat(b.env, []string{"PATH=" + os.Getenv("PATH")})
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(b.t, err)
	}
	for _, text := range []string{out.String(), errs.String()} {
		require.NotContains(b.t, text, secret, "%v", args)
		require.NotContains(b.t, text, b.sandbox.Token, "%v", args)
	}
	return ran{command.ProcessState.ExitCode(), out.String(), errs.String()}
}

// must runs the tool, which succeeds.
func (b *bench) must(args ...string) string {
	b.t.Helper()
	done := b.run(args...)
	require.Zero(b.t, done.code, "%v:\n%s%s", args, done.out, done.err)
	return done.out
}

func (b *bench) file(name, text string) string {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	require.NoError(b.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(b.t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

// broaden grants something to a team, after which there is a difference.
func (b *bench) broaden() {
	b.t.Helper()
	status, body := b.sandbox.Call(b.sandbox.Token, "PATCH", "/api/orgs/acme/teams/operators", map[string]any{
		"addEnvironmentPermission": map[string]string{"projectName": "payments", "envName": "dev", "permission": "open"},
	})
	require.Less(b.t, status, 300, string(body))
}

// exported writes the audit log as JSON lines.
func (b *bench) exported(name string) {
	b.t.Helper()
	status, body := b.sandbox.Call(b.sandbox.Token, "GET", "/api/orgs/acme/auditlogs/v2", nil)
	require.Equal(b.t, 200, status, string(body))
	b.file(name, string(body))
}

// valid checks a document against its published schema.
func valid(t *testing.T, name, document string) {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	schema, err := compiler.Compile(filepath.Join("..", "docs", "schemas", name+".json"))
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
	require.NoError(t, err, document)
	require.NoError(t, schema.Validate(value), document)
}

// decoded is a document without what differs between two runs, or between the service and a snapshot of it.
func decoded(t *testing.T, document string) map[string]any {
	t.Helper()
	var value map[string]any
	require.NoError(t, json.Unmarshal([]byte(document), &value), document)
	delete(value, "blind")
	return value
}
