package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
)

// project is a program that the real CLI runs, with its state in files.
type project struct {
	b    testing.TB
	cli  harness.CLI
	root string
}

// cost is what one command of the CLI took. What is the plugin's is 0 where the system does not say it.
type cost struct {
	seconds      float64
	cli, plugin  float64 // CPU seconds; the language host's are the CLI's
	peak         float64 // of the plugin, MiB
	calls, bytes int64
	routes       map[string]*route
	state        int // bytes, as one line of JSON
}

func newProject(b testing.TB, sandbox *counted, backend string) *project {
	b.Helper()
	root := b.TempDir()
	folder, state, home := filepath.Join(root, "project"), filepath.Join(root, "state"), filepath.Join(root, "home")
	for _, one := range []string{folder, state} {
		require.NoError(b, os.Mkdir(one, 0o700))
	}
	require.NoError(b, harness.LinkPlugin(home))
	linkHello(b, home)
	if backend == "" {
		backend = "file://" + filepath.ToSlash(state)
	}
	p := &project{b, harness.NewCLI(folder, home, "PULUMI_BACKEND_URL="+backend, "PULUMI_ACCESS_TOKEN="+sandbox.token, "PULUMI_ORGANIZATION=acme"), root}
	p.program("")
	p.run("stack", "init", p.stackName(backend), "--non-interactive")
	p.run("config", "set", "leastprivilege:apiUrl", sandbox.url)
	p.run("config", "set", "leastprivilege:organization", "acme")
	return p
}

func (p *project) stackName(backend string) string {
	if strings.HasPrefix(backend, "file:") {
		return "bench"
	}
	return "acme/bench"
}

var builtHello = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "leastprivilege-bench-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "pulumi-resource-hello")
	output, err := exec.Command("go", "build", "-ldflags", "-s -w", "-o", path, "./hello").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, output)
	}
	return path, nil
})

// linkHello installs the smallest infer provider there is, which is the floor.
func linkHello(b testing.TB, home string) {
	b.Helper()
	path, err := builtHello()
	require.NoError(b, err)
	installed := filepath.Join(home, "plugins", "resource-hello-v0.1.0")
	require.NoError(b, os.MkdirAll(installed, 0o700))
	require.NoError(b, os.Symlink(path, filepath.Join(installed, "pulumi-resource-hello")))
}

func (p *project) program(resources string) {
	p.b.Helper()
	text := "name: bench\nruntime: yaml\n" + resources
	require.NoError(p.b, os.WriteFile(filepath.Join(p.cli.Dir, "Pulumi.yaml"), []byte(text), 0o600))
}

func (p *project) run(arguments ...string) string {
	p.b.Helper()
	output, err := p.cli.Run(p.b.Context(), arguments...)
	require.NoError(p.b, err)
	return output
}

// measure runs one command of the CLI and watches it.
func (p *project) measure(sandbox *counted, arguments ...string) cost {
	p.b.Helper()
	sandbox.taken()
	command := p.cli.Command(p.b.Context(), "pulumi", arguments...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	began := time.Now()
	require.NoError(p.b, command.Start())
	plugins := watchPlugins(command.Process.Pid)
	err := command.Wait()
	took := cost{seconds: time.Since(began).Seconds()}
	took.plugin, took.peak = plugins()
	require.NoError(p.b, err, output.String())
	all := command.ProcessState.UserTime() + command.ProcessState.SystemTime() // of processes that it waited for as well
	took.cli = max(0, all.Seconds()-took.plugin)
	var sum route
	took.routes, sum = sandbox.taken()
	took.calls, took.bytes = sum.calls, sum.bytes
	return took
}

func (p *project) up(sandbox *counted, flags ...string) cost {
	p.b.Helper()
	took := p.measure(sandbox, append([]string{"up", "--yes", "--skip-preview", "--non-interactive"}, flags...)...)
	took.state = p.stateSize()
	return took
}

func (p *project) stateSize() int {
	p.b.Helper()
	var compact bytes.Buffer
	require.NoError(p.b, json.Compact(&compact, []byte(p.run("stack", "export"))))
	return compact.Len()
}

// watchPlugins looks at the plugins below a process until the returned function is called, which answers their CPU seconds and the
// highest peak of their memory in MiB.
func watchPlugins(root int) func() (cpu, peak float64) {
	type seen struct{ cpu, peak float64 }
	plugins, stop, done := map[int]seen{}, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			for _, pid := range below(root) {
				if cpu, peak, ok := usage(pid); ok {
					plugins[pid] = seen{cpu, peak}
				}
			}
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() (cpu, peak float64) {
		close(stop)
		<-done
		for _, one := range plugins {
			cpu += one.cpu
			peak = max(peak, one.peak)
		}
		return cpu, peak
	}
}

// below are the processes that a process started.
func below(root int) []int {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", root))
	if err != nil {
		panic(err) // the pattern is wrong
	}
	var all []int
	for _, one := range threads {
		text, err := os.ReadFile(one)
		if err != nil {
			continue // it ended meanwhile
		}
		for _, field := range strings.Fields(string(text)) {
			if pid, err := strconv.Atoi(field); err == nil {
				all = append(append(all, pid), below(pid)...)
			}
		}
	}
	return all
}

const ticks = 100 // a second, in /proc

// usage is what a plugin of resources has used so far.
func usage(pid int) (cpu, peak float64, ok bool) {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || !bytes.Contains(name, []byte("pulumi-resource-")) {
		return 0, 0, false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, false
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0, 0, false
	}
	user, err := strconv.ParseFloat(fields[11], 64)
	if err != nil {
		return 0, 0, false
	}
	system, err := strconv.ParseFloat(fields[12], 64)
	return (user + system) / ticks, peakOf(pid), err == nil
}
