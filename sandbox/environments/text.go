package environments

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/pulumi/esc/syntax"
	"gopkg.in/yaml.v3"
)

// refusedText finds a second YAML document, which the library would ignore silently.
func refusedText(name string, definition []byte) syntax.Diagnostics {
	decoder := yaml.NewDecoder(strings.NewReader(string(definition)))
	var document yaml.Node
	for range 2 {
		if err := decoder.Decode(&document); err != nil {
			return nil //nolint:nilerr // no second document, or no YAML, which the library reports
		}
	}
	at := hcl.Pos{Line: document.Line, Column: document.Column}
	return syntax.Diagnostics{syntax.Error(&hcl.Range{Filename: name, Start: at, End: at}, "a definition is one YAML document", "")}
}
