package server

import (
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// kinds are all kinds of objects that an organization consists of. What holds for each of them, such as how a restored state is
// checked, goes through this table; a new kind is a new entry. Their order is that in which a state is checked.
var kinds = []kind{
	roleKind, stackKind, environmentKind, accountKind, userKind, teamKind, gateKind, accessTokenKind, issuerKind,
}

// kind is what the whole state asks of one kind of objects; see [kindOf].
type kind interface {
	fill(st *state)
	check(st *state) error
	begin(st *state, now time.Time)
	withoutHistory(from, to *state)
	ids(st *state) iter.Seq[string]
	index(st *state)
}

// kindOf describes a kind whose objects are kept in one map of the state.
type kindOf[V any] struct {
	name string                         // of the map in the exported state
	noun string                         // what a value is not, if it does not belong to its key
	in   func(st *state) *map[string]*V // where they are
	key  func(v *V) string              // under which a value stands
	id   func(v *V) string              // what no later object may have
	more func(v *V) []string            // further ids of a value, if there are any
	test func(st *state, v *V) error    // what else would break handlers later; nil is nothing
	past func(v *V, now time.Time)      // gives a value that came without a past one that starts now
	bare func(v *V)                     // takes the past off a value
	drop func(t *team, key string)      // takes a team's grant on it away; nil for what access is not granted on
}

// The kinds that access is granted on: entities.
var (
	stackKind = kindOf[stack]{
		name: "stacks", noun: "a stack of that name",
		in:  func(st *state) *map[string]*stack { return &st.Stacks },
		key: func(v *stack) string { return entityKey(v.Project, v.Name) },
		id:  func(v *stack) string { return v.ID },
		more: func(v *stack) (ids []string) {
			for _, u := range v.Updates {
				ids = append(ids, u.ID)
			}
			return ids
		},
		test: func(_ *state, v *stack) error { return v.checkUpdates(entityKey(v.Project, v.Name)) },
		past: func(v *stack, now time.Time) {
			since(&v.Created, now)
			v.Tags, v.Collaborators = orEmpty(v.Tags), orEmpty(v.Collaborators)
		},
		bare: func(v *stack) {
			v.Version, v.Settings, v.Trimmed, v.Created = 0, 0, 0, time.Time{}
			v.Updates, v.Checkpoints = nil, nil
		},
		drop: func(t *team, key string) { delete(t.Stacks, key) },
	}
	environmentKind = kindOf[environment]{
		name: "environments", noun: "an environment of that name",
		in:   func(st *state) *map[string]*environment { return &st.Environments },
		key:  func(v *environment) string { return v.path() },
		id:   func(v *environment) string { return v.ID },
		past: (*environment).begin,
		bare: func(v *environment) {
			v.Revisions, v.RevisionTags, v.TagTimes, v.Rotations = nil, nil, nil, nil
			v.Created, v.Modified = time.Time{}, time.Time{}
		},
		drop: func(t *team, key string) { delete(t.Environments, key) },
	}
	accountKind = kindOf[account]{
		name: "accounts", noun: "an account of that name",
		in:  func(st *state) *map[string]*account { return &st.Accounts },
		key: func(v *account) string { return v.Name },
		id:  func(v *account) string { return v.ID },
		past: func(v *account, now time.Time) {
			since(&v.Created, now)
			v.Tags = orEmpty(v.Tags)
		},
		bare: func(v *account) { v.Created = time.Time{} },
		drop: func(t *team, key string) { delete(t.Accounts, key) },
	}
)

// The other kinds.
var (
	roleKind = kindOf[record]{
		name: "roles", noun: "a role of that id",
		in:  func(st *state) *map[string]*record { return &st.Roles },
		key: func(v *record) string { return v.ID },
		id:  func(v *record) string { return v.ID },
		test: func(_ *state, v *record) error {
			if _, err := access.ParseDescriptor(v.Details); err != nil {
				return rest.BadRequest("roles[%q].details: %v", v.ID, err)
			}
			v.Details = rest.Compact(v.Details)
			return nil
		},
		past: func(v *record, now time.Time) {
			since(&v.Created, now)
			since(&v.Modified, now)
			v.Version = max(v.Version, 1)
		},
		bare: func(v *record) { v.Version, v.Created, v.Modified = 0, time.Time{}, time.Time{} },
	}
	userKind = kindOf[user]{
		name: "users", noun: "a user of that login",
		in:  func(st *state) *map[string]*user { return &st.Users },
		key: func(v *user) string { return v.Login },
		id:  func(v *user) string { return v.ID },
		test: func(st *state, v *user) error {
			if !st.validLogin(v.Login) {
				return rest.BadRequest("users[%q] is not a user of that login", v.Login)
			}
			return nil
		},
		past: func(v *user, now time.Time) { since(&v.Created, now) },
		bare: func(v *user) { v.Created = time.Time{} },
	}
	teamKind = kindOf[team]{
		name: "teams", noun: "a team of that name",
		in:  func(st *state) *map[string]*team { return &st.Teams },
		key: func(v *team) string { return v.Name },
		id:  func(v *team) string { return v.ID },
		past: func(v *team, now time.Time) {
			since(&v.Created, now)
			v.Members, v.Stacks = orEmpty(v.Members), orEmpty(v.Stacks)
			v.Environments, v.Accounts = orEmpty(v.Environments), orEmpty(v.Accounts)
		},
		bare: func(v *team) { v.Created = time.Time{} },
	}
	gateKind = kindOf[gate]{
		name: "gates", noun: "a gate of that id",
		in:   func(st *state) *map[string]*gate { return &st.Gates },
		key:  func(v *gate) string { return v.ID },
		id:   func(v *gate) string { return v.ID },
		past: func(*gate, time.Time) {},
		bare: func(*gate) {},
	}
	accessTokenKind = kindOf[token]{
		name: "tokens", noun: "a token of that id",
		in:   func(st *state) *map[string]*token { return &st.Tokens },
		key:  func(v *token) string { return v.ID },
		id:   func(v *token) string { return v.ID },
		past: func(v *token, now time.Time) { since(&v.Created, now) },
		bare: func(v *token) { v.Created, v.LastUsed = time.Time{}, time.Time{} },
	}
	issuerKind = kindOf[oidcIssuer]{
		name: "oidcIssuers", noun: "an issuer of that id",
		in:   func(st *state) *map[string]*oidcIssuer { return &st.Issuers },
		key:  func(v *oidcIssuer) string { return v.ID },
		id:   func(v *oidcIssuer) string { return v.ID },
		more: func(v *oidcIssuer) []string { return []string{v.PolicyID} },
		test: func(_ *state, v *oidcIssuer) error {
			v.Keys = rest.Compact(v.Keys)
			return nil
		},
		past: (*oidcIssuer).begin,
		bare: func(v *oidcIssuer) {
			v.Version = 0
			v.Created, v.Modified, v.PolicyTime, v.LastUsed = time.Time{}, time.Time{}, time.Time{}, time.Time{}
		},
	}
)

// fill makes the map if it is missing.
func (k kindOf[V]) fill(st *state) { *k.in(st) = orEmpty(*k.in(st)) }

// check refuses a restored state whose objects would break handlers later.
func (k kindOf[V]) check(st *state) error {
	for key, v := range *k.in(st) {
		if v == nil || k.key(v) != key {
			return rest.BadRequest("%s[%q] is not %s", k.name, key, k.noun)
		}
		if k.test == nil {
			continue
		}
		if err := k.test(st, v); err != nil {
			return err
		}
	}
	return nil
}

// begin gives objects that came without a past one that starts now.
func (k kindOf[V]) begin(st *state, now time.Time) {
	for _, v := range *k.in(st) {
		k.past(v, now)
	}
}

// withoutHistory copies the objects into another state, without a trace of how they came to be.
func (k kindOf[V]) withoutHistory(from, to *state) {
	*k.in(to) = copies(*k.in(from), k.bare)
}

// ids are those that no later object may have.
func (k kindOf[V]) ids(st *state) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, v := range *k.in(st) {
			ids := []string{k.id(v)}
			if k.more != nil {
				ids = append(ids, k.more(v)...)
			}
			for _, id := range ids {
				if !yield(id) {
					return
				}
			}
		}
	}
}

// identify gives values without an id that of the same key in the state before, or a new one. ID is where a value keeps it.
func (k kindOf[V]) identify(st, before *state, kind string, id func(*V) *string) {
	for key, v := range *k.in(st) {
		if *id(v) != "" {
			continue
		}
		if had, ok := (*k.in(before))[key]; ok {
			*id(v) = k.id(had)
			continue
		}
		*id(v) = st.newID(kind, key)
	}
}

// index makes entities known by their ids.
func (k kindOf[V]) index(st *state) {
	if k.drop == nil {
		return
	}
	for key, v := range *k.in(st) {
		st.keys[k.id(v)] = key
	}
}

// put adds an entity, or puts it back.
func (k kindOf[V]) put(st *state, v *V) {
	(*k.in(st))[k.key(v)] = v
	st.keys[k.id(v)] = k.key(v)
	delete(st.sorted, k.name)
}

// remove deletes an entity and every grant on it: one of the same name that is made later starts without.
func (k kindOf[V]) remove(st *state, v *V) {
	k.take(st, v)
	for _, t := range st.Teams {
		k.drop(t, k.key(v))
	}
}

// take takes an entity out of its place, and leaves the grants on it.
func (k kindOf[V]) take(st *state, v *V) {
	delete(*k.in(st), k.key(v))
	delete(st.keys, k.id(v))
	delete(st.sorted, k.name)
}

// names are the keys in order. They are kept until an entity is added or removed, since lists go through them.
func (k kindOf[V]) names(st *state) []string {
	objects := *k.in(st)
	if kept, ok := st.sorted[k.name]; ok && len(kept) == len(objects) {
		return kept
	}
	if st.sorted == nil {
		st.sorted = map[string][]string{}
	}
	st.sorted[k.name] = slices.Sorted(maps.Keys(objects))
	return st.sorted[k.name]
}
