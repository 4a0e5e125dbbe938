package ownership

import (
	"context"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/grantowners"
)

func (r *reconciler) ref(one Owned) access.EntityRef {
	return access.EntityRef{Kind: r.kind.Entity, Project: one.Project, Name: one.Name}
}

// refuseHolders refuses an update beside an EntityAccess that declares other people on an entity which is selected: each would take
// away what the other keeps. A check alone cannot tell which entities carry the tags.
func (r *reconciler) refuseHolders(ctx context.Context) error {
	owner := grantowners.Owner{Keep: ptr.Value(r.state.Keep)}
	for _, one := range r.state.Entities {
		for _, of := range grantowners.HoldersOn(ctx, r.state.Organization, r.ref(one)) {
			if !grantowners.SameHolders(owner, of) {
				return fmt.Errorf("keep: the grants of people on %s %s, which is selected here, are owned by %s of this program already, and it declares "+
					"those of others. List the same logins here, or leave users out there", r.kind.Noun(), one.path(), of.URN)
			}
		}
	}
	return nil
}
