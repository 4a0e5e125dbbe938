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

// identify gives the members and teams of a state that was written without their ids those of before, or new ones.
func (st *State) identify(before *State) {
	userKind.identify(st, before, "user", func(u *User) *string { return &u.ID })
	teamKind.identify(st, before, "team", func(t *Team) *string { return &t.ID })
}

// Bound is an approver that means the team of its name that there is now, unless it means one already: a team that is created
// again under the name of an approving one approves nothing.
func (st *State) Bound(a Approver) Approver {
	if t, ok := st.Teams[a.Team]; ok && a.Kind == EligibleTeam && a.TeamID == "" {
		a.TeamID = t.ID
	}
	return a
}
