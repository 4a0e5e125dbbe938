package server

import (
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

func TestOpenAPIListsEveryCall(t *testing.T) {
	t.Parallel()
	b := newBox(t, "")
	b.s.org.Mu.Lock()
	c := &core.Call{Call: rest.NewCall(nil, nil), Org: b.s.org}
	err := b.s.readOpenAPI(c)
	b.s.org.Mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(c.Out.Body)
	if err != nil {
		t.Fatalf("it is no OpenAPI document: %v", err)
	}
	if doc.Components == nil || len(doc.Components.Schemas) == 0 {
		t.Error("it has no components, which the CLI cannot stand")
	}
	var ids, listed, want []string
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			listed = append(listed, method+" "+path)
			ids = append(ids, operation.OperationID)
		}
	}
	for _, pattern := range b.s.router.Patterns() {
		if strings.Contains(pattern, " /api/") && !strings.HasPrefix(pattern, "HEAD ") {
			want = append(want, pattern)
		}
	}
	slices.Sort(listed)
	slices.Sort(want)
	if !slices.Equal(listed, want) {
		t.Errorf("got calls %v, want %v", listed, want)
	}
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("some operation ids are there twice: %v", ids)
	}
}
