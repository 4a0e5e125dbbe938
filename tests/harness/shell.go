package harness

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
)

// Shell runs one line as a person types it into a shell, and returns everything it printed. The error of a line that
// failed holds that too.
func (c CLI) Shell(ctx context.Context, line string) (string, error) {
	command := exec.CommandContext(ctx, "bash", "-c", line)
	command.Dir = c.Dir
	command.Env = append(cleanEnvironment(), c.Env...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		return output.String(), fmt.Errorf("%s: %w\n%s", line, err, output.String())
	}
	return output.String(), nil
}
