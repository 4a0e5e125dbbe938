package state

import (
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/ids"
)

// NewID is the id of a new object: another one each time, also when the object has the name of a deleted one, and when the
// state was restored to a time before that one.
func (st *State) NewID(kind, name string) string {
	key := kind + "/" + name
	for {
		st.History.Generations[key]++
		id := ids.Fixed(st.Organization.Login, kind, name, fmt.Sprint(st.History.Generations[key]))
		if !st.issued[id] {
			st.issued[id] = true
			return id
		}
	}
}

// noteIDs takes the ids that a state came with as given out.
func (st *State) noteIDs() {
	for _, k := range kinds {
		for id := range k.ids(st) {
			st.issued[id] = true
		}
	}
	for _, e := range st.History.Deleted {
		st.issued[e.ID] = true
	}
	for _, q := range st.History.Requests {
		st.issued[q.ID] = true
		for _, e := range q.Events {
			st.issued[e.ID] = true
		}
	}
}

// identify fills in missing ids of members and teams: the id that the state before has for the name, or a new one.
func (st *State) identify(before *State) {
	userKind.identify(st, before, "user", func(u *User) *string { return &u.ID })
	teamKind.identify(st, before, "team", func(t *Team) *string { return &t.ID })
}

// Bound returns the approver with the id of the team that has its name now, unless it has an id already: members of a team that
// was deleted and recreated under that name cannot approve.
func (st *State) Bound(a Approver) Approver {
	if t, ok := st.Teams[a.Team]; ok && a.Kind == EligibleTeam && a.TeamID == "" {
		a.TeamID = t.ID
	}
	return a
}
