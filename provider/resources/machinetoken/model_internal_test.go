package machinetoken

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// Whatever the generation, a token's name is one that the service takes, and ends in its number.
func TestTokenNamesFit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		prefix := rapid.StringN(1, maxTokenPrefix, -1).Draw(t, "prefix")
		generation := rapid.IntRange(1, 1<<62).Draw(t, "generation")
		name := generationName(prefix, generation)
		if utf8.RuneCountInString(name) > maxTokenName || !strings.HasSuffix(name, "-"+strconv.Itoa(generation)) {
			t.Fatalf("%q has %d characters", name, utf8.RuneCountInString(name))
		}
		if generation < 100_000 && name != prefix+"-"+strconv.Itoa(generation) {
			t.Fatalf("%q does not begin with %q", name, prefix)
		}
	})
}
