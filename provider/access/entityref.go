package access

import (
	"cmp"
	"slices"
	"strings"
)

// EntityRef names an entity; Project is empty for accounts.
type EntityRef struct {
	Kind          EntityKind
	Project, Name string
}

// String returns the entity as people write it: "stack payments/dev", "account aws-prod".
func (r EntityRef) String() string { return r.Kind.Noun() + " " + r.Path() }

// Path is the name of the entity without its kind: project/name, or the name of an account.
func (r EntityRef) Path() string {
	if r.Project == "" {
		return r.Name
	}
	return r.Project + "/" + r.Name
}

// Compare orders entities: by kind as [Kinds] does, then by project and name.
func (r EntityRef) Compare(other EntityRef) int {
	return cmp.Or(compareKinds(r.Kind, other.Kind), cmp.Compare(r.Project, other.Project), cmp.Compare(r.Name, other.Name))
}

func compareKinds(a, b EntityKind) int {
	return cmp.Compare(slices.Index(Kinds(), a), slices.Index(Kinds(), b))
}

// keyWords begin the keys of entities. State holds such keys: they never change.
var keyWords = map[EntityKind]string{Stack: "stack", Environment: "environment", Account: "account", Organization: "organization"}

// Key returns the entity as state names it; [ParseKey] reads it back.
func (r EntityRef) Key() string { return keyWords[r.Kind] + " " + r.Path() }

// ParseKey is the inverse of [EntityRef.Key].
func ParseKey(key string) (EntityRef, bool) {
	word, name, _ := strings.Cut(key, " ")
	for _, kind := range Kinds() {
		if keyWords[kind] != word || name == "" {
			continue
		}
		// The accounts below another one have a slash in their names, and are in no project.
		if project, rest, inProject := strings.Cut(name, "/"); inProject && kind != Account {
			return EntityRef{Kind: kind, Project: project, Name: rest}, true
		}
		return EntityRef{Kind: kind, Name: name}, true
	}
	return EntityRef{}, false
}
