package accessinvariant_test

import (
	"encoding/json"
	"net/http"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
)

// read makes a call as an administrator.
func (w world) read(path string, into any) {
	w.t.Helper()
	status, answer := w.Call(w.Token, http.MethodGet, path, nil)
	require.Equal(w.t, http.StatusOK, status, "%s: %s", path, answer)
	require.NoError(w.t, json.Unmarshal(answer, into))
}

type teamOf struct {
	name           string
	members, roles []string
}

// teams are the teams as the service has them now.
func (w world) teams() []teamOf {
	var list struct{ Teams []struct{ Name string } }
	w.read("/api/orgs/acme/teams", &list)
	var all []teamOf
	for _, one := range list.Teams {
		team := teamOf{name: one.Name}
		var read struct {
			Members []struct{ GithubLogin string }
		}
		w.read("/api/orgs/acme/teams/"+one.Name, &read)
		for _, member := range read.Members {
			team.members = append(team.members, member.GithubLogin)
		}
		var roles struct{ Roles []struct{ Name string } }
		w.read("/api/orgs/acme/teams/"+one.Name+"/roles", &roles)
		for _, role := range roles.Roles {
			team.roles = append(team.roles, role.Name)
		}
		all = append(all, team)
	}
	return all
}

// watched are the environments that an invariant is about.
func (w world) watched(invariant enginetest.Declared) []string {
	if names, named := invariant.Inputs["environments"].([]string); named {
		return names
	}
	var list struct {
		Environments []struct{ Project, Name string }
	}
	w.read("/api/esc/environments/acme", &list)
	var all []string
	for _, one := range list.Environments {
		name := one.Project + "/" + one.Name
		var tags struct {
			Tags map[string]struct{ Value string }
		}
		w.read("/api/esc/environments/acme/"+name+"/tags", &tags)
		for tag, value := range invariant.Inputs["tags"].(object) {
			if tags.Tags[tag].Value == value {
				all = append(all, name)
			}
		}
	}
	return all
}
