package e2e

import (
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// quickstart is what a quickstart makes.
type quickstart struct {
	host         string // of the sandbox
	organization []byte
	described    map[string]string
	outputs      map[string]any
}

func (p *project) quickstart() quickstart {
	p.t.Helper()
	return quickstart{
		host:         strings.TrimPrefix(p.sandbox.URL, "http://"),
		organization: p.sandbox.State(),
		described:    p.described(),
		outputs:      p.outputs(),
	}
}

var (
	yamlQuickstartOnce sync.Once
	yamlQuickstartMade quickstart
)

// yamlQuickstart is what the quickstart in YAML makes. The sandbox gives out the same ids to the same calls, so every
// language's quickstart has to make exactly this organization.
func yamlQuickstart(t *testing.T) quickstart {
	t.Helper()
	yamlQuickstartOnce.Do(func() {
		p := newFolder(t, quickstartSeed(t))
		require.NoError(t, os.CopyFS(p.cli.Dir, os.DirFS(example("yaml", "quickstart"))))
		p.stack()
		p.up()
		yamlQuickstartMade = p.quickstart()
	})
	require.NotEmpty(t, yamlQuickstartMade.organization, "the quickstart in YAML failed, in another test")
	return yamlQuickstartMade
}

// checkQuickstart holds that the quickstart in a language describes, makes and exports what the one in YAML does.
func (l language) checkQuickstart(t *testing.T, source string) {
	a := l.newAutomated(t, quickstartSeed(t), source)
	a.checkLifecycle(func() {
		wanted, made := yamlQuickstart(t), a.quickstart()
		assert.JSONEq(t, string(wanted.organization), string(made.organization))
		assert.Equal(t, wanted.described, made.described)

		// Trust policies name the issuer, which is each sandbox itself.
		policy, _ := made.outputs["trustPolicy"].(string)
		made.outputs["trustPolicy"] = strings.ReplaceAll(policy, made.host, wanted.host)
		assert.Equal(t, wanted.outputs, made.outputs)
		subjects, _ := made.outputs["subjects"].([]any)
		require.Len(t, subjects, 1)
		assert.Contains(t, policy, subjects[0])
	})
}
