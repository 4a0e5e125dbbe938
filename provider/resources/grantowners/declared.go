package grantowners

import (
	"context"
	"slices"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Grant is a direct grant on an entity: of a team, or of a person.
type Grant struct {
	Organization string
	On           access.EntityRef
	Team, User   string
	Level        string // as inputs write it, or
	Set          string // the id of a permission set
	MaxOpen      string // as inputs write it; "" for no bound
}

// Left is a grant that a resource leaves to another one of the program.
type Left struct {
	Line string  // what it is, for people
	To   urn.URN // that declares it
}

type ownersKey struct{}

// withDeclared lets Create, Update and Delete ask what the program declares.
func withDeclared(provider p.Provider, all *owners) p.Provider {
	create, update, remove := provider.Create, provider.Update, provider.Delete
	provider.Create = func(ctx context.Context, req p.CreateRequest) (p.CreateResponse, error) {
		return create(context.WithValue(ctx, ownersKey{}, all), req)
	}
	provider.Update = func(ctx context.Context, req p.UpdateRequest) (p.UpdateResponse, error) {
		return update(context.WithValue(ctx, ownersKey{}, all), req)
	}
	provider.Delete = func(ctx context.Context, req p.DeleteRequest) error {
		return remove(context.WithValue(ctx, ownersKey{}, all), req)
	}
	return provider
}

// Declared returns the resource of the program that declares a grant exactly as it is, if one does. A resource that goes, or that does
// not name an axis any more, leaves such a grant: the other resource found it as it declares it, and would not grant it again.
//
// Only what this process has checked counts. A resource of another provider of the program is not seen: what it declares is
// taken away, which is less access than declared, and the next update of it that reads the entity grants it again.
func Declared(ctx context.Context, g Grant) (urn.URN, bool) {
	for _, c := range claimsOf(ctx, g.Organization) {
		if c.declares(g) {
			return c.urn, true
		}
	}
	return "", false
}

// DeclaredRole returns the TeamAccess of the program that declares a role of a team, if one does.
func DeclaredRole(ctx context.Context, organization, team, role string) (urn.URN, bool) {
	for _, c := range claimsOf(ctx, organization) {
		if c.kind == teamAccess && c.team == team && slices.Contains(c.roles, role) {
			return c.urn, true
		}
	}
	return "", false
}

// Owner is a resource of the program that owns the direct grants of people on entities: those of the kept stay.
type Owner struct {
	URN           urn.URN
	Project, Name string // "" for every one
	Tags          map[string]string
	Keep          []string
}

// OwnersOf are the resources that own stacks or environments, and that an entity is of by its name. Whether it carries
// their tags is for the caller to find out.
func OwnersOf(ctx context.Context, organization string, on access.EntityRef) []Owner {
	var out []Owner
	for _, c := range claimsOf(ctx, organization) {
		if owned[c.kind] == on.Kind && (c.entity.Project == "" || c.entity.Project == on.Project) && (c.entity.Name == "" || c.entity.Name == on.Name) {
			out = append(out, Owner{URN: c.urn, Project: c.entity.Project, Name: c.entity.Name, Tags: c.tags, Keep: *c.users})
		}
	}
	return out
}

// Holders is an EntityAccess of the program that manages people on an entity.
type Holders struct {
	URN    urn.URN
	Users  []string // logins
	Grants []Grant  // of people and teams
}

// HoldersOn are the EntityAccess of the program that manage people on an entity, as far as all of them are known.
func HoldersOn(ctx context.Context, organization string, on access.EntityRef) []Holders {
	var out []Holders
	for _, c := range claimsOf(ctx, organization) {
		if c.kind == entityAccess && *c.entity == on && c.users != nil {
			out = append(out, Holders{URN: c.urn, Users: *c.users, Grants: c.declared})
		}
	}
	return out
}

// SameHolders tells whether an EntityAccess and an owner leave the same people with grants.
func SameHolders(owner Owner, of Holders) bool { return logins.SameSet(owner.Keep, of.Users) }

func claimsOf(ctx context.Context, organization string) []claim {
	all, _ := ctx.Value(ownersKey{}).(*owners)
	if all == nil {
		return nil
	}
	all.Lock()
	defer all.Unlock()
	var out []claim
	for _, c := range all.claims {
		if c.organization == strings.ToLower(organization) && c.urn != wire.URN(ctx) {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b claim) int { return strings.Compare(string(a.urn), string(b.urn)) })
	return out
}

// declares reports whether the program says that the grant is there, exactly as it is.
func (c claim) declares(g Grant) bool {
	return slices.ContainsFunc(c.declared, func(d Grant) bool {
		return d.On == g.On && d.Team == g.Team && (d.User == g.User || logins.Same(d.User, g.User)) &&
			d.Level == g.Level && d.Set == g.Set && d.MaxOpen == g.MaxOpen
	})
}

// grantOf is what an element of a list declares.
func grantOf(element property.Value, on access.EntityRef) Grant {
	inputs := element.AsMap()
	return Grant{
		On: on, Team: text(inputs, "team"), User: text(inputs, "user"), Level: text(inputs, "permission"), Set: text(inputs, "permissionSet"),
		MaxOpen: text(inputs, "maxOpenDuration"),
	}
}

// grantsOfEntity are those that an EntityAccess declares, as far as they are known.
func grantsOfEntity(inputs property.Map, on access.EntityRef) []Grant {
	var out []Grant
	for _, list := range []string{"users", "teams"} {
		for _, one := range known(elements(inputs, list)) {
			if g := grantOf(one, on); g.Team != "" || g.User != "" {
				out = append(out, g)
			}
		}
	}
	return out
}

// grantsOfTeam are those that a TeamAccess declares, as far as they are known.
func grantsOfTeam(inputs property.Map, team string) []Grant {
	var out []Grant
	for kind, axis := range axes {
		for _, one := range known(elements(inputs, axis.property)) {
			g := grantOf(one, access.EntityRef{Kind: kind, Project: text(one.AsMap(), "project"), Name: text(one.AsMap(), axis.name)})
			if g.Team = team; g.On.Name != "" {
				out = append(out, g)
			}
		}
	}
	return out
}

// known are the elements of a list of which every part is known.
func known(all *[]property.Value) []property.Value {
	if all == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(*all), func(one property.Value) bool { return !one.IsMap() || one.HasComputed() })
}
