package server

import (
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// openAPIRoutes is what `pulumi api` asks for before it makes any call: which calls there are.
func (s *Server) openAPIRoutes() []core.Route {
	return []core.Route{{Pattern: "GET /api/openapi/pulumi-spec.json", Handle: rest.Plain(s.readOpenAPI), Open: true}}
}

// readOpenAPI describes the sandbox's own calls: their methods and paths, with no more on bodies than their media type.
func (s *Server) readOpenAPI(c *core.Call) error {
	paths := map[string]map[string]any{}
	named := map[string]int{}
	for _, rt := range s.routes() {
		method, path, _ := strings.Cut(rt.Pattern, " ")
		if !strings.HasPrefix(path, "/api/") || method == http.MethodHead {
			continue
		}
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		id := operationID(rt)
		named[id]++
		if named[id] > 1 {
			id += strconv.Itoa(named[id])
		}
		paths[path][strings.ToLower(method)] = operation(id, method, path)
	}
	return c.OK(map[string]any{
		"openapi": "3.0.3",
		"info":    map[string]any{"title": "Sandbox of Pulumi Cloud", "version": "1.0.0"},
		"paths":   paths,
		// The CLI takes a document without components for a fault of its own, and crashes.
		"components": map[string]any{"schemas": map[string]any{"Error": errorSchema()}},
	})
}

// errorSchema is the body of every refusal.
func errorSchema() map[string]any {
	return map[string]any{"type": "object", "properties": map[string]any{
		"code":    map[string]any{"type": "integer"},
		"message": map[string]any{"type": "string"},
	}}
}

// operationID is the name of the handler's function.
func operationID(rt core.Route) string {
	letters := []rune(rt.Handle.Name)
	letters[0] = unicode.ToUpper(letters[0])
	return string(letters)
}

func operation(id, method, path string) map[string]any {
	object := map[string]any{"type": "object"}
	described := map[string]any{
		"operationId": id,
		"tags":        []string{family(path)},
		"responses": map[string]any{"200": map[string]any{
			"description": "OK", "content": map[string]any{answerType(method, path): map[string]any{"schema": object}},
		}},
	}
	if parameters := pathParameters(path); len(parameters) > 0 {
		described["parameters"] = parameters
	}
	if method != http.MethodGet && method != http.MethodDelete {
		described["requestBody"] = map[string]any{"content": map[string]any{"application/json": map[string]any{"schema": object}}}
	}
	return described
}

// answerType is YAML for the calls that answer with the text of an environment.
func answerType(method, path string) string {
	text := path == esc.OneEnvironment || strings.HasSuffix(path, "/decrypt") || strings.HasSuffix(path, "/versions/{version}")
	if method == http.MethodGet && text && strings.HasPrefix(path, esc.OneEnvironment) {
		return esc.YAMLType
	}
	return "application/json"
}

// family is the first word of the path that names a kind of object.
func family(path string) string {
	segments := strings.Split(strings.TrimPrefix(path, "/api/"), "/")
	if segments[0] == "orgs" && len(segments) > 2 {
		return segments[2]
	}
	return segments[0]
}

func pathParameters(path string) []any {
	var all []any
	for _, segment := range strings.Split(path, "/") {
		if strings.HasPrefix(segment, "{") {
			all = append(all, map[string]any{
				"name": strings.Trim(segment, "{}"), "in": "path", "required": true, "schema": map[string]any{"type": "string"},
			})
		}
	}
	return all
}
