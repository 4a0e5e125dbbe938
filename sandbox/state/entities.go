package state

import (
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

var AccountProviders = []string{"aws", "azure-native", "gcp", "kubernetes", "oci"}

func NewTeam(id, name, display, description, kind string, now time.Time) *Team {
	return &Team{
		ID: id, Name: name, DisplayName: display, Description: description, Kind: kind, Created: now, RoleIDs: []string{},
		Members: map[string]string{}, Stacks: map[string]int{}, Environments: map[string]EnvironmentGrant{}, Accounts: map[string]int{},
	}
}

// AddStack makes a stack. Its creator holds admin on it until that grant is removed.
func (st *State) AddStack(project, name, creator string, tags map[string]string, now time.Time) *Stack {
	key := EntityKey(project, name)
	v := &Stack{
		ID: st.NewID("stack", key), Project: project, Name: name, Tags: rest.OrEmpty(tags), Owner: creator, Creator: creator,
		Collaborators: map[string]int{creator: StackCreator}, Created: now,
	}
	StackKind.Put(st, v)
	return v
}

// AddEnvironment makes an environment with an empty definition.
func (st *State) AddEnvironment(project, name, owner string, now time.Time) *Environment {
	key := EntityKey(project, name)
	e := &Environment{
		ID: st.NewID("environment", key), Project: project, Name: name, Tags: map[string]string{}, OwnedBy: owner,
		Created: now, Modified: now,
	}
	EnvironmentKind.Put(st, e)
	return e
}

func (st *State) AddAccount(name, provider, environment, owner string, now time.Time) *Account {
	a := &Account{
		ID: st.NewID("account", name), Name: name, Provider: provider, Environment: environment, Owner: owner,
		Tags: map[string]string{}, Created: now,
	}
	AccountKind.Put(st, a)
	return a
}
