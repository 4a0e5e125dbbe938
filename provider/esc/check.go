package esc

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/pulumi/esc"
	"github.com/pulumi/esc/eval"
	"github.com/pulumi/esc/syntax"
	"github.com/pulumi/esc/syntax/encoding"
	"gopkg.in/yaml.v3"
)

// The severities of a [Diagnostic], in the service's words.
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
)

// Diagnostic is one finding about a definition. Path is where it is in the definition, as in `values.aws.login`; Line and
// Column count from 1, and are 0 where the place is not known. No text holds a secret of the definition.
type Diagnostic struct {
	Path     string
	Summary  string
	Severity string
	Line     int
	Column   int
}

func (d Diagnostic) String() string {
	text := d.Severity + ": " + d.Summary
	if d.Path != "" {
		text = d.Severity + ": " + d.Path + ": " + d.Summary
	}
	if d.Line > 0 {
		text = fmt.Sprintf("%d:%d: %s", d.Line, d.Column, text)
	}
	return text
}

// Check parses a definition and evaluates it symbolically, with ESC's own evaluator. Nothing is opened: imports and what
// providers answer count as unknown, and inputs of providers are left to the service. An unknown provider or rotator is a
// warning that names the nearest known ones. The name, `project/environment`, is that of the environment itself; it may
// be empty.
func Check(name, definition string) (found []Diagnostic) {
	// The evaluator may panic on hostile input; such a definition cannot be used.
	defer func() {
		if problem := recover(); problem != nil {
			found = append(found, Diagnostic{Summary: "the definition cannot be evaluated; its structure is not one that ESC knows", Severity: SeverityError})
		}
	}()
	if name == "" {
		name = esc.AnonymousEnvironmentName
	}
	var root yaml.Node
	// What is not YAML is reported by the evaluator, which reads it once more.
	_ = yaml.Unmarshal([]byte(definition), &root)
	if alias := firstAlias(&root); alias != nil {
		return []Diagnostic{{Summary: noAliases, Severity: SeverityError, Line: alias.Line, Column: alias.Column}}
	}
	known := &catalogue{unknown: map[string]bool{}}
	diagnostics := evaluate(name, definition, known, imports{names: references(&root)})
	texts := plaintexts(name, definition)
	found = append(oneDocument(definition), malformedImports(&root)...)
	for _, diagnostic := range diagnostics {
		converted := convert(diagnostic, known, texts)
		said := func(d Diagnostic) bool { return d.Path == converted.Path && d.Summary == interpolatedSecret }
		if converted.Summary != interpolatedSecret || !slices.ContainsFunc(found, said) {
			found = append(found, converted)
		}
	}
	return found
}

// oneDocument refuses further YAML documents, which the service would drop silently: it reads the first one of a text.
func oneDocument(definition string) []Diagnostic {
	documents, err := parse(definition)
	if err != nil || len(documents) < 2 {
		return nil // what is not YAML is reported by the evaluator
	}
	second := documents[1]
	return []Diagnostic{{
		Summary: "a definition is one YAML document, and here a second one begins: it would be lost", Severity: SeverityError,
		Line: second.Line, Column: second.Column,
	}}
}

func evaluate(name, definition string, known *catalogue, others imports) syntax.Diagnostics {
	environment, diagnostics, err := eval.LoadYAMLBytes(name, []byte(definition))
	if err != nil {
		return append(diagnostics, syntax.Error(nil, err.Error(), ""))
	}
	execution, err := esc.NewExecContext(executionValues())
	if err != nil {
		return append(diagnostics, syntax.Error(nil, err.Error(), ""))
	}
	_, evaluation := eval.CheckEnvironment(context.Background(), name, environment, nil, known, others, execution, false)
	return append(diagnostics, evaluation...)
}

const noAliases = "aliases (*name) are not supported; write the value, or refer to it with ${...}"

// firstAlias finds an alias. ESC's parser has no aliases, and fails on them without a position.
func firstAlias(root *yaml.Node) *yaml.Node {
	var first *yaml.Node
	walk(root, func(node *yaml.Node) {
		if first == nil && node.Kind == yaml.AliasNode {
			first = node
		}
	})
	return first
}

// executionValues are the properties of `context` that ESC has besides the names of environments; see
// https://www.pulumi.com/docs/esc/environments/syntax/builtin-properties/context/.
func executionValues() map[string]esc.Value {
	login := func(of string) esc.Value {
		return esc.NewValue(map[string]esc.Value{"login": esc.NewValue(of)})
	}
	return map[string]esc.Value{
		"pulumi": esc.NewValue(map[string]esc.Value{"user": login("user"), "organization": login("organization")}),
	}
}

// interpolatedSecret is the finding for a plaintext secret that ESC reads as an expression. The evaluator's own message could
// quote a part of the secret.
const interpolatedSecret = "the text of an fn::secret must not hold ${...}, which ESC reads as a reference and then refuses. Write it as " +
	"fn::fromBase64 of an fn::secret that holds the text in base64"

func convert(d *syntax.Diagnostic, known *catalogue, texts secretTexts) Diagnostic {
	converted := Diagnostic{Path: d.Path, Summary: d.Summary, Severity: SeverityError}
	if slices.Contains(texts.paths, d.Path) {
		converted.Summary = interpolatedSecret
		d.Detail = ""
	}
	if d.Detail != "" {
		converted.Summary += ": " + d.Detail
	}
	if d.Severity == hcl.DiagWarning || known.unknown[d.Summary] {
		converted.Severity = SeverityWarning
	}
	if d.Subject != nil {
		converted.Line, converted.Column = d.Subject.Start.Line, d.Subject.Start.Column
	}
	converted.Summary = texts.mask(withoutQuotes(converted.Summary))
	return converted
}

// Two messages of the YAML parser quote the text: for an unquoted secret that begins with an asterisk, which reads as an alias,
// and for a tag that does not match its value.
var (
	anchor      = regexp.MustCompile(`(?s)unknown anchor '.*' referenced`)
	quotedValue = regexp.MustCompile("(?s)`.*`")
)

func withoutQuotes(summary string) string {
	summary = anchor.ReplaceAllString(summary, "unknown anchor referenced (put quotes around a text that begins with *)")
	return quotedValue.ReplaceAllString(summary, "[value]")
}

// secretTexts are the plaintext secrets of a definition and where they stand.
type secretTexts struct {
	paths []string
	texts []string
}

// plaintexts finds them in the tree that the evaluator reads.
func plaintexts(name, definition string) secretTexts {
	var found secretTexts
	root, diagnostics := encoding.DecodeYAMLBytes(name, []byte(definition), eval.TagDecoder)
	if root == nil || diagnostics.HasErrors() {
		return found
	}
	_, _, _ = syntax.Walk(root, func(node syntax.Node) (syntax.Node, syntax.Diagnostics, error) {
		object, ok := node.(*syntax.ObjectNode)
		if !ok || object.Len() != 1 || object.Index(0).Key.Value() != secretKey {
			return node, nil, nil
		}
		if text, ok := object.Index(0).Value.(*syntax.StringNode); ok {
			found.paths = append(found.paths, text.Syntax().Path())
			found.texts = append(found.texts, text.Value())
		}
		return node, nil, nil
	})
	slices.SortFunc(found.texts, func(a, b string) int { return len(b) - len(a) })
	return found
}

// mask removes secrets from a message, in case the evaluator quotes one; none is known to. Short texts stay: removing them would
// garble the message.
func (s secretTexts) mask(summary string) string {
	for _, text := range s.texts {
		if len(text) > 3 {
			summary = strings.ReplaceAll(summary, text, "[secret]")
		}
	}
	return summary
}
