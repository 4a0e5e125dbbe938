package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Kinds of refusal, for errors.Is. They are decided by HTTP status alone.
var (
	ErrUnauthorized = errors.New("the access token is missing, wrong or expired")
	ErrForbidden    = errors.New("the caller may not do this")
	ErrNotFound     = errors.New("not found, or not visible to the caller")
	ErrConflict     = errors.New("conflict")
	ErrInvalid      = errors.New("the service refused the request as invalid")
	ErrLimited      = errors.New("too many requests")
)

// ErrUnknownOutcome marks a call that failed after it may have been carried out: the connection broke, or a gateway
// answered in the service's place.
var ErrUnknownOutcome = errors.New("it is not known whether the service carried this out")

// Error is a call that the service, or something on the way to it, refused.
type Error struct {
	Method    string       // HTTP method
	Route     string       // path of the call
	Object    string       // what it was about, as people say it
	Status    int          // HTTP status; 0 when no answer came
	Message   string       // what the service said
	RequestID string       // the service's X-Pulumi-Request-ID, for support
	Details   []Detail     // field errors, where the service sends them
	Diags     []Diagnostic // findings in an environment definition
	cause     error
}

// Detail is one field error of the service's error body.
type Detail struct {
	Resource      string `json:"resource"`
	Attribute     string `json:"attribute"`
	ErrorType     string `json:"errorType"`
	CustomMessage string `json:"customMessage"`
}

// Diagnostic is one finding in an environment definition (lines and columns count from 1).
type Diagnostic struct {
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	Path     string `json:"path"`
	Severity string `json:"severity"`
	Range    *struct {
		Environment string `json:"environment"`
		Begin       struct {
			Line   int `json:"line"`
			Column int `json:"column"`
		} `json:"begin"`
	} `json:"range"`
}

// Error says what failed, on which object, what the service said, and what to do next.
func (e *Error) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s %s", e.Object, e.Method, e.Route)
	if e.Status != 0 {
		fmt.Fprintf(&text, " answered %d %s", e.Status, http.StatusText(e.Status))
	} else {
		text.WriteString(" got no answer")
	}
	if e.Message != "" {
		fmt.Fprintf(&text, ": %s", e.Message)
	}
	for _, detail := range e.Details {
		fmt.Fprintf(&text, "\n  %s %s %s %s", detail.Resource, detail.Attribute, detail.ErrorType, detail.CustomMessage)
	}
	for _, diag := range e.Diags {
		fmt.Fprintf(&text, "\n  %s", diag)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&text, " (request %s)", e.RequestID)
	}
	if hint := e.hint(); hint != "" {
		fmt.Fprintf(&text, "\n  %s", hint)
	}
	return text.String()
}

// String is the finding as one line, with its place.
func (d Diagnostic) String() string {
	place := d.Path
	if d.Range != nil {
		place = fmt.Sprintf("%s:%d:%d", d.Range.Environment, d.Range.Begin.Line, d.Range.Begin.Column)
	}
	if d.Detail != "" {
		return fmt.Sprintf("%s: %s: %s", place, d.Summary, d.Detail)
	}
	return fmt.Sprintf("%s: %s", place, d.Summary)
}

// Is reports whether the refusal is of the given kind.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrUnauthorized:
		return e.Status == http.StatusUnauthorized
	case ErrForbidden:
		return e.Status == http.StatusForbidden
	case ErrNotFound:
		return e.Status == http.StatusNotFound
	case ErrConflict:
		return e.Status == http.StatusConflict
	case ErrLimited:
		return e.Status == http.StatusTooManyRequests
	case ErrInvalid:
		return e.Status == http.StatusBadRequest
	case ErrUnknownOutcome:
		return e.Status == 0 || e.Status == http.StatusBadGateway || e.Status == http.StatusServiceUnavailable ||
			e.Status == http.StatusGatewayTimeout
	}
	return false
}

// Unwrap returns the network error, if there is one.
func (e *Error) Unwrap() error { return e.cause }

func (e *Error) hint() string {
	switch {
	case e.Status == http.StatusUnauthorized:
		return "Give a valid token: PULUMI_ACCESS_TOKEN, leastprivilege:accessToken, or `pulumi login`."
	case e.Status == http.StatusForbidden:
		return "Use a token of an organization administrator, or one whose role holds the scope that this call needs."
	case e.Status == http.StatusPaymentRequired:
		return "The organization's Pulumi edition does not include this feature."
	case e.Status == http.StatusTooManyRequests:
		return "The service is limiting requests; run the same command again in a while."
	case e.Is(ErrUnknownOutcome):
		return "Run the same command again: what was done is found, and nothing is made twice."
	}
	return ""
}

func errorFromAnswer(in call, answer *http.Response) error {
	failure := &Error{
		Method: in.method, Route: in.route(), Object: in.object,
		Status:    answer.StatusCode,
		RequestID: answer.Header.Get("X-Pulumi-Request-ID"),
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxErrorBody))
	if err != nil {
		failure.cause = err
		return failure
	}
	var parsed struct {
		Message     string       `json:"message"`
		Errors      []Detail     `json:"errors"`
		Diagnostics []Diagnostic `json:"diagnostics"`
	}
	if json.Unmarshal(body, &parsed) == nil && parsed.Message != "" {
		failure.Message, failure.Details, failure.Diags = parsed.Message, parsed.Errors, parsed.Diagnostics
		return failure
	}
	failure.Message = quoteBounded(body) // a proxy or a router answered, not the service
	return failure
}

func quoteBounded(body []byte) string {
	const limit = 300
	text := strings.Join(strings.Fields(string(body)), " ")
	if len(text) > limit {
		text = text[:limit] + "..."
	}
	return text
}

func transportError(ctx context.Context, in call, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %s %s was cancelled: %w", in.object, in.method, in.route(), context.Cause(ctx))
	}
	return &Error{Method: in.method, Route: in.route(), Object: in.object, Message: err.Error(), cause: err}
}
