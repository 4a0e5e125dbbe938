package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
)

const (
	goModuleDir  = "sdk/go/leastprivilege"
	goModulePath = "github.com/pulumi-leastprivilege/pulumi-leastprivilege/" + goModuleDir
	pulumiSDK    = "github.com/pulumi/pulumi/sdk/v3"
)

// addGoModule makes the Go SDK a module: go.mod with the Pulumi SDK's version that the tools pin, and the go.sum that
// `go mod tidy` gives for it.
func (t tree) addGoModule(ctx context.Context, old string) error {
	dir, err := os.MkdirTemp("", "leastprivilege-sdk-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := t.copyGoModule(dir); err != nil {
		return err
	}
	sum, err := os.ReadFile(filepath.Join(old, "go.sum"))
	switch {
	case err == nil:
		err = os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o600)
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	}
	if err != nil {
		return err
	}
	if err := tidy(ctx, dir); err != nil {
		return err
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		if t[goModuleDir+"/"+name], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

func (t tree) copyGoModule(dir string) error {
	for name, content := range t {
		inside, ok := strings.CutPrefix(name, goModuleDir+"/")
		if !ok {
			continue
		}
		path := filepath.Join(dir, inside)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	mod, err := goMod()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.mod"), mod, 0o600)
}

// goMod takes the language and SDK versions from the tools' own go.mod, so that both are pinned at one place.
func goMod() ([]byte, error) {
	data, err := os.ReadFile("go.mod")
	if err != nil {
		return nil, fmt.Errorf("%w (run in the folder tools)", err)
	}
	tools, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		return nil, err
	}
	for _, require := range tools.Require {
		if require.Mod.Path == pulumiSDK {
			return fmt.Appendf(nil, "module %s\n\ngo %s\n\nrequire %s %s\n",
				goModulePath, tools.Go.Version, pulumiSDK, require.Mod.Version), nil
		}
	}
	return nil, fmt.Errorf("tools/go.mod does not require %s", pulumiSDK)
}

func tidy(ctx context.Context, dir string) error {
	command := exec.CommandContext(ctx, "go", "mod", "tidy")
	command.Dir = dir
	command.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go mod tidy of the Go SDK: %w\n%s", err, out)
	}
	return nil
}
