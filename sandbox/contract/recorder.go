package contract

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// exchangeRequest is what a client sent, kept apart from the request that the handler consumes.
type exchangeRequest struct {
	Method string
	URL    url.URL
	Header http.Header
	Body   []byte // as sent: compressed if Content-Encoding says so
}

// exchangeAnswer is what the server said.
type exchangeAnswer struct {
	Status int
	Header http.Header
	Body   []byte
}

// bufferBody reads the body of r and puts an equal one in its place.
func bufferBody(r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if err := r.Body.Close(); err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

// decoded undoes gzip, the one encoding that the CLI and the service use.
func decoded(header http.Header, body []byte) ([]byte, error) {
	switch encoding := header.Get("Content-Encoding"); encoding {
	case "", "identity":
		return body, nil
	case "gzip":
		reader, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, fmt.Errorf("not gzip, as its Content-Encoding says: %w", err)
		}
		return io.ReadAll(reader)
	default:
		return nil, fmt.Errorf("has the Content-Encoding %q, which is not known here", encoding)
	}
}

// recorder passes an answer on and keeps a copy.
type recorder struct {
	http.ResponseWriter
	status   int
	body     bytes.Buffer
	hijacked bool

	beforeHijack func()
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 { // 1xx are no answer yet
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	r.body.Write(p)
	return r.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach what the server's own writer can do.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Flush implements http.Flusher.
func (r *recorder) Flush() { _ = http.NewResponseController(r.ResponseWriter).Flush() }

// Hijack implements http.Hijacker: faults that reset a connection use it.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r.hijacked = true
	r.beforeHijack()
	return http.NewResponseController(r.ResponseWriter).Hijack()
}

func (r *recorder) answer() exchangeAnswer {
	status := r.status
	if status == 0 {
		status = http.StatusOK
	}
	return exchangeAnswer{Status: status, Header: r.Header().Clone(), Body: r.body.Bytes()}
}
