package docs

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
)

// The role whose trust policy the pages attach, and what they use for the address of a sandbox.
const (
	awsRole   = "arn:aws:iam::123456789012:role/payments-prod"
	published = "http://127.0.0.1:8080"
)

// TestPages does what a page says, in its order: its YAML programs are put in place, and what its consoles show is typed
// and must print what the page says it does.
func TestPages(t *testing.T) {
	t.Parallel()
	all := blocks(t)
	for page := range consoles(all) {
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, organization+existing[page])
			for _, b := range all {
				if b.page == page {
					d.follow(b)
				}
			}
			d.previewUnapplied()
		})
	}
}

// follow does what one block of a page says.
func (d *desk) follow(b block) {
	d.t.Helper()
	switch {
	case b.is("yaml", ""):
		d.previewUnapplied()
		d.program(b.text)
		d.unapplied = true
	case b.is("yaml", "environment"):
		write(d.t, filepath.Join(d.engineer.Dir, "environment.yaml"), b.text)
	case b.is("json", "trust-policy-to-lint"):
		write(d.t, filepath.Join(d.engineer.Dir, "trust-policy.json"), b.text)
	case b.is("yaml", "suppressions"):
		write(d.t, filepath.Join(d.engineer.Dir, "accepted.yaml"), b.text)
	case b.is("console", ""):
		for _, shown := range transcript(d.t, b) {
			d.replay(shown)
		}
	}
}

// previewUnapplied previews a program that no console of its page runs, in a stack of its own: it stands beside what the
// page has put in place, and does not replace it.
func (d *desk) previewUnapplied() {
	d.t.Helper()
	if !d.unapplied {
		return
	}
	d.unapplied = false
	d.stacks++
	d.stack(fmt.Sprintf("beside%d", d.stacks))
	d.run("preview", "--non-interactive")
	d.run("stack", "select", pageStack)
}

// typed is one command of a console and what the page shows of its output.
type typed struct {
	where  block
	who    string // "" for the engineer
	line   string
	output []string
}

// prompt is "$ " for the engineer, and "bo@acme $ " for somebody else.
var prompt = regexp.MustCompile(`^(?:(\w+)@acme )?\$ (.*)$`)

func transcript(t *testing.T, b block) []typed {
	t.Helper()
	var found []typed
	for _, line := range strings.Split(strings.TrimSpace(b.text), "\n") {
		if match := prompt.FindStringSubmatch(line); match != nil {
			found = append(found, typed{where: b, who: match[1], line: match[2]})
			continue
		}
		require.NotEmpty(t, found, "%s: a console starts with a command", b)
		last := &found[len(found)-1]
		if strings.HasSuffix(last.line, "\\") {
			last.line = strings.TrimSuffix(last.line, "\\") + strings.TrimSpace(line)
			continue
		}
		last.output = append(last.output, line)
	}
	return found
}

// replay types one command. The page may leave lines out, and parts of lines as "...", but what it shows must be printed,
// in its order. A command that fails must be shown to.
func (d *desk) replay(shown typed) {
	d.t.Helper()
	if shown.who == "" && !strings.HasPrefix(shown.line, "pulumi import") {
		d.unapplied = false
	}
	line := strings.ReplaceAll(confirmed(shown), published, d.sandbox.URL)
	output, err := d.person(shown.who).Shell(d.t.Context(), line)
	output = strings.ReplaceAll(output, d.sandbox.URL, published)
	expected := strings.Join(shown.output, "\n")
	if err != nil {
		require.Contains(d.t, strings.ToLower(expected), "error", "%s: %s\nfailed:\n%s", shown.where, shown.line, output)
	}
	require.Empty(d.t, firstMissing(shown.output, output), "%s: %s\ndoes not print this line at its place. It prints:\n%s",
		shown.where, shown.line, output)
	d.attachTrustPolicy()
}

// confirmed answers yes where the CLI would ask the engineer.
func confirmed(shown typed) string {
	asks := regexp.MustCompile(`^pulumi (up|refresh|import)\b`).MatchString(shown.line)
	if shown.who != "" || !asks || strings.Contains(shown.line, "--preview-only") {
		return shown.line
	}
	return shown.line + " --yes"
}

// firstMissing is the first expected line that the output does not have after those before it.
func firstMissing(expected []string, output string) string {
	lines := strings.Split(output, "\n")
	for _, want := range expected {
		if strings.TrimSpace(want) == "..." || strings.TrimSpace(want) == "" {
			continue
		}
		parts := strings.Split(words(want), "...")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		pattern := regexp.MustCompile("^" + strings.Join(parts, ".*") + "$")
		at := 0
		for at < len(lines) && !pattern.MatchString(words(lines[at])) {
			at++
		}
		if at == len(lines) {
			return want
		}
		lines = lines[at+1:]
	}
	return ""
}

// words is a line without what only aligns it.
func words(line string) string { return strings.Join(strings.Fields(line), " ") }

// ci is a run of a CI system, which has no token before it logs in.
const ci = "ci"

// person is who types: somebody logged in to the sandbox with a token of their own.
func (d *desk) person(login string) person {
	d.t.Helper()
	if login == "" {
		return d.engineer
	}
	if found, ok := d.others[login]; ok {
		return found
	}
	identity := servertest.Identity{User: login}
	if login == "deployment" {
		identity = servertest.Identity{Deployment: &servertest.Deployment{Project: "payments", Stack: "prod", Operation: "update"}}
	}
	found := d.engineer
	found.Env = nil
	for _, setting := range d.engineer.Env {
		if !slices.ContainsFunc([]string{"PULUMI_BACKEND_URL=", "PULUMI_HOME=", "PULUMI_ACCESS_TOKEN="}, func(name string) bool {
			return strings.HasPrefix(setting, name)
		}) {
			found.Env = append(found.Env, setting)
		}
	}
	home := filepath.Join(d.root, "home-"+login)
	require.NoError(d.t, harness.LinkTool(home))
	found = found.With("PULUMI_HOME=" + home)
	if login != ci {
		found = found.With("PULUMI_ACCESS_TOKEN=" + d.sandbox.TokenFor(identity))
		_, err := found.Run(d.t.Context(), "login", d.sandbox.URL)
		require.NoError(d.t, err)
	}
	d.others[login] = found
	return found
}

type resource struct {
	Type    string         `json:"type"`
	Outputs map[string]any `json:"outputs"`
}

// state is what the engineer's stack holds.
func (d *desk) state() []resource {
	d.t.Helper()
	var exported struct {
		Deployment struct {
			Resources []resource `json:"resources"`
		} `json:"deployment"`
	}
	require.NoError(d.t, json.Unmarshal([]byte(d.run("stack", "export")), &exported))
	return exported.Deployment.Resources
}

// attachTrustPolicy does what the pages tell readers to do with the output `trustPolicy`: the sandbox's AWS account
// decides by it from then on, for the role of the output `roleArn` if there is one.
func (d *desk) attachTrustPolicy() {
	d.t.Helper()
	for _, r := range d.state() {
		if policy, ok := r.Outputs["trustPolicy"].(string); ok && r.Type == "pulumi:pulumi:Stack" {
			role := awsRole
			if named, ok := r.Outputs["roleArn"].(string); ok {
				role = named
			}
			d.sandbox.RegisterAWSRole(role, policy)
		}
		if r.Type == "pulumi:pulumi:Stack" {
			d.attachGoogle(r.Outputs)
		}
	}
}

func TestFirstMissing(t *testing.T) {
	t.Parallel()
	output := "one\n  two   words\nthree 123 s\n"
	for _, tc := range []struct {
		name, want string
		expected   []string
	}{
		{"in order", "", []string{"one", "three ... s"}},
		{"spaces do not matter", "", []string{"two words"}},
		{"a gap", "", []string{"one", "...", "three 123 s"}},
		{"out of order", "one", []string{"two words", "one"}},
		{"not the whole line", "two", []string{"two"}},
		{"twice", "one", []string{"one", "one"}},
	} {
		require.Equal(t, tc.want, firstMissing(tc.expected, output), tc.name)
	}
}
