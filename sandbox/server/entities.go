package server

import "time"

var accountProviders = []string{"aws", "azure-native", "gcp", "kubernetes", "oci"}

func newTeam(id, name, display, description, kind string, now time.Time) *team {
	return &team{
		ID: id, Name: name, DisplayName: display, Description: description, Kind: kind, Created: now, RoleIDs: []string{},
		Members: map[string]string{}, Stacks: map[string]int{}, Environments: map[string]environmentGrant{}, Accounts: map[string]int{},
	}
}

// addStack makes a stack; its creator holds admin on it until somebody takes that away.
func (st *state) addStack(project, name, creator string, tags map[string]string, now time.Time) *stack {
	key := entityKey(project, name)
	v := &stack{
		ID: st.newID("stack", key), Project: project, Name: name, Tags: orEmpty(tags), Owner: creator, Creator: creator,
		Collaborators: map[string]int{creator: stackCreator}, Created: now,
	}
	stackKind.put(st, v)
	return v
}

// addEnvironment makes an environment with an empty definition.
func (st *state) addEnvironment(project, name, owner string, now time.Time) *environment {
	key := entityKey(project, name)
	e := &environment{
		ID: st.newID("environment", key), Project: project, Name: name, Tags: map[string]string{}, OwnedBy: owner,
		Created: now, Modified: now,
	}
	environmentKind.put(st, e)
	return e
}

func (st *state) addAccount(name, provider, environment, owner string, now time.Time) *account {
	a := &account{
		ID: st.newID("account", name), Name: name, Provider: provider, Environment: environment, Owner: owner,
		Tags: map[string]string{}, Created: now,
	}
	accountKind.put(st, a)
	return a
}
