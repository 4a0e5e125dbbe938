package rest

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

// Call is one request and the answer to it so far.
type Call struct {
	Request *http.Request
	Params  map[string]string // of the path, by the OpenAPI document's names
	Out     *Response
}

// NewCall is a call without an answer yet, status 200.
func NewCall(r *http.Request, params map[string]string) *Call {
	return &Call{Request: r, Params: params, Out: &Response{Status: http.StatusOK, Header: http.Header{}}}
}

// Param is a path parameter, unescaped. Its name is the OpenAPI document's.
func (c *Call) Param(name string) string { return c.Params[name] }

// Query is a query parameter, "" if it is not given.
func (c *Call) Query(name string) string { return c.Request.URL.Query().Get(name) }

// Flag is a boolean query parameter.
func (c *Call) Flag(name string) bool {
	v, err := strconv.ParseBool(c.Query(name))
	return err == nil && v
}

// ReadAhead takes the body off the connection: only then does net/http notice that a caller has left.
func ReadAhead(r *http.Request) {
	data, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(data), failing{err}))
}

// failing passes on the error with which a body ended.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

// Body reads the request's body, which may be compressed.
func (c *Call) Body() ([]byte, error) {
	reader := io.Reader(c.Request.Body)
	if strings.EqualFold(c.Request.Header.Get("Content-Encoding"), "gzip") {
		unzipped, err := gzip.NewReader(c.Request.Body)
		if err != nil {
			return nil, BadRequest("the body says it is gzip and is not: %v", err)
		}
		reader = unzipped
	}
	data, err := io.ReadAll(io.LimitReader(reader, maxBody+1))
	if err != nil {
		return nil, BadRequest("reading the body: %v", err)
	}
	if len(data) > maxBody {
		return nil, Refuse(http.StatusRequestEntityTooLarge, "Request Entity Too Large", "the body is over %d bytes", maxBody)
	}
	return data, nil
}

// Decode reads a JSON body. Like the service, it ignores fields that it does not know.
func (c *Call) Decode(into any) error {
	data, err := c.Body()
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return BadRequest("the request has no body")
	}
	if err := json.Unmarshal(data, into); err != nil {
		var typed *json.UnmarshalTypeError
		if errors.As(err, &typed) {
			return BadRequest("field %q cannot be a %s", typed.Field, typed.Value)
		}
		return BadRequest("the body is not valid JSON")
	}
	return nil
}

// JSON answers with a status and a JSON body.
func (c *Call) JSON(status int, body any) error {
	c.Out.WriteJSON(status, body)
	return nil
}

// OK answers 200 with a JSON body.
func (c *Call) OK(body any) error { return c.JSON(http.StatusOK, body) }

// NoContent answers 204.
func (c *Call) NoContent() error {
	c.Out.Status = http.StatusNoContent
	return nil
}

// Text answers 200 with a body of another type.
func (c *Call) Text(contentType string, body []byte) error {
	c.Out.Header.Set("Content-Type", contentType)
	c.Out.Body = body
	return nil
}

// Fail answers with an error: with its own status and body if it is a [Refusal], else with a 500.
func (c *Call) Fail(err error) {
	var refusal Refusal
	if !errors.As(err, &refusal) {
		refusal = &Error{Code: http.StatusInternalServerError, Message: "Internal Server Error: " + err.Error()}
	}
	*c.Out = Response{Header: http.Header{}}
	c.Out.WriteJSON(refusal.Status(), refusal)
}

// Response is an answer held back until the handler is done: a failed handler has sent nothing, and a fault can drop it.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// WriteJSON sets the status and a JSON body.
func (o *Response) WriteJSON(status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(`{"code":500,"message":"Internal Server Error"}`)
	}
	data = append(data, '\n')
	o.Status, o.Body = status, data
	o.Header.Set("Content-Type", "application/json")
}

// Send writes the answer to the connection.
func (o *Response) Send(w http.ResponseWriter, r *http.Request) {
	for name, values := range o.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(o.Status)
	if r.Method != http.MethodHead && o.Status != http.StatusNoContent {
		_, _ = w.Write(o.Body) // a caller that left does not want to know
	}
}
