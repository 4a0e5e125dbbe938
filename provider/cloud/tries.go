package cloud

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// withTries returns a copy of the client whose every try keeps the pace, is bounded in time, is answered whole or not at all, and
// follows no redirect.
//
// The API redirects nowhere. Following one would turn a DELETE into a GET, whose success would read as "deleted".
func withTries(client *http.Client, timeout time.Duration, pace *pace) *http.Client {
	copied := *client
	next := client.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	copied.Transport = try{next: next, timeout: timeout, pace: pace}
	copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &copied
}

// try makes one try of a call. It reads the answer to its end, so that a connection which breaks within an answer is
// retried like one that breaks before. A write that has begun is not cut off when its context ends: cancelling stops
// between calls, not within.
type try struct {
	next    http.RoundTripper
	timeout time.Duration
	pace    *pace
}

// RoundTrip implements [http.RoundTripper].
func (t try) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx := request.Context()
	if err := t.pace.wait(ctx); err != nil {
		closeBody(request)
		return nil, err
	}
	started := time.Now()
	if request.Method != http.MethodGet {
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, t.timeout, fmt.Errorf("no complete answer within %s", t.timeout))
	defer cancel()

	answer, err := t.next.RoundTrip(request.WithContext(ctx))
	if err == nil {
		err = readWhole(answer)
	}
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	t.pace.answered(started, answer)
	return answer, nil
}

// CloseIdleConnections passes on what the HTTP client asks of its transport after failures.
func (t try) CloseIdleConnections() {
	if next, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

// errTooLong is the answer that is longer than any of the service's. It would be so again.
var errTooLong = fmt.Errorf("the answer is longer than %d bytes", maxBody)

func readWhole(answer *http.Response) error {
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = errTooLong
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return err
}

func closeBody(request *http.Request) {
	if request.Body != nil {
		_ = request.Body.Close()
	}
}
