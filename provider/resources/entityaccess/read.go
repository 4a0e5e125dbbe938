package entityaccess

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/entitygrants"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/teamgrants"
)

// axes says which parts of an entity's access are managed; what is not is never touched.
type axes struct{ users, teams bool }

func (v Args) axes() axes { return axes{v.Users != nil, v.Teams != nil} }

func (a axes) of(who principal) bool {
	if who.team {
		return a.teams
	}
	return a.users
}

func (a axes) or(other axes) axes { return axes{a.users || other.users, a.teams || other.teams} }

// entity is one entity in the service.
type entity struct {
	client       *cloud.Client
	organization string
	ref          access.EntityRef
}

// actual is what is granted on an entity.
type actual struct {
	id     string
	grants grants // on the axes that were asked for
	sets   []cloud.PermissionSet
	others []string // grants that are not recognized
}

// names are the names of the permission sets that can be assigned.
func (a actual) names() names {
	out := names{}
	for _, set := range a.sets {
		out[set.ID] = set.Name
	}
	return out
}

// setID is the id of the permission set that is to be held, "" if there is none.
func (a actual) setID(kind access.EntityKind, h held) string {
	if h.sets != "" {
		return h.sets
	}
	for _, set := range a.sets {
		if set.DefaultIdentifier != "" && set.DefaultIdentifier == access.SetIdentifier(kind, h.Level) {
			return set.ID
		}
	}
	return ""
}

// missingEntity is the error of an entity that was not found.
type missingEntity struct{ error }

func (e missingEntity) Unwrap() error { return e.error }

func isMissing(err error) bool {
	var missing missingEntity
	return errors.As(err, &missing)
}

// find returns the entity's id, and its owner where that one comes with a grant.
func (e entity) find(ctx context.Context) (id, owner string, err error) {
	id, owner, err = e.lookUp(ctx)
	if cloud.IsNotFound(err) {
		err = missingEntity{fmt.Errorf("%w\n  %s does not exist in organization %q, or is not visible to this token", err, title(e.ref), e.organization)}
	}
	return id, owner, err
}

func (e entity) lookUp(ctx context.Context) (id, owner string, err error) {
	switch e.ref.Kind {
	case access.Stack:
		stack, err := e.client.Stack(ctx, e.organization, e.ref.Project, e.ref.Name)
		return stack.ID, "", err
	case access.Environment:
		environment, err := e.client.EnvironmentMetadata(ctx, e.organization, e.ref.Project, e.ref.Name)
		return environment.ID, environment.Owner.Login, err
	default:
		account, err := e.client.Account(ctx, e.organization, e.ref.Name)
		return account.ID, account.Owner.Login, err
	}
}

func title(on access.EntityRef) string { return strings.ToUpper(on.String()[:1]) + on.String()[1:] }

// read reads what is granted on the entity, on the axes that matter.
func (e entity) read(ctx context.Context, wanted axes) (actual, error) {
	id, owner, err := e.find(ctx)
	if err != nil {
		return actual{}, err
	}
	assigned, err := e.client.EntityAssignments(ctx, e.organization, e.ref.Kind, id)
	if err != nil {
		return actual{}, err
	}
	a := actual{id: id, sets: assigned.Sets, grants: grants{}, others: []string{}}
	for _, set := range assigned.Others {
		a.others = append(a.others, fmt.Sprintf("permission set %q (%s)", set.Name, set.ID))
	}
	slices.Sort(a.others)
	a.list(e.ref.Kind, assigned, wanted)
	if wanted.users {
		if err := e.readOrigins(ctx, &a, owner); err != nil {
			return a, err
		}
	}
	if wanted.teams && e.ref.Kind == access.Environment {
		err = e.readBounds(ctx, a.grants)
	}
	return a, err
}

// list makes grants of the assignments. A principal who is listed more than once holds all of the sets.
func (a *actual) list(kind access.EntityKind, assigned cloud.EntityAssignments, wanted axes) {
	sets, written := map[principal][]string{}, map[principal]string{}
	if wanted.users {
		for _, one := range assigned.Users {
			who := personal(one.Login)
			sets[who], written[who] = append(sets[who], one.SetID), one.Login
		}
	}
	if wanted.teams {
		for _, one := range assigned.Teams {
			who := ofTeam(one.Team)
			sets[who], written[who] = append(sets[who], one.SetID), one.Team
		}
	}
	for who, ids := range sets {
		slices.Sort(ids)
		a.grants[who] = grant{who: who, name: written[who], held: a.heldBySets(kind, slices.Compact(ids))}
	}
}

// heldBySets is a built-in level where the sets are one, and that is built in.
func (a *actual) heldBySets(kind access.EntityKind, ids []string) held {
	if level, ok := entitygrants.Level(kind, a.sets, ids); ok {
		return held{TeamGrant: access.TeamGrant{Level: level}}
	}
	return held{sets: strings.Join(ids, ",")}
}

// readOrigins says which grants came with the entity.
func (e entity) readOrigins(ctx context.Context, a *actual, owner string) error {
	if e.ref.Kind == access.Stack {
		return e.readCollaborators(ctx, a.grants)
	}
	if held, ok := a.grants[personal(owner)]; ok && owner != "" {
		held.origin = ofOwner
		a.grants[held.who] = held
	}
	return nil
}

// readCollaborators reads a stack's collaborators, whom a call of their own lists, its creator among them. One who is missing
// among the assignments, or whom they show to hold something else, holds what they have as a collaborator all the same.
func (e entity) readCollaborators(ctx context.Context, all grants) error {
	collaborators, err := e.client.Collaborators(ctx, e.organization, e.ref.Project, e.ref.Name)
	if err != nil {
		return err
	}
	for _, one := range collaborators {
		if one.Permission == cloud.StackNone {
			continue
		}
		who, level := personal(one.User.Login), held{TeamGrant: access.TeamGrant{Level: one.Permission.Level()}}
		found, listed := all[who]
		if !listed || found.held.sets != "" || level.lowers(access.Stack, found.held) {
			found = grant{who: who, name: one.User.Login, held: level, collaborator: true}
		}
		if one.Permission == cloud.StackCreator {
			found.origin = ofCreator
		}
		all[who] = found
	}
	return nil
}

// readBounds reads how long the teams may open an environment, which only the teams themselves say.
func (e entity) readBounds(ctx context.Context, all grants) error {
	for _, one := range all.onAxis(true).sorted() {
		team, err := e.client.Team(ctx, e.organization, one.name)
		if err != nil {
			return fmt.Errorf("how long team %q may open %s could not be read: %w", one.name, e.ref, err)
		}
		for _, g := range team.Environments {
			if g.Project != e.ref.Project || g.Environment != e.ref.Name {
				continue
			}
			var bound time.Duration
			if bound, err = teamgrants.ReadMaxOpen(g.MaxOpenDuration); err != nil {
				return fmt.Errorf("team %q, %s: %w", one.name, e.ref, err)
			}
			if one.held.Level == access.Read {
				bound = 0 // read does not open: a bound on it says nothing, and no program can write it
			}
			one.held.MaxOpenDuration = bound
			all[one.who] = one
		}
	}
	return nil
}

// sameLogin tells whether a grant is one of these logins.
func (g grant) sameLogin(login string) bool { return !g.who.team && logins.Same(g.name, login) }
