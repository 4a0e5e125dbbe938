package resourcetest

import (
	"encoding/json"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// Team is the team as the service holds it.
func (w World) Team(name string) cloud.Team {
	w.T.Helper()
	var team cloud.Team
	require.NoError(w.T, json.Unmarshal(w.Admin("GET", "/api/orgs/acme/teams/"+name, nil), &team))
	return team
}

// Members are logins with their team roles.
func (w World) Members(team string) map[string]string {
	w.T.Helper()
	members := map[string]string{}
	for _, m := range w.Team(team).Members {
		members[m.Login] = m.Role
	}
	return members
}
