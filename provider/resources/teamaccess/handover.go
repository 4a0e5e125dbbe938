package teamaccess

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/grantowners"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/teamgrants"
)

// look returns what the team is granted, without what it granted on axes that the program does not name any more where another resource
// of the program declares the very same: that one has it, and would not grant it again.
func (r reconciler) look(ctx context.Context, owned ownedAxes) (cloud.Team, grantSet, error) {
	team, actual, err := r.read(ctx)
	if err != nil {
		return team, actual, err
	}
	return team, r.withoutHanded(ctx, actual, owned), nil
}

// withoutHanded is what is granted without what is handed to another resource of the program.
func (r reconciler) withoutHanded(ctx context.Context, actual grantSet, owned ownedAxes) grantSet {
	*r.handed = nil
	named := ownedBy(r.desired)
	left := grantSet{entities: map[access.EntityRef]access.TeamGrant{}}
	for key, level := range actual.entities {
		if to, declared := grantowners.Declared(ctx, r.grant(key, level)); declared && !named.kind(key.Kind) && owned.kind(key.Kind) {
			*r.handed = append(*r.handed, fmt.Sprintf("%s on %s, which %s declares", level, key, to))
			continue
		}
		left.entities[key] = level
	}
	for _, id := range actual.roles {
		if to, declared := grantowners.DeclaredRole(ctx, r.organization, r.team, id); declared && !named.roles && owned.roles {
			*r.handed = append(*r.handed, fmt.Sprintf("role %s, which %s declares", id, to))
			continue
		}
		left.roles = append(left.roles, id)
	}
	slices.Sort(*r.handed)
	return left
}

func (r reconciler) grant(on access.EntityRef, level access.TeamGrant) grantowners.Grant {
	return grantowners.Grant{
		Organization: r.organization, On: on, Team: r.team, Level: string(level.Level),
		MaxOpen: ptr.Value(teamgrants.WriteMaxOpen(level.MaxOpenDuration)),
	}
}

// sayHanded names what stays because another resource of the program declares it.
func (r reconciler) sayHanded(ctx context.Context) {
	kit.WarnRemovals(ctx, fmt.Sprintf("team %q: left in force, because another resource of this program has it now:", r.team), *r.handed)
}
