package resources

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What the inputs cannot say is named, and keeps nothing else from being read.
func TestRecognize(t *testing.T) {
	t.Parallel()
	oidc, lines := recognize(map[string]json.RawMessage{
		"gcp":  json.RawMessage(`{"projectId": "1", "later": {"a": 1}}`),
		"aws":  json.RawMessage(`{"roleArn": "r", "policyArns": ["b", "a"]}`),
		"moon": json.RawMessage(`{"base": 1}`),
	})
	assert.Equal(t, []string{`oidc.gcp.later: {"a":1}`, `oidc.moon: {"base":1}`}, lines)
	assert.Equal(t, "1", oidc.GCP.ProjectID)
	assert.Equal(t, []string{"a", "b"}, oidc.AWS.PolicyARNs)

	oidc, lines = recognize(map[string]json.RawMessage{"gcp": json.RawMessage(`{"projectId": 1}`), "aws": json.RawMessage(`[]`)})
	assert.Nil(t, oidc)
	assert.Len(t, lines, 2)
}
