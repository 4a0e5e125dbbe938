package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// export gives the state as indented JSON with sorted names. Token values are in no form of it; secrets are sealed
// with a key that is not in it.
func (s *Server) export(withHistory bool) ([]byte, error) {
	st := s.st
	if !withHistory {
		st = st.live()
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

// live is a copy of what exists now, without a trace of how it came to be.
func (st *state) live() *state {
	out := *st
	out.History = nil
	out.Organization.Created = time.Time{}
	out.Users = copies(st.Users, func(u *user) { u.Created = time.Time{} })
	out.Teams = copies(st.Teams, func(t *team) { t.Created = time.Time{} })
	out.Roles = copies(st.Roles, func(r *record) { r.Version, r.Created, r.Modified = 0, time.Time{}, time.Time{} })
	out.Stacks = copies(st.Stacks, func(s *stack) {
		s.Version, s.Settings, s.Trimmed, s.Created = 0, 0, 0, time.Time{}
		s.Updates, s.Checkpoints = nil, nil
	})
	out.Environments = copies(st.Environments, func(e *environment) {
		e.Revisions, e.RevisionTags, e.TagTimes, e.Rotations = nil, nil, nil, nil
		e.Created, e.Modified = time.Time{}, time.Time{}
	})
	out.Accounts = copies(st.Accounts, func(a *account) { a.Created = time.Time{} })
	out.Tokens = copies(st.Tokens, func(t *token) { t.Created, t.LastUsed = time.Time{}, time.Time{} })
	out.Issuers = copies(st.Issuers, func(i *oidcIssuer) {
		i.Version = 0
		i.Created, i.Modified, i.PolicyTime, i.LastUsed = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	})
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
	if st.Organization.Login != s.st.Organization.Login {
		return rest.BadRequest("the state is of organization %q, this sandbox serves %q", st.Organization.Login, s.st.Organization.Login)
	}
	if err := st.check(); err != nil {
		return err
	}
	if st.History == nil {
		st.History = s.st.History
	}
	st.minted, st.issued = s.st.minted, s.st.issued
	if st.Organization.Created.IsZero() {
		st.Organization.Created = s.st.Organization.Created
	}
	st.fill()
	st.identify(s.st)
	st.begin(s.now())
	s.st = st
	for _, g := range st.Gates {
		for i := range g.Approvers {
			g.Approvers[i] = st.bound(g.Approvers[i])
		}
	}
	for _, t := range st.Tokens {
		if t.Principal == "" {
			_, t.Principal = s.principalNamed(t)
		}
	}
	return nil
}

// check refuses what would break handlers later.
func (st *state) check() error {
	for id, r := range st.Roles {
		if r == nil || r.ID != id {
			return rest.BadRequest("roles[%q] is not a role of that id", id)
		}
		if _, err := access.ParseDescriptor(r.Details); err != nil {
			return rest.BadRequest("roles[%q].details: %v", id, err)
		}
		r.Details = compactJSON(r.Details)
	}
	for key, v := range st.Stacks {
		if v == nil || entityKey(v.Project, v.Name) != key {
			return rest.BadRequest("stacks[%q] is not a stack of that name", key)
		}
		if err := v.checkUpdates(key); err != nil {
			return err
		}
	}
	for key, v := range st.Environments {
		if v == nil || entityKey(v.Project, v.Name) != key {
			return rest.BadRequest("environments[%q] is not an environment of that name", key)
		}
	}
	if err := st.History.check(); err != nil {
		return err
	}
	return st.checkNamed()
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

func (st *state) checkNamed() error {
	for name, v := range st.Accounts {
		if v == nil || v.Name != name {
			return rest.BadRequest("accounts[%q] is not an account of that name", name)
		}
	}
	for login, v := range st.Users {
		if v == nil || v.Login != login || !st.validLogin(login) {
			return rest.BadRequest("users[%q] is not a user of that login", login)
		}
	}
	for name, v := range st.Teams {
		if v == nil || v.Name != name {
			return rest.BadRequest("teams[%q] is not a team of that name", name)
		}
	}
	for id, v := range st.Gates {
		if v == nil || v.ID != id {
			return rest.BadRequest("gates[%q] is not a gate of that id", id)
		}
	}
	for id, v := range st.Tokens {
		if v == nil || v.ID != id {
			return rest.BadRequest("tokens[%q] is not a token of that id", id)
		}
	}
	for id, v := range st.Issuers {
		if v == nil || v.ID != id {
			return rest.BadRequest("oidcIssuers[%q] is not an issuer of that id", id)
		}
		v.Keys = compactJSON(v.Keys)
	}
	if err := st.Clouds.AWS.check(); err != nil {
		return err
	}
	if err := st.Clouds.Azure.check(); err != nil {
		return err
	}
	return st.Clouds.GCP.check()
}

func (c gcpCloud) check() error {
	for name, v := range c.Providers {
		if v == nil || v.Name != name {
			return rest.BadRequest("clouds.gcp.providers[%q] is not a provider of that name", name)
		}
		if err := v.check(); err != nil {
			return rest.BadRequest("clouds.gcp.providers[%q].%v", name, err)
		}
	}
	for email, v := range c.ServiceAccounts {
		if v == nil || v.Email != email {
			return rest.BadRequest("clouds.gcp.serviceAccounts[%q] is not a service account of that email", email)
		}
		if err := v.check(); err != nil {
			return rest.BadRequest("clouds.gcp.serviceAccounts[%q].%v", email, err)
		}
	}
	for name, v := range c.Secrets {
		if v == nil || v.Name != name {
			return rest.BadRequest("clouds.gcp.secrets[%q] is not a secret of that name", name)
		}
		if err := v.check(); err != nil {
			return rest.BadRequest("clouds.gcp.secrets[%q].%v", name, err)
		}
	}
	return nil
}

// begin gives objects that came without a past one that starts now.
func (st *state) begin(now time.Time) {
	for _, u := range st.Users {
		since(&u.Created, now)
	}
	for _, t := range st.Teams {
		since(&t.Created, now)
		t.Members, t.Stacks = orEmpty(t.Members), orEmpty(t.Stacks)
		t.Environments, t.Accounts = orEmpty(t.Environments), orEmpty(t.Accounts)
	}
	for _, r := range st.Roles {
		since(&r.Created, now)
		since(&r.Modified, now)
		r.Version = max(r.Version, 1)
	}
	for _, v := range st.Stacks {
		since(&v.Created, now)
		v.Tags, v.Collaborators = orEmpty(v.Tags), orEmpty(v.Collaborators)
	}
	for _, e := range st.Environments {
		e.begin(now)
	}
	for _, a := range st.Accounts {
		since(&a.Created, now)
		a.Tags = orEmpty(a.Tags)
	}
	for _, t := range st.Tokens {
		since(&t.Created, now)
	}
	for _, i := range st.Issuers {
		i.begin(now)
	}
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

// compactJSON gives equal documents equal bytes, however they were indented on the way.
func compactJSON(raw json.RawMessage) json.RawMessage {
	var out bytes.Buffer
	if json.Compact(&out, raw) != nil {
		return raw
	}
	return out.Bytes()
}
