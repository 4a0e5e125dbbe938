package resourcetest

import (
	"encoding/json"
	"net/http"

	"github.com/stretchr/testify/require"
)

// DeploymentSettings are the stack's deployment settings as JSON text, without what is not theirs; "" for none.
func DeploymentSettings(w World) string {
	w.T.Helper()
	status, answer := w.Call(w.Token, "GET", DeploymentPath, nil)
	if status == http.StatusNotFound {
		return ""
	}
	var all map[string]any
	require.NoError(w.T, json.Unmarshal(answer, &all))
	delete(all, "version")
	if operation, ok := all["operationContext"].(map[string]any); ok {
		if role, ok := operation["role"].(map[string]any); ok {
			delete(role, "name") // the role's own
		}
		if variables, ok := operation["environmentVariables"].(map[string]any); ok {
			delete(variables, "HIDDEN") // a fresh ciphertext at every read
		}
	}
	text, err := json.Marshal(all)
	require.NoError(w.T, err)
	return string(text)
}
