package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
)

// failingSecret is part of every secret here. It is not a valid value of anything that is checked.
const failingSecret = "m4rk3d-s3cr3t"

// maxLog bounds what one preview logs at -v=9, and what this plugin adds to it.
const maxLog, maxPluginLog = 4 << 20, 64 << 10

type schemaType struct {
	Type       string                `json:"type"`
	Ref        string                `json:"$ref"`
	Items      *schemaType           `json:"items"`
	Additional *schemaType           `json:"additionalProperties"`
	Properties map[string]schemaType `json:"properties"`
	Enum       []any                 `json:"enum"`
}

type schemaDocument struct {
	Resources map[string]struct {
		InputProperties map[string]schemaType `json:"inputProperties"`
	} `json:"resources"`
	Types map[string]schemaType `json:"types"`
}

func readSchema(t *testing.T) schemaDocument {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "schema.json"))
	require.NoError(t, err)
	var document schemaDocument
	require.NoError(t, json.Unmarshal(text, &document))
	return document
}

// fill makes a value of a type with a secret at every text in it, taken from fn::secret and from the configuration in turn. It counts
// them.
func (s schemaDocument) fill(typ schemaType, depth int, count *int) any {
	switch {
	case depth > 7:
		return nil
	case typ.Type == "array":
		return []any{s.fill(*typ.Items, depth+1, count)}
	case typ.Type == "object" && typ.Additional != nil:
		return map[string]any{"k": s.fill(*typ.Additional, depth+1, count)}
	case strings.HasPrefix(typ.Ref, "#/types/") && len(s.Types[strings.TrimPrefix(typ.Ref, "#/types/")].Enum) == 0:
		fields := map[string]any{}
		properties := s.Types[strings.TrimPrefix(typ.Ref, "#/types/")].Properties
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			if value := s.fill(properties[name], depth+1, count); value != nil {
				fields[name] = value
			}
		}
		return fields
	case typ.Type == "boolean":
		return false
	case typ.Type == "integer", typ.Type == "number":
		return 1
	}
	*count++
	if *count%2 == 0 {
		return "${marked}"
	}
	return map[string]any{"fn::secret": fmt.Sprintf("%s-%d/*? <yaml", failingSecret, *count)}
}

// everySecret is a program whose one resource has a secret in every input that can hold one.
func (s schemaDocument) everySecret(t *testing.T, token string) (program string, secrets int) {
	t.Helper()
	inputs := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.Resources[token].InputProperties)) {
		before := secrets
		if value := s.fill(s.Resources[token].InputProperties[name], 0, &secrets); secrets > before {
			inputs[name] = value
		}
	}
	kind := token[strings.LastIndex(token, ":")+1:]
	text, err := json.Marshal(map[string]any{"x": map[string]any{"type": "leastprivilege:" + kind, "properties": inputs}})
	require.NoError(t, err)
	return "config: {marked: {type: string, secret: true}}\nresources: " + string(text) + "\n", secrets
}

// hear replaces the installed plugin by one that writes its standard error to a file as well.
func (p *project) hear() (file string) {
	p.t.Helper()
	real, err := harness.PluginPath()
	require.NoError(p.t, err)
	file = filepath.Join(p.root, "plugin.stderr")
	installed := filepath.Join(p.root, "home", "plugins", "resource-leastprivilege-v"+harness.PluginVersion, "pulumi-resource-leastprivilege")
	require.NoError(p.t, os.Remove(installed))
	script := fmt.Sprintf("#!/bin/sh\nexec %q \"$@\" 2>>%q\n", real, file)
	require.NoError(p.t, os.WriteFile(installed, []byte(script), 0o700))
	return file
}

// split runs a command, and returns what it wrote to standard output and error.
func (p *project) split(arguments ...string) (stdout, stderr string, err error) {
	p.t.Helper()
	command := exec.CommandContext(p.t.Context(), "pulumi", arguments...)
	command.Dir, command.Env = p.cli.Dir, append(os.Environ(), p.cli.Env...)
	var out, logged bytes.Buffer
	command.Stdout, command.Stderr = &out, &logged
	err = command.Run()
	return out.String(), logged.String(), err
}

// Every input of every resource and component that can hold a secret is given one that fails its check, at preview and at update:
// what the commands print, what the plugin logs, and what they write shows none of them.
//
// At -v=9 the engine logs every property that it passes on, secrets in plain, whatever the provider: the test of the log level
// below shows it with a resource of the engine's own. So at -v=9 what this plugin writes itself is searched, and what the engine prints to
// standard output.
func TestSecretsThatFailAreShownNowhere(t *testing.T) {
	t.Parallel()
	document := readSchema(t)
	require.GreaterOrEqual(t, len(document.Resources), 20)
	for group := range slices.Chunk(slices.Sorted(maps.Keys(document.Resources)), 6) {
		t.Run(group[0][strings.LastIndex(group[0], ":")+1:], func(t *testing.T) {
			t.Parallel()
			p := newProject(t, organization, "resources: {}")
			heard := p.hear()
			p.run("config", "set", "--secret", "marked", failingSecret+"-configured/*")
			for _, token := range group {
				program, secrets := document.everySecret(t, token)
				require.Positive(t, secrets, token)
				p.program(program)
				p.failsQuietly(token, heard)
			}
			assert.NotContains(t, p.run("stack", "export"), failingSecret)
		})
	}
}

func (p *project) failsQuietly(token, heard string) {
	t := p.t
	t.Helper()
	require.NoError(t, os.WriteFile(heard, nil, 0o600))
	printed, logged, failed := p.split("preview", "--json", "--non-interactive", "-v=9", "--logtostderr", "--logflow")
	assert.NotContains(t, printed, failingSecret, token)
	assert.Less(t, len(logged), maxLog, "the log of a preview of %s", token)
	own, err := os.ReadFile(heard)
	require.NoError(t, err)
	assert.NotContains(t, string(own), failingSecret, "the plugin's own log of %s", token)
	if strings.HasSuffix(token, ":LoginTransition") {
		return // components alone create it, from inputs that they have checked
	}
	require.Error(t, failed, "the preview of %s", token)
	assert.Less(t, len(own), maxPluginLog, "the plugin's own log of %s", token)

	printed, logged, failed = p.split("up", "--yes", "--skip-preview", "--diff", "--non-interactive")
	require.Error(t, failed, "the update of %s", token)
	assert.NotContains(t, printed+logged, failingSecret, token)
}

// At -v=9 the engine logs the secrets of its own resources too: no provider can keep them out of that log.
func TestEngineLogsSecretsAtTheHighestLevel(t *testing.T) {
	t.Parallel()
	p := newProject(t, organization, `
resources:
  other: {type: 'pulumi:pulumi:StackReference', properties: {name: {fn::secret: `+failingSecret+`/e2e/other}}}
`)
	_, logged, err := p.split("preview", "--non-interactive", "-v=9", "--logtostderr", "--logflow")
	require.Error(t, err, "there is no such stack")
	assert.Contains(t, logged, failingSecret, "once this no longer holds, search the whole log in the test above")
}

// refusedPrograms have a secret in every input that holds free text, of everything that has such an input. A component stands alone:
// when another resource fails first, the engine may stop before the component has made its children.
var refusedPrograms = map[string]struct {
	resources string
	refused   int
}{
	"resources": {refused: 6, resources: `
  environment:
    type: leastprivilege:Environment
    properties:
      project: payments
      name: one
      definition: {'fn::secret': 'values: {password: {fn::secret: m4rk3d-s3cr3t}, plain: m4rk3d-s3cr3t}'}
      tags: {tier: '${marked}'}
  team: {type: 'leastprivilege:Team', properties: {name: one, displayName: '${marked}', description: {'fn::secret': m4rk3d-s3cr3t}}}
  role: {type: 'leastprivilege:Role', properties: {name: one, description: '${marked}', access: {organization: readOnly}}}
  set: {type: 'leastprivilege:PermissionSet', properties: {name: one, description: '${marked}', entityType: stack, scopes: ['stack:read']}}
  token: {type: 'leastprivilege:MachineToken', properties: {name: one, description: '${marked}', expiresIn: 30d, allow: [tokenWithoutRole]}}
  gate:
    type: leastprivilege:ApprovalGate
    properties: {project: payments, environment: live, name: '${marked}', action: open, approvers: {users: [bo]}}
`},
	"production": {refused: 1, resources: `
  production:
    type: leastprivilege:ProductionEnvironment
    properties:
      project: payments
      name: two
      deletionProtected: false
      values: {password: '${marked}'}
      environmentVariables: {TOKEN: {'fn::secret': m4rk3d-s3cr3t}}
      pulumiConfig: {'app:key': '${marked}'}
      tags: {tier: {'fn::secret': m4rk3d-s3cr3t}}
      aws: {create: false, roleArn: 'arn:aws:iam::123456789012:role/r'}
`},
	"scoped": {refused: 1, resources: `
  scoped:
    type: leastprivilege:ScopedTeam
    properties: {name: two, displayName: '${marked}', description: {'fn::secret': m4rk3d-s3cr3t}, access: {organization: readOnly}}
`},
}

// A service that refuses each write and repeats what it was sent: the secrets are not in what an update prints, logs or records.
func TestSecretsThatTheServiceRefusesAreShownNowhere(t *testing.T) {
	t.Parallel()
	for name, program := range refusedPrograms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			showsNoSecretThatIsRefused(t, program.resources, program.refused)
		})
	}
}

func showsNoSecretThatIsRefused(t *testing.T, resources string, refused int) {
	p := newProject(t, organization+"environments: [{project: payments, environment: live, definition: 'values: {}'}]\n",
		"variables: {marked: {'fn::secret': m4rk3d-s3cr3t}}\nresources:"+resources)
	heard := p.hear()
	// All have the same secret: the service repeats to each what that was given. It is not in the configuration, whose secrets
	// the CLI takes out of what it prints.
	body := `{"code":400,"message":"refused: ` + failingSecret + `"}`
	refuse := func(routes ...string) {
		for _, route := range routes {
			p.sandbox.Fault(servertest.Fault{Match: route, Times: 100, Status: http.StatusBadRequest, Body: &body})
		}
	}
	shown := func(output string) {
		t.Helper()
		assert.NotContains(t, output, failingSecret)
		own, err := os.ReadFile(heard)
		require.NoError(t, err)
		assert.NotContains(t, string(own), failingSecret, "the plugin's own log")
		assert.NotContains(t, p.run("stack", "export"), failingSecret)
	}
	up := []string{"up", "--yes", "--skip-preview", "--diff", "--continue-on-error", "--non-interactive"}
	refuse("*")
	shown(p.fails(up...))
	p.sandbox.Control(http.MethodDelete, "faults", nil, nil)
	refuse("PATCH /api/esc/environments/{orgName}/{projectName}/{envName}", "POST /api/orgs/{orgName}/teams/pulumi", "POST /api/orgs/{orgName}/roles",
		"POST /api/orgs/{orgName}/tokens", "POST /api/change-gates/{orgName}")
	output := p.fails(up...)
	assert.Equal(t, refused, strings.Count(output, "answered 400 Bad Request: refused: "), output)
	shown(output)
	p.sandbox.Control(http.MethodDelete, "faults", nil, nil)
	shown(p.up("--diff"))
	shown(p.refresh("--diff"))
	shown(p.destroy())
}
