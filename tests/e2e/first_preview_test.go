package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readsAsMistake is how previews word what a program lacks.
var readsAsMistake = regexp.MustCompile(`(?i)not there yet|not visible to this token|does not exist|has no members|not found|missing|dependsOn|` +
	`could not be (read|counted|told)|warning: .* unknown`)

// The first preview of every example is free of lines that read as mistakes: what the same program creates is there for it.
func TestFirstPreviewsReadAsCorrect(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob(filepath.Join(example("yaml", "*"), "Pulumi.yaml"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(folders), 2)
	for _, program := range folders {
		folder := filepath.Dir(program)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			p := newFolder(t, seedOf(t, folder))
			require.NoError(t, os.CopyFS(p.cli.Dir, os.DirFS(folder)))
			p.stack()
			printed := p.preview("--diff")
			assert.Contains(t, printed, "to create")
			for line := range strings.Lines(printed) {
				assert.NotRegexp(t, readsAsMistake, line)
			}
			if testing.Verbose() {
				t.Log(printed)
			}
		})
	}
}
