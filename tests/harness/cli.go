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

// PluginVersion is the version that a development build of the plugin says.
const PluginVersion = "0.1.0"

// PluginPath is the built plugin.
func PluginPath() (string, error) {
	directory, err := BuiltDir()
	return filepath.Join(directory, pluginName), err
}

const pluginName = "pulumi-resource-leastprivilege"

// LinkPlugin makes the built plugin an installed one of the given home, without copying it as
// `pulumi plugin install --file` does.
func LinkPlugin(home string) error {
	plugin, err := PluginPath()
	if err != nil {
		return err
	}
	installed := filepath.Join(home, "plugins", "resource-leastprivilege-v"+PluginVersion)
	if err := os.MkdirAll(installed, 0o700); err != nil {
		return err
	}
	return os.Symlink(plugin, filepath.Join(installed, pluginName))
}

// LinkTool makes the built terminal tool an installed one of the given home.
func LinkTool(home string) error {
	directory, err := BuiltDir()
	if err != nil {
		return err
	}
	installed := filepath.Join(home, "plugins", "tool-leastprivilege-v"+PluginVersion)
	if err := os.MkdirAll(installed, 0o700); err != nil {
		return err
	}
	return os.Symlink(filepath.Join(directory, toolName), filepath.Join(installed, toolName))
}

const toolName = "pulumi-tool-leastprivilege"

// CLI is somebody who types pulumi commands in one folder, with a login of their own.
type CLI struct {
	Dir string   // where the commands run
	Env []string // in addition to what every command needs
}

// NewCLI returns somebody whose home, and so whose logins and plugins, lie in home. The user's own Pulumi settings
// never reach the commands.
func NewCLI(directory, home string, env ...string) CLI {
	own := []string{
		"PULUMI_HOME=" + home,
		"PULUMI_SKIP_UPDATE_CHECK=true",
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
		"PULUMI_CONFIG_PASSPHRASE=sandbox",
	}
	return CLI{Dir: directory, Env: append(own, env...)}
}

// With returns the same person with further environment variables.
func (c CLI) With(env ...string) CLI {
	c.Env = append(append([]string{}, c.Env...), env...)
	return c
}

// Run runs one pulumi command and returns everything it printed. The error of a command that failed holds that too.
func (c CLI) Run(ctx context.Context, arguments ...string) (string, error) {
	return c.Execute(ctx, "pulumi", arguments...)
}

// Execute runs another program, such as one that uses the Automation API, as the same person.
func (c CLI) Execute(ctx context.Context, program string, arguments ...string) (string, error) {
	command := c.Command(ctx, program, arguments...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		return output.String(), fmt.Errorf("%s %s: %w\n%s", program, strings.Join(arguments, " "), err, output.String())
	}
	return output.String(), nil
}

// Command is a program that runs as the same person, for those who watch it.
func (c CLI) Command(ctx context.Context, program string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, program, arguments...)
	command.Dir = c.Dir
	command.Env = append(cleanEnvironment(), c.Env...)
	return command
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
