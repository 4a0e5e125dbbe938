package state

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// withoutHistory is a copy of what exists now, without a trace of how it came to be.
func (st *State) withoutHistory() *State {
	out := *st
	out.History = nil
	out.Organization.Created = time.Time{}
	for _, k := range kinds {
		k.withoutHistory(st, &out)
	}
	return &out
}

func Copies[V any](from map[string]*V, strip func(*V)) map[string]*V {
	to := make(map[string]*V, len(from))
	for k, v := range from {
		c := *v
		strip(&c)
		to[k] = &c
	}
	return to
}

// check refuses what would break handlers later.
func (st *State) check() error {
	for _, k := range kinds {
		if err := k.check(st); err != nil {
			return err
		}
	}
	if err := st.History.check(); err != nil {
		return err
	}
	if err := st.Clouds.AWS.Check(); err != nil {
		return err
	}
	if err := st.Clouds.Azure.Check(); err != nil {
		return err
	}
	return st.Clouds.GCP.Check()
}

func since(t *time.Time, now time.Time) {
	if t.IsZero() {
		*t = now
	}
}

// Export gives the state as indented JSON with sorted names. Token values are in no form of it; secrets are sealed
// with a key that is not in it.
func (st *State) Export(withHistory bool) ([]byte, error) {
	if !withHistory {
		st = st.withoutHistory()
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(st); err != nil {
		return nil, fmt.Errorf("writing the state: %w", err)
	}
	return out.Bytes(), nil
}

// Restored reads an exported state, which replaces this one. What the export does not contain is taken from this state (counters,
// used token names, the audit log) or begins now (times, revisions).
func (st *State) Restored(data []byte, now time.Time) (*State, error) {
	next := &State{}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(next); err != nil {
		return nil, rest.BadRequest("this is not a state of a sandbox: %v", err)
	}
	if next.Organization.Login != st.Organization.Login {
		return nil, rest.BadRequest("the state is of organization %q, this sandbox serves %q", next.Organization.Login, st.Organization.Login)
	}
	next.fillBuiltins() // assignments name them
	if err := next.check(); err != nil {
		return nil, err
	}
	next.follow(st, now)
	return next, nil
}

// follow takes from the state before what this one does not contain.
func (st *State) follow(before *State, now time.Time) {
	if st.History == nil {
		st.History = before.History
	}
	st.minted, st.issued = before.minted, before.issued
	if st.Organization.Created.IsZero() {
		st.Organization.Created = before.Organization.Created
	}
	st.fill()
	st.identify(before)
	for _, k := range kinds {
		k.begin(st, now)
	}
	for _, g := range st.Gates {
		for i := range g.Approvers {
			g.Approvers[i] = st.Bound(g.Approvers[i])
		}
	}
}
