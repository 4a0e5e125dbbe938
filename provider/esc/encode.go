package esc

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pulumi/esc/ast"
	"gopkg.in/yaml.v3"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// Secret marks a value as secret wherever it stands. It is opaque: `${...}` and `fn::...` inside it are plain text, since
// ESC encrypts it as it is. ESC encrypts texts only, so a value that is not a string is written as its JSON, under
// fn::fromJSON.
type Secret struct {
	Value any
}

const (
	secretKey     = "fn::secret"
	fromJSONKey   = "fn::fromJSON"
	fromBase64Key = "fn::fromBase64"
	ciphertextKey = "ciphertext"
)

// encoder encodes Go values as YAML nodes, and collects what cannot be encoded.
type encoder struct {
	wrong problem.List
}

// node encodes what JSON can hold, in the Go types of encoding/json and those that convert to them, and [Secret].
func (e *encoder) node(path string, value any) *yaml.Node {
	switch v := value.(type) {
	case nil:
		return scalar("!!null", "null")
	case Secret:
		return e.secret(path, v.Value)
	case *Secret:
		if v == nil {
			return scalar("!!null", "null")
		}
		return e.secret(path, v.Value)
	case Login:
		return v.node(e)
	case string:
		return e.text(path, v)
	case json.Number:
		return e.number(path, v)
	case map[string]any:
		return e.object(path, v)
	}
	return e.reflected(path, reflect.ValueOf(value))
}

func (e *encoder) reflected(path string, v reflect.Value) *yaml.Node {
	switch v.Kind() {
	case reflect.Bool:
		return scalar("!!bool", strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return scalar("!!int", strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return scalar("!!int", strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		return e.float(path, v.Float())
	case reflect.String:
		return e.text(path, v.String())
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return scalar("!!null", "null")
		}
		return e.node(path, v.Elem().Interface())
	case reflect.Slice, reflect.Array:
		return e.list(path, v)
	case reflect.Map:
		if v.Type().Key().Kind() == reflect.String {
			return e.object(path, stringMap(v))
		}
	}
	e.wrong.AddReason(path, fmt.Sprintf("a value of type %s cannot be written to a definition", v.Type()))
	return scalar("!!null", "null")
}

func stringMap(v reflect.Value) map[string]any {
	object := make(map[string]any, v.Len())
	for _, key := range v.MapKeys() {
		object[key.String()] = v.MapIndex(key).Interface()
	}
	return object
}

func (e *encoder) list(path string, v reflect.Value) *yaml.Node {
	node := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for i := range v.Len() {
		node.Content = append(node.Content, e.node(fmt.Sprintf("%s[%d]", path, i), v.Index(i).Interface()))
	}
	return node
}

// object also encodes `fn::secret` of something that is not a text: callers that mark secrets in a tree that they do not
// otherwise look at need not know ESC's rule.
func (e *encoder) object(path string, object map[string]any) *yaml.Node {
	if value, ok := object[secretKey]; ok && len(object) == 1 && !isCiphertext(value) {
		return e.secret(path, value)
	}
	node := mapping()
	for _, key := range slices.Sorted(maps.Keys(object)) {
		put(node, e.text(path, key), e.node(join(path, key), object[key]))
	}
	return node
}

func isCiphertext(value any) bool {
	object, ok := value.(map[string]any)
	_, has := object[ciphertextKey].(string)
	return ok && has && len(object) == 1
}

func (e *encoder) secret(path string, value any) *yaml.Node {
	if inner, ok := value.(Secret); ok {
		return e.secret(path, inner.Value)
	}
	if text, ok := value.(string); ok {
		return e.secretText(path, text)
	}
	encoded, err := json.Marshal(plain(value))
	if err != nil {
		e.wrong.AddReason(path, fmt.Sprintf("a secret of type %T cannot be written to a definition", value))
		return mapping()
	}
	return call(fromJSONKey, e.secretText(path, string(encoded)))
}

// secretText encodes a secret text. ESC parses the text as an expression before it encrypts it, and refuses an expression that
// refers to something, or is malformed: such a text is encoded in base64.
func (e *encoder) secretText(path, text string) *yaml.Node {
	if !literal(text) && utf8.ValidString(text) {
		return call(fromBase64Key, call(secretKey, scalar("!!str", base64.StdEncoding.EncodeToString([]byte(text)))))
	}
	return call(secretKey, e.text(path, text))
}

// literal reports whether ESC reads the text as nothing but itself.
func literal(text string) bool {
	expression, diagnostics := ast.Interpolate(text)
	return len(diagnostics) == 0 && (expression == nil || len(expression.Parts) == 0 ||
		len(expression.Parts) == 1 && expression.Parts[0].Value == nil && expression.Parts[0].Text == text)
}

func call(function string, argument *yaml.Node) *yaml.Node {
	node := mapping()
	put(node, scalar("!!str", function), argument)
	return node
}

// plain removes the marks of secrets inside a secret, which is secret as a whole.
func plain(value any) any {
	switch v := value.(type) {
	case Secret:
		return plain(v.Value)
	case map[string]any:
		if inner, ok := v[secretKey]; ok && len(v) == 1 {
			return plain(inner)
		}
		object := make(map[string]any, len(v))
		for key, element := range v {
			object[key] = plain(element)
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = plain(element)
		}
		return list
	}
	return value
}

func (e *encoder) text(path, text string) *yaml.Node {
	if !utf8.ValidString(text) {
		e.wrong.AddReason(path, "the text is not UTF-8; encode it with base64 and use fn::fromBase64")
		return scalar("!!str", "")
	}
	node := scalar("!!str", text)
	if !tame(text) {
		node.Style = yaml.DoubleQuotedStyle
	}
	return node
}

// tame texts may be written as YAML's plain or literal scalars. Others go between double quotes, where nothing is folded,
// stripped or normalized: YAML readers differ over carriage returns, tabs, trailing blanks and what begins a block.
func tame(text string) bool {
	for _, line := range strings.Split(text, "\n") {
		if line != strings.TrimSpace(line) {
			return false
		}
	}
	if strings.HasPrefix(text, "\n") || strings.HasSuffix(text, "\n\n") || text == "\n" {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !strconv.IsPrint(r) })
}

func (e *encoder) float(path string, f float64) *yaml.Node {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		e.wrong.AddReason(path, "a number must be finite")
		return scalar("!!null", "null")
	case f == math.Trunc(f) && math.Abs(f) < 1<<53:
		return scalar("!!int", strconv.FormatInt(int64(f), 10))
	}
	return scalar("!!float", strconv.FormatFloat(f, 'g', -1, 64))
}

func (e *encoder) number(path string, n json.Number) *yaml.Node {
	if _, err := n.Int64(); err == nil {
		return scalar("!!int", n.String())
	}
	f, err := n.Float64()
	if err != nil {
		e.wrong.AddReason(path, fmt.Sprintf("%q is not a number", n))
		return scalar("!!null", "null")
	}
	return e.float(path, f)
}

func scalar(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}

func mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"} }

func put(object, key, value *yaml.Node) { object.Content = append(object.Content, key, value) }

// join appends a key to a property path, in the notation of ESC.
func join(path, key string) string {
	if key == "" || strings.ContainsAny(key, `."[] :`) {
		return path + "[" + strconv.Quote(key) + "]"
	}
	return path + "." + key
}
