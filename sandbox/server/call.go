package server

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// maxBody bounds what one request may make the server hold: twice the largest body the service takes.
const maxBody = 32 << 20

// call is one request on its way through a handler: who asks, for what, and the answer so far.
type call struct {
	s      *Server
	r      *http.Request
	route  *route
	params map[string]string
	caller principal
	stack  *stack  // with update: what the lease is of
	update *update // on lease routes
	// grantsUsed are the open requests by which gates let the call through.
	grantsUsed []*changeRequest
	out        *response
}

// param is a path parameter, unescaped. Its name is the OpenAPI document's.
func (c *call) param(name string) string { return c.params[name] }

// query is a query parameter, "" if it is not given.
func (c *call) query(name string) string { return c.r.URL.Query().Get(name) }

// flag is a boolean query parameter.
func (c *call) flag(name string) bool {
	v, err := strconv.ParseBool(c.query(name))
	return err == nil && v
}

// body reads the request's body, which may be compressed.
func (c *call) body() ([]byte, error) {
	reader := io.Reader(c.r.Body)
	if strings.EqualFold(c.r.Header.Get("Content-Encoding"), "gzip") {
		unzipped, err := gzip.NewReader(c.r.Body)
		if err != nil {
			return nil, badRequest("the body says it is gzip and is not: %v", err)
		}
		reader = unzipped
	}
	data, err := io.ReadAll(io.LimitReader(reader, maxBody+1))
	if err != nil {
		return nil, badRequest("reading the body: %v", err)
	}
	if len(data) > maxBody {
		return nil, refuse(http.StatusRequestEntityTooLarge, "Request Entity Too Large", "the body is over %d bytes", maxBody)
	}
	return data, nil
}

// decode reads a JSON body. Like the service, it ignores fields that it does not know.
func (c *call) decode(into any) error {
	data, err := c.body()
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return badRequest("the request has no body")
	}
	if err := json.Unmarshal(data, into); err != nil {
		var typed *json.UnmarshalTypeError
		if errors.As(err, &typed) {
			return badRequest("field %q cannot be a %s", typed.Field, typed.Value)
		}
		return badRequest("the body is not valid JSON")
	}
	return nil
}

// json answers with a status and a JSON body.
func (c *call) json(status int, body any) error {
	c.out.writeJSON(status, body)
	return nil
}

// ok answers 200 with a JSON body.
func (c *call) ok(body any) error { return c.json(http.StatusOK, body) }

// noContent answers 204.
func (c *call) noContent() error {
	c.out.status = http.StatusNoContent
	return nil
}

// text answers 200 with a body of another type.
func (c *call) text(contentType string, body []byte) error {
	c.out.header.Set("Content-Type", contentType)
	c.out.body = body
	return nil
}

// response is an answer held back until the handler is done: a failed handler has sent nothing, and a fault can drop it.
type response struct {
	status int
	header http.Header
	body   []byte
}

func newResponse() *response { return &response{status: http.StatusOK, header: http.Header{}} }

func (o *response) reset() { *o = *newResponse() }

func (o *response) writeJSON(status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(`{"code":500,"message":"Internal Server Error"}`)
	}
	data = append(data, '\n')
	o.status, o.body = status, data
	o.header.Set("Content-Type", "application/json")
}

func (o *response) send(w http.ResponseWriter, r *http.Request) {
	for name, values := range o.header {
		w.Header()[name] = values
	}
	w.WriteHeader(o.status)
	if r.Method != http.MethodHead && o.status != http.StatusNoContent {
		_, _ = w.Write(o.body) // a caller that left does not want to know
	}
}
