package state

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// kinds are all kinds of objects that an organization consists of. What holds for each of them, such as how a restored state is
// checked, goes through this table; a new kind is a new entry. Their order is that in which a state is checked.
var kinds = []kind{
	roleKind, StackKind, EnvironmentKind, AccountKind, userKind, teamKind, gateKind, accessTokenKind, issuerKind, agentKind,
}

// kind is what the state does with all objects of one kind; see [kindOf].
type kind interface {
	fill(st *State)
	check(st *State) error
	begin(st *State, now time.Time)
	withoutHistory(from, to *State)
	ids(st *State) iter.Seq[string]
	index(st *State)
}

// kindOf describes a kind whose objects are kept in one map of the state.
type kindOf[V any] struct {
	name string                         // of the map in the exported state
	noun string                         // what a value is not, if it does not belong to its key
	in   func(st *State) *map[string]*V // where they are
	key  func(v *V) string              // under which a value stands
	id   func(v *V) string              // what no later object may have
	more func(v *V) []string            // further ids of a value, if there are any
	test func(st *State, v *V) error    // what else would break handlers later; nil is nothing
	past func(v *V, now time.Time)      // gives a value that came without a past one that starts now
	bare func(v *V)                     // takes the past off a value
	drop func(t *Team, key string)      // takes a team's grant on it away; nil for what access is not granted on
}

// The kinds that access is granted on: entities.
var (
	StackKind = kindOf[Stack]{
		name: "stacks", noun: "a stack of that name",
		in:  func(st *State) *map[string]*Stack { return &st.Stacks },
		key: func(v *Stack) string { return EntityKey(v.Project, v.Name) },
		id:  func(v *Stack) string { return v.ID },
		more: func(v *Stack) (ids []string) {
			for _, u := range v.Updates {
				ids = append(ids, u.ID)
			}
			return ids
		},
		test: func(st *State, v *Stack) error {
			key := EntityKey(v.Project, v.Name)
			if err := st.checkAssigned("stacks["+strconv.Quote(key)+"]", v.Assigned); err != nil {
				return err
			}
			for login := range v.Assigned {
				if _, twice := v.Collaborators[login]; twice {
					return rest.BadRequest("stacks[%q] gives %q a permission as a collaborator and a permission set", key, login)
				}
			}
			return v.checkUpdates(key)
		},
		past: func(v *Stack, now time.Time) {
			since(&v.Created, now)
			v.Tags, v.Collaborators = rest.OrEmpty(v.Tags), rest.OrEmpty(v.Collaborators)
		},
		bare: func(v *Stack) {
			v.Version, v.Settings, v.Trimmed, v.Created = 0, 0, 0, time.Time{}
			v.Updates, v.Checkpoints = nil, nil
		},
		drop: func(t *Team, key string) { delete(t.Stacks, key) },
	}
	EnvironmentKind = kindOf[Environment]{
		name: "environments", noun: "an environment of that name",
		in:  func(st *State) *map[string]*Environment { return &st.Environments },
		key: func(v *Environment) string { return v.Path() },
		id:  func(v *Environment) string { return v.ID },
		test: func(st *State, v *Environment) error {
			return st.checkAssigned("environments["+strconv.Quote(v.Path())+"]", v.Assigned)
		},
		past: (*Environment).Begin,
		bare: func(v *Environment) {
			v.Revisions, v.RevisionTags, v.TagTimes, v.Rotations = nil, nil, nil, nil
			v.Created, v.Modified = time.Time{}, time.Time{}
		},
		drop: func(t *Team, key string) { delete(t.Environments, key) },
	}
	AccountKind = kindOf[Account]{
		name: "accounts", noun: "an account of that name",
		in:  func(st *State) *map[string]*Account { return &st.Accounts },
		key: func(v *Account) string { return v.Name },
		id:  func(v *Account) string { return v.ID },
		test: func(st *State, v *Account) error {
			return st.checkAssigned("accounts["+strconv.Quote(v.Name)+"]", v.Assigned)
		},
		past: func(v *Account, now time.Time) {
			since(&v.Created, now)
			v.Tags = rest.OrEmpty(v.Tags)
		},
		bare: func(v *Account) { v.Created = time.Time{} },
		drop: func(t *Team, key string) { delete(t.Accounts, key) },
	}
)

// The other kinds.
var (
	roleKind = kindOf[Record]{
		name: "roles", noun: "a role of that id",
		in:  func(st *State) *map[string]*Record { return &st.Roles },
		key: func(v *Record) string { return v.ID },
		id:  func(v *Record) string { return v.ID },
		test: func(_ *State, v *Record) error {
			if _, err := access.ParseDescriptor(v.Details); err != nil {
				return rest.BadRequest("roles[%q].details: %v", v.ID, err)
			}
			v.Details = rest.Compact(v.Details)
			return nil
		},
		past: func(v *Record, now time.Time) {
			since(&v.Created, now)
			since(&v.Modified, now)
			v.Version = max(v.Version, 1)
		},
		bare: func(v *Record) { v.Version, v.Created, v.Modified = 0, time.Time{}, time.Time{} },
	}
	userKind = kindOf[User]{
		name: "users", noun: "a user of that login",
		in:  func(st *State) *map[string]*User { return &st.Users },
		key: func(v *User) string { return v.Login },
		id:  func(v *User) string { return v.ID },
		test: func(st *State, v *User) error {
			if !st.ValidLogin(v.Login) {
				return rest.BadRequest("users[%q] is not a user of that login", v.Login)
			}
			return nil
		},
		past: func(v *User, now time.Time) { since(&v.Created, now) },
		bare: func(v *User) { v.Created = time.Time{} },
	}
	teamKind = kindOf[Team]{
		name: "teams", noun: "a team of that name",
		in:  func(st *State) *map[string]*Team { return &st.Teams },
		key: func(v *Team) string { return v.Name },
		id:  func(v *Team) string { return v.ID },
		past: func(v *Team, now time.Time) {
			since(&v.Created, now)
			v.Members, v.Stacks = rest.OrEmpty(v.Members), rest.OrEmpty(v.Stacks)
			v.Environments, v.Accounts = rest.OrEmpty(v.Environments), rest.OrEmpty(v.Accounts)
		},
		bare: func(v *Team) { v.Created = time.Time{} },
	}
	gateKind = kindOf[Gate]{
		name: "gates", noun: "a gate of that id",
		in:   func(st *State) *map[string]*Gate { return &st.Gates },
		key:  func(v *Gate) string { return v.ID },
		id:   func(v *Gate) string { return v.ID },
		past: func(*Gate, time.Time) {},
		bare: func(*Gate) {},
	}
	accessTokenKind = kindOf[Token]{
		name: "tokens", noun: "a token of that id",
		in:   func(st *State) *map[string]*Token { return &st.Tokens },
		key:  func(v *Token) string { return v.ID },
		id:   func(v *Token) string { return v.ID },
		past: func(v *Token, now time.Time) { since(&v.Created, now) },
		bare: func(v *Token) { v.Created, v.LastUsed = time.Time{}, time.Time{} },
	}
	agentKind = kindOf[Agent]{
		name: "agents", noun: "an agent of that id",
		in:   func(st *State) *map[string]*Agent { return &st.Agents },
		key:  func(v *Agent) string { return v.ID },
		id:   func(v *Agent) string { return v.ID },
		past: func(*Agent, time.Time) {},
		bare: func(*Agent) {},
	}
	issuerKind = kindOf[OIDCIssuer]{
		name: "oidcIssuers", noun: "an issuer of that id",
		in:   func(st *State) *map[string]*OIDCIssuer { return &st.Issuers },
		key:  func(v *OIDCIssuer) string { return v.ID },
		id:   func(v *OIDCIssuer) string { return v.ID },
		more: func(v *OIDCIssuer) []string { return []string{v.PolicyID} },
		test: func(_ *State, v *OIDCIssuer) error {
			v.Keys = rest.Compact(v.Keys)
			return nil
		},
		past: (*OIDCIssuer).begin,
		bare: func(v *OIDCIssuer) {
			v.Version = 0
			v.Created, v.Modified, v.PolicyTime, v.LastUsed = time.Time{}, time.Time{}, time.Time{}, time.Time{}
		},
	}
)

// fill makes the map if it is missing.
func (k kindOf[V]) fill(st *State) { *k.in(st) = rest.OrEmpty(*k.in(st)) }

// check refuses a restored state whose objects would break handlers later.
func (k kindOf[V]) check(st *State) error {
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
func (k kindOf[V]) begin(st *State, now time.Time) {
	for _, v := range *k.in(st) {
		k.past(v, now)
	}
}

// withoutHistory copies the objects into another state, without a trace of how they came to be.
func (k kindOf[V]) withoutHistory(from, to *State) {
	*k.in(to) = Copies(*k.in(from), k.bare)
}

// ids are those that no later object may have.
func (k kindOf[V]) ids(st *State) iter.Seq[string] {
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

// identify fills in missing ids: the id that the state before has for the same key, or a new one. ID points to a value's id.
func (k kindOf[V]) identify(st, before *State, kind string, id func(*V) *string) {
	for key, v := range *k.in(st) {
		if *id(v) != "" {
			continue
		}
		if had, ok := (*k.in(before))[key]; ok {
			*id(v) = k.id(had)
			continue
		}
		*id(v) = st.NewID(kind, key)
	}
}

// index records the keys of entities by their ids.
func (k kindOf[V]) index(st *State) {
	if k.drop == nil {
		return
	}
	for key, v := range *k.in(st) {
		st.keys[k.id(v)] = key
	}
}

// Put adds an entity, or puts it back.
func (k kindOf[V]) Put(st *State, v *V) {
	(*k.in(st))[k.key(v)] = v
	st.keys[k.id(v)] = k.key(v)
	delete(st.sorted, k.name)
}

// Remove deletes an entity and every grant on it: an entity that is recreated under the name starts without grants.
func (k kindOf[V]) Remove(st *State, v *V) {
	k.Take(st, v)
	for _, t := range st.Teams {
		k.drop(t, k.key(v))
	}
}

// Take takes an entity out of its place, and leaves the grants on it.
func (k kindOf[V]) Take(st *State, v *V) {
	delete(*k.in(st), k.key(v))
	delete(st.keys, k.id(v))
	delete(st.sorted, k.name)
}

// ByID finds an entity by its id.
func (k kindOf[V]) ByID(st *State, id string) (*V, bool) {
	v, ok := (*k.in(st))[st.keys[id]]
	if !ok || k.id(v) != id {
		return nil, false
	}
	return v, true
}

// Names are the keys in order. They are kept until an entity is added or removed, since lists go through them.
func (k kindOf[V]) Names(st *State) []string {
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
