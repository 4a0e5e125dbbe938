package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// part says which part of an exchange a finding is about.
type part string

const (
	path         part = "path"
	query        part = "query"
	requestType  part = "request content type"
	requestBody  part = "request body"
	status       part = "status"
	answerType   part = "answer content type"
	answerBody   part = "answer body"
	undocumented part = "operation"
)

// finding is one thing that the document does not allow.
type finding struct {
	Operation string // method and path as the document writes them
	Part      part
	Status    int    // of the answer; 0 when the finding is about the request
	Pointer   string // JSON pointer into a body, or /name of a parameter; "" is the whole
	Keyword   string // the schema keyword that failed, "undeclared" or "missing"
	Reason    string
}

// String names the place and the reason, and never a value.
func (f finding) String() string {
	text := f.Operation + ": "
	if f.Status != 0 {
		text += fmt.Sprintf("%d: ", f.Status)
	}
	text += string(f.Part)
	if f.Pointer != "" {
		text += " at " + f.Pointer
	}
	return text + ": " + f.Reason
}

// checker holds exchanges against a document, less the known differences.
type checker struct {
	doc   *document
	known []difference
	used  sync.Map // explanation -> true: what in known explained a finding
}

// explanation is one operation, status or pointer of a known difference.
type explanation struct {
	index int
	part  string
}

func newChecker(doc *document, known []difference) *checker {
	return &checker{doc: doc, known: known}
}

// exchange is one request on its way to an answer.
type exchange struct {
	checker    *checker
	request    exchangeRequest
	operation  *operation // nil: the document does not have it
	parameters map[string]string
}

func (c *checker) begin(req exchangeRequest) exchange {
	op, parameters := c.doc.find(req.Method, req.URL)
	return exchange{checker: c, request: req, operation: op, parameters: parameters}
}

// requestFindings returns what is wrong with the request, which the server did not refuse by itself.
func (e exchange) requestFindings() []finding {
	if e.operation == nil {
		return nil // it depends on the answer whether that is wrong
	}
	return e.checker.unexplained(requestFindings(e.operation, e.request, e.parameters))
}

// refused tells a status with which a server says itself that it does not take the request as it is: tests send such
// requests to see that it does.
func refused(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity,
		http.StatusNotImplemented:
		return true
	}
	return false
}

// answerFindings returns what is wrong with the answer.
func (e exchange) answerFindings(answer exchangeAnswer) []finding {
	switch {
	case e.operation == nil:
		return e.checker.unexplained(undocumentedFindings(e.request, answer))
	case answer.Header.Get(FaultHeader) != "":
		return nil
	default:
		return e.checker.unexplained(answerFindings(e.operation, e.request, answer))
	}
}

func (c *checker) unexplained(found []finding) []finding {
	var left []finding
	for _, f := range found {
		index, matched := explain(c.known, f)
		if index < 0 {
			left = append(left, f)
			continue
		}
		for _, part := range append(matched, anything) {
			c.used.Store(explanation{index, part}, true)
		}
	}
	return left
}

// unused returns, by its reason, what explained nothing so far.
func (c *checker) unused() []string {
	var unused []string
	for i, d := range c.known {
		for _, part := range d.parts() {
			if _, ok := c.used.Load(explanation{i, part}); !ok {
				unused = append(unused, part+": "+d.Why)
			}
		}
	}
	return unused
}

// undocumentedFindings checks a path that is not in the document. A server that says 501 has refused it already, by name.
func undocumentedFindings(req exchangeRequest, answer exchangeAnswer) []finding {
	if answer.Status == http.StatusNotImplemented {
		return nil
	}
	return []finding{{
		Operation: newerOperation(req.Method, req.URL), Part: undocumented,
		Keyword: "undeclared", Reason: "the document has no such operation",
	}}
}

func requestFindings(op *operation, req exchangeRequest, parameters map[string]string) []finding {
	found := parameterFindings(op, req.URL.Query(), parameters)
	body, err := decoded(req.Header, req.Body)
	if err != nil {
		return append(found, finding{Operation: op.name, Part: requestBody, Keyword: "encoding", Reason: err.Error()})
	}
	declared := op.spec.RequestBody
	if declared == nil || declared.Value == nil {
		if len(body) > 0 {
			found = append(found, finding{Operation: op.name, Part: requestBody, Keyword: "undeclared", Reason: "the operation takes no body"})
		}
		return found
	}
	where := finding{Operation: op.name, Part: requestBody}
	return append(found, contentFindings(where, requestType, declared.Value.Content, req.Header, body)...)
}

func answerFindings(op *operation, req exchangeRequest, answer exchangeAnswer) []finding {
	declared := op.spec.Responses.Status(answer.Status)
	if declared == nil || declared.Value == nil {
		return []finding{{
			Operation: op.name, Part: status, Status: answer.Status,
			Keyword: "undeclared", Reason: "the document does not give this status",
		}}
	}
	if req.Method == http.MethodHead {
		return nil
	}
	where := finding{Operation: op.name, Part: answerBody, Status: answer.Status}
	body, err := decoded(answer.Header, answer.Body)
	if err != nil {
		where.Keyword, where.Reason = "encoding", err.Error()
		return []finding{where}
	}
	if len(declared.Value.Content) == 0 {
		return undescribedFindings(where, answer.Header, body)
	}
	return contentFindings(where, answerType, declared.Value.Content, answer.Header, body)
}

// undescribedFindings checks the body of an answer that the document describes in words only: nothing on success, the
// service's error body (a code equal to the status, and a message) otherwise.
func undescribedFindings(where finding, header http.Header, body []byte) []finding {
	if where.Status < http.StatusBadRequest {
		if len(body) == 0 {
			return nil
		}
		where.Keyword, where.Reason = "undeclared", "the operation answers without a body"
		return []finding{where}
	}
	if mediaType(header) != "application/json" {
		return nil // a proxy or the router may have answered
	}
	var service struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(body, &service); err != nil || service.Code != where.Status || service.Message == "" {
		where.Keyword, where.Reason = "error", "an error body has a code that is equal to the status, and a message"
		return []finding{where}
	}
	return nil
}

func contentFindings(where finding, typePart part, content openapi3.Content, header http.Header, body []byte) []finding {
	media, exact := content[mediaType(header)]
	if len(body) == 0 && isJSON(content) {
		where.Keyword, where.Reason = "missing", "there is no body"
		return []finding{where}
	}
	if !exact {
		var found []finding
		where.Part, where.Keyword = typePart, "undeclared"
		where.Reason = fmt.Sprintf("the document does not give %q", mediaType(header))
		if len(body) > 0 {
			found = append(found, where)
		}
		return found
	}
	if media.Schema == nil || media.Schema.Value == nil || mediaType(header) != "application/json" {
		return nil
	}
	value, err := decodeJSON(body)
	if err != nil {
		where.Keyword, where.Reason = "syntax", "the body is not one JSON value"
		return []finding{where}
	}
	return schemaFindings(where, media.Schema.Value, value)
}

func isJSON(content openapi3.Content) bool { return content["application/json"] != nil }

func mediaType(header http.Header) string {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return header.Get("Content-Type")
	}
	return media
}

func decodeJSON(body []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if decoder.More() {
		return nil, errors.New("more than one JSON value")
	}
	return value, nil
}
