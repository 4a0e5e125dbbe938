package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report"
)

var update = flag.Bool("update", false, "write the schemas that are published")

const (
	published = "../../docs/schemas"
	schemaURL = "https://raw.githubusercontent.com/pulumi-leastprivilege/pulumi-leastprivilege/main/docs/schemas/"
)

// documents are the JSON documents, by the name of their schema.
var documents = map[string]any{
	"who-can": report.WhoCan{}, "explain": report.Explained{}, "blast-radius": report.Radius{}, "escalations": report.Escalations{},
	"changes": report.Changes{}, "review": report.Reviewed{}, "suggest": report.Suggested{}, "lint": report.Linted{}, "snapshot": snapshot{},
}

// snapshot is the document that graph.MarshalSnapshot writes.
type snapshot struct {
	Schema           string             `json:"schema"`
	Version          int                `json:"version"`
	Taken            string             `json:"taken" jsonschema:"format=date-time"`
	AdditionalScopes []string           `json:"additionalScopes,omitempty"`
	Organization     graph.Organization `json:"organization"`
	Blind            []graph.Blind      `json:"blind,omitempty"`
}

// record and held are types that write their JSON themselves.
type record struct {
	Name       string          `json:"name"`
	Identifier string          `json:"identifier,omitempty"`
	Descriptor json.RawMessage `json:"descriptor,omitempty"`
	Unreadable string          `json:"unreadable,omitempty"`
	Assignable bool            `json:"assignable,omitempty"`
}

type held struct {
	Level   string `json:"level,omitempty"`
	Set     string `json:"set,omitempty"`
	MaxOpen string `json:"maxOpen,omitempty"`
}

func schemaOf(t *testing.T, name string, document any, comments map[string]string) []byte {
	t.Helper()
	// Later versions may add properties.
	reflector := jsonschema.Reflector{ExpandedStruct: true, AllowAdditionalProperties: true, CommentMap: comments}
	reflector.Mapper = func(of reflect.Type) *jsonschema.Schema {
		inner := jsonschema.Reflector{ExpandedStruct: true, Anonymous: true, DoNotReference: true, AllowAdditionalProperties: true}
		var schema *jsonschema.Schema
		switch of {
		case reflect.TypeFor[graph.Record]():
			schema = inner.Reflect(record{})
		case reflect.TypeFor[graph.Held]():
			schema = inner.Reflect(held{})
		default:
			return nil
		}
		schema.Version = ""
		return schema
	}
	schema := reflector.Reflect(document)
	schema.ID = jsonschema.ID(schemaURL + name + ".json")
	schema.Title = "leastprivilege/" + name
	field, _ := schema.Properties.Get("schema")
	field.Const = "leastprivilege/" + name
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(schema))
	return text.Bytes()
}

// commentsOf are the comments of types and fields, on one line each: they describe properties.
func commentsOf(t *testing.T) map[string]string {
	t.Helper()
	const base = "github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report"
	var reader jsonschema.Reflector
	for _, folder := range []string{"./", "../graph", "../access", "../oidc"} {
		require.NoError(t, reader.AddGoComments(base, folder, jsonschema.WithFullComment()))
	}
	for key, comment := range reader.CommentMap {
		reader.CommentMap[key] = strings.Join(strings.Fields(comment), " ")
	}
	return reader.CommentMap
}

// The schemas in docs/schemas are those of the documents. `go test ./provider/report -run TestPublishedSchemas -update` writes them.
func TestPublishedSchemasAreThoseOfTheDocuments(t *testing.T) {
	t.Parallel()
	comments := commentsOf(t)
	var names []string
	for name, document := range documents {
		names = append(names, name+".json")
		path := filepath.Join(published, name+".json")
		want := schemaOf(t, name, document, comments)
		if *update {
			require.NoError(t, os.MkdirAll(published, 0o755))
			require.NoError(t, os.WriteFile(path, want, 0o644))
		}
		is, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(is), "%s is stale: run go test ./provider/report -run TestPublishedSchemas -update", path)
	}
	files, err := os.ReadDir(published)
	require.NoError(t, err)
	var there []string
	for _, file := range files {
		there = append(there, file.Name())
	}
	assert.ElementsMatch(t, names, there)
}
