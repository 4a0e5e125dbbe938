package faultmatrix_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// fault is one way in which a call goes wrong.
type fault struct {
	name string
	// carriedOut says that the service does what it was asked to, although the caller is not told so.
	carriedOut bool
	// answer is what the caller gets in place of the service's answer, which is nil for a call that was not carried out.
	answer func(s *striker, request *http.Request, real *http.Response) (*http.Response, error)
	// passing faults are repeated by the client where that is safe: one alone fails no update.
	passing bool
	// slow faults wait for the end of the timeout.
	slow bool
	// outage is what may also happen to every later call.
	outage bool
}

// faults are all kinds.
var faults = []fault{
	{name: "429", answer: refusal(http.StatusTooManyRequests, nil), passing: true},
	{name: "429 with Retry-After", answer: refusal(http.StatusTooManyRequests, map[string]string{"Retry-After": "0"}), passing: true},
	{name: "500", answer: refusal(http.StatusInternalServerError, nil), outage: true},
	{name: "500 after the write", carriedOut: true, answer: refusal(http.StatusInternalServerError, nil), outage: true},
	{name: "502 with HTML", answer: page(http.StatusBadGateway), passing: true},
	{name: "502 with HTML after the write", carriedOut: true, answer: page(http.StatusBadGateway), passing: true},
	{name: "503", answer: refusal(http.StatusServiceUnavailable, nil), passing: true, outage: true},
	{name: "504 after the write", carriedOut: true, answer: page(http.StatusGatewayTimeout), passing: true},
	{name: "504", answer: page(http.StatusGatewayTimeout), passing: true},
	{name: "reset before the write", answer: reset, passing: true, outage: true},
	{name: "reset after the write", carriedOut: true, answer: reset, passing: true, outage: true},
	{name: "hang before the write", answer: hang, passing: true, slow: true},
	{name: "hang after the write", carriedOut: true, answer: hang, passing: true, slow: true},
	{name: "truncated body", carriedOut: true, answer: truncated, passing: true},
	{name: "invalid JSON", answer: text(`{"id": `)},
	{name: "invalid JSON after the write", carriedOut: true, answer: text(`{"id": `)},
	{name: "login page with 200", answer: page(http.StatusOK)},
	{name: "{}", answer: text(`{}`)},
	{name: "{} after the write", carriedOut: true, answer: text(`{}`)},
	{name: "401", answer: refusal(http.StatusUnauthorized, nil), outage: true},
	{name: "403", answer: refusal(http.StatusForbidden, nil), outage: true},
	{name: "404", answer: refusal(http.StatusNotFound, nil)},
	{name: "409", answer: refusal(http.StatusConflict, nil)},
	{name: "cancellation", answer: canceled},
	{name: "cancellation after the write", carriedOut: true, answer: canceled},
}

// refusal is an answer in the form in which the service refuses.
func refusal(status int, header map[string]string) func(*striker, *http.Request, *http.Response) (*http.Response, error) {
	return func(_ *striker, request *http.Request, _ *http.Response) (*http.Response, error) {
		answer := answerOf(request, status, "application/json", fmt.Sprintf(`{"code": %d, "message": "refused by the test"}`, status))
		for name, value := range header {
			answer.Header.Set(name, value)
		}
		return answer, nil
	}
}

// page is the answer of something that stands in front of the service.
func page(status int) func(*striker, *http.Request, *http.Response) (*http.Response, error) {
	return func(_ *striker, request *http.Request, _ *http.Response) (*http.Response, error) {
		return answerOf(request, status, "text/html", "<html><body>One moment, please</body></html>"), nil
	}
}

// text is another body in an answer that is otherwise a success.
func text(body string) func(*striker, *http.Request, *http.Response) (*http.Response, error) {
	return func(_ *striker, request *http.Request, real *http.Response) (*http.Response, error) {
		answer := answerOf(request, http.StatusOK, "application/json", body)
		if real != nil {
			answer.StatusCode = real.StatusCode
		}
		return answer, nil
	}
}

func reset(*striker, *http.Request, *http.Response) (*http.Response, error) {
	return nil, errors.New("connection reset by the test")
}

func hang(_ *striker, request *http.Request, _ *http.Response) (*http.Response, error) {
	<-request.Context().Done()
	return nil, request.Context().Err()
}

func truncated(_ *striker, request *http.Request, real *http.Response) (*http.Response, error) {
	body, _ := io.ReadAll(real.Body)
	real.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), broken{}))
	return real, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// canceled ends the provider's contexts while the call is under way. Its answer comes all the same.
func canceled(s *striker, request *http.Request, real *http.Response) (*http.Response, error) {
	s.cancel()
	if real != nil {
		return real, nil
	}
	return s.send(request)
}

func answerOf(request *http.Request, status int, kind, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: request,
		Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// reach is what else a fault strikes than one call.
type reach int

const (
	once   reach = iota // nothing: repeated, the call succeeds
	stuck               // its repetitions
	outage              // every later call of the run
)

func (r reach) String() string {
	return [...]string{"once", "with its repetitions", "with every later call"}[r]
}

// strike is one fault at one call of a run.
type strike struct {
	fault fault
	at    int // the number of the call, from 1
	reach reach
}

// striker is a transport to a sandbox in the same process, which makes calls fail.
type striker struct {
	handler http.Handler
	cancel  func()            // ends what the provider's process does
	kill    func()            // ends the process
	after   func(call string) // is called after every write that was carried out

	mutex  sync.Mutex
	calls  []string // method and path
	strike strike
	hit    string // the call that was struck
	dead   bool   // the process that made it was killed
}

// begin forgets the calls so far, and strikes among those that come.
func (s *striker) begin(next strike) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.calls, s.strike, s.hit, s.dead = nil, next, "", false
}

func (s *striker) made() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.calls)
}

// struck is the call that the fault was on, "" if the run did not come to it.
func (s *striker) struck() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.hit
}

// RoundTrip implements [http.RoundTripper].
func (s *striker) RoundTrip(request *http.Request) (*http.Response, error) {
	if !s.strikes(request.Method + " " + request.URL.Path) {
		return s.send(request)
	}
	f := s.strike.fault
	var real *http.Response
	if f.carriedOut && !s.isDead() {
		var err error
		if real, err = s.send(request); err != nil {
			return nil, err
		}
	}
	return f.answer(s, request, real)
}

func (s *striker) strikes(call string) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.calls = append(s.calls, call)
	if s.strike.at == len(s.calls) {
		s.hit = call
	}
	switch {
	case s.dead:
		return true
	case s.strike.at == 0 || s.hit == "":
		return false
	case s.strike.at == len(s.calls), s.strike.reach == outage:
		return true
	}
	return s.strike.reach == stuck && call == s.hit
}

func (s *striker) isDead() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.dead
}

// crashes are the two moments at which the plugin is killed around a call.
var crashes = []fault{
	{name: "killed before the call", answer: killed},
	{name: "killed after the call", carriedOut: true, answer: killed},
}

// killed ends the provider's process: none of its calls is carried out any more, and nothing that it answers is heard.
func killed(s *striker, _ *http.Request, _ *http.Response) (*http.Response, error) {
	s.mutex.Lock()
	s.dead = true
	s.mutex.Unlock()
	s.kill()
	return nil, errors.New("the plugin was killed")
}

// send has the sandbox answer, without a connection.
func (s *striker) send(request *http.Request) (*http.Response, error) {
	served := request.Clone(request.Context())
	served.RemoteAddr, served.RequestURI, served.Host = "127.0.0.1:1", request.URL.RequestURI(), request.URL.Host
	if served.Body == nil {
		served.Body = http.NoBody
	}
	recorder := httptest.NewRecorder()
	s.handler.ServeHTTP(recorder, served)
	if writes(request) {
		s.carriedOut(request.Method + " " + request.URL.Path)
	}
	answer := recorder.Result()
	answer.Header = maps.Clone(answer.Header)
	answer.Request = request
	return answer, nil
}

// watch calls a function after every write that was carried out, one at a time.
func (s *striker) watch(after func(call string)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.after = after
}

func (s *striker) carriedOut(call string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.after != nil {
		s.after(call)
	}
}

func writes(request *http.Request) bool {
	return request.Method != http.MethodGet && request.Method != http.MethodHead && !strings.HasSuffix(request.URL.Path, "/assignments/list")
}

// timeout bounds one try of a call, which slow faults wait for.
const timeout = 400 * time.Millisecond
