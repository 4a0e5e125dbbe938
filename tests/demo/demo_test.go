package main

import "testing"

// The demo shows the same under all readings of what a deployment's role does to the rights of its own token.
func TestDemo(t *testing.T) {
	for _, reading := range []string{"caps", "added", "replaces"} {
		t.Run(reading, func(t *testing.T) {
			if err := run(t.Context(), "../../examples/yaml/quickstart", reading); err != nil {
				t.Fatal(err)
			}
		})
	}
}
