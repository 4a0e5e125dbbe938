package session

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Planned is what the previews of this process found that an update is about to change of who has access, in the order in which the engine
// previewed the resources, and the invariants that were evaluated meanwhile. The zero value is empty. An update plans nothing: there,
// only the invariants are kept.
type Planned struct {
	mutex    sync.Mutex
	changes  []plannedChange
	watches  []Watch
	declared map[string]bool
	previews bool
}

// Preview notes whether this process previews, where nothing but what is planned is about to change.
func (p *Planned) Preview(does bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.previews = does
}

// Previews reports whether this process certainly previews. A comparison, which the engine makes in previews and updates, cannot tell
// otherwise.
func (p *Planned) Previews() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.previews
}

type plannedChange struct {
	of      urn.URN
	secrets wire.Secrets
	changes func() (organization string, changes graph.Changes)
}

// Watch is an invariant that was evaluated. What changes afterwards, it did not wait for.
type Watch struct {
	ID   string // URN of the resource
	Name string // as messages name it
	// Again evaluates it again, and returns an error for what violates it and did not when it was evaluated last.
	Again func(ctx context.Context) error
}

// Add adds what a resource is about to change, by its URN: a second plan takes the place of its first one. The changes are worked out
// when somebody asks for them. It returns those that were added earlier. ctx is that of the resource's operation, whose secrets messages of
// others about its changes may not quote.
func (p *Planned) Add(ctx context.Context, of urn.URN, changes func() (organization string, changes graph.Changes)) (earlier Earlier) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.changes = slices.DeleteFunc(p.changes, func(one plannedChange) bool { return one.of == of })
	earlier = slices.Clone(p.changes)
	p.changes = append(p.changes, plannedChange{of, wire.SecretsOf(ctx), sync.OnceValues(changes)})
	return earlier
}

// Earlier are changes that were added before another one.
type Earlier []plannedChange

// Changes are those of an organization.
func (e Earlier) Changes(organization string) graph.Changes {
	var all graph.Changes
	for _, one := range e {
		if of, changes := one.changes(); strings.EqualFold(of, organization) {
			all = append(all, changes...)
		}
	}
	return all
}

func (p *Planned) all() []plannedChange {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return slices.Clone(p.changes)
}

// Changes are all changes of an organization that were added so far.
func (p *Planned) Changes(organization string) graph.Changes {
	return Earlier(p.all()).Changes(organization)
}

// Secrets are those of the resources that make the changes.
func (e Earlier) Secrets() []wire.Secrets {
	all := make([]wire.Secrets, len(e))
	for i, one := range e {
		all[i] = one.secrets
	}
	return all
}

// Declare notes that the program declares an invariant, by its URN: a refresh compares resources without having checked them.
func (p *Planned) Declare(id string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.declared == nil {
		p.declared = map[string]bool{}
	}
	p.declared[id] = true
}

// Declares reports whether the program declares an invariant.
func (p *Planned) Declares(id string) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.declared[id]
}

// Watch notes an invariant once it was evaluated.
func (p *Planned) Watch(w Watch) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.watches = append(slices.DeleteFunc(p.watches, func(one Watch) bool { return one.ID == w.ID }), w)
}

// Watches are the invariants that were evaluated already.
func (p *Planned) Watches() []Watch {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return slices.Clone(p.watches)
}

// NewRole is the role that an id stands for which a resource takes and which is not known yet: the one that the same component makes, which is
// certain, else the only one that the program makes, since the id may come from elsewhere. It is "" where that cannot be told.
func (p *Planned) NewRole(organization string, of urn.URN) (id string, certain bool) {
	var all, ofComponent []string
	for _, one := range p.all() {
		if !one.of.IsValid() || one.of.Type().Name() != "Role" {
			continue
		}
		in, changes := one.changes()
		for _, change := range changes {
			if change.CreatesRole == "" || !strings.EqualFold(in, organization) {
				continue
			}
			all = append(all, change.CreatesRole)
			if isChild(of) && parentType(one.of) == parentType(of) && one.of.Name() == of.Name() {
				ofComponent = append(ofComponent, change.CreatesRole)
			}
		}
	}
	switch {
	case len(ofComponent) == 1:
		return ofComponent[0], true
	case len(ofComponent) == 0 && len(all) == 1:
		return all[0], false
	}
	return "", false
}

func isChild(of urn.URN) bool {
	return of.IsValid() && strings.Contains(string(of.QualifiedType()), urn.TypeDelimiter)
}

func parentType(of urn.URN) string {
	if !isChild(of) {
		return ""
	}
	qualified := string(of.QualifiedType())
	return qualified[:strings.LastIndex(qualified, urn.TypeDelimiter)]
}
