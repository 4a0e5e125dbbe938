package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// BuiltDir is where `make build` puts the plugin and the sandbox.
func BuiltDir() (string, error) {
	directory := os.Getenv("LEASTPRIVILEGE_PLUGIN_DIR")
	if directory == "" {
		return "", errors.New("LEASTPRIVILEGE_PLUGIN_DIR is not set: run `make demo` or `make test-e2e`, which build what is needed")
	}
	return filepath.Abs(directory)
}

// CLI is somebody who types pulumi commands in one folder, with a login of their own.
type CLI struct {
	Dir string   // where the commands run
	Env []string // in addition to what every command needs
}

// NewCLI returns somebody whose home, and so whose logins and plugins, lie in home. The built plugin is found on PATH,
// as a developer's is. The user's own Pulumi settings never reach the commands.
func NewCLI(directory, home string, env ...string) (CLI, error) {
	built, err := BuiltDir()
	if err != nil {
		return CLI{}, err
	}
	own := []string{
		"PATH=" + built + string(os.PathListSeparator) + os.Getenv("PATH"),
		"PULUMI_HOME=" + home,
		"PULUMI_SKIP_UPDATE_CHECK=true",
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
		"PULUMI_CONFIG_PASSPHRASE=sandbox",
	}
	return CLI{Dir: directory, Env: append(own, env...)}, nil
}

// With returns the same person with further environment variables.
func (c CLI) With(env ...string) CLI {
	c.Env = append(append([]string{}, c.Env...), env...)
	return c
}

// Run runs one pulumi command and returns everything it printed. The error of a command that failed holds that too.
func (c CLI) Run(ctx context.Context, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, "pulumi", arguments...)
	command.Path, command.Err = lookPath(c.Env)
	command.Dir = c.Dir
	command.Env = append(cleanEnvironment(), c.Env...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		return output.String(), fmt.Errorf("pulumi %s: %w\n%s", strings.Join(arguments, " "), err, output.String())
	}
	return output.String(), nil
}

func lookPath(env []string) (string, error) {
	for _, setting := range env {
		if path, ok := strings.CutPrefix(setting, "PATH="); ok {
			for _, directory := range filepath.SplitList(path) {
				candidate := filepath.Join(directory, "pulumi")
				if info, err := os.Stat(candidate); err == nil && !info.IsDir() {
					return candidate, nil
				}
			}
		}
	}
	return "", exec.ErrNotFound
}

// cleanEnvironment is the environment without the user's own Pulumi settings and cloud credentials.
func cleanEnvironment() []string {
	var kept []string
	for _, setting := range os.Environ() {
		if !strings.HasPrefix(setting, "PULUMI_") && !strings.HasPrefix(setting, "AWS_") {
			kept = append(kept, setting)
		}
	}
	return kept
}
