package ownership

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/grantowners"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

func (r *reconciler) ref(one Owned) access.EntityRef {
	return access.EntityRef{Kind: r.kind.Entity, Project: one.Project, Name: one.Name}
}

// holders are the EntityAccess of the program that manage people on an entity.
func (r *reconciler) holders(ctx context.Context, one Owned) []grantowners.Holders {
	return grantowners.HoldersOn(ctx, r.state.Organization, r.ref(one))
}

// refuseHolders refuses an update beside an EntityAccess that declares other people on an entity which is selected: each would take
// away what the other keeps. A check alone cannot tell which entities carry the tags.
func (r *reconciler) refuseHolders(ctx context.Context) error {
	owner := grantowners.Owner{Keep: ptr.Value(r.state.Keep)}
	for _, one := range r.state.Entities {
		for _, of := range r.holders(ctx, one) {
			if !grantowners.SameHolders(owner, of) {
				return fmt.Errorf("keep: the grants of people on %s %s, which is selected here, are owned by %s of this program already, and it declares "+
					"those of others. List the same logins here, or leave users out there", r.kind.Noun(), one.path(), of.URN)
			}
			if err := r.refuseRaise(one, of); err != nil {
				return err
			}
		}
	}
	return nil
}

// refuseRaise refuses a change of the owner that leaves the new one with the admin that comes with owning, where an EntityAccess declares
// another grant of theirs: it would not see the change before a refresh.
func (r *reconciler) refuseRaise(one Owned, of grantowners.Holders) error {
	if !r.kind.GrantMoves || logins.Same(one.Owner, r.state.Owner) {
		return nil
	}
	for _, g := range of.Grants {
		if logins.Same(g.User, r.state.Owner) && g.Level != string(access.Admin) {
			return fmt.Errorf("owner: %s would hold admin on %s %s by owning it, and %s of this program declares another grant of theirs. Declare "+
				"admin there, or leave %s out of users there and out of keep here", r.state.Owner, r.kind.Noun(), one.path(), of.URN, r.state.Owner)
		}
	}
	return nil
}

// inherited returns an entity that this resource gives up, with what it owes there as far as nobody else of the program decides about it,
// and the resource that owns the entity now, if one does.
func (r *reconciler) inherited(ctx context.Context, one Owned) (Owned, urn.URN, error) {
	heir, keep, err := r.heir(ctx, one)
	if err != nil {
		return one, "", err
	}
	if heir != "" {
		wire.Log(ctx).Warningf("%s %s stays with %s, because %s of this program owns it now", r.kind.Noun(), one.path(), r.state.Owner, heir)
		one.Owed = slices.DeleteFunc(slices.Clone(one.Owed), func(g types.DirectGrant) bool { return logins.Index(keep, g.Login) < 0 })
	}
	if len(r.holders(ctx, one)) > 0 {
		one.Owed = nil // what people hold there is declared
	}
	return one, heir, nil
}

// heir is another resource of the program that owns an entity, and whose grants it keeps there.
func (r *reconciler) heir(ctx context.Context, one Owned) (urn.URN, []string, error) {
	for _, owner := range grantowners.OwnersOf(ctx, r.state.Organization, r.ref(one)) {
		if len(owner.Tags) == 0 {
			return owner.URN, owner.Keep, nil
		}
		selected, err := r.calls.Many(ctx, one.Project, owner.Tags)
		if err != nil {
			return "", nil, fmt.Errorf("whether %s of this program owns %s %s now could not be read: %w", owner.URN, r.kind.Noun(), one.path(), err)
		}
		if slices.ContainsFunc(selected, func(other Owned) bool { return other.ID == one.ID }) {
			return owner.URN, owner.Keep, nil
		}
	}
	return "", nil, nil
}

// declares reports whether an EntityAccess of the program declares a grant exactly as it is.
func (r *reconciler) declares(ctx context.Context, on Owned, g types.DirectGrant) bool {
	level, set, err := assignable(g)
	if err != nil {
		return false // several permission sets, which nothing declares
	}
	_, declared := grantowners.Declared(ctx, grantowners.Grant{
		Organization: r.state.Organization, On: r.ref(on), User: g.Login, Level: string(level), Set: set,
	})
	return declared
}
