package resources

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// transition is a state without anything that is held.
func transition(v LoginTransitionArgs) LoginTransitionState {
	state := LoginTransitionState{LoginTransitionArgs: v}
	state.combine()
	return state
}

// unknownTransition leaves empty what shows as unknown.
func unknownTransition(state LoginTransitionState, v LoginTransitionArgs) LoginTransitionState {
	next := LoginTransitionState{
		LoginTransitionArgs: v, Held: state.Held, TrustedSubjects: []string{},
		HeldPermissions: state.HeldPermissions, KeptPermissions: state.KeptPermissions,
	}
	if v.AWSReads != nil || len(state.PermittedAWSReads) > 0 {
		next.PermittedAWSReads = []string{}
	}
	if v.AWSSessionSeconds != nil || state.MaxAWSSessionSeconds != nil {
		next.MaxAWSSessionSeconds = new(int)
	}
	return next
}

// checkTransition tells which environments of this program use the logins of others, as far as it is known by now and not secret.
func checkTransition(ctx context.Context, op kit.Op, v LoginTransitionArgs) problem.List {
	secret := op.Given.Get("subjects").HasSecrets() || op.Given.Get("users").HasSecrets()
	if !secret && !unknownRequirements(op) && !op.Unknown("users", "imports") {
		v.planned(ctx, op.Session)
	}
	return nil // the component checks what it hands on
}

// planned says of the program's own environments which borrow this one's logins, as far as that is known by now.
func (v LoginTransitionArgs) planned(ctx context.Context, current *session.Session) {
	plannedImports(ctx, current, ptr.Value(v.Organization), v.path(), v.Imports)
	sayBorrowed(ctx, current.Plan.Locks(ptr.Value(v.Organization)+"/"+v.path(), session.Lock{Subjects: v.Subjects, Users: v.Users}))
}

// compareTransition asks the service only when something changed, or is still held.
func compareTransition(
	ctx context.Context, op kit.Op, before LoginTransitionState, want LoginTransitionArgs,
) (p.DiffResponse, error) {
	d := diffTransition(before, want, op.Unknowns)
	if len(certainReplacements(d.Response(), nil)) > 0 || unknownRequirements(op) {
		return d.Response(), nil
	}
	next, err := nextTransition(ctx, op, before, want, before.losesPermissions(want))
	if err != nil {
		return p.DiffResponse{}, err
	}
	d.AddOutput("keptPermissions", !samePermissions(next.KeptPermissions, before.KeptPermissions), p.Update)
	d.AddOutput("held", !sameHeld(next.Held, before.Held), p.Update)
	return d.Response(), nil
}

func diffTransition(state LoginTransitionState, want LoginTransitionArgs, unknowns []string) kit.Differences {
	d := kit.NewDifferences(unknowns)
	d.Add(kit.OrganizationProperty, ptr.Value(want.Organization) != ptr.Value(state.Organization), p.UpdateReplace)
	d.Add("project", want.Project != state.Project, p.UpdateReplace)
	d.Add("name", want.Name != state.Name, p.UpdateReplace)
	d.Add("needs", !maps.Equal(want.Needs, state.Needs), p.Update)
	d.Add("subjects", !slices.Equal(want.Subjects, state.Subjects), p.Update)
	d.Add("awsReads", ptr.Value(want.AWSReads) != ptr.Value(state.AWSReads), p.Update)
	d.Add("awsSessionSeconds", !reflect.DeepEqual(want.AWSSessionSeconds, state.AWSSessionSeconds), p.Update)
	d.Add("children", !sameChildren(want.Children, state.Children), p.Update)
	d.Add("identities", !maps.Equal(want.Identities, state.Identities), p.Update)
	d.Add("audiences", !maps.Equal(want.Audiences, state.Audiences), p.Update)
	d.Add("imports", !slices.Equal(want.Imports, state.Imports), p.Update)
	d.Add("users", !slices.Equal(want.Users, state.Users), p.Update)
	d.Add("permissions", !samePermissions(want.Permissions, state.Permissions), p.Update)
	d.Add("trustPolicyLimit", !reflect.DeepEqual(want.TrustPolicyLimit, state.TrustPolicyLimit), p.Update)
	return d
}

// unknownRequirements reports whether the requirements are not known yet. The update knows them, and asks the service then.
func unknownRequirements(op kit.Op) bool {
	return op.Unknown(kit.OrganizationProperty, "project", "name", "needs", "subjects", "awsReads", "children")
}

// sameHeld makes no difference between nothing and an empty list.
func sameHeld(a, b []LoginRequirements) bool {
	return len(a)+len(b) == 0 || reflect.DeepEqual(a, b)
}

func sameChildren(a, b map[string][]string) bool {
	return maps.EqualFunc(a, b, slices.Equal[[]string])
}

// samePermissions makes no difference between nothing and an empty list.
func samePermissions(a, b map[string]map[string]string) bool {
	some := func(all map[string]map[string]string) map[string]map[string]string {
		return maps.Collect(func(yield func(string, map[string]string) bool) {
			for property, values := range all {
				if len(values) > 0 && !yield(property, values) {
					return
				}
			}
		})
	}
	return maps.EqualFunc(some(a), some(b), maps.Equal[map[string]string])
}

func previewTransitionUpdate(
	ctx context.Context, op kit.Op, before LoginTransitionState, want LoginTransitionArgs,
) (LoginTransitionState, error) {
	warnUsers(ctx, op, before.Users, want)
	warnImportsOf(ctx, op, before.Imports, want)
	if unknownRequirements(op) {
		return unknownTransition(before, want), nil
	}
	next, err := updateTransition(ctx, op, before, want)
	if err != nil {
		return LoginTransitionState{}, err
	}
	return *next, nil
}

// warnUsers names at preview the people of a lock who are no members of the organization, or are spelled in another way: the
// clouds compare subjects exactly, so neither ever gets in. It never fails.
func warnUsers(ctx context.Context, op kit.Op, before []string, v LoginTransitionArgs) {
	if len(v.Users) == 0 || slices.Equal(before, v.Users) || op.Unknown("users", kit.OrganizationProperty) {
		return
	}
	warn := func(format string, args ...any) {
		wire.Log(ctx).Warningf("environment %q: "+format, append([]any{v.path()}, args...)...)
	}
	spelled, err := spelledLogins(ctx, op.Session, ptr.Value(v.Organization))
	if err != nil {
		warn("whether the users of its lock are members of organization %s, and spelled so, could not be read: %v", ptr.Value(v.Organization), err)
		return
	}
	for _, login := range v.Users {
		switch member, found := spelled[strings.ToLower(login)]; {
		case !found:
			warn("lock.users names %q, who is not a member of organization %s: nobody gets in by that login until there is such a member",
				login, ptr.Value(v.Organization))
		case member != login:
			warn("lock.users names %q, whom the service spells %q: the clouds compare logins exactly, so nobody gets in. Write %q", login, member, member)
		}
	}
}

// warnImportsOf says at preview what the environment imports, which its definition may not tell before its identities exist.
func warnImportsOf(ctx context.Context, op kit.Op, before []string, v LoginTransitionArgs) {
	if !slices.Equal(before, v.Imports) && !unknownRequirements(op) && !op.Unknown("imports") {
		warnImports(ctx, op.Session, ptr.Value(v.Organization), v.path(), v.Imports)
	}
}
