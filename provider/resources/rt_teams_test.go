package resources_test

import (
	"encoding/json"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

func (w world) team(name string) cloud.Team {
	w.t.Helper()
	var team cloud.Team
	require.NoError(w.t, json.Unmarshal(w.admin("GET", "/api/orgs/acme/teams/"+name, nil), &team))
	return team
}

// members are logins with their team roles.
func (w world) members(team string) map[string]string {
	w.t.Helper()
	members := map[string]string{}
	for _, m := range w.team(team).Members {
		members[m.Login] = m.Role
	}
	return members
}
