package resourcetest

import (
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// Definition is the text of payments/prod.
func (w World) Definition() string {
	w.T.Helper()
	return string(w.Admin("GET", EnvironmentPath, nil))
}

// Gates are those on payments/prod.
func (w World) Gates() []cloud.Gate {
	w.T.Helper()
	var gates []cloud.Gate
	for gate, err := range w.Client(w.Token).Gates(w.T.Context(), "acme", "payments", "prod") {
		require.NoError(w.T, err)
		gates = append(gates, gate)
	}
	return gates
}

// Reviewers lets the team security read payments/prod: an approver reviews.
func (w World) Reviewers() {
	w.T.Helper()
	w.Admin("PATCH", "/api/orgs/acme/teams/security", Tree{"addEnvironmentPermission": Tree{
		"projectName": "payments", "envName": "prod", "permission": "read",
	}})
}

// Decide approves the latest revision of a request as sec does, and applies it.
func (w World) Decide(id string, revision int) {
	w.T.Helper()
	status, answer := w.Call(w.TokenFor(servertest.Identity{User: "sec"}), "POST", RequestsPath+id+"/approve", Tree{"revisionNumber": revision})
	require.Equal(w.T, 204, status, "%s", answer)
	w.Admin("POST", RequestsPath+id+"/apply", nil)
}
