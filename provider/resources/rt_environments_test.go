package resources_test

import (
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// definition is the service's text.
func (w world) definition() string {
	w.t.Helper()
	return string(w.admin("GET", environmentPath, nil))
}

// gates are those on payments/prod.
func (w world) gates() []cloud.Gate {
	w.t.Helper()
	var gates []cloud.Gate
	for gate, err := range w.client(w.Token).Gates(w.t.Context(), "acme", "payments", "prod") {
		require.NoError(w.t, err)
		gates = append(gates, gate)
	}
	return gates
}

// sec may read the environment: an approver reviews.
func (w world) reviewers() {
	w.t.Helper()
	w.admin("PATCH", "/api/orgs/acme/teams/security", tree{"addEnvironmentPermission": tree{
		"projectName": "payments", "envName": "prod", "permission": "read",
	}})
}

// decide approves the latest revision of a request as sec does, and applies it.
func (w world) decide(id string, revision int) {
	w.t.Helper()
	status, answer := w.Call(w.TokenFor(servertest.Identity{User: "sec"}), "POST", requestsPath+id+"/approve", tree{"revisionNumber": revision})
	require.Equal(w.t, 204, status, "%s", answer)
	w.admin("POST", requestsPath+id+"/apply", nil)
}
