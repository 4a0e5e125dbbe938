// Package bench measures the built plugin as the engine meets it: a process that is spoken to over gRPC, and a sandbox
// that counts what it is asked. It prints figures and judges none: machines are shared and noisy.
package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
)

// process is a plugin that runs.
type process struct {
	pulumirpc.ResourceProviderClient
	command *exec.Cmd
	conn    *grpc.ClientConn
}

// start runs a plugin until it announces its port, as the engine does.
func start(b testing.TB, path string) *process {
	b.Helper()
	command := exec.CommandContext(b.Context(), path)
	command.Env = append(os.Environ(), "PULUMI_ACCESS_TOKEN=", "PULUMI_BACKEND_URL=")
	output, err := command.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, command.Start())
	port, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(b, err)
	conn, err := grpc.NewClient("127.0.0.1:"+strings.TrimSpace(port),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(400<<20)))
	require.NoError(b, err)
	return &process{pulumirpc.NewResourceProviderClient(conn), command, conn}
}

func (p *process) stop() {
	_ = p.conn.Close()
	_ = p.command.Process.Kill()
	_ = p.command.Wait()
}

// peak is the most memory that the process has held, in MiB; 0 where the system does not say.
func (p *process) peak() float64 { return peakOf(p.command.Process.Pid) }

func peakOf(pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, _ := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return kilobytes / 1024
		}
	}
	return 0
}

// configure points the plugin at the sandbox.
func (p *process) configure(b testing.TB, s *counted) {
	b.Helper()
	arguments := properties(b, map[string]any{"apiUrl": s.url, "accessToken": s.token, "organization": "acme"})
	_, err := p.Configure(b.Context(), &pulumirpc.ConfigureRequest{Args: arguments, AcceptSecrets: true, AcceptResources: true})
	require.NoError(b, err)
}

// create checks and creates a resource.
func (p *process) create(b testing.TB, token string, inputs map[string]any) {
	b.Helper()
	urn := "urn:pulumi:bench::bench::leastprivilege:index:" + token + "::x"
	checked, err := p.Check(b.Context(), &pulumirpc.CheckRequest{Urn: urn, News: properties(b, inputs)})
	require.NoError(b, err)
	require.Empty(b, checked.GetFailures())
	_, err = p.Create(b.Context(), &pulumirpc.CreateRequest{Urn: urn, Properties: checked.GetInputs()})
	require.NoError(b, err)
}

func properties(b testing.TB, values map[string]any) *structpb.Struct {
	b.Helper()
	out, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(values), plugin.MarshalOptions{KeepSecrets: true})
	require.NoError(b, err)
	return out
}

// counted is a sandbox that counts calls and bytes, in all and by route.
type counted struct {
	url, token   string
	calls, bytes atomic.Int64

	mutex  sync.Mutex
	routes map[string]*route
}

// route is what was asked of one.
type route struct{ calls, bytes int64 }

func startSandbox(b testing.TB, stacks int) *counted {
	b.Helper()
	var seed bytes.Buffer
	seed.WriteString("organization: acme\nusers: [{login: ana, role: admin}]\nteams: [{name: payments}]\nstacks:\n")
	for i := range stacks {
		fmt.Fprintf(&seed, "  - {project: payments, stack: s%05d}\n", i)
	}
	return startSandboxOf(b, seed.Bytes())
}

// namesInPath are what tells calls of one route apart.
var namesInPath = regexp.MustCompile(`/([0-9a-f]{8}-[0-9a-f-]{27}|acme|payments|[a-z]+[0-9]+)\b`)

func startSandboxOf(b testing.TB, seed []byte) *counted {
	b.Helper()
	sandbox, err := server.New(server.Options{Organization: "acme", Seed: seed})
	require.NoError(b, err)
	c := &counted{token: sandbox.AdminToken(), routes: map[string]*route{}}
	handler := sandbox.Handler()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var size atomic.Int64
		size.Add(max(r.ContentLength, 0))
		handler.ServeHTTP(&counting{w, &size}, r)
		c.note(r.Method+" "+namesInPath.ReplaceAllString(r.URL.Path, "/*"), size.Load())
	}))
	b.Cleanup(web.Close)
	sandbox.SetURL(web.URL)
	c.url = web.URL
	return c
}

func (c *counted) note(of string, size int64) {
	c.calls.Add(1)
	c.bytes.Add(size)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.routes[of] == nil {
		c.routes[of] = &route{}
	}
	c.routes[of].calls++
	c.routes[of].bytes += size
}

// taken returns what was counted since it was called last: by route, and in all.
func (c *counted) taken() (byRoute map[string]*route, all route) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	byRoute, c.routes = c.routes, map[string]*route{}
	for _, one := range byRoute {
		all.calls += one.calls
		all.bytes += one.bytes
	}
	return byRoute, all
}

type counting struct {
	http.ResponseWriter
	bytes *atomic.Int64
}

func (c *counting) Write(data []byte) (int, error) {
	c.bytes.Add(int64(len(data)))
	return c.ResponseWriter.Write(data)
}
