package report

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// jsonText is the JSON document of an answer.
func jsonText(a Answer) (string, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(a); err != nil {
		return "", fmt.Errorf("writing JSON: %w", err)
	}
	return asciiControls(text.String()), nil
}

// Printable is a JSON document without characters that a terminal would obey.
func Printable(document []byte) []byte { return []byte(asciiControls(string(document))) }
