package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets the test binary be the sandbox, so that one can be killed.
func TestMain(m *testing.M) {
	if os.Getenv("SANDBOX_UNDER_TEST") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is a sandbox in a process of its own.
type process struct {
	t          *testing.T
	cmd        *exec.Cmd
	url, token string
}

func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), "SANDBOX_UNDER_TEST=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	p := &process{t: t, cmd: cmd}
	p.url, p.token = next(t, lines, "url: "), next(t, lines, "token: ")
	go func() { _, _ = io.Copy(io.Discard, out) }()
	t.Cleanup(p.kill)
	return p
}

// kill ends the process without a warning (SIGKILL).
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func (p *process) call(token, method, path string, body any) (int, map[string]any) {
	p.t.Helper()
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			p.t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(context.WithoutCancel(p.t.Context()), method, p.url+path, &sent)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer := map[string]any{}
	_ = json.NewDecoder(resp.Body).Decode(&answer) // nothing stays empty
	return resp.StatusCode, answer
}

func (p *process) must(token, method, path string, body any) map[string]any {
	p.t.Helper()
	status, answer := p.call(token, method, path, body)
	if status >= http.StatusBadRequest {
		p.t.Fatalf("%s %s: %d %v", method, path, status, answer)
	}
	return answer
}

// A killed sandbox goes on where it was: state, tokens of every kind, leases, keys, and secrets that were encrypted with them.
func TestStateFileSurvivesAKill(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.json")
	args := []string{"--org", "globex", "--state", file}
	first := startProcess(t, args...)
	admin := "token " + first.token
	created := first.must(admin, "POST", "/api/user/tokens", map[string]any{"description": "", "expires": 0})
	minted := first.must("", "POST", "/_sandbox/tokens", map[string]any{"organization": true, "admin": true})
	first.must(admin, "POST", "/api/stacks/globex/p", map[string]any{"stackName": "s"})
	const stack = "/api/stacks/globex/p/s"
	sealed := first.must(admin, "POST", stack+"/encrypt", map[string]any{"plaintext": []byte("hush")})
	update := first.must(admin, "POST", stack+"/update", map[string]any{})
	run := fmt.Sprintf("%s/update/%v", stack, update["updateID"])
	lease := first.must(admin, "POST", run, map[string]any{})
	keysV2 := first.must("", "GET", "/oidc/v2/.well-known/jwks", nil)
	keys := first.must("", "GET", "/oidc/.well-known/jwks", nil)
	hosted := first.must("", "GET", "/_sandbox/oidc/ci/.well-known/jwks", nil)
	first.must("", "POST", "/_sandbox/oidc/ci/token", map[string]any{"claims": map[string]any{}})
	before := first.must("", "GET", "/_sandbox/state?include=history", nil)
	first.kill()

	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("got %v, %v; want a file that only its owner reads", info, err)
	}
	second := startProcess(t, "--state", file)
	if second.token != first.token {
		t.Error("the administrator's token changed")
	}
	after := second.must("", "GET", "/_sandbox/state?include=history", nil)
	if got, want := stripUse(t, after), stripUse(t, before); got != want {
		t.Errorf("got the state\n%s\nwant\n%s", got, want)
	}
	for _, value := range []any{created["tokenValue"], minted["token"], first.token} {
		second.must(fmt.Sprintf("token %v", value), "GET", "/api/user", nil)
	}
	clear := second.must(admin, "POST", stack+"/decrypt", map[string]any{"ciphertext": sealed["ciphertext"]})
	if fmt.Sprint(clear["plaintext"]) != "aHVzaA==" {
		t.Errorf("got %v, want the plaintext", clear)
	}
	second.must(fmt.Sprintf("update-token %v", lease["token"]), "POST", run+"/complete", map[string]any{"status": "succeeded"})
	for path, want := range map[string]any{"/oidc/v2/.well-known/jwks": keysV2, "/oidc/.well-known/jwks": keys, "/_sandbox/oidc/ci/.well-known/jwks": hosted} {
		if got := second.must("", "GET", path, nil); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: the keys changed", path)
		}
	}
	again := second.must("", "POST", "/_sandbox/tokens", map[string]any{"user": "admin"})
	for _, value := range []any{created["tokenValue"], minted["token"], first.token} {
		second.must(fmt.Sprintf("token %v", value), "GET", "/api/user", nil)
	}
	second.must(fmt.Sprintf("token %v", again["token"]), "GET", "/api/user", nil)
}

// stripUse is a state without when tokens were used, which is written with the next change.
func stripUse(t *testing.T, state map[string]any) string {
	t.Helper()
	tokens, _ := state["tokens"].(map[string]any)
	for _, one := range tokens {
		delete(one.(map[string]any), "lastUsed")
	}
	text, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// However often it is killed while it writes, what was answered is there, and the file is whole.
func TestStateFileIsWholeAfterEachKill(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "state.json")
	made := 0
	for range 4 {
		p := startProcess(t, "--state", file)
		for range 5 {
			p.must("token "+p.token, "POST", "/api/stacks/acme/p", map[string]any{"stackName": fmt.Sprintf("s%d", made)})
			made++
		}
		go func() { // cut short by the kill
			for i := range 100 {
				body := strings.NewReader(fmt.Sprintf(`{"stackName": "late%d-%d"}`, made, i))
				req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, p.url+"/api/stacks/acme/p", body)
				if err != nil {
					return
				}
				req.Header.Set("Authorization", "token "+p.token)
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					return
				}
				_ = resp.Body.Close()
			}
		}()
		p.kill()
	}
	p := startProcess(t, "--state", file)
	for i := range made {
		p.must("token "+p.token, "GET", fmt.Sprintf("/api/stacks/acme/p/s%d", i), nil)
	}
}

func TestUnusableStateFiles(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"not JSON": "hello", "another format": `{"format": 99}`, "no key": `{"format": 1}`} {
		file := filepath.Join(t.TempDir(), "state.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := run(t.Context(), []string{"--state", file}, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: got %v, want an error that names the file", name, err)
		}
		if data, _ := os.ReadFile(file); string(data) != text {
			t.Errorf("%s: the file was changed", name)
		}
	}
}
