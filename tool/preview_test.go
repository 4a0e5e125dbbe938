package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// previewOf is the output of `pulumi preview --json` for one resource that is created.
func previewOf(t *testing.T, kind string, inputs map[string]any) string {
	t.Helper()
	urn := "urn:pulumi:dev::app::" + kind + "::x"
	text, err := json.Marshal(map[string]any{"changeSummary": map[string]any{"create": 1}, "steps": []any{map[string]any{
		"op": "create", "urn": urn, "newState": map[string]any{"urn": urn, "type": kind, "custom": true, "inputs": inputs},
	}}})
	require.NoError(t, err)
	return string(text)
}

func TestChangesOfAPreview(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must("snapshot", "-o", "before.json")
	grant := map[string]any{"organization": "acme", "team": "operators", "project": "payments", "environment": "dev", "permission": "open"}
	for name, kind := range map[string]string{"ours.json": "leastprivilege:index:TeamAccess", "theirs.json": "pulumiservice:index:TeamEnvironmentPermission"} {
		inputs := grant
		if name == "ours.json" {
			inputs = map[string]any{"organization": "acme", "team": "operators", "environments": []any{
				map[string]any{"project": "payments", "environment": "dev", "permission": "open"},
				map[string]any{"project": "payments", "environment": "prod", "permission": "open"},
				map[string]any{"project": "payments", "environment": "base", "permission": "open"},
			}}
		}
		b.file(name, previewOf(t, kind, inputs))
		said := b.must("changes", "--before", "before.json", "--preview", name, "--format", "markdown")
		assert.Contains(t, said, "cy")
		assert.Contains(t, said, "payments/dev")
		failed := b.run("changes", "--before", "before.json", "--preview", name, "--fail-on", "broadening")
		assert.Equal(t, exitFound, failed.code, failed.err)
	}

	grant["permission"] = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
	b.file("unknown.json", previewOf(t, "pulumiservice:index:TeamEnvironmentPermission", grant))
	untold := b.run("changes", "--before", "before.json", "--preview", "unknown.json", "--fail-on", "broadening")
	assert.Equal(t, exitUnread, untold.code, untold.err)
	assert.Contains(t, untold.out, "the permission of pulumiservice:TeamEnvironmentPermission x")

	b.file("nothing.json", `{"steps": [], "changeSummary": {}}`)
	same := b.run("changes", "--before", "before.json", "--preview", "nothing.json", "--fail-on", "broadening", "--accept-blind")
	assert.Zero(t, same.code, same.err)

	b.file("broken.json", "hunter2-of-the-seed is not JSON")
	broken := b.run("changes", "--before", "before.json", "--preview", "broken.json")
	assert.Equal(t, exitUnread, broken.code, broken.err)
	assert.Contains(t, broken.err, "pulumi preview --json")
}

func TestPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must("snapshot", "-o", "before.json")
	b.broaden()
	b.must("snapshot", "-o", "after.json")
	for _, said := range []string{
		b.must("review", "--snapshot", "before.json", "--format", "html"),
		b.must("changes", "--before", "before.json", "--after", "after.json", "--format", "html"),
	} {
		assert.Regexp(t, "^<!DOCTYPE html>", said)
		assert.Contains(t, said, "Content-Security-Policy")
		assert.Contains(t, said, "payments/prod")
	}
}
