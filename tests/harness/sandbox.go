package harness

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// Sandbox is a running sandbox Pulumi Cloud.
type Sandbox struct {
	URL   string // its address
	Token string // an administrator's token

	process *exec.Cmd
	logged  *bytes.Buffer
}

// StartSandbox starts the built sandbox with the given flags. It ends with Stop.
func StartSandbox(ctx context.Context, flags ...string) (*Sandbox, error) {
	directory, err := BuiltDir()
	if err != nil {
		return nil, err
	}
	process := exec.CommandContext(ctx, filepath.Join(directory, "leastprivilege-sandbox"), flags...)
	process.Cancel = func() error { return process.Process.Signal(syscall.SIGTERM) }
	logged := &bytes.Buffer{}
	process.Stderr = logged
	output, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("starting the sandbox: %w (is it built? run make build)", err)
	}
	sandbox := &Sandbox{process: process, logged: logged}
	lines := bufio.NewReader(output)
	sandbox.URL, err = field(lines, "url: ")
	if err == nil {
		sandbox.Token, err = field(lines, "token: ")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the sandbox did not start: %w: %s", err, logged), sandbox.Stop())
	}
	go io.Copy(io.Discard, lines) //nolint:errcheck // the banner and nothing else
	return sandbox, nil
}

func field(lines *bufio.Reader, name string) (string, error) {
	line, err := lines.ReadString('\n')
	if err != nil {
		return "", err
	}
	value, ok := strings.CutPrefix(strings.TrimSpace(line), name)
	if !ok {
		return "", fmt.Errorf("its output starts with %q where %q was expected", line, name)
	}
	return value, nil
}

// Stop ends the sandbox.
func (s *Sandbox) Stop() error {
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	err := s.process.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == -1 {
		return nil // ended by the signal
	}
	return err
}

// Log is what the sandbox has written to its standard error.
func (s *Sandbox) Log() string { return s.logged.String() }

// Requests counts the calls that clients made, by route.
type Requests struct {
	Total  int            `json:"total"`
	Routes map[string]int `json:"routes"`
}

// Writes counts the calls that change something.
func (r Requests) Writes() int {
	writes := 0
	for route, n := range r.Routes {
		if servertest.Writes(route) {
			writes += n
		}
	}
	return writes
}

// Request is one call in the order in which calls came.
type Request struct {
	Method string `json:"method"`
	Route  string `json:"route"`
	Path   string `json:"path"`
	Status int    `json:"status"`
	Caller string `json:"caller"`
}

// Requests returns the request log's counts.
func (s *Sandbox) Requests(ctx context.Context) (Requests, error) {
	var out Requests
	return out, s.control(ctx, http.MethodGet, "requests", nil, &out)
}

// RequestList returns the request log in order.
func (s *Sandbox) RequestList(ctx context.Context) ([]Request, error) {
	var out struct {
		List []Request `json:"list"`
	}
	return out.List, s.control(ctx, http.MethodGet, "requests?list=true", nil, &out)
}

// ResetRequests empties the request log.
func (s *Sandbox) ResetRequests(ctx context.Context) error {
	return s.control(ctx, http.MethodDelete, "requests", nil, nil)
}

// State is the whole organization as stable JSON.
func (s *Sandbox) State(ctx context.Context) ([]byte, error) {
	var out json.RawMessage
	err := s.control(ctx, http.MethodGet, "state", nil, &out)
	return out, err
}

// TokenFor mints a token: {"user": "bo"}, {"team": "payments"} or {"deployment": {...}}.
func (s *Sandbox) TokenFor(ctx context.Context, principal map[string]any) (string, error) {
	var out struct {
		Token string `json:"token"`
	}
	return out.Token, s.control(ctx, http.MethodPost, "tokens", principal, &out)
}

// SetAWSRole registers a role of the sandbox's AWS account, with the trust policy that decides who assumes it.
func (s *Sandbox) SetAWSRole(ctx context.Context, arn, trustPolicy string) error {
	return s.control(ctx, http.MethodPost, "clouds/aws/roles",
		map[string]any{"arn": arn, "trustPolicy": json.RawMessage(trustPolicy)}, nil)
}

// RemoveAWSRole removes a role of the sandbox's AWS account.
func (s *Sandbox) RemoveAWSRole(ctx context.Context, arn string) error {
	return s.control(ctx, http.MethodDelete, "clouds/aws/roles?arn="+url.QueryEscape(arn), nil, nil)
}

// Fault makes the next matching calls go wrong; see the sandbox's documentation.
func (s *Sandbox) Fault(ctx context.Context, fault map[string]any) error {
	return s.control(ctx, http.MethodPost, "faults", fault, nil)
}

// Call makes one call of the API with a token, as somebody would by hand.
func (s *Sandbox) Call(ctx context.Context, token, method, path string, body any) (int, []byte, error) {
	return s.send(ctx, method, "/api/"+path, token, body)
}

func (s *Sandbox) control(ctx context.Context, method, path string, body, out any) error {
	status, answer, err := s.send(ctx, method, "/_sandbox/"+path, "", body)
	if err != nil {
		return err
	}
	if status >= http.StatusMultipleChoices {
		return fmt.Errorf("%s /_sandbox/%s: %d: %s", method, path, status, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

func (s *Sandbox) send(ctx context.Context, method, path, token string, body any) (int, []byte, error) {
	var encoded io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		encoded = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, s.URL+path, encoded)
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "token "+token)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, text, err
}
