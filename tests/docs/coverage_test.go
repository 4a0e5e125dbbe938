package docs

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// checkedBy says for every kind of fence which test holds it. A fence that is not here fails: nothing goes unchecked
// unnoticed.
var checkedBy = map[string]string{
	"yaml":              "TestYAMLPrograms previews it, or TestPages applies it",
	"yaml seed":         "TestSeeds starts a sandbox with it",
	"yaml project":      "TestProjectFiles runs it",
	"yaml environment":  "TestDefinitions checks it as an ESC definition",
	"go":                "TestGo",
	"typescript":        "TestTypeScript",
	"python":            "TestPython",
	"console":           "TestPages types it",
	"bash":              "TestCommands",
	"sh":                "TestImports",
	"json trust-policy": "TestTrustPolicies",
	"yaml workflow":     "TestWorkflows checks it with actionlint",
	"yaml gitlab":       "TestGitLabJobs",
	"yaml suppressions": "TestPages, which types a command that reads it",

	"json trust-policy-to-lint": "TestPages, which types a command that lints it",

	"json google-provider": "TestGoogleProviders",
	"text tool":            "TestToolCommands",
	"mermaid":              "", // see unchecked
}

// unchecked are the fences that no test holds, with how many of them there are and why.
var unchecked = map[string]struct {
	count int
	why   string
}{
	"mermaid": {13, "pictures: nothing here draws them; each was drawn and looked at when it was made"},
}

func TestEveryFenceIsChecked(t *testing.T) {
	t.Parallel()
	counted := map[string]int{}
	for _, b := range blocks(t) {
		fence := strings.TrimSpace(b.language + " " + b.kind)
		_, known := checkedBy[fence]
		assert.True(t, known, "%s: no test checks a fence %q", b, fence)
		if checkedBy[fence] == "" {
			counted[fence]++
		}
	}
	for fence, exception := range unchecked {
		assert.Equal(t, exception.count, counted[fence], "unchecked fences %q (%s)", fence, exception.why)
	}
	assert.Len(t, counted, len(unchecked))
}

var languages = []string{"typescript", "python", "go", "yaml"}

// A reader who chose a language finds every program in it, and it makes the same resources.
func TestEveryProgramIsInEveryLanguage(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`leastprivilege:(?:index:)?(\w+)`)
	byPage := map[string]map[string][]block{}
	for _, b := range blocks(t) {
		if byPage[b.page] == nil {
			byPage[b.page] = map[string][]block{}
		}
		if b.kind == "" {
			byPage[b.page][b.language] = append(byPage[b.page][b.language], b)
		}
	}
	for page, found := range byPage {
		for _, language := range languages {
			require.Len(t, found[language], len(found["yaml"]), "%s: programs in %s, next to those in YAML", page, language)
		}
		for i, program := range found["yaml"] {
			for _, match := range name.FindAllStringSubmatch(program.text, -1) {
				for _, language := range languages[:3] {
					other := found[language][i]
					// Functions are camelCase, PascalCase or snake_case, so letters alone are compared.
					assert.Contains(t, letters(other.text), letters(match[1]), "%s does not have the %s of %s", other, match[1], program)
				}
			}
		}
	}
}

func letters(text string) string { return strings.ToLower(strings.ReplaceAll(text, "_", "")) }

// The overview, and what the schema embeds, are read on the Pulumi Registry: their choosers have its form, and are closed.
// Other pages are read on GitHub, which knows no shortcodes.
func TestShortcodes(t *testing.T) {
	t.Parallel()
	opens := regexp.MustCompile(`\{\{[%<] *(\w+)[^}]*\}\}`)
	for name, text := range pages(t) {
		if path.Dir(name) == "docs" && path.Base(name) != "_index.md" {
			assert.NotRegexp(t, opens, text, name)
		}
		assert.Equal(t, strings.Count(text, "{{< chooser "), strings.Count(text, "{{< /chooser >}}"), name)
		assert.Equal(t, strings.Count(text, "{{% choosable "), strings.Count(text, "{{% /choosable %}}"), name)
		assert.Equal(t, strings.Count(text, "{{% example "), strings.Count(text, "{{% /example "), name)
		assert.Equal(t, strings.Count(text, "{{< chooser "), strings.Count(text, `{{< chooser language "typescript,python,go,yaml" >}}`), name)
		for _, language := range languages {
			assert.Equal(t, strings.Count(text, "{{< chooser "), strings.Count(text, "{{% choosable language "+language+" %}}"), "%s: %s", name, language)
		}
		for _, code := range opens.FindAllStringSubmatch(text, -1) {
			assert.Contains(t, []string{"chooser", "choosable", "examples", "example"}, code[1], name)
		}
	}
}

// The tabs of pages that are read on GitHub are details, closed, one for each language and each with an empty line before
// its code, without which GitHub shows the fence as text.
func TestDetails(t *testing.T) {
	t.Parallel()
	for name, text := range pages(t) {
		count := strings.Count(text, "<summary><b>YAML</b></summary>")
		for _, language := range []string{"TypeScript", "Python", "Go"} {
			assert.Equal(t, count, strings.Count(text, "<summary><b>"+language+"</b></summary>\n\n```"), "%s: %s", name, language)
		}
		assert.Equal(t, 4*count, strings.Count(text, "```\n\n</details>"), name)
	}
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// Links inside the repository lead somewhere.
func TestLinks(t *testing.T) {
	t.Parallel()
	for name, text := range pages(t) {
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target, anchor, _ := strings.Cut(match[1], "#")
			if strings.HasPrefix(target, "https://") {
				continue
			}
			destination := name
			if target != "" {
				destination = path.Join(path.Dir(name), target)
			}
			destination = filepath.Join(root, destination)
			if _, err := os.Stat(destination); assert.NoError(t, err, "%s links to %s", name, match[1]) && anchor != "" {
				assert.Contains(t, anchors(read(t, destination)), anchor, "%s links to %s", name, match[1])
			}
		}
	}
}

// anchors are the headings of a page as GitHub makes them into addresses.
func anchors(text string) []string {
	var found []string
	drop := regexp.MustCompile(`[^\w\- ]`)
	for _, line := range strings.Split(text, "\n") {
		if heading, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			found = append(found, strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(heading), ""), " ", "-"))
		}
	}
	return found
}
