package entityaccess

import (
	"context"
	"fmt"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/grantowners"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/teamgrants"
)

// handOver gives up what this resource granted on axes that the program does not name any more, where another resource of the program
// declares the very same: that one has it, and would not grant it again.
func (r *reconciler) handOver(ctx context.Context, now actual) error {
	own := maps.Clone(r.aims.own)
	for _, one := range now.grants.sorted() {
		if r.aims.named.of(one.who) || !own.holds(one) {
			continue
		}
		to, declared, err := r.declaredBy(ctx, one)
		if err != nil {
			return err
		}
		if declared {
			delete(own, one.who)
			r.handed = append(r.handed, fmt.Sprintf("%s: %s, which %s declares", one, now.names().text(one.held), to))
		}
	}
	r.aims.own = own
	return nil
}

func (r *reconciler) declaredBy(ctx context.Context, one grant) (urn.URN, bool, error) {
	asked := grantowners.Grant{
		Organization: r.organization, On: r.ref, Level: string(one.held.Level), Set: one.held.sets,
		MaxOpen: ptr.Value(teamgrants.WriteMaxOpen(one.held.MaxOpenDuration)),
	}
	if one.who.team {
		asked.Team = one.name
	} else {
		asked.User = one.name
	}
	if to, declared := grantowners.Declared(ctx, asked); declared || one.who.team {
		return to, declared, nil
	}
	for _, owner := range grantowners.OwnersOf(ctx, r.organization, r.ref) {
		if logins.Index(owner.Keep, one.name) < 0 {
			continue
		}
		if covers, err := r.carries(ctx, owner.Tags); covers || err != nil {
			return owner.URN, covers, err
		}
	}
	return "", false, nil
}

// carries reports whether the entity carries tags.
func (r *reconciler) carries(ctx context.Context, tags map[string]string) (bool, error) {
	if len(tags) == 0 {
		return true, nil
	}
	carried, err := r.tags(ctx)
	if err != nil {
		return false, fmt.Errorf("the tags of %s could not be read: %w", r.ref, err)
	}
	return access.HasTags(carried, tags), nil
}

func (r *reconciler) tags(ctx context.Context) (map[string]string, error) {
	if r.ref.Kind == access.Environment {
		return r.client.EnvironmentTags(ctx, r.organization, r.ref.Project, r.ref.Name)
	}
	stack, err := r.client.Stack(ctx, r.organization, r.ref.Project, r.ref.Name)
	return stack.Tags, err
}

// sayHanded names what stays because another resource of the program declares it.
func (r *reconciler) sayHanded(ctx context.Context) {
	kit.WarnRemovals(ctx, fmt.Sprintf("%s: left in force, because another resource of this program has it now:", r.ref), r.handed)
}

// refuseKeepers refuses an update beside an owner of stacks or environments that keeps the grants of other people on the entity: by
// tags, which only the service knows.
func (r *reconciler) refuseKeepers(ctx context.Context) error {
	if r.given.Users == nil || r.desired.reports() {
		return nil
	}
	users := grantowners.Holders{Users: []string{}}
	for _, one := range *r.given.Users {
		if one.User == "" {
			return nil // not known yet
		}
		users.Users = append(users.Users, one.User)
	}
	for _, owner := range grantowners.OwnersOf(ctx, r.organization, r.ref) {
		if len(owner.Tags) == 0 || grantowners.SameHolders(owner, users) {
			continue
		}
		covers, err := r.carries(ctx, owner.Tags)
		if err != nil {
			return err
		}
		if covers {
			return fmt.Errorf("users: the grants of people on %s are owned by %s of this program already, which selects it by its tags and keeps "+
				"those of others. Leave out users here, or list the same logins there in keep", r.ref, owner.URN)
		}
	}
	return nil
}
