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
func (s *Server) addStack(project, name, creator string, tags map[string]string) *stack {
	key := entityKey(project, name)
	st := &stack{
		ID: s.state.newID("stack", key), Project: project, Name: name, Tags: orEmpty(tags), Owner: creator, Creator: creator,
		Collaborators: map[string]int{creator: stackCreator}, Created: s.now(),
	}
	stackKind.put(s.state, st)
	return st
}

// addEnvironment makes an environment with an empty definition.
func (s *Server) addEnvironment(project, name, owner string) *environment {
	key := entityKey(project, name)
	e := &environment{
		ID: s.state.newID("environment", key), Project: project, Name: name, Tags: map[string]string{}, OwnedBy: owner,
		Created: s.now(), Modified: s.now(),
	}
	environmentKind.put(s.state, e)
	return e
}

func (s *Server) addAccount(name, provider, environment, owner string) *account {
	a := &account{
		ID: s.state.newID("account", name), Name: name, Provider: provider, Environment: environment, Owner: owner,
		Tags: map[string]string{}, Created: s.now(),
	}
	accountKind.put(s.state, a)
	return a
}
