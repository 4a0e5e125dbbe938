package deploymentrole

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

func check(_ context.Context, _ kit.Op, v Args) problem.List {
	problems := append(types.CheckName("project", v.Project), types.CheckName("stack", v.Stack)...)
	problems = append(problems, types.CheckOneOf("onForeign", v.OnForeign)...)
	problems = append(problems, types.CheckRoleID("roleId", v.RoleID)...)
	if v.OIDC != nil {
		problems.AddUnder("oidc", v.OIDC.Check())
	}
	return problems
}

func wanted(want Args) State {
	return State{
		Organization: ptr.Value(want.Organization), Args: want, Unrecognized: []string{}, Written: map[string]string{},
	}
}

func planned(before State, want Args) State {
	next := wanted(want)
	next.Organization, next.Previous, next.Written = before.Organization, before.Previous, kit.Recorded(before.Written)
	return next
}

func previewCreate(ctx context.Context, op kit.Op, want Args) (State, error) {
	state := wanted(want)
	planned := state
	planned.Previous = &types.DeploymentPrevious{} // so that it shows as an output that comes
	if kit.JoinID(state.Organization, state.Project, state.Stack) == "" {
		return planned, nil
	}
	return planned, writerOf(op, state).warnReplaced(ctx)
}

// previewUpdate names what was set elsewhere and would be removed.
func previewUpdate(ctx context.Context, op kit.Op, before State, want Args) (State, error) {
	next := planned(before, want)
	theirs := setByOthers(before, next)
	if len(theirs) > 0 && next.OnForeign.Refuses() {
		return next, refuseForeign(next, theirs)
	}
	w := writerOf(op, next)
	w.warnUndecided(ctx, op, before, want)
	kit.WarnRemovals(ctx, fmt.Sprintf("deployment settings of stack %s: an update would remove, as it was set elsewhere:", w.stack()), theirs)
	if next.RoleID != nil && *next.RoleID != next.Written[rolePart] {
		if live, err := w.settings(ctx); err == nil { // the update reports the error
			w.warnPullRequests(ctx, live)
		}
	}
	return next, nil
}

// warnUndecided names the policies that narrow the session now, and may not do so any more.
func (w *writer) warnUndecided(ctx context.Context, op kit.Op, before State, want Args) {
	const input = "oidc.aws.policyArns"
	if !op.Unknown(input) || before.OIDC == nil || before.OIDC.AWS == nil || len(before.OIDC.AWS.PolicyARNs) == 0 {
		return
	}
	var known []string
	if want.OIDC != nil && want.OIDC.AWS != nil {
		known = kit.KnownElements(op, input, want.OIDC.AWS.PolicyARNs)
	}
	var mayGo []string
	for _, policy := range before.OIDC.AWS.PolicyARNs {
		if !slices.Contains(known, policy) {
			mayGo = append(mayGo, policy+", which narrows the session")
		}
	}
	kit.WarnUndecided(ctx, op, fmt.Sprintf("deployment settings of stack %s: the policies of its login to AWS", w.stack()), []string{input}, mayGo)
}

// warnPullRequests says that the role is given to previews of pull requests as well, where the stack has them: what operations a
// cloud login admits does not narrow the role.
func (w *writer) warnPullRequests(ctx context.Context, live cloud.DeploymentSettings) {
	if live.PullRequests && w.state.RoleID != nil {
		wire.Log(ctx).Warningf("deployment settings of stack %s: pull requests start previews of it, and those run with this role as well: "+
			"whoever can open a pull request can run code with what the role allows. The operations of a cloud login narrow the login, not the "+
			"role. Give the role no more than a preview may have, or turn previewPullRequests off", w.stack())
	}
}

// warnReplaced shows at preview what somebody else has set and an update would replace. It fails only where that is not to be.
func (w *writer) warnReplaced(ctx context.Context) error {
	live, err := w.settings(ctx)
	if cloud.IsNotFound(err) {
		err = w.stackExists(ctx)
	}
	if err != nil {
		wire.Log(ctx).Warningf("deployment settings of stack %s: what an update would change could not be read: %v", w.stack(), err)
		return nil
	}
	w.warnPullRequests(ctx, live)
	theirs := w.replaced(ctx, live)
	if len(theirs) > 0 && w.state.OnForeign.Refuses() {
		return refuseForeign(w.state, theirs)
	}
	kit.WarnRemovals(ctx, fmt.Sprintf("deployment settings of stack %s: an update would replace, and a later destroy put back:", w.stack()), theirs)
	return nil
}

// diff says what differs between the settings and what is wanted of them. An unknown input counts as a
// difference.
func diff(state State, want Args, unknowns []string) p.DiffResponse {
	d := kit.NewDifferences(unknowns)
	d.Add(kit.OrganizationProperty, ptr.Value(want.Organization) != state.Organization, p.UpdateReplace)
	d.Add("project", want.Project != state.Project, p.UpdateReplace)
	d.Add("stack", want.Stack != state.Stack, p.UpdateReplace)
	d.Add("roleId", ptr.Value(want.RoleID) != ptr.Value(state.RoleID), kit.ChangeKind(state.RoleID != nil, want.RoleID != nil))
	d.Add("onForeign", want.OnForeign.Refuses() != state.OnForeign.Refuses(), p.Update)
	d.Add("oidc", !state.sameLogins(state.OIDC, want.OIDC), kit.ChangeKind(state.OIDC != nil, want.OIDC != nil))
	d.AddOutput("unrecognized", len(state.Unrecognized) > 0, p.Delete)
	return d.Response()
}

// replacedBy says what of the settings would not be there any more, one line each.
func replacedBy(live cloud.DeploymentSettings, want State) []string {
	var lines []string
	if live.RoleID != "" && live.RoleID != ptr.Value(want.RoleID) {
		lines = append(lines, "the role with the id "+live.RoleID)
	}
	oidc, unrecognized := recognize(live.OIDC)
	there, wanted := want.logins(oidc), want.logins(want.OIDC)
	for _, known := range loginClouds {
		if login, ok := there[known.name]; ok && !reflect.DeepEqual(login, wanted[known.name]) {
			lines = append(lines, known.describe(*oidc))
		}
	}
	return append(lines, unrecognized...)
}
