package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
)

// Kinds of refusal, for errors.Is. They are decided by the HTTP status. A 404 counts only in the service's form, because
// objects are taken for deleted by it.
var (
	ErrUnauthorized = errors.New("the access token is missing, wrong or expired")
	ErrForbidden    = errors.New("the caller may not do this")
	ErrNotFound     = errors.New("not found, or not visible to the caller")
	ErrConflict     = errors.New("conflict")
	ErrInvalid      = errors.New("the service refused the request as invalid")
	ErrLimited      = errors.New("too many requests")
)

// ErrUnknownOutcome marks a call that failed after it may have been carried out: the connection broke, a gateway
// answered in the service's place, or the answer made no sense.
var ErrUnknownOutcome = errors.New("it is not known whether the service carried this out")

// Error is a call that the service, or something on the way to it, refused.
type Error struct {
	Method    string       // HTTP method
	Route     string       // path of the call
	Object    string       // what it was about, as people say it
	Status    int          // HTTP status; 0 when no answer came, below 300 when the answer made no sense
	Message   string       // what the service said
	RequestID string       // the service's X-Pulumi-Request-ID, for support
	Details   []Detail     // field errors, where the service sends them
	Diags     []Diagnostic // findings in an environment definition
	foreign   bool         // the answer is not in the form in which the service refuses: something on the way gave it
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

// Error returns what failed, on which object, what the service said, and what to do next.
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
	if e.RequestID != "" {
		fmt.Fprintf(&text, " (request %s)", e.RequestID)
	}
	writeFindings(&text, e.Details)
	writeFindings(&text, e.Diags)
	fmt.Fprintf(&text, "\n  %s", e.hint())
	return text.String()
}

// writeFindings writes a line each, up to maxFindings, then a count.
func writeFindings[T fmt.Stringer](text *strings.Builder, findings []T) {
	if len(findings) == 0 {
		return
	}
	lines := make([]string, len(findings))
	for i, finding := range findings {
		lines[i] = printable(finding.String(), maxMessage)
	}
	text.WriteString("\n  " + shortlist.Joined(lines, maxFindings, "\n  ", "\n  ... and "))
}

// String is the field error as one line, of the parts that there are.
func (d Detail) String() string {
	return strings.Join(strings.Fields(strings.Join(
		[]string{d.Resource, d.Attribute, d.ErrorType, d.CustomMessage}, " ")), " ")
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
		return e.Status == http.StatusNotFound && !e.foreign
	case ErrConflict:
		return e.Status == http.StatusConflict
	case ErrLimited:
		return e.Status == http.StatusTooManyRequests
	case ErrInvalid:
		return e.Status == http.StatusBadRequest
	case ErrUnknownOutcome:
		return e.Status < http.StatusMultipleChoices || isGateway(e.Status) || e.Status == http.StatusInternalServerError ||
			e.isForeign404()
	}
	return false
}

// isForeign404 reports whether a 404 is a proxy's or a router's, which says nothing about the object.
func (e *Error) isForeign404() bool { return e.Status == http.StatusNotFound && e.foreign }

// Unwrap returns the network error, if there is one.
func (e *Error) Unwrap() error { return e.cause }

func (e *Error) hint() string {
	switch {
	case e.Status == 0:
		return "Check the network and apiUrl, then run the same command again: what was done is found, and nothing is made twice."
	case e.isForeign404() || e.Status < http.StatusMultipleChoices:
		return "This is not how Pulumi Cloud answers: check apiUrl, and the proxies on the way, then run the same command again. " +
			"What was done is found, and nothing is made twice."
	case e.Status == http.StatusInternalServerError:
		return "Run the same command again: what was done is found, and nothing is made twice. If it fails again, ask Pulumi's support, " +
			"quoting the request."
	case e.Is(ErrUnknownOutcome):
		return "Run the same command again: what was done is found, and nothing is made twice."
	case e.Status < http.StatusBadRequest:
		return "Set apiUrl to the address of Pulumi Cloud's API itself."
	}
	switch e.Status {
	case http.StatusBadRequest:
		return "Correct what the service names, then run the same command again."
	case http.StatusUnauthorized:
		return "Give a valid token: PULUMI_ACCESS_TOKEN, leastprivilege:accessToken, or `pulumi login`."
	case http.StatusPaymentRequired:
		return "The organization's Pulumi edition does not include this feature."
	case http.StatusForbidden:
		return "Use a token of an organization administrator, or one whose role holds the scope that this call needs."
	case http.StatusNotFound:
		return "Check that it exists under this name; a token that may not see it is answered the same."
	case http.StatusConflict:
		return "It exists already, is in use, or was changed meanwhile: compare it with the console, or run `pulumi refresh`."
	case http.StatusTooManyRequests:
		return "The service is limiting requests; run the same command again in a while."
	}
	return "Run the same command again; if it fails again, ask Pulumi's support, quoting the request."
}

func (c *Client) errorFromAnswer(in call, answer *http.Response, body []byte) error {
	failure := &Error{
		Method: in.method, Route: in.route(), Object: in.object,
		Status: answer.StatusCode,
	}
	body = body[:min(len(body), maxErrorBody)]
	quiet := c.quiet(in)
	failure.RequestID = printable(quiet(requestID(answer.Header)), maxForeign)
	var parsed struct {
		Code        int          `json:"code"`
		Message     string       `json:"message"`
		Errors      []Detail     `json:"errors"`
		Diagnostics []Diagnostic `json:"diagnostics"`
	}
	isRefusal := json.Unmarshal(body, &parsed) == nil && parsed.Message != ""
	failure.foreign = !isRefusal || parsed.Code != answer.StatusCode
	switch {
	case isRefusal:
		failure.Message = printable(quiet(parsed.Message), maxMessage)
		failure.Details, failure.Diags = redactAll(parsed.Errors, quiet, Detail.redacted), redactAll(parsed.Diagnostics, quiet, Diagnostic.redacted)
	case answer.Header.Get("Location") != "":
		failure.Message = "it redirects to " + printable(quiet(answer.Header.Get("Location")), maxForeign)
	default: // a proxy or a router answered, not the service
		failure.Message = printable(quiet(string(body)), maxForeign)
	}
	return failure
}

// redactAll takes secrets out of the texts of findings.
func redactAll[T any](findings []T, redact func(string) string, redacted func(T, func(string) string) T) []T {
	for i, finding := range findings {
		findings[i] = redacted(finding, redact)
	}
	return findings
}

func (d Detail) redacted(redact func(string) string) Detail {
	return Detail{redact(d.Resource), redact(d.Attribute), redact(d.ErrorType), redact(d.CustomMessage)}
}

func (d Diagnostic) redacted(redact func(string) string) Diagnostic {
	d.Summary, d.Detail, d.Path, d.Severity = redact(d.Summary), redact(d.Detail), redact(d.Path), redact(d.Severity)
	if d.Range != nil {
		d.Range.Environment = redact(d.Range.Environment)
	}
	return d
}

// Bounds of what an error repeats of an answer.
const (
	maxMessage  = 2000 // characters of the service's own message
	maxForeign  = 300  // characters of a text that is not the service's
	maxFindings = 20   // field errors, and findings in a definition
)

func requestID(header http.Header) string { return header.Get("X-Pulumi-Request-ID") }

// printable is text as one line without control characters, cut after limit characters.
func printable(text string, limit int) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	line := []rune(strings.Join(words, " "))
	if len(line) > limit {
		return string(line[:limit]) + "..."
	}
	return string(line)
}

// unreadable is a call that succeeded with an answer that makes no sense. Whatever it did is done.
func unreadable(in call, answer response, err error) error {
	return &Error{
		Method: in.method, Route: in.route(), Object: in.object,
		Status: answer.status, RequestID: printable(answer.quiet(requestID(answer.header)), maxForeign),
		Message: "the answer is not Pulumi Cloud's: " + printable(answer.quiet(err.Error()), maxMessage), cause: err,
	}
}

// credentials are a user and a password in a URL: those of a proxy come from the environment, and stand in errors about it.
var credentials = regexp.MustCompile(`//[^/@"]*@`)

func (c *Client) transportError(ctx context.Context, in call, err error) error {
	// A write that had begun fails for reasons of its own.
	if ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))) {
		return fmt.Errorf("%s: %s %s was cancelled: %w", in.object, in.method, in.route(), context.Cause(ctx))
	}
	failure := &Error{Method: in.method, Route: in.route(), Object: in.object, cause: err}
	var wrapped *url.Error // repeats method and address
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	text := credentials.ReplaceAllString(err.Error(), "//[credentials]@")
	failure.Message = printable(c.quiet(in)(text), maxMessage) // it may quote an answer that is not HTTP
	return failure
}
