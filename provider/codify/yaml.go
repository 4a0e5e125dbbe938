package codify

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"gopkg.in/yaml.v3"
)

// yamlProgram is what follows the head of Pulumi.yaml.
func yamlProgram(objects []Object, head *yaml.Node) ([]byte, error) {
	known := referencesIn(objects)
	resources := &yaml.Node{Kind: yaml.MappingNode}
	for _, o := range objects {
		key := text(o.Name)
		key.HeadComment = strings.Join(noteLines(o), "\n")
		properties := &yaml.Node{Kind: yaml.MappingNode}
		for name, value := range o.Inputs.AllStable {
			properties.Content = append(properties.Content, text(name), known.node(o, name, value))
		}
		resources.Content = append(resources.Content, key, mapping("type", text("leastprivilege:"+o.Type), "properties", properties))
	}
	head.Content = append(head.Content, text("resources"), resources)
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(head); err != nil {
		return nil, err
	}
	return out.Bytes(), encoder.Close()
}

// node is a value in YAML. What looks like an interpolation is none.
func (r references) node(o Object, at string, value property.Value) *yaml.Node {
	switch {
	case value.IsArray():
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for _, element := range value.AsArray().All {
			list.Content = append(list.Content, r.node(o, at, element))
		}
		return list
	case value.IsMap():
		out := &yaml.Node{Kind: yaml.MappingNode}
		for key, element := range value.AsMap().AllStable {
			out.Content = append(out.Content, text(key), r.node(o, at+"."+key, element))
		}
		return out
	case value.IsString():
		if to, found := r.to(o, at, value.AsString()); found {
			return text("${" + to.name + "." + to.output + "}")
		}
		return text(strings.ReplaceAll(value.AsString(), "$", "$$"))
	}
	var out yaml.Node
	var plain any
	switch {
	case value.IsBool():
		plain = value.AsBool()
	case value.IsNumber():
		plain = value.AsNumber()
		if whole := int64(value.AsNumber()); float64(whole) == value.AsNumber() {
			plain = whole
		}
	}
	if err := out.Encode(plain); err != nil {
		return text("")
	}
	return &out
}

// text is a string, quoted wherever it would be read as something else.
func text(s string) *yaml.Node {
	var out yaml.Node
	out.SetString(s)
	several := strings.Contains(s, "\n")
	switch {
	case strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }), several && !plainLines(s),
		!several && !strings.HasPrefix(s, "${") && strings.ContainsFunc(s, unusual):
		out.Style = yaml.DoubleQuotedStyle
	}
	return &out
}

// plainLines reports whether a text of several lines is one that a block keeps as it is.
func plainLines(s string) bool {
	for line := range strings.Lines(s) {
		if strings.TrimRight(line, " \n") != strings.TrimSuffix(line, "\n") {
			return false
		}
	}
	return !strings.HasPrefix(s, " ") && !strings.HasPrefix(s, "\n") && !strings.HasSuffix(s, "\n\n")
}

func mapping(pairs ...any) *yaml.Node {
	out := &yaml.Node{Kind: yaml.MappingNode}
	for _, one := range pairs {
		switch one := one.(type) {
		case string:
			out.Content = append(out.Content, text(one))
		case *yaml.Node:
			out.Content = append(out.Content, one)
		}
	}
	return out
}
