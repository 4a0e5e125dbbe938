package session

import (
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// Family has the children of components that this process has registered. The URN of a child does not say which component it is of, but
// only of which type. The zero value is empty.
type Family struct {
	mutex   sync.Mutex
	parents map[urn.URN]Parent
}

// Parent is a component, with the provider that was given to it; "" is the default one.
type Parent struct{ Component, Provider urn.URN }

// Add notes a child of a component.
func (f *Family) Add(parent Parent, token, name string) {
	of := parent.Component
	if !of.IsValid() {
		return
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.parents == nil {
		f.parents = map[urn.URN]Parent{}
	}
	f.parents[urn.New(of.Stack(), of.Project(), of.QualifiedType(), tokens.Type(token), name)] = parent
}

// ParentOf returns the component that a resource is a child of.
func (f *Family) ParentOf(child urn.URN) (Parent, bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	parent, found := f.parents[child]
	return parent, found
}
