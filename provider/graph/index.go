package graph

import (
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// Index answers questions about an organization, which must not change meanwhile.
type Index struct {
	Organization
	teams      map[string]*Team
	teamsOf    map[string][]*Team // by login
	users      map[string]*User
	guests     []string // members of teams that are not members of the organization, sorted
	evaluators map[string]*access.Evaluator
	sets       map[access.SetRef]string // record ids of built-in permission sets
	entities   map[entityKey]*Resource
	outside    []outsider
}

// NewIndex indexes an organization, so that a question costs as much as there is to say.
func NewIndex(o Organization) *Index {
	o.Users = sorted(o.Users, func(u User) string { return u.Login })
	o.Tokens = sorted(o.Tokens, func(t Token) string { return t.Name })
	o.Agents = sorted(o.Agents, func(a Agent) string { return a.Name })
	o.Deployments = sorted(o.Deployments, func(d Deployment) string { return d.Stack })
	ix := &Index{
		Organization: o, teams: map[string]*Team{}, teamsOf: map[string][]*Team{}, users: map[string]*User{},
		evaluators: map[string]*access.Evaluator{}, sets: map[access.SetRef]string{}, entities: map[entityKey]*Resource{},
		outside: outsidersOf(o.Issuers),
	}
	for _, kind := range []access.EntityKind{access.Stack, access.Environment, access.Account} {
		all := o.Entities(kind)
		for i := range all {
			ix.entities[entityKey{kind, all[i].Name}] = &all[i]
		}
	}
	for i := range ix.Teams {
		ix.teams[ix.Teams[i].Name] = &ix.Teams[i]
		for _, login := range ix.Teams[i].Members {
			ix.teamsOf[login] = append(ix.teamsOf[login], &ix.Teams[i])
		}
	}
	for i := range ix.Users {
		ix.users[ix.Users[i].Login] = &ix.Users[i]
	}
	for login := range ix.teamsOf {
		if ix.users[login] == nil {
			ix.guests = append(ix.guests, login)
		}
	}
	slices.Sort(ix.guests)
	for id, record := range ix.Records {
		if record.Unreadable == "" {
			ix.evaluators[id] = access.NewEvaluator(record.Descriptor, nil)
		}
		if set, ok := identifiers[record.Identifier]; ok && record.Identifier != "" {
			ix.sets[set] = id
		}
	}
	return ix
}

// sorted is a list by name, so that answers are almost in their order already.
func sorted[T any](list []T, name func(T) string) []T {
	return slices.SortedStableFunc(slices.Values(list), func(a, b T) int { return strings.Compare(name(a), name(b)) })
}

// identifiers are the built-in permission sets by the name that the service has for them.
var identifiers = func() map[string]access.SetRef {
	all := map[string]access.SetRef{}
	for _, kind := range access.Kinds() {
		for _, level := range access.Levels(kind) {
			all[access.SetIdentifier(kind, level)] = access.SetRef{Kind: kind, Level: level}
		}
	}
	return all
}()

// open finds a record for an evaluator.
func (ix *Index) open(id string) (access.Descriptor, string, bool) {
	record, found := ix.Records[id]
	return record.Descriptor, record.Unreadable, found
}

// levelScopes are the scopes of a built-in permission set: those of the organization's own record, or those that are
// documented where no record was read.
func (ix *Index) levelScopes(kind access.EntityKind, level access.Level) []string {
	if record, found := ix.Records[ix.sets[access.SetRef{Kind: kind, Level: level}]]; found {
		if set, plain := record.Descriptor.(access.Allowed); plain {
			return slices.Sorted(slices.Values(set.Permissions))
		}
	}
	return access.LevelScopes(kind, level)
}

// setText names a permission set as a rule does; "" for a record that is none.
func (ix *Index) setText(id string) string {
	record := ix.Records[id]
	if set, built := identifiers[record.Identifier]; built && record.Identifier != "" {
		return "permission: " + string(set.Level)
	}
	if _, plain := record.Descriptor.(access.Allowed); plain {
		return "permissionSet: " + record.Name
	}
	return ""
}

// knows tells a principal that holds something from a name that nothing is known of. Whoever is in a team or holds
// something on the entity is one, on the roster or not.
func (ix *Index) knows(login string, t Resource) bool {
	member := ix.users[login] != nil
	_, direct := t.Direct[login]
	_, assigned := t.Assigned[login]
	return member || direct || assigned || login != "" && t.Owner == login || len(ix.teamsOf[login]) > 0
}

// logins are everybody who may hold something on the entity.
func (e *evaluation) logins() []string {
	all := make([]string, 0, len(e.Users)+len(e.guests))
	for i := range e.Users {
		all = append(all, e.Users[i].Login)
	}
	return append(append(all, e.guests...), e.notMembers()...)
}
