package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/semver"
)

const languageHost = "pulumi-language-yaml"

// onPath returns the directory of an installed Pulumi CLI that is new enough and has its YAML language host. It says why
// it passes one over.
func onPath(ctx context.Context, log io.Writer) (string, bool) {
	cli, err := exec.LookPath("pulumi")
	if err != nil {
		return "", false
	}
	needed, err := pulumiTools.pinned(pulumiModule)
	if err != nil {
		fmt.Fprintln(log, "tools:", err)
		return "", false
	}
	if problem := unusable(ctx, cli, needed); problem != "" {
		fmt.Fprintf(log, "tools: not using %s: %s\n", cli, problem)
		return "", false
	}
	return filepath.Dir(cli), true
}

// unusable returns why an installed CLI cannot be used, "" if it can.
func unusable(ctx context.Context, cli, needed string) string {
	version, err := versionOf(ctx, cli)
	switch {
	case err != nil:
		return fmt.Sprintf("`pulumi version` failed: %v", err)
	case !semver.IsValid(version):
		return fmt.Sprintf("it says that its version is %q", version)
	case semver.Compare(version, needed) < 0:
		return fmt.Sprintf("it is %s, and %s or newer is needed", version, needed)
	case !hasLanguageHost(filepath.Dir(cli)):
		return languageHost + " is neither beside it nor on PATH"
	default:
		return ""
	}
}

func versionOf(ctx context.Context, cli string) (string, error) {
	command := exec.CommandContext(ctx, cli, "version")
	command.Env = append(os.Environ(), "PULUMI_SKIP_UPDATE_CHECK=true")
	out, err := command.Output()
	// Releases print the version with a v, other builds may not.
	version := strings.TrimPrefix(string(bytes.TrimSpace(out)), "v")
	return "v" + version, err
}

func hasLanguageHost(dir string) bool {
	if _, err := exec.LookPath(filepath.Join(dir, languageHost)); err == nil {
		return true
	}
	_, err := exec.LookPath(languageHost)
	return err == nil
}
