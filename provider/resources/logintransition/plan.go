package logintransition

import (
	"context"
	"maps"
	"reflect"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/borrowing"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/protection"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// withoutHeld is the state for inputs when nothing is held.
func withoutHeld(v Args) State {
	state := State{Args: v}
	state.combine()
	return state
}

// withUnknowns is the state to be expected while requirements are not known: outputs that show as unknown are empty.
func withUnknowns(state State, v Args) State {
	next := State{
		Args: v, Held: state.Held, TrustedSubjects: []string{},
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

// check tells which environments of this program use the logins of others, as far as it is known by now and not secret.
func check(ctx context.Context, op kit.Op, v Args) problem.List {
	secret := op.Given.Get("subjects").HasSecrets() || op.Given.Get("users").HasSecrets()
	if !secret && !unknownRequirements(op) && !op.Unknown("users", "imports") {
		v.planned(ctx, op.Session)
	}
	return nil // the component has checked the values
}

// planned warns of environments of this program that import this one, or are imported by it, without being admitted.
func (v Args) planned(ctx context.Context, current *session.Session) {
	borrowing.WarnPlanned(ctx, current, ptr.Value(v.Organization), v.path(), v.Imports)
	borrowing.Warn(ctx, current.Plan.Locks(ptr.Value(v.Organization)+"/"+v.path(), session.Lock{Subjects: v.Subjects, Users: v.Users}))
}

// compare asks the service only when something changed, or is still held.
func compare(ctx context.Context, op kit.Op, before State, want Args) (p.DiffResponse, error) {
	d := diff(before, want, op.Unknowns)
	if len(protection.CertainReplacements(d.Response(), nil)) > 0 || unknownRequirements(op) {
		return d.Response(), nil
	}
	next, err := desired(ctx, op, before, want, before.losesPermissions(want))
	if err != nil {
		return p.DiffResponse{}, err
	}
	d.AddOutput("keptPermissions", !samePermissions(next.KeptPermissions, before.KeptPermissions), p.Update)
	d.AddOutput("heldPermissions", before.recordsPermissions(want), p.Update)
	d.AddOutput("held", !sameHeld(next.Held, before.Held), p.Update)
	return d.Response(), nil
}

func diff(state State, want Args, unknowns []string) kit.Differences {
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

// sameHeld takes no list and an empty one for the same.
func sameHeld(a, b []Requirements) bool {
	return len(a)+len(b) == 0 || reflect.DeepEqual(a, b)
}

func sameChildren(a, b map[string][]string) bool {
	return maps.EqualFunc(a, b, slices.Equal[[]string])
}

// samePermissions takes no list and an empty one for the same.
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

func previewUpdate(ctx context.Context, op kit.Op, before State, want Args) (State, error) {
	warnUsers(ctx, op, before.Users, want)
	warnImports(ctx, op, before.Imports, want)
	if unknownRequirements(op) {
		return withUnknowns(before, want), nil
	}
	next, err := update(ctx, op, before, want)
	if err != nil {
		return State{}, err
	}
	return *next, nil
}

// warnUsers names at preview the users of a lock who are not members of the organization, or whose login is spelled otherwise: the
// clouds compare subjects exactly, so neither is ever admitted. It never fails.
func warnUsers(ctx context.Context, op kit.Op, before []string, v Args) {
	unknown := op.Unknown("users")
	if !unknown && (len(v.Users) == 0 || slices.Equal(before, v.Users)) || op.Unknown(kit.OrganizationProperty) {
		return
	}
	warn := func(format string, args ...any) {
		wire.Log(ctx).Warningf("environment %q: "+format, append([]any{v.path()}, args...)...)
	}
	people, err := membership.Members(ctx, op.Session.Client, ptr.Value(v.Organization))
	if err != nil {
		warn("whether the users of its lock are members of organization %s, and spelled so, could not be read: %v", ptr.Value(v.Organization), err)
		return
	}
	if unknown {
		warn("some of the users of its lock are not known yet: whether they are members of organization %s, and spelled so, cannot be told",
			ptr.Value(v.Organization))
	}
	for _, login := range kit.KnownElements(op, "users", v.Users) {
		switch member := people.Spelling(login); {
		case member == "":
			warn("lock.users names %q, who is not a member of organization %s: nobody gets in by that login until there is such a member",
				login, ptr.Value(v.Organization))
		case member != login:
			warn("lock.users names %q, whom the service spells %q: the clouds compare logins exactly, so nobody gets in. Write %q", login, member, member)
		}
	}
}

// warnImports warns at preview of the environments that this one imports. Its definition may not be known before its identities exist.
func warnImports(ctx context.Context, op kit.Op, before []string, v Args) {
	if !slices.Equal(before, v.Imports) && !unknownRequirements(op) && !op.Unknown("imports") {
		borrowing.WarnExisting(ctx, op.Session, ptr.Value(v.Organization), v.path(), v.Imports)
	}
}
