package seed

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Parse reads a seed. Every error names the path of the invalid value, such as users[0].role.
func Parse(data []byte) (Seed, error) {
	var seed Seed
	var doc yaml.Node
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return seed, nil
	case err != nil:
		return seed, fmt.Errorf("the seed is not valid YAML: %w", err)
	}
	if err := dec.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return seed, errors.New("the seed has more than one YAML document: give one")
	}
	if len(doc.Content) == 0 {
		return seed, nil
	}
	return seed, decodeStrictly(doc.Content[0], reflect.ValueOf(&seed).Elem(), "")
}

// decodeStrictly fills a value from a YAML node. Not yaml's own strict mode, which names Go types and lines where
// the reader of the error needs the key.
func decodeStrictly(n *yaml.Node, into reflect.Value, path string) error {
	if n.Kind == yaml.AliasNode {
		return fmt.Errorf("the seed's %s is an alias: write it out", orRoot(path))
	}
	if n.Tag == "!!null" {
		return nil
	}
	switch into.Kind() {
	case reflect.Struct:
		return decodeStruct(n, into, path)
	case reflect.Slice:
		return decodeSlice(n, into, path)
	case reflect.Map, reflect.Pointer, reflect.String, reflect.Bool, reflect.Int:
		if err := n.Decode(into.Addr().Interface()); err != nil {
			return fmt.Errorf("the seed's %s (line %d) is not %s", orRoot(path), n.Line, article(into.Type()))
		}
		return nil
	}
	return fmt.Errorf("the seed's %s cannot be read", orRoot(path))
}

func decodeStruct(n *yaml.Node, into reflect.Value, path string) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("the seed's %s (line %d) is not a mapping", orRoot(path), n.Line)
	}
	fields := map[string]int{}
	for i := range into.NumField() {
		fields[into.Type().Field(i).Tag.Get("yaml")] = i
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		at := strings.TrimPrefix(path+"."+key, ".")
		index, known := fields[key]
		if !known {
			return fmt.Errorf("the seed has an unknown key %s (line %d): known are %s", at, n.Content[i].Line,
				strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		}
		if seen[key] {
			return fmt.Errorf("the seed has the key %s twice (line %d)", at, n.Content[i].Line)
		}
		seen[key] = true
		if err := decodeStrictly(n.Content[i+1], into.Field(index), at); err != nil {
			return err
		}
	}
	return nil
}

func decodeSlice(n *yaml.Node, into reflect.Value, path string) error {
	if n.Kind != yaml.SequenceNode {
		return fmt.Errorf("the seed's %s (line %d) is not a list", orRoot(path), n.Line)
	}
	list := reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content))
	for i, entry := range n.Content {
		if err := decodeStrictly(entry, list.Index(i), fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	into.Set(list)
	return nil
}

func orRoot(path string) string {
	if path == "" {
		return "top level"
	}
	return path
}

func article(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	names := map[reflect.Kind]string{reflect.String: "a text", reflect.Bool: "true or false", reflect.Int: "a whole number",
		reflect.Map: "a mapping"}
	return names[t.Kind()]
}

// Problem is an error about one place of the seed.
func Problem(path, format string, args ...any) error {
	return fmt.Errorf("the seed's %s: %s", path, fmt.Sprintf(format, args...))
}

// OneOf checks a word against those that are allowed; "" means the first.
func OneOf(path, value string, allowed ...string) (string, error) {
	if value == "" {
		return allowed[0], nil
	}
	if !slices.Contains(allowed, value) {
		return "", Problem(path, "%q is none of %s", value, strings.Join(allowed, ", "))
	}
	return value, nil
}
