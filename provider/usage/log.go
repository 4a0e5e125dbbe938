package usage

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
)

// MaxAddresses is how many addresses are kept of one use, and of the opens of one login.
const MaxAddresses = 64

// Actor is who acted: a login, and the machine token that it used, where the log has it. Exports in CSV and CEF have no tokens.
type Actor struct {
	Login     string `json:"login"`
	TokenID   string `json:"tokenId,omitempty"`
	TokenName string `json:"tokenName,omitempty"`
}

// Use is how an actor used one scope on one entity.
type Use struct {
	Actor
	Scopes  []string          `json:"scopes"` // one of these; empty for a refusal that does not say which
	Kind    access.EntityKind `json:"kind"`
	Entity  string            `json:"entity"` // project/name, or an account's name; "" for the organization, and where it cannot be told
	Refused bool              `json:"refused,omitempty"`
	First   time.Time         `json:"first"`
	Last    time.Time         `json:"last"`
	Count   int               `json:"count"`
	// Addresses are where it came from, the first [MaxAddresses] in the order of their texts. More says that there were others.
	Addresses []string `json:"addresses,omitempty"`
	More      bool     `json:"moreAddresses,omitempty"`
}

// Used reports whether the use may have been one of a scope.
func (u Use) Used(scope string) bool { return slices.Contains(u.Scopes, scope) }

// cloned shares no memory with what an event was read from.
func (u Use) cloned() *Use {
	u.Actor, u.Entity = u.Actor.cloned(), strings.Clone(u.Entity)
	u.Addresses = slices.Clone(u.Addresses)
	for i, address := range u.Addresses {
		u.Addresses[i] = strings.Clone(address)
	}
	return &u
}

func (a Actor) cloned() Actor {
	return Actor{strings.Clone(a.Login), strings.Clone(a.TokenID), strings.Clone(a.TokenName)}
}

func (k key) cloned() key {
	k.actor, k.entity = k.actor.cloned(), strings.Clone(k.entity)
	return k
}

// key tells uses apart.
type key struct {
	actor   Actor
	scopes  string
	kind    access.EntityKind
	entity  string
	refused bool
}

// Log is the usage of an organization in a time. Events outside of it are left out.
type Log struct {
	Organization string
	Since, Until time.Time // zero for no bound
	// Events are how many were taken, First and Last their times.
	Events      int
	First, Last time.Time
	// Unattributed counts the events that take a scope on an entity which cannot be told, by their kind.
	Unattributed map[string]int
	// Unknown counts the events of kinds that this version does not know.
	Unknown map[string]int
	Damage  Damage

	uses  map[key]*Use
	opens map[string]*opens
}

// New is a log without events.
func New(organization string, since, until time.Time) *Log {
	return &Log{
		Organization: organization, Since: since, Until: until, Unattributed: map[string]int{}, Unknown: map[string]int{},
		uses: map[key]*Use{}, opens: map[string]*opens{},
	}
}

// Add takes an event.
func (l *Log) Add(e audit.Event) {
	if !(audit.Query{Since: l.Since, Until: l.Until}).Matches(e) {
		return
	}
	l.observe(observed{Event: e, last: e.Time, count: 1, anonymous: anonymous(e)})
}

// observed is an event, or a number of events that differ in nothing but their times.
type observed struct {
	audit.Event // its time is the first one
	last        time.Time
	count       int
	anonymous   bool
	entities    map[access.EntityKind]string // nil for one whose description says it
}

func (o observed) entity(organization string, kind access.EntityKind) string {
	if o.entities != nil {
		return o.entities[kind]
	}
	return audit.Entity(o.Description, organization, kind.Noun())
}

func (l *Log) observe(o observed) {
	l.Events += o.count
	l.First, l.Last = span(l.First, l.Last, o.Time, o.last)
	acts, refused := attempted(o.Event)
	if !refused {
		if acts = ScopesOf(o.Kind); acts == nil && !slices.Contains(withoutScope, o.Kind) {
			l.Unknown[o.Kind] += o.count
		}
	}
	for _, act := range acts {
		l.use(o, act, refused)
	}
}

func (l *Log) use(o observed, act Act, refused bool) {
	u := Use{
		Actor:  Actor{Login: o.User, TokenID: o.TokenID, TokenName: o.TokenName},
		Scopes: act.Scopes, Kind: act.Kind, Refused: refused, First: o.Time, Last: o.last, Count: o.count,
	}
	if act.Kind != access.Organization {
		if u.Entity = o.entity(l.Organization, act.Kind); u.Entity == "" && !refused && !o.anonymous {
			l.Unattributed[o.Kind] += o.count
		}
	}
	if o.anonymous { // its own text was opened, which takes a scope in the organization
		u.Kind, u.Scopes = access.Organization, []string{"environment_yaml:open"}
	}
	if o.SourceIP != "" {
		u.Addresses = []string{o.SourceIP}
	}
	if !refused && u.Used(openScope) && u.Kind == access.Environment {
		l.opensOf(o.User).add(Open{u.Entity, o.Time, o.SourceIP}, o.count)
	}
	l.merge(u)
}

// anonymous opens are of texts that are not stored.
func anonymous(e audit.Event) bool {
	return strings.HasPrefix(e.Kind, "environment-") && strings.HasSuffix(strings.TrimSuffix(e.Description, "."), "anonymous environment")
}

func (l *Log) merge(u Use) {
	scopes := ""
	switch len(u.Scopes) {
	case 0:
	case 1:
		scopes = u.Scopes[0]
	default:
		scopes = strings.Join(u.Scopes, "|")
	}
	at := key{u.Actor, scopes, u.Kind, u.Entity, u.Refused}
	known := l.uses[at]
	if known == nil {
		l.uses[at.cloned()] = u.cloned()
		return
	}
	known.First, known.Last = span(known.First, known.Last, u.First, u.Last)
	known.Count += u.Count
	known.More = known.More || u.More
	for _, address := range u.Addresses {
		i, found := slices.BinarySearch(known.Addresses, address)
		if found {
			continue
		}
		known.Addresses = slices.Insert(known.Addresses, i, address)
		if len(known.Addresses) > MaxAddresses {
			known.Addresses, known.More = known.Addresses[:MaxAddresses], true
		}
	}
}

// span is the time from the earlier beginning to the later end.
func span(first, last, otherFirst, otherLast time.Time) (time.Time, time.Time) {
	if first.IsZero() || !otherFirst.IsZero() && otherFirst.Before(first) {
		first = otherFirst
	}
	if otherLast.After(last) {
		last = otherLast
	}
	return first, last
}

// Merge takes everything that another log of the same organization has.
func (l *Log) Merge(other *Log) {
	l.Events += other.Events
	l.First, l.Last = span(l.First, l.Last, other.First, other.Last)
	for kind, count := range other.Unattributed {
		l.Unattributed[kind] += count
	}
	for kind, count := range other.Unknown {
		l.Unknown[kind] += count
	}
	l.Damage.merge(other.Damage)
	for _, use := range other.uses {
		l.merge(*use)
	}
	for login, of := range other.opens {
		l.opensOf(login).merge(of)
	}
}

// Uses are the uses, by actor, entity and scope.
func (l *Log) Uses() []Use {
	keys := slices.SortedFunc(maps.Keys(l.uses), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.actor.Login, b.actor.Login), cmp.Compare(a.actor.TokenName, b.actor.TokenName),
			cmp.Compare(a.actor.TokenID, b.actor.TokenID), cmp.Compare(a.kind, b.kind), cmp.Compare(a.entity, b.entity),
			cmp.Compare(a.scopes, b.scopes), compareBool(a.refused, b.refused))
	})
	all := make([]Use, len(keys))
	for i, at := range keys {
		all[i] = *l.uses[at]
		all[i].Addresses = slices.Clone(all[i].Addresses)
	}
	return all
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
