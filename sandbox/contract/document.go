package contract

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// document is the OpenAPI document, ready to be asked about requests.
type document struct {
	routes *routeNode
}

// operation is one method of one path.
type operation struct {
	name       string // "GET /api/orgs/{orgName}", as the sandbox's request log writes it
	parameters []string
	spec       *openapi3.Operation
}

func loadDocument(path string) (*document, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the OpenAPI document: %w", err)
	}
	return parseDocument(data)
}

func parseDocument(data []byte) (*document, error) {
	var raw map[string]any
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("the OpenAPI document is not JSON: %w", err)
	}
	tighten(raw)
	tightened, err := json.Marshal(raw)
	if err != nil {
		return nil, err
	}
	spec, err := openapi3.NewLoader().LoadFromData(tightened)
	if err != nil {
		return nil, fmt.Errorf("the OpenAPI document cannot be loaded: %w", err)
	}
	routes := &routeNode{}
	for template, item := range spec.Paths.Map() {
		for method, op := range item.Operations() {
			op.Parameters = append(append(openapi3.Parameters{}, item.Parameters...), op.Parameters...)
			routes.add(method, template, op)
		}
	}
	return &document{routes: routes}, nil
}

// find returns the operation that a request addresses, with the values of its path parameters; nil if there is none.
// A literal segment wins over a parameter, as in the service's own router, and doubled slashes are one: ESC's clients write
// them.
func (d *document) find(method string, u url.URL) (*operation, map[string]string) {
	var segments []string
	for _, escaped := range strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), "/") {
		segment, err := url.PathUnescape(escaped)
		if err != nil {
			return nil, nil
		}
		if segment != "" {
			segments = append(segments, segment)
		}
	}
	op, values := d.routes.find(method, segments, nil)
	if op == nil {
		return nil, nil
	}
	parameters := make(map[string]string, len(values))
	for i, name := range op.parameters {
		parameters[name] = values[i]
	}
	return op, parameters
}

// routeNode is a tree of path segments.
type routeNode struct {
	literal    map[string]*routeNode
	parameter  *routeNode
	operations map[string]*operation // by method
}

func (n *routeNode) add(method, template string, spec *openapi3.Operation) {
	op := &operation{name: method + " " + template, spec: spec}
	for _, segment := range strings.Split(strings.TrimPrefix(template, "/"), "/") {
		if name, ok := parameterName(segment); ok {
			op.parameters = append(op.parameters, name)
			if n.parameter == nil {
				n.parameter = &routeNode{}
			}
			n = n.parameter
			continue
		}
		if n.literal == nil {
			n.literal = map[string]*routeNode{}
		}
		if n.literal[segment] == nil {
			n.literal[segment] = &routeNode{}
		}
		n = n.literal[segment]
	}
	if n.operations == nil {
		n.operations = map[string]*operation{}
	}
	n.operations[method] = op
}

func parameterName(segment string) (string, bool) {
	name, ok := strings.CutPrefix(segment, "{")
	return strings.TrimSuffix(name, "}"), ok
}

func (n *routeNode) find(method string, segments, values []string) (*operation, []string) {
	if len(segments) == 0 {
		return n.operations[method], values
	}
	if next := n.literal[segments[0]]; next != nil {
		if op, v := next.find(method, segments[1:], values); op != nil {
			return op, v
		}
	}
	if n.parameter == nil || segments[0] == "" {
		return nil, nil
	}
	return n.parameter.find(method, segments[1:], append(values[:len(values):len(values)], segments[0]))
}
