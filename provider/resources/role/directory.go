package role

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// directory finds an organization's entities by name and by id.
type directory struct {
	client       *cloud.Client
	organization string
}

// entities are what was found: names and ids that belong together.
type entities map[access.EntityRef]string

// keyed are the entities as state keeps them, by kind and name.
func (e entities) keyed() map[string]string {
	out := make(map[string]string, len(e))
	for ref, id := range e {
		out[ref.Key()] = id
	}
	return out
}

// names are the entities by id.
func (e entities) names() map[string]access.EntityRef {
	out := make(map[string]access.EntityRef, len(e))
	for ref, id := range e {
		out[id] = ref
	}
	return out
}

// entityIDs reads back what keyed gave.
func entityIDs(keyed map[string]string) entities {
	out := make(entities, len(keyed))
	for key, id := range keyed {
		if ref, ok := access.ParseKey(key); ok {
			out[ref] = id
		}
	}
	return out
}

// unresolved are the names without a known id.
func unresolved(names []access.EntityRef, known map[string]string) []access.EntityRef {
	return slices.DeleteFunc(slices.Clone(names), func(ref access.EntityRef) bool { return known[ref.Key()] != "" })
}

// completeNames are the names that rules give in full: in a preview, parts of a name may not be known yet.
func completeNames(rules access.Access) []access.EntityRef {
	return slices.DeleteFunc(rules.Entities(), func(ref access.EntityRef) bool {
		return ref.Name == "" || (ref.Project == "" && ref.Kind != access.Account)
	})
}

// find looks up names, and ids by kind, in as few calls as it can know of. What does not exist, or is not visible to the
// caller, is left out. All roles of a program share the lists; what is not in them may be newer.
func (d *directory) find(
	ctx context.Context, names []access.EntityRef, ids map[access.EntityKind][]string,
) (entities, error) {
	found := entities{}
	for _, of := range ruleKinds {
		ofKind := slices.DeleteFunc(slices.Clone(names), func(ref access.EntityRef) bool { return ref.Kind != of.kind })
		s := newSearch(of.kind, ofKind, ids[of.kind], found)
		s.plural = of.property
		if err := s.run(cloud.RememberingNames(ctx), d); err != nil {
			return nil, err
		}
		if cloud.Remembers(ctx) {
			continue // to look is enough
		}
		if err := s.run(ctx, d); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// search finds the entities of one kind.
type search struct {
	kind   access.EntityKind
	plural string
	names  map[access.EntityRef]bool // still to be found
	ids    map[string]bool           // still to be found
	found  entities
	hits   int // entries of the last page that were looked for
	total  int
}

func newSearch(kind access.EntityKind, names []access.EntityRef, ids []string, found entities) *search {
	s := &search{kind: kind, names: map[access.EntityRef]bool{}, ids: map[string]bool{}, found: found}
	for _, ref := range names {
		s.names[ref] = true
	}
	for _, id := range ids {
		s.ids[id] = true
	}
	s.total = max(len(s.names), len(s.ids))
	return s
}

func (s *search) done() bool { return len(s.names)+len(s.ids) == 0 }

func (s *search) note(ref access.EntityRef, id string) {
	if s.names[ref] || s.ids[id] {
		s.found[ref] = id
		s.hits++
	}
	delete(s.names, ref)
	delete(s.ids, id)
}

// pageSize is how many entries the service's lists have per page. Another number costs calls, nothing else.
const pageSize = 100

// run reads the list page by page, and looks up single names where that is cheaper. A page costs one call, and so does a
// name, but it is not known how many pages there are, nor which of them have an entity that is looked for. The last name is
// always looked up; several are when the last page had none of them and as many pages were read as names are left, so that the
// wrong guess costs at most twice the right one.
func (s *search) run(ctx context.Context, d *directory) error {
	if s.done() {
		return nil
	}
	next, stop := iter.Pull2(d.list(ctx, s.kind))
	defer stop()
	for pages := 0; ; pages++ {
		s.report(ctx)
		if s.askingIsCheaper(pages) {
			if err := s.ask(ctx, d); err != nil {
				return err
			}
		}
		if s.done() {
			return nil
		}
		if more, err := s.readPage(next); err != nil || !more {
			return err
		}
	}
}

func (s *search) askingIsCheaper(pages int) bool {
	left := len(s.names)
	if left == 0 || left < len(s.ids) {
		return false // an id without a name can only be found in the list, where the names are as well
	}
	return left == 1 || (pages > 0 && s.hits == 0 && left <= pages)
}

// readPage takes the entries of one page, and reports whether there may be more.
func (s *search) readPage(next func() (listed, error, bool)) (more bool, err error) {
	s.hits = 0
	for range pageSize {
		entry, err, more := next()
		if err != nil || !more {
			return false, err
		}
		s.note(entry.ref, entry.id)
		if s.done() {
			return false, nil
		}
	}
	return true, nil
}

func (s *search) report(ctx context.Context) {
	if s.total > pageSize {
		kit.Progress(ctx, "looked up %d of %d %s", s.total-max(len(s.names), len(s.ids)), s.total, s.plural)
	}
}

// ask looks up the names that are left one by one. One that is not there is settled: it is in no list either.
func (s *search) ask(ctx context.Context, d *directory) error {
	for _, ref := range slices.SortedFunc(maps.Keys(s.names), access.EntityRef.Compare) {
		id, err := d.one(ctx, ref)
		switch {
		case cloud.IsNotFound(err):
			delete(s.names, ref)
		case err != nil:
			return err
		default:
			s.note(ref, id)
		}
	}
	return nil
}

func (d *directory) one(ctx context.Context, ref access.EntityRef) (string, error) {
	switch ref.Kind {
	case access.Stack:
		stack, err := d.client.Stack(ctx, d.organization, ref.Project, ref.Name)
		return stack.ID, err
	case access.Environment:
		environment, err := d.client.EnvironmentMetadata(ctx, d.organization, ref.Project, ref.Name)
		return environment.ID, err
	case access.Account:
		account, err := d.client.Account(ctx, d.organization, ref.Name)
		return account.ID, err
	default:
		return "", fmt.Errorf("%s is not an entity that a rule can name", ref)
	}
}

// listed is an entity in a list.
type listed struct {
	ref access.EntityRef
	id  string
}

func (d *directory) list(ctx context.Context, kind access.EntityKind) iter.Seq2[listed, error] {
	switch kind {
	case access.Environment:
		return listing(d.client.Environments(ctx, d.organization), func(e cloud.Environment) listed {
			return listed{access.EntityRef{Kind: kind, Project: e.Project, Name: e.Name}, e.ID}
		})
	case access.Account:
		return listing(d.client.Accounts(ctx, d.organization), func(a cloud.Account) listed {
			return listed{access.EntityRef{Kind: kind, Name: a.Name}, a.ID}
		})
	default:
		return listing(d.client.Stacks(ctx, d.organization), func(s cloud.Stack) listed {
			return listed{access.EntityRef{Kind: kind, Project: s.Project, Name: s.Name}, s.ID}
		})
	}
}

func listing[T any](list iter.Seq2[T, error], entry func(T) listed) iter.Seq2[listed, error] {
	return func(yield func(listed, error) bool) {
		for item, err := range list {
			if !yield(entry(item), err) {
				return
			}
		}
	}
}
