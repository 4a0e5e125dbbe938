package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// export gives the state as indented JSON with sorted names. Token values are in no form of it; secrets are sealed
// with a key that is not in it.
func (s *Server) export(withHistory bool) ([]byte, error) {
	st := s.state
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

// withoutHistory is a copy of what exists now, without a trace of how it came to be.
func (st *state) withoutHistory() *state {
	out := *st
	out.History = nil
	out.Organization.Created = time.Time{}
	for _, k := range kinds {
		k.withoutHistory(st, &out)
	}
	return &out
}

func copies[V any](from map[string]*V, strip func(*V)) map[string]*V {
	to := make(map[string]*V, len(from))
	for k, v := range from {
		c := *v
		strip(&c)
		to[k] = &c
	}
	return to
}

// restore replaces the state by one that export gave. What a state without history does not say stays as it is
// (counters, used token names, the audit log) or begins now (times, revisions).
func (s *Server) restore(data []byte) error {
	st := &state{}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(st); err != nil {
		return rest.BadRequest("this is no state of a sandbox: %v", err)
	}
	if st.Organization.Login != s.state.Organization.Login {
		return rest.BadRequest("the state is of organization %q, this sandbox serves %q", st.Organization.Login, s.state.Organization.Login)
	}
	if err := st.check(); err != nil {
		return err
	}
	if st.History == nil {
		st.History = s.state.History
	}
	st.minted, st.issued = s.state.minted, s.state.issued
	if st.Organization.Created.IsZero() {
		st.Organization.Created = s.state.Organization.Created
	}
	st.fill()
	st.identify(s.state)
	for _, k := range kinds {
		k.begin(st, s.now())
	}
	s.state = st
	for _, g := range st.Gates {
		for i := range g.Approvers {
			g.Approvers[i] = st.bound(g.Approvers[i])
		}
	}
	for _, t := range st.Tokens {
		if t.Principal == "" {
			_, t.Principal = s.rules().principalNamed(t)
		}
	}
	return nil
}

// check refuses what would break handlers later.
func (st *state) check() error {
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

func (h *history) check() error {
	if h == nil {
		return nil
	}
	for i, q := range h.Requests {
		if q == nil || len(q.Revisions) == 0 {
			return rest.BadRequest("history.changeRequests[%d] has no revision", i)
		}
	}
	return nil
}

func (e *environment) begin(now time.Time) {
	since(&e.Created, now)
	since(&e.Modified, now)
	e.Tags = orEmpty(e.Tags)
	if e.Definition != "" && len(e.Revisions) == 0 {
		e.Revisions = []revision{{Number: 1, Definition: e.Definition, Creator: e.OwnedBy, Created: now}}
	}
}

func (i *oidcIssuer) begin(now time.Time) {
	since(&i.Created, now)
	since(&i.Modified, now)
	since(&i.PolicyTime, now)
	i.Version = max(i.Version, 1)
	i.Thumbprints, i.Policies = orNone(i.Thumbprints), orNone(i.Policies)
}

func since(t *time.Time, now time.Time) {
	if t.IsZero() {
		*t = now
	}
}
