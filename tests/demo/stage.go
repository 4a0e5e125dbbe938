package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
)

// stage is what the demo plays on: a sandbox, a copy of the example, and the people who type.
type stage struct {
	sandbox  *harness.Sandbox
	engineer harness.CLI // the platform engineer: runs the program, keeps state in a local folder
	root     string      // everything that the demo writes lies here
	steps    int
}

func newStage(ctx context.Context, example, deploymentRole string) (*stage, error) {
	root, err := os.MkdirTemp("", "leastprivilege-demo-")
	if err != nil {
		return nil, err
	}
	s := &stage{root: root}
	project := filepath.Join(root, "platform")
	if err := os.CopyFS(project, os.DirFS(example)); err != nil {
		return nil, fmt.Errorf("copying the example: %w", err)
	}
	s.sandbox, err = harness.StartSandbox(ctx,
		"--seed", filepath.Join(project, "organization.yaml"), "--deployment-role", deploymentRole)
	if err != nil {
		return nil, err
	}
	state := filepath.Join(root, "state")
	if err := os.Mkdir(state, 0o700); err != nil {
		return nil, err
	}
	s.engineer = harness.NewCLI(project, filepath.Join(root, "home-engineer"),
		"PULUMI_BACKEND_URL=file://"+filepath.ToSlash(state),
		"PULUMI_ACCESS_TOKEN="+s.sandbox.Token,
		"PULUMI_ORGANIZATION=acme",
	)
	return s, nil
}

func (s *stage) close() error {
	stopped := s.sandbox.Stop()
	removed := os.RemoveAll(s.root)
	if stopped != nil {
		return stopped
	}
	return removed
}

// as is somebody else: logged in to the sandbox with a token of their own.
func (s *stage) as(ctx context.Context, who string, principal map[string]any) (harness.CLI, error) {
	token, err := s.sandbox.TokenFor(ctx, principal)
	if err != nil {
		return harness.CLI{}, err
	}
	return s.login(ctx, who, token)
}

func (s *stage) login(ctx context.Context, who, token string) (harness.CLI, error) {
	cli := harness.NewCLI(s.root, filepath.Join(s.root, "home-"+who), "PULUMI_ACCESS_TOKEN="+token)
	_, err := cli.Run(ctx, "login", s.sandbox.URL)
	return cli, err
}

// step announces the next step.
func (s *stage) step(title string) {
	s.steps++
	fmt.Printf("\n%d. %s\n", s.steps, title)
}

// run runs a command and shows it as a person would type it, with what it printed.
func (s *stage) run(ctx context.Context, who string, cli harness.CLI, arguments ...string) (string, error) {
	fmt.Printf("   %s$ pulumi %s\n", who, shellLine(arguments))
	output, err := cli.Run(ctx, arguments...)
	show(output)
	return output, err
}

// refused runs a command that must fail, and say why.
func (s *stage) refused(ctx context.Context, who string, cli harness.CLI, because string, arguments ...string) error {
	output, err := s.run(ctx, who, cli, arguments...)
	if err == nil {
		return fmt.Errorf("pulumi %s was let through, and should have been refused", shellLine(arguments))
	}
	if !strings.Contains(output, because) {
		return fmt.Errorf("pulumi %s failed, but not because of %q:\n%s", shellLine(arguments), because, output)
	}
	return nil
}

func shellLine(arguments []string) string {
	quoted := make([]string, len(arguments))
	for i, argument := range arguments {
		quoted[i] = argument
		if strings.ContainsAny(argument, " {}\"'$&|;<>*?") {
			quoted[i] = "'" + argument + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// show prints what a command said, indented, without blank lines.
func show(output string) {
	for _, line := range strings.Split(output, "\n") {
		if strings.TrimSpace(line) != "" {
			fmt.Println("     | " + strings.TrimRight(line, " \r"))
		}
	}
}

// say prints what a step has shown.
func say(format string, arguments ...any) {
	fmt.Printf("   => "+format+"\n", arguments...)
}

// write puts a file into the folder in which everybody but the engineer types.
func (s *stage) write(name, text string) error {
	return os.WriteFile(filepath.Join(s.root, name), []byte(text), 0o600)
}
