// Package ownership gives entities of one kind an owner, and takes the direct grants of those who are not to keep any: what the
// resources StackOwner and EnvironmentOwner have in common. Start at [Spec].
package ownership

import (
	"context"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// Kind is a kind of entity that has owners.
type Kind struct {
	Resource  string // "StackOwner"
	Entity    access.EntityKind
	CheckName func(path, name string) problem.List
	Calls     func(op kit.Op, organization string) Calls

	// GrantMoves says that an owner's grant goes with the ownership: a change of the owner takes the one of the owner before, and
	// leaves the new one with admin.
	GrantMoves bool
	// WouldRemove and StayRemoved head the grants that an update would remove, and those that a delete does not give back.
	WouldRemove, StayRemoved string
}

// Calls are the calls about the entities of one kind in one organization.
type Calls interface {
	// One finds one entity, and Many those of a project ("" for all) that carry all of the tags.
	One(ctx context.Context, project, name string) (Owned, error)
	Many(ctx context.Context, project string, tags map[string]string) ([]Owned, error)
	// Read reads owner and grants, and Grants the grants alone.
	Read(ctx context.Context, of Owned) (Owned, error)
	Grants(ctx context.Context, of Owned) ([]types.DirectGrant, error)
	// Owner reads the owner, and the grants where they move with the ownership.
	Owner(ctx context.Context, of Owned) (Owned, error)
	// Transfer makes a member the owner.
	Transfer(ctx context.Context, of Owned, to string) error
	// Give assigns what somebody held to them again, and Remove takes all that somebody holds directly.
	Give(ctx context.Context, of Owned, grant types.DirectGrant) error
	Remove(ctx context.Context, of Owned, login string) error
}

// Noun is what messages call an entity.
func (k Kind) Noun() string { return k.Entity.Noun() }

func (k Kind) plural() string { return k.Noun() + "s" }

// Owned is one entity whose ownership is managed.
type Owned struct {
	Project, Name, ID, Owner string
	PreviousOwner            *string
	Grants, Removed          []types.DirectGrant
	// Owed are grants to give back: a change of the owner took them, or may have, from people who keep theirs.
	Owed []types.DirectGrant
}

func (v Owned) path() string { return v.Project + "/" + v.Name }

// State is what is wanted, and what is there.
type State struct {
	Selection
	Owner    string
	Keep     *[]string
	Allow    *[]types.OptIn
	Entities []Owned
}

// keepLists makes lists that the framework decoded to nil empty ones: it drops a nil from what it encodes.
func keepLists(entities []Owned) []Owned {
	kept := []Owned{}
	for _, one := range entities {
		one.Grants = append([]types.DirectGrant{}, one.Grants...)
		one.Removed = append([]types.DirectGrant{}, one.Removed...)
		kept = append(kept, one)
	}
	return kept
}

func (v State) keeps(login string) bool { return logins.Index(ptr.Value(v.Keep), login) >= 0 }

// unwanted are the grants that are not to stay.
func (v State) unwanted(grants []types.DirectGrant) []types.DirectGrant {
	return slices.DeleteFunc(slices.Clone(grants), func(g types.DirectGrant) bool { return v.keeps(g.Login) })
}

// outOfLine are the entities that are not as wanted.
func (v State) outOfLine(entities []Owned) []Owned {
	var out []Owned
	for _, one := range entities {
		if !logins.Same(one.Owner, v.Owner) || len(v.unwanted(one.Grants)) > 0 || len(v.owed(one)) > 0 {
			out = append(out, one)
		}
	}
	return out
}

func removedLines(v State) []string {
	var lines []string
	for _, one := range v.Entities {
		for _, g := range one.Removed {
			lines = append(lines, grantLine(one, g))
		}
	}
	return lines
}
