// Package docs keeps what the documentation shows from rotting. Programs in the four languages are previewed, compiled or
// type-checked; consoles are typed again, against a sandbox, and must print what the page says; documents are compared
// with what the code writes; commands, links and make targets must exist.
package docs

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the repository.
const root = "../.."

// block is one fenced block of a page.
type block struct {
	page     string // the page, as a path in the repository or a place in the schema
	line     int    // where its text starts, from 1
	language string // the fence's first word
	kind     string // the fence's second word: what the text is, where the language does not say
	text     string
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.page, b.line) }

// is says whether the fence is exactly this.
func (b block) is(language, kind string) bool { return b.language == language && b.kind == kind }

// pages are all pages of the documentation, by their path in the repository.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{"README.md", "docs/*.md", "provider/*/*/*.md"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, paths, pattern)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			name, err := filepath.Rel(root, path)
			require.NoError(t, err)
			found[filepath.ToSlash(name)] = string(text)
		}
	}
	return found
}

// described are the schema's descriptions, by their place.
func described(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "schema.json"))
	require.NoError(t, err)
	var schema any
	require.NoError(t, json.Unmarshal(text, &schema))
	found := map[string]string{}
	collectDescriptions(schema, "schema.json", found)
	require.NotEmpty(t, found)
	return found
}

func collectDescriptions(value any, place string, into map[string]string) {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			if text, ok := inner.(string); ok && key == "description" {
				into[place] = text
			}
			collectDescriptions(inner, place+"/"+key, into)
		}
	case []any:
		for i, inner := range value {
			collectDescriptions(inner, fmt.Sprintf("%s[%d]", place, i), into)
		}
	}
}

// blocks are all fenced blocks, in a stable order. A description that repeats a page is taken once.
func blocks(t *testing.T) []block {
	t.Helper()
	var all []block
	seen := map[string]bool{}
	for _, source := range []map[string]string{pages(t), described(t)} {
		names := make([]string, 0, len(source))
		for name := range source {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			if text := strings.TrimSpace(source[name]); !seen[text] {
				seen[text] = true
				all = append(all, fenced(t, name, source[name])...)
			}
		}
	}
	return all
}

// fenced returns the fenced blocks of one page.
func fenced(t *testing.T, page, text string) []block {
	t.Helper()
	var found []block
	var open *block
	var body []string
	for i, line := range strings.Split(text, "\n") {
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case !fence && open != nil:
			body = append(body, line)
		case fence && open == nil:
			words := strings.Fields(info)
			require.NotEmpty(t, words, "%s:%d: a fence without a language: say what the block is", page, i+1)
			open = &block{page: page, line: i + 2, language: words[0], kind: strings.Join(words[1:], " ")}
			body = nil
		case fence:
			require.Empty(t, info, "%s:%d: a fence inside a fence", page, i+1)
			open.text = strings.Join(body, "\n") + "\n"
			found = append(found, *open)
			open = nil
		}
	}
	require.Nil(t, open, "%s: a fence is not closed", page)
	return found
}

// of returns the blocks of one fence.
func of(all []block, language, kind string) []block {
	var found []block
	for _, b := range all {
		if b.is(language, kind) {
			found = append(found, b)
		}
	}
	return found
}
