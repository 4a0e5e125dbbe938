package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
)

const reportEvery = 15 * time.Second

// build compiles the toolset's programs into dir.
func build(ctx context.Context, set toolset, dir string, log io.Writer) error {
	for _, p := range set.Programs {
		if err := buildProgram(ctx, set, p, dir, log); err != nil {
			return fmt.Errorf("building %s: %w", p.Name, err)
		}
	}
	return nil
}

func buildProgram(ctx context.Context, set toolset, p program, dir string, log io.Writer) error {
	flags, err := set.linkFlags(p)
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, "go", "build", "-v", "-ldflags", flags,
		"-o", filepath.Join(dir, p.Name+executableSuffix()), p.Package)
	command.Dir = set.Dir
	output, err := command.StderrPipe()
	if err != nil {
		return err
	}
	start := time.Now()
	if err := command.Start(); err != nil {
		return err
	}
	var seen transcript
	stop := reportProgress(p.Name, start, &seen, log)
	seen.read(output)
	err = command.Wait()
	stop()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, strings.Join(seen.problems, "\n"))
	}
	fmt.Fprintf(log, "tools: built %s in %s\n", p.Name, time.Since(start).Round(time.Second))
	return nil
}

func executableSuffix() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

// transcript is what `go build -v` writes: a line for each package that it compiles, and whatever goes wrong.
type transcript struct {
	packages atomic.Int64
	problems []string
}

func (t *transcript) read(output io.Reader) {
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if strings.ContainsAny(lines.Text(), " \t:") {
			t.problems = append(t.problems, lines.Text())
			continue
		}
		t.packages.Add(1)
	}
}

// reportProgress writes a line every so often until the function that it returns is called.
func reportProgress(name string, start time.Time, seen *transcript, log io.Writer) (stop func()) {
	done := make(chan struct{})
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		ticker := time.NewTicker(reportEvery)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				fmt.Fprintf(log, "tools: building %s: %d packages compiled, %s\n",
					name, seen.packages.Load(), time.Since(start).Round(time.Second))
			}
		}
	}()
	return func() { close(done); <-finished }
}
