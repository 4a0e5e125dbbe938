package rest

import (
	"fmt"
	"net/url"
	"slices"
	"sort"
	"strings"
)

// Router finds what belongs to a route: T is what a server keeps of each. It is not http.ServeMux, which refuses the
// service's own paths as ambiguous (.../yaml/open/{id} and .../{project}/{env}/metadata), where the service lets the leftmost
// literal win.
type Router[T any] struct {
	roots map[string]*node[T] // by method
}

type node[T any] struct {
	literal map[string]*node[T]
	param   *node[T]
	pattern string
	value   *T
	names   []string // of the parameters on the way, in order
}

// NewRouter makes a router without routes.
func NewRouter[T any]() *Router[T] { return &Router[T]{roots: map[string]*node[T]{}} }

// Add adds a route. A pattern without a method, or a second route for one path, is a bug and panics.
func (r *Router[T]) Add(pattern string, value *T) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		panic("route without a method: " + pattern)
	}
	n := r.roots[method]
	if n == nil {
		n = &node[T]{literal: map[string]*node[T]{}}
		r.roots[method] = n
	}
	var names []string
	for _, segment := range strings.Split(strings.Trim(path, "/"), "/") {
		if strings.HasPrefix(segment, "{") {
			names = append(names, strings.Trim(segment, "{}"))
			if n.param == nil {
				n.param = &node[T]{literal: map[string]*node[T]{}}
			}
			n = n.param
			continue
		}
		if n.literal[segment] == nil {
			n.literal[segment] = &node[T]{literal: map[string]*node[T]{}}
		}
		n = n.literal[segment]
	}
	if n.value != nil {
		panic(fmt.Sprintf("two routes for one path: %s and %s", n.pattern, pattern))
	}
	n.pattern, n.value, n.names = pattern, value, names
}

// Find returns the value that was added with a route, nil if no route matches, and the path's parameters. The path is as it came over the wire,
// still escaped.
func (r *Router[T]) Find(method, escapedPath string) (*T, map[string]string) {
	root := r.roots[method]
	if root == nil {
		return nil, nil
	}
	// The service takes a doubled slash for one: all official clients of ESC read sessions at open//{session}.
	segments := slices.DeleteFunc(strings.Split(escapedPath, "/"), func(segment string) bool { return segment == "" })
	values := make([]string, 0, len(segments))
	n := root.find(segments, &values)
	if n == nil {
		return nil, nil
	}
	params := make(map[string]string, len(values))
	for i, name := range n.names {
		params[name] = values[i]
	}
	return n.value, params
}

func (n *node[T]) find(segments []string, values *[]string) *node[T] {
	if len(segments) == 0 {
		if n.value == nil {
			return nil
		}
		return n
	}
	if next := n.literal[segments[0]]; next != nil {
		if found := next.find(segments[1:], values); found != nil {
			return found
		}
	}
	value, err := url.PathUnescape(segments[0])
	if n.param == nil || err != nil || value == "" {
		return nil
	}
	*values = append(*values, value)
	if found := n.param.find(segments[1:], values); found != nil {
		return found
	}
	*values = (*values)[:len(*values)-1]
	return nil
}

// Patterns lists all routes, sorted.
func (r *Router[T]) Patterns() []string {
	var all []string
	var walk func(*node[T])
	walk = func(n *node[T]) {
		if n.value != nil {
			all = append(all, n.pattern)
		}
		for _, next := range n.literal {
			walk(next)
		}
		if n.param != nil {
			walk(n.param)
		}
	}
	for _, root := range r.roots {
		walk(root)
	}
	sort.Strings(all)
	return all
}
