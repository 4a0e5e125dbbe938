package wire_test

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// No operation on a resource logs a secret of its inputs or of its state, whatever it tells.
func TestNoOperationLogsASecret(t *testing.T) {
	var said bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&said, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })

	const hidden, kept = "hunter2-hidden", "hunter3-kept"
	tell := func(ctx context.Context) {
		log := wire.Log(ctx)
		log.Warning("the answer was " + hidden + " and " + kept)
		log.Warningf("the answer was %q and %q", hidden, kept)
		log.Info("the answer was " + hidden + kept)
		log.Infof("the answer was %s, %s", hidden, kept)
		log.InfoStatusf("the answer was %s, %s", hidden, kept)
	}
	provider := wire.WithQuietFailures(wire.WithQuietErrors(p.Provider{
		Check: func(ctx context.Context, _ p.CheckRequest) (p.CheckResponse, error) {
			tell(ctx)
			return p.CheckResponse{}, nil
		},
		CheckConfig: func(ctx context.Context, _ p.CheckRequest) (p.CheckResponse, error) {
			tell(ctx)
			return p.CheckResponse{}, nil
		},
		Diff: func(ctx context.Context, _ p.DiffRequest) (p.DiffResponse, error) {
			tell(ctx)
			return p.DiffResponse{}, nil
		},
		Create: func(ctx context.Context, _ p.CreateRequest) (p.CreateResponse, error) {
			tell(ctx)
			return p.CreateResponse{}, nil
		},
		Read: func(ctx context.Context, _ p.ReadRequest) (p.ReadResponse, error) {
			tell(ctx)
			return p.ReadResponse{}, nil
		},
		Update: func(ctx context.Context, _ p.UpdateRequest) (p.UpdateResponse, error) {
			tell(ctx)
			return p.UpdateResponse{}, nil
		},
		Delete: func(ctx context.Context, _ p.DeleteRequest) error { tell(ctx); return nil },
	}, nil))
	inputs := property.NewMap(map[string]property.Value{
		"password": property.New(hidden).WithSecret(true), "old": property.New(kept).WithSecret(true), "plain": property.New("answer"),
	})
	state := inputs
	for name, run := range map[string]func(ctx context.Context) error{
		"Check": func(ctx context.Context) error {
			_, err := provider.Check(ctx, p.CheckRequest{Inputs: inputs, State: state})
			return err
		},
		"CheckConfig": func(ctx context.Context) error {
			_, err := provider.CheckConfig(ctx, p.CheckRequest{Inputs: inputs, State: state})
			return err
		},
		"Diff": func(ctx context.Context) error {
			_, err := provider.Diff(ctx, p.DiffRequest{Inputs: inputs, State: state})
			return err
		},
		"Create": func(ctx context.Context) error {
			_, err := provider.Create(ctx, p.CreateRequest{Properties: inputs, DryRun: true})
			return err
		},
		"Read": func(ctx context.Context) error {
			_, err := provider.Read(ctx, p.ReadRequest{Inputs: inputs, Properties: state})
			return err
		},
		"Update": func(ctx context.Context) error {
			_, err := provider.Update(ctx, p.UpdateRequest{Inputs: inputs, State: state})
			return err
		},
		"Delete": func(ctx context.Context) error {
			return provider.Delete(ctx, p.DeleteRequest{OldInputs: inputs, Properties: state})
		},
	} {
		said.Reset()
		require.NoError(t, run(t.Context()), name)
		assert.Equal(t, 5, strings.Count(said.String(), "the answer was "), "%s: %s", name, said.String())
		assert.Equal(t, 10, strings.Count(said.String(), "[secret]"), "%s: %s", name, said.String())
		assert.NotContains(t, said.String(), "hunter", name)
	}
}

// Resources, components and functions log with nothing else.
func TestResourcesLogWithoutSecretsOnly(t *testing.T) {
	t.Parallel()
	files := 0
	for _, folder := range []string{"../resources", "../components", "../functions"} {
		require.NoError(t, filepath.WalkDir(folder, func(file string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.NotContains(t, string(source), "p.GetLogger(", "%s: use wire.Log", file)
			files++
			return nil
		}))
	}
	require.NotZero(t, files)
}
