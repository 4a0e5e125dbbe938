package access

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/agext/levenshtein"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// EntityKind is a kind of thing that scopes are granted on, in the service's own resourceType words.
type EntityKind string

// The kinds of entities. Organization stands for the organization itself, where the service says "global".
const (
	Stack        EntityKind = "stack"
	Environment  EntityKind = "environment"
	Account      EntityKind = "insights-account"
	Organization EntityKind = "global"

	// Team appears in expressions that the console writes for teams. No scope is granted on one.
	Team EntityKind = "team"
)

// Kinds returns the kinds that scopes are granted on, entities first.
func Kinds() []EntityKind { return []EntityKind{Stack, Environment, Account, Organization} }

// Noun is the word for the kind in texts for people.
func (k EntityKind) Noun() string {
	switch k {
	case Account:
		return "account"
	case Organization:
		return "organization"
	default:
		return string(k)
	}
}

// Catalogue knows every scope by entity kind. The zero value holds the scopes that this version was built with;
// [NewCatalogue] adds newer ones.
type Catalogue struct {
	additional map[EntityKind][]string
	ask        *Service
}

// Service is what a catalogue asks about scopes that it does not know.
type Service struct {
	// List returns the scopes that the service lists, by kind. It is called again for each scope that is not known.
	List func() (map[EntityKind][]string, error)
	// Admits reports whether a scope is admitted although the list could not be read.
	Admits func(kind EntityKind, scope string, err error) bool
}

// Asking returns the catalogue with a service that decides about the scopes that this version does not know.
func (c Catalogue) Asking(service Service) Catalogue {
	c.ask = &service
	return c
}

// With returns the catalogue with one more scope of a kind, whatever its family.
func (c Catalogue) With(kind EntityKind, scope string) Catalogue {
	if slices.Contains(catalogueIndex().kinds[scope], kind) || slices.Contains(c.additional[kind], scope) {
		return c
	}
	added := maps.Clone(c.additional)
	if added == nil {
		added = map[EntityKind][]string{}
	}
	added[kind] = sortedSet(append(slices.Clone(added[kind]), scope))
	c.additional = added
	return c
}

// scopeForm is what every scope looks like.
var scopeForm = regexp.MustCompile(`^[a-z][a-z0-9_]*:[a-z][a-z0-9_]*$`)

// NewCatalogue returns the built-in catalogue with further scopes. An additional name such as "stack:fly" belongs to
// the kind of its prefix family (everything before the colon); a name of an unknown family is an organization-level scope.
// Names that are known already and empty names change nothing.
func NewCatalogue(additional []string) Catalogue {
	c := Catalogue{additional: map[EntityKind][]string{}}
	for _, scope := range additional {
		if _, known := catalogueIndex().kinds[scope]; known || scope == "" {
			continue
		}
		kind := familyOf(scope)
		c.additional[kind] = append(c.additional[kind], scope)
	}
	for kind, scopes := range c.additional {
		c.additional[kind] = sortedSet(scopes)
	}
	return c
}

// Additional returns the scopes that the catalogue has besides the built-in ones, sorted.
func (c Catalogue) Additional() []string {
	var all []string
	for _, scopes := range c.additional {
		all = append(all, scopes...)
	}
	return sortedSet(all)
}

// Scopes returns the scopes of a kind, sorted.
func (c Catalogue) Scopes(kind EntityKind) []string {
	return sortedSet(slices.Concat(catalogueIndex().byKind[kind], c.additional[kind], c.listed()[kind]))
}

// listed are the scopes that the service lists; none if there is no service, or its list cannot be read.
func (c Catalogue) listed() map[EntityKind][]string {
	if c.ask == nil {
		return nil
	}
	all, err := c.ask.List()
	if err != nil {
		return nil
	}
	return all
}

// Has reports whether a scope can be granted on entities of the kind.
func (c Catalogue) Has(kind EntityKind, scope string) bool {
	kinds, known := catalogueIndex().kinds[scope]
	if slices.Contains(kinds, kind) {
		return true
	}
	if _, found := slices.BinarySearch(c.additional[kind], scope); found || c.ask == nil || !scopeForm.MatchString(scope) {
		return found
	}
	all, err := c.ask.List()
	if err == nil || known {
		return slices.Contains(all[kind], scope)
	}
	return c.ask.Admits(kind, scope, err)
}

// Nearest returns up to three scopes of the kind that are closest to a misspelt one, closest first.
func (c Catalogue) Nearest(kind EntityKind, scope string) []string {
	return nearest(c.Scopes(kind), scope)
}

// CheckScopes returns what is wrong with the scopes of a permission set for one kind of entity, with paths such as
// `scopes[0]`.
func (c Catalogue) CheckScopes(kind EntityKind, scopes []string) problem.List {
	if len(scopes) == 0 {
		return problem.List{{Path: "scopes", Reason: "is empty; name at least one scope"}}
	}
	var problems problem.List
	for i, scope := range scopes {
		if !c.Has(kind, scope) {
			problems = append(problems, problem.Problem{Path: fmt.Sprintf("scopes[%d]", i), Reason: c.unknown(kind, scope)})
		}
	}
	return problems
}

// unknown returns why a scope cannot be granted on a kind of entity, and what can.
func (c Catalogue) unknown(kind EntityKind, scope string) string {
	for _, other := range Kinds() {
		if other != kind && c.Has(other, scope) {
			return fmt.Sprintf("%q is a scope of the %s, not of the %s", scope, other.Noun(), kind.Noun())
		}
	}
	return fmt.Sprintf("%q is not a scope of the %s that is known here; the nearest are %s. A newer scope can be admitted"+
		" by additionalScopes in the provider's configuration%s", scope, kind.Noun(), strings.Join(c.Nearest(kind, scope), ", "), c.Unasked(scope))
}

// Unasked says why the service was not asked for a scope, "" if it was.
func (c Catalogue) Unasked(scope string) string {
	if c.ask == nil || !scopeForm.MatchString(scope) {
		return ""
	}
	if _, err := c.ask.List(); err != nil {
		return fmt.Sprintf("; the service could not be asked for it: %v", err)
	}
	return ""
}

func nearest(names []string, name string) []string {
	distance := make(map[string]int, len(names))
	for _, n := range names {
		distance[n] = levenshtein.Distance(n, name, nil)
	}
	byDistance := slices.Clone(names)
	slices.SortStableFunc(byDistance, func(a, b string) int { return distance[a] - distance[b] })
	return byDistance[:min(3, len(byDistance))]
}

// ScopeGroup is a heading of the service's scope catalogue with the scopes listed under it.
type ScopeGroup struct {
	Name   string
	Scopes []string
}

// Groups returns the scopes of a kind under the service's own headings.
func Groups(kind EntityKind) []ScopeGroup {
	var groups []ScopeGroup
	for _, row := range catalogue {
		if row.kind == kind {
			groups = append(groups, ScopeGroup{Name: row.group, Scopes: strings.Fields(row.scopes)})
		}
	}
	return groups
}

// kindOf returns the kind that a scope belongs to; of two, the entity's.
func kindOf(scope string) EntityKind {
	if kinds, known := catalogueIndex().kinds[scope]; known {
		return kinds[0]
	}
	return familyOf(scope)
}

// belongs reports whether a scope means something on entities of the kind. A name outside the catalogue is checked by its
// family, so that descriptors written by a newer service can still be evaluated.
func belongs(kind EntityKind, scope string) bool {
	if kinds, known := catalogueIndex().kinds[scope]; known {
		return slices.Contains(kinds, kind)
	}
	return familyOf(scope) == kind
}

// Evaluates reports whether answers about entities of the kind count what roles grant of the scope. Of a scope that the catalogue does
// not have, only its family tells what it is about.
func Evaluates(kind EntityKind, scope string) bool { return belongs(kind, scope) }

// familyOf returns the kind of a scope's prefix. Where entities and the organization share a prefix the entity wins:
// a new "stack:..." scope is then refused among organization-level scopes rather than granted on every stack.
func familyOf(scope string) EntityKind {
	family, _, _ := strings.Cut(scope, ":")
	if kind, known := catalogueIndex().families[family]; known {
		return kind
	}
	return Organization
}

type scopeIndex struct {
	byKind   map[EntityKind][]string
	kinds    map[string][]EntityKind
	families map[string]EntityKind
}

// catalogueIndex is built on first use, because a plugin that answers a schema request needs none of it.
var catalogueIndex = sync.OnceValue(func() scopeIndex {
	index := scopeIndex{
		byKind:   map[EntityKind][]string{},
		kinds:    map[string][]EntityKind{},
		families: map[string]EntityKind{},
	}
	for _, row := range catalogue {
		for scope := range strings.FieldsSeq(row.scopes) {
			index.byKind[row.kind] = append(index.byKind[row.kind], scope)
			index.kinds[scope] = append(index.kinds[scope], row.kind)
			family, _, _ := strings.Cut(scope, ":")
			if _, taken := index.families[family]; !taken {
				index.families[family] = row.kind
			}
		}
	}
	return index
})

// sortedSet returns the distinct non-empty strings in order, nil if there are none. The argument is left alone.
func sortedSet(values []string) []string {
	var set []string
	for _, v := range values {
		if v != "" {
			set = append(set, v)
		}
	}
	slices.Sort(set)
	return slices.Compact(set)
}
