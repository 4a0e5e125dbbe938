package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// The program in the README compiles as it stands, in a folder of its own with the SDK and nothing else, and does what
// it says.
func TestGoReadme(t *testing.T) {
	t.Parallel()
	p := newFolder(t, organization)
	writeReadme(t, p.cli.Dir, repositoryReadme, "go", "main.go", "go")
	useGoSDK(t, p.cli.Dir)
	binary := filepath.Join(p.root, "readme")
	runGo(t, p.cli.Dir, "build", "-o", binary, ".")

	p.stack()
	client := "--client=" + serveGo(t, binary)
	writes := 0
	for _, call := range p.calls(func() { p.preview(client) }).List {
		if call.Writes() {
			writes++
		}
	}
	assert.Zero(t, writes, "the preview writes nothing")
	p.up(client)
	assert.Contains(t, p.run("stack", "output", "trustPolicy"), "currentEnvironment.name:payments/prod")
	unchanged := p.calls(func() { p.up(client, "--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "%v", unchanged.Routes)
}

// serveGo answers the engine as Go's language host does, for one program that is built already, and returns its address.
// The Automation API cannot run a program whose body is inside main.
func serveGo(t *testing.T, binary string) string {
	t.Helper()
	ended := make(chan bool)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Cancel: ended, Init: func(server *grpc.Server) error {
		pulumirpc.RegisterLanguageRuntimeServer(server, goHost{binary: binary})
		return nil
	}})
	require.NoError(t, err)
	t.Cleanup(func() { close(ended) })
	return fmt.Sprintf("127.0.0.1:%d", handle.Port)
}

type goHost struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	binary string
}

func (goHost) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "1.0.0"}, nil
}

func (goHost) GetRequiredPlugins(context.Context, *pulumirpc.GetRequiredPluginsRequest) (*pulumirpc.GetRequiredPluginsResponse, error) {
	return &pulumirpc.GetRequiredPluginsResponse{}, nil
}

func (h goHost) Run(ctx context.Context, r *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	config, err := json.Marshal(r.GetConfig())
	if err != nil {
		return nil, err
	}
	secrets, err := json.Marshal(r.GetConfigSecretKeys())
	if err != nil {
		return nil, err
	}
	program := exec.CommandContext(ctx, h.binary)
	program.Env = append(os.Environ(),
		pulumi.EnvOrganization+"="+r.GetOrganization(),
		pulumi.EnvProject+"="+r.GetProject(),
		pulumi.EnvStack+"="+r.GetStack(),
		pulumi.EnvConfig+"="+string(config),
		pulumi.EnvConfigSecretKeys+"="+string(secrets),
		pulumi.EnvParallel+"="+fmt.Sprint(r.GetParallel()),
		pulumi.EnvDryRun+"="+fmt.Sprint(r.GetDryRun()),
		pulumi.EnvMonitor+"="+r.GetMonitorAddress(),
		pulumi.EnvEngine+"="+r.GetArgs()[0],
	)
	if output, err := program.CombinedOutput(); err != nil {
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("%v\n%s", err, output)}, nil
	}
	return &pulumirpc.RunResponse{}, nil
}
