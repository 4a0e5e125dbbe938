package cloud

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
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

// errTooSlow is the answer that trickles, as no network does: it would go on for as long as every try may take.
var errTooSlow = fmt.Errorf("the answer comes at less than %d bytes a second", slowestBytes)

const (
	slowestBytes = 64               // bytes a second, of an answer that comes in pieces
	slowAfter    = 10 * time.Second // before which no answer is too slow
	slowPieces   = 8                // fewer pieces are a delay, not a trickle
)

// body is an answer that was read to its end.
type body struct {
	*bytes.Reader
	data []byte
}

func (body) Close() error { return nil }

func readWhole(answer *http.Response) error {
	defer answer.Body.Close()
	started, pieces := time.Now(), 0
	data := make([]byte, 0, min(max(answer.ContentLength, 1<<10), maxBody)+1) // one more, to meet the end
	for {
		n, err := answer.Body.Read(data[len(data):cap(data)])
		data, pieces = data[:len(data)+n], pieces+1
		took := time.Since(started)
		switch {
		case err == io.EOF:
			answer.Body = body{bytes.NewReader(data), data}
			return nil
		case err != nil:
			return err
		case len(data) > maxBody:
			return errTooLong
		case took > slowAfter && pieces > slowPieces && float64(len(data)) < slowestBytes*took.Seconds():
			return errTooSlow
		case len(data) == cap(data):
			data = slices.Grow(data, min(len(data), maxBody+1-len(data)))
		}
	}
}

func closeBody(request *http.Request) {
	if request.Body != nil {
		_ = request.Body.Close()
	}
}
