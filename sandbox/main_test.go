package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRunServesUntilItIsStopped(t *testing.T) {
	t.Parallel()
	seed := filepath.Join(t.TempDir(), "seed.yaml")
	if err := os.WriteFile(seed, []byte("organization: globex\nusers: [{login: ana, role: admin}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run(ctx, []string{"--seed", seed}, in, io.Discard) }()

	lines := bufio.NewScanner(out)
	url := next(t, lines, "url: ")
	token := next(t, lines, "token: ")
	go func() { _, _ = io.Copy(io.Discard, out) }()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/orgs/globex/metadata", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "token "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("got %v, %v; want 200", resp, err)
	}
	_ = resp.Body.Close()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("stopping: %v", err)
	}
}

func next(t *testing.T, lines *bufio.Scanner, prefix string) string {
	t.Helper()
	if !lines.Scan() {
		t.Fatalf("the output ended before %q", prefix)
	}
	value, ok := strings.CutPrefix(lines.Text(), prefix)
	if !ok {
		t.Fatalf("got the line %q, want it to begin with %q", lines.Text(), prefix)
	}
	return value
}

func TestWrongFlags(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"--seed", "/does/not/exist.yaml"}, "reading the seed"},
		{[]string{"--deployment-role", "never"}, `"never"`},
		{[]string{"--addr", "256.0.0.1:1"}, "listening on 256.0.0.1:1"},
		{[]string{"extra"}, `unexpected argument "extra"`},
		{[]string{"--nonsense"}, "nonsense"},
	} {
		err := run(t.Context(), tc.args, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v: got error %v, want %q in it", tc.args, err, tc.want)
		}
	}
}
