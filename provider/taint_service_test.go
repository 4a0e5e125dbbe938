package provider_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// hostile is a service that carries calls out until one of them, and fails that one and all that come after it. Its failure repeats
// what it was sent, and the secrets besides: it may know them from earlier calls.
type hostile struct {
	service http.RoundTripper
	secrets []string

	mutex  sync.Mutex
	calls  int
	failAt int // the first call that fails; negative for none
	fails  failing
}

// failing is one way to fail.
type failing struct {
	name string
	how  func(request *http.Request, echo string) (*http.Response, error)
}

func (h *hostile) begin(at int, how failing) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.calls, h.failAt, h.fails = 0, at, how
}

func (h *hostile) made() int {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.calls
}

// RoundTrip implements [http.RoundTripper].
func (h *hostile) RoundTrip(request *http.Request) (*http.Response, error) {
	h.mutex.Lock()
	fails := h.failAt >= 0 && h.calls >= h.failAt
	how := h.fails.how
	h.calls++
	h.mutex.Unlock()
	if !fails {
		return h.service.RoundTrip(request)
	}
	var body []byte
	if request.Body != nil {
		body, _ = io.ReadAll(request.Body)
		_ = request.Body.Close()
	}
	echo := strings.Join(h.secrets, " or ") + " in " + request.Method + " " + request.URL.String() + fmt.Sprint(" ", request.Header, " ") + string(body)
	return how(request, echo)
}

func answering(request *http.Request, status int, header http.Header, body string) (*http.Response, error) {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Header: header, Body: io.NopCloser(bytes.NewReader([]byte(body))),
		ContentLength: int64(len(body)), Request: request, ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

func asJSON(status int, body string) func(*http.Request, string) (*http.Response, error) {
	return func(request *http.Request, echo string) (*http.Response, error) {
		return answering(request, status, http.Header{"Content-Type": {"application/json"}}, strings.ReplaceAll(body, "ECHO", fmt.Sprintf("%q", strings.ToValidUTF8(echo, ""))))
	}
}

// cut is an echo with so much before it that a limit of the message falls within its first secret.
func cut(limit int, echo string) string { return strings.Repeat("x ", limit/2-4) + echo }

// failures are the ways to fail that repeat a secret: refusals, what others answer, answers that cannot be decoded, headers, breaks
// of the connection, and a fault of the provider's own.
func failures() []failing {
	var all []failing
	add := func(name string, how func(*http.Request, string) (*http.Response, error)) {
		all = append(all, failing{name, how})
	}
	for _, status := range []int{400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 503} {
		add(fmt.Sprint("refusal ", status), asJSON(status, fmt.Sprintf(`{"code":%d,"message":ECHO,"errors":[{"resource":ECHO,"customMessage":ECHO}],`+
			`"diagnostics":[{"summary":ECHO,"path":ECHO,"range":{"environment":ECHO}}]}`, status)))
	}
	for _, status := range []int{200, 400, 403, 404, 502} {
		add(fmt.Sprint("page ", status), func(request *http.Request, echo string) (*http.Response, error) {
			return answering(request, status, http.Header{"Content-Type": {"text/html"}}, "<pre>"+echo+"</pre>")
		})
	}
	add("cut refusal", func(request *http.Request, echo string) (*http.Response, error) {
		return asJSON(400, `{"code":400,"message":ECHO}`)(request, cut(2000, echo))
	})
	add("cut page", func(request *http.Request, echo string) (*http.Response, error) {
		return answering(request, 400, http.Header{}, cut(300, echo))
	})
	for _, body := range []string{
		`ECHO`, `[ECHO]`, `{"id":ECHO,"name":ECHO,"githubLogin":ECHO,"tokenValue":7,"value":ECHO,"userRole":ECHO,"url":ECHO,"status":ECHO}`,
		`{"id":"x","name":ECHO,"url":"u","value":ECHO,"version":ECHO,"projectName":"p","stackName":"s","githubLogin":"ana","userRole":ECHO}`,
		`{"roles":[{"id":ECHO}],"teams":[{"name":ECHO},7],"tokens":[{"id":ECHO}],"stacks":[{"id":ECHO}],"environments":[{"id":ECHO}],` +
			`"accounts":[{"id":ECHO}],"members":[{"user":ECHO}],"gates":[{"id":ECHO}],"oidcIssuers":[{"id":ECHO}],"users":[{"user":ECHO,"permission":ECHO}],` +
			`"assignments":[{"principal":ECHO}],"tags":{"k":ECHO},"policies":ECHO,"referrers":ECHO,"definitions":[{"id":ECHO}]}`,
		`{"stacks":[],"environments":[],"tokens":[],"members":[],"gates":[],"accounts":[],"tags":{},"referrers":{},"continuationToken":ECHO,"nextToken":ECHO}`,
	} {
		add("answer "+body[:min(len(body), 12)], asJSON(200, body))
	}
	add("headers", func(request *http.Request, echo string) (*http.Response, error) {
		echo = strings.Map(func(r rune) rune { return max(r, ' ') }, echo)
		return answering(request, 200, http.Header{"X-Pulumi-Request-Id": {echo}, "Pulumi-Esc-Revision": {echo}, "Etag": {echo}}, "values: {}\n")
	})
	add("redirect", func(request *http.Request, echo string) (*http.Response, error) {
		return answering(request, 302, http.Header{"Location": {"https://other.example/?" + echo}}, "")
	})
	add("broken", func(request *http.Request, echo string) (*http.Response, error) {
		return nil, &url.Error{Op: request.Method, URL: request.URL.String(), Err: errors.New("malformed HTTP response " + echo)}
	})
	add("panic", func(_ *http.Request, echo string) (*http.Response, error) { panic("about " + echo) })
	add("panic of an error", func(_ *http.Request, echo string) (*http.Response, error) { panic(errors.New("about " + echo)) })
	return all
}
