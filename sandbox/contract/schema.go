package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// schemaFindings returns everything in value that schema does not allow. The reasons are the validator's own short
// sentences, which name properties and types and quote no values.
func schemaFindings(where finding, schema *openapi3.Schema, value any) []finding {
	err := schema.VisitJSON(value, openapi3.MultiErrors(), openapi3.EnableFormatValidation())
	return flatten(where, err)
}

// flatten turns the validator's nested errors into one finding per place.
func flatten(where finding, err error) []finding {
	if err == nil {
		return nil
	}
	//nolint:errorlint // errors.As would look inside: here the outermost error decides
	switch err := err.(type) {
	case openapi3.MultiError:
		var found []finding
		for _, one := range err {
			found = append(found, flatten(where, one)...)
		}
		return found
	case *openapi3.SchemaError:
		return flattenSchemaError(where, err)
	default:
		where.Keyword, where.Reason = "schema", "the value does not fit the schema"
		return []finding{where}
	}
}

func flattenSchemaError(where finding, err *openapi3.SchemaError) []finding {
	if inner := alternatives(err); inner != nil {
		return flatten(where, inner) // its pointer starts at the whole value as well
	}
	for _, segment := range err.JSONPointer() {
		where.Pointer += "/" + escapePointer(segment)
	}
	where.Keyword, where.Reason = err.SchemaField, err.Reason
	if n := len(err.Schema.Enum); err.SchemaField == "enum" && n > fewValues {
		where.Reason = fmt.Sprintf("value is not one of the %d allowed values", n)
	}
	if name, ok := unsupportedProperty(err); ok {
		where.Pointer += "/" + escapePointer(name)
		where.Keyword, where.Reason = "undeclared", "the document does not give this property"
	}
	return []finding{where}
}

// fewValues is how many allowed values a report lists.
const fewValues = 10

// alternatives returns what failed inside the one alternative that a discriminator chose.
func alternatives(err *openapi3.SchemaError) error {
	if err.SchemaField != "oneOf" || err.Origin == nil {
		return nil
	}
	var inner openapi3.MultiError
	if errors.As(err.Origin, &inner) && len(inner) == 1 {
		return inner[0]
	}
	return nil
}

// unsupportedProperty finds the name that the validator keeps in its sentence only.
func unsupportedProperty(err *openapi3.SchemaError) (string, bool) {
	quoted, ok := strings.CutPrefix(err.Reason, "property ")
	quoted, suffixed := strings.CutSuffix(quoted, " is unsupported")
	if !ok || !suffixed {
		return "", false
	}
	name, unquoteErr := strconv.Unquote(quoted)
	return name, unquoteErr == nil
}

func escapePointer(segment string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(segment)
}

// parameterFindings checks path and query parameters, and that no query parameter is undeclared.
func parameterFindings(op *operation, sent url.Values, inPath map[string]string) []finding {
	var found []finding
	declared := map[string]bool{}
	for _, ref := range op.spec.Parameters {
		parameter := ref.Value
		switch parameter.In {
		case openapi3.ParameterInPath:
			found = append(found, valueFindings(op, path, parameter, []string{inPath[parameter.Name]})...)
		case openapi3.ParameterInQuery:
			declared[parameter.Name] = true
			if parameter.Required && !sent.Has(parameter.Name) {
				found = append(found, finding{
					Operation: op.name, Part: query, Pointer: "/" + parameter.Name,
					Keyword: "missing", Reason: "the document requires this parameter",
				})
			}
			found = append(found, valueFindings(op, query, parameter, sent[parameter.Name])...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		if !declared[name] {
			found = append(found, finding{
				Operation: op.name, Part: query, Pointer: "/" + name,
				Keyword: "undeclared", Reason: "the document does not give this parameter",
			})
		}
	}
	return found
}

func valueFindings(op *operation, in part, parameter *openapi3.Parameter, values []string) []finding {
	if parameter.Schema == nil || parameter.Schema.Value == nil {
		return nil
	}
	schema := parameter.Schema.Value
	if schema.Type.Is(openapi3.TypeArray) && schema.Items != nil {
		schema = schema.Items.Value
	}
	var found []finding
	for _, value := range values {
		where := finding{Operation: op.name, Part: in, Pointer: "/" + parameter.Name}
		found = append(found, schemaFindings(where, schema, typed(schema, value))...)
	}
	return found
}

// typed reads a parameter as the type that its schema wants; text that does not read stays text, and then fails.
func typed(schema *openapi3.Schema, text string) any {
	switch {
	case schema.Type.Is(openapi3.TypeInteger), schema.Type.Is(openapi3.TypeNumber):
		if _, err := strconv.ParseFloat(text, 64); err == nil {
			return json.Number(text)
		}
	case schema.Type.Is(openapi3.TypeBoolean):
		if b, err := strconv.ParseBool(text); err == nil {
			return b
		}
	}
	return text
}
