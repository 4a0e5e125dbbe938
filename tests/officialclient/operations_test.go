package officialclient

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi-cloud-sdk/go/apiclient"
)

// operation is one call of the official client: its method of [apiclient.CloudClient], the route that it requests, and the types
// of the body and of the answer. A type is nil where the call has none.
type operation struct {
	name      string
	route     string // with {} for each parameter
	queries   []string
	request   reflect.Type
	answer    reflect.Type
	takesText bool // the body is the text of an environment
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// routeOf is a route without the names of its parameters, which differ between the sandbox and the official client.
func routeOf(pattern string) string { return parameter.ReplaceAllString(pattern, "{}") }

// operations finds the operations by calling every method of the official client once, with arguments that are recognized in
// the request.
var operations = sync.OnceValue(func() map[string][]operation {
	all := map[string][]operation{}
	client := reflect.TypeFor[*apiclient.CloudClient]()
	for i := range client.NumMethod() {
		if o, ok := operationOf(client.Method(i)); ok {
			all[o.route] = append(all[o.route], o)
		}
	}
	return all
})

// operationsOf lists the operations of a route of the sandbox.
func operationsOf(pattern string) []operation { return operations()[routeOf(pattern)] }

var backgroundContext = context.Background()

var errStopped = errors.New("not sent")

func operationOf(method reflect.Method) (o operation, ok bool) {
	o.name = method.Name
	c := &apiclient.CloudClient{BaseURL: "http://official.invalid", Executor: func(r *http.Request) (*http.Response, error) {
		o.route, ok = r.Method+" "+placeholders(r.URL.EscapedPath()), true
		o.takesText = r.Header.Get("Content-Type") == "application/x-yaml"
		for key := range r.URL.Query() {
			o.queries = append(o.queries, key)
		}
		slices.Sort(o.queries)
		return nil, errStopped
	}}
	arguments := []reflect.Value{reflect.ValueOf(c)}
	for i := 1; i < method.Type.NumIn(); i++ {
		in := method.Type.In(i)
		if i == method.Type.NumIn()-1 && method.Type.IsVariadic() {
			break // headers
		}
		if isBody(in) {
			o.request = in
		}
		arguments = append(arguments, argument(in, i))
	}
	if outs := method.Type.NumOut(); outs > 1 {
		o.answer = method.Type.Out(0)
	}
	method.Func.Call(arguments)
	return o, ok
}

func isBody(t reflect.Type) bool {
	return t.Kind() == reflect.Struct || t.Kind() == reflect.Map || t.Kind() == reflect.Interface && !t.Implements(reflect.TypeFor[interface{ Done() <-chan struct{} }]()) ||
		t.Kind() == reflect.Slice
}

// argument is a value that a path shows: "arg-3-" for a text, a number above a million.
func argument(t reflect.Type, i int) reflect.Value {
	v := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.Interface:
		if background := reflect.ValueOf(backgroundContext); background.Type().Implements(t) {
			return background
		}
	case reflect.String:
		v.SetString("arg-" + strconv.Itoa(i) + "-")
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(9_000_000 + i))
	case reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		if t.Elem().Kind() == reflect.Slice { // a repeated parameter without values is not sent
			v.Elem().Set(reflect.MakeSlice(t.Elem(), 1, 1))
		}
	}
	return v
}

var given = regexp.MustCompile(`arg-\d+-|90000\d\d`)

func placeholders(path string) string { return given.ReplaceAllString(path, "{}") }

// The table of operations is the whole of the official client.
func TestEveryOperationOfTheOfficialClientHasARoute(t *testing.T) {
	t.Parallel()
	client := reflect.TypeFor[*apiclient.CloudClient]()
	found := 0
	for route, all := range operations() {
		found += len(all)
		if strings.Contains(route, "arg-") || !strings.Contains(route, " /") {
			t.Errorf("%s: the parameters of %q are not recognized", all[0].name, route)
		}
	}
	if found < 600 || found < client.NumMethod()-10 {
		t.Errorf("%d of %d methods request a route", found, client.NumMethod())
	}
}
