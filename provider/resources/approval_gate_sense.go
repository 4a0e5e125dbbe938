package resources

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/approval"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// gateKeeper makes gates of one organization, and refuses those that would do harm.
type gateKeeper struct {
	session      *session.Session
	organization string
	unknowns     []string
	preview      bool
}

// sensible refuses a gate that could never be satisfied, or would stop deployments for good. It only reads. What is not
// known yet is judged when it is.
func (g gateKeeper) sensible(ctx context.Context, want ApprovalGateState) error {
	if !want.Enabled || g.unknown("enabled", "organization") {
		return nil
	}
	if !g.unknown("approvers", "requiredApprovals", "requesters") {
		if err := g.satisfiable(ctx, want); err != nil {
			return err
		}
	}
	if want.Action != types.GateOpen || g.unknown("action", "project", "environment") {
		return nil
	}
	return g.harmless(ctx, want)
}

func (g gateKeeper) unknown(properties ...string) bool {
	return kit.Op{Unknowns: g.unknowns}.Unknown(properties...)
}

// satisfiable counts who could approve. Holders of a permission are not counted: an administrator holds every one.
func (g gateKeeper) satisfiable(ctx context.Context, want ApprovalGateState) error {
	if want.Approvers.Permission != nil || len(want.Approvers.Teams) == 0 {
		return nil // the check has counted the users
	}
	people, counted, err := g.approvers(ctx, want)
	if err != nil || !counted {
		return err
	}
	others, asking := approval.Without(approval.Distinct(people), list(want.Requesters))
	if reason := approval.TooFew(others, want.RequiredApprovals, asking); reason != "" {
		return fmt.Errorf("gate %q on environment %s could never be satisfied: %s", want.Name, want.path(), reason)
	}
	if len(asking) > 0 {
		wire.Log(ctx).Warningf("gate %q on environment %s: %s will ask, and could approve what others ask for, as a member of a team that "+
			"approves", want.Name, want.path(), strings.Join(asking, ", "))
		return nil
	}
	people = others
	if !want.AllowSelfApproval && len(people) == want.RequiredApprovals {
		wire.Log(ctx).Warningf("gate %q on environment %s: %d could approve (%s), just as many as are required. What one of them "+
			"asks for can never be approved, since nobody approves their own request: name one more approver if they need it",
			want.Name, want.path(), len(people), strings.Join(people, ", "))
	}
	return nil
}

// noteOrderOfDeletion says at preview that a destroy deletes the gate before its environment, where nothing keeps it. A gate that takes
// over is one of a component, or of a user who was told: it is deleted with the environment.
func (g gateKeeper) noteOrderOfDeletion(ctx context.Context, want ApprovalGateState) {
	if !want.Enabled || g.unknown("enabled", "organization", "project", "environment") {
		return
	}
	declared, protected := g.session.Program.DeclaresEnvironment(g.organization, want.Project, want.Environment)
	if !declared || protected {
		return
	}
	wire.Log(ctx).Infof("gate %q: a destroy deletes it before environment %s, which then needs no approval until it is deleted too. To have "+
		"both deleted at once, give the gate the resource option deletedWith with the environment and set takeOver: true; or set deletionProtected on the "+
		"environment", want.Name, want.path())
}

// approvers lists who could approve, unless a team or its members are not there: they may come with the same update, also with
// one that goes on after an interrupted one. A preview warns where the token may just not see the team, and of an empty team.
// An update then refuses: nobody would have counted.
func (g gateKeeper) approvers(ctx context.Context, want ApprovalGateState) (people []string, counted bool, err error) {
	people = slices.Clone(want.Approvers.Users)
	for _, name := range want.Approvers.Teams {
		if g.preview {
			planned, found := g.session.Program.DeclaredTeam(g.organization, name)
			switch {
			case found && planned.Unknown:
				return nil, false, nil
			case found && planned.Whole:
				people = append(people, planned.People...)
				continue
			case found:
				people = append(people, planned.People...)
			}
		}
		team, err := membership.OfTeam(ctx, g.session.Client, g.organization, name)
		if cloud.IsNotFound(err) {
			if requireSight(ctx, g.session, g.organization, err) == nil {
				return nil, false, nil // making the gate without it is refused by the service, by name
			}
			if g.preview {
				wire.Log(ctx).Warningf("gate %q: team %q does not exist yet, or is not visible to this token. Who could approve is counted "+
					"when the gate is created: the gate has to depend on the team if this program creates it, or the token needs the scope "+
					"team:read", want.Name, name)
				return nil, false, nil
			}
		}
		if err != nil {
			return nil, false, fmt.Errorf("gate %q: who could approve could not be counted: %w", want.Name, err)
		}
		if len(team.Members) == 0 && g.preview {
			wire.Log(ctx).Warningf("gate %q: team %q has no members yet. Who could approve is counted when the gate is created or "+
				"updated: it has to depend on what adds the members", want.Name, name)
			return nil, false, nil
		}
		for _, member := range team.Members {
			people = append(people, member.Login)
		}
	}
	return people, true, nil
}

func (v ApprovalGateState) path() string { return v.Project + "/" + v.Environment }

// harmless refuses an open gate on what deployments need that start by a git push: those have nobody to ask for a grant,
// so they would fail from then on.
func (g gateKeeper) harmless(ctx context.Context, want ApprovalGateState) error {
	users, err := g.usersOf(ctx, want.Project, want.Environment)
	switch {
	case cloud.IsNotFound(err):
		return nil // the environment comes with the same update, and nothing imports it yet
	case err != nil:
		return fmt.Errorf("gate %q: what imports environment %s could not be read: %w", want.Name, want.path(), err)
	}
	var stopped, started []string
	for _, stack := range users.stacks {
		starts, err := g.session.Client.DeploymentStarts(ctx, g.organization, stack.project, stack.name)
		if errors.Is(err, cloud.ErrForbidden) {
			wire.Log(ctx).Warningf("gate %q: whether deployments of stack %s start by a git push could not be read; those that do "+
				"would fail: %v", want.Name, stack, err)
			continue
		}
		if err != nil {
			return err
		}
		switch {
		case len(starts.Triggers) > 0:
			stopped = append(stopped, fmt.Sprintf("stack %s (%s)", stack, strings.Join(starts.Triggers, ", ")))
		case starts.Source != "":
			started = append(started, fmt.Sprintf("stack %s (%s)", stack, starts.Source))
		}
	}
	if len(stopped) > 0 {
		return errors.New(bulleted(fmt.Sprintf("an open gate on environment %s would make every deployment fail that a git push starts: "+
			"nobody can ask for a grant on its behalf. These import the environment and are deployed so:", want.path()), stopped) +
			"\n  Do one of: gate `update` instead of `open`; give these stacks an environment of their own, without a gate and with a " +
			"lock, that no person may open; or start their deployments otherwise than by git push")
	}
	warnRemovals(ctx, fmt.Sprintf("an open gate on environment %s: deployments of these stacks, whose settings name a source in git, open it, "+
		"and fail without a grant that somebody asked for and holds:", want.path()), started)
	warnRemovals(ctx, fmt.Sprintf("an open gate on environment %s: scans of these Insights accounts open it, and would fail:", want.path()),
		users.accounts)
	return nil
}

// importers are what opens an environment by importing it, directly or through other environments.
type importers struct {
	stacks   []importingStack
	accounts []string
}

type importingStack struct{ project, name string }

func (s importingStack) String() string { return s.project + "/" + s.name }

// usersOf follows the importers of an environment. An environment that imports itself through others ends it.
func (g gateKeeper) usersOf(ctx context.Context, project, environment string) (importers, error) {
	var found importers
	type name struct{ project, environment string }
	queue, seen := []name{{project, environment}}, map[any]bool{name{project, environment}: true}
	add := func(key any) bool {
		fresh := !seen[key]
		seen[key] = true
		return fresh
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for r, err := range g.session.Client.Referrers(ctx, g.organization, at.project, at.environment) {
			switch {
			case err != nil:
				return found, err
			case r.Environment != nil && add(name{r.Environment.Project, r.Environment.Name}):
				queue = append(queue, name{r.Environment.Project, r.Environment.Name})
			case r.Stack != nil && add(importingStack{r.Stack.Project, r.Stack.Stack}):
				found.stacks = append(found.stacks, importingStack{r.Stack.Project, r.Stack.Stack})
			case r.Account != nil && add(r.Account.Name):
				found.accounts = append(found.accounts, r.Account.Name)
			}
		}
	}
	return found, nil
}

// create makes the gate. One that is the same and there already is taken over or refused: two would ask for the same twice.
func (g gateKeeper) create(ctx context.Context, want cloud.Gate, takeOver bool) (cloud.Gate, error) {
	var before []cloud.Gate
	for gate, err := range g.session.Client.Gates(ctx, g.organization, want.Project, want.Environment) {
		if err != nil {
			return cloud.Gate{}, err
		}
		if gate.Same(want) && takeOver {
			return gate, nil
		}
		if gate.Same(want) {
			return cloud.Gate{}, fmt.Errorf("environment %q has the very same gate already: take it over with `pulumi import` and the id %s, "+
				"or give this one another name", want.Project+"/"+want.Environment, gateID(g.organization, gate.ID))
		}
		before = append(before, gate)
	}
	return g.session.Client.CreateGate(context.WithoutCancel(ctx), g.organization, want, before)
}

// warnUnknownApprovers names at preview the approvers who are no members of the organization, or are spelled in another way:
// the service refuses a gate with either. It never fails.
func (g gateKeeper) warnUnknownApprovers(ctx context.Context, want ApprovalGateState) {
	if len(want.Approvers.Users) == 0 || g.unknown("approvers", "organization") {
		return
	}
	spelled, err := membership.Spelled(ctx, g.session, g.organization)
	if err != nil {
		wire.Log(ctx).Warningf("gate %q: whether its approvers are members of organization %s could not be read: %v", want.Name,
			g.organization, err)
		return
	}
	for _, login := range want.Approvers.Users {
		switch member, found := spelled[strings.ToLower(login)]; {
		case !found:
			wire.Log(ctx).Warningf("gate %q: approver %q is not a member of organization %s, and the service refuses the gate", want.Name,
				login, g.organization)
		case member != login:
			wire.Log(ctx).Warningf("gate %q: approver %q is spelled %q by the service, which refuses another spelling", want.Name, login, member)
		}
	}
}

// warnLoosened names at preview what an update would give away. It never fails.
func (g gateKeeper) warnLoosened(ctx context.Context, state, next ApprovalGateState) {
	var lines []string
	if state.Enabled && !next.Enabled && !g.unknown("enabled") {
		lines = append(lines, "put the gate out of force: what it guards needs no approval any more")
	}
	if !g.unknown("approvers") {
		for _, team := range state.Approvers.Teams {
			if !slices.Contains(next.Approvers.Teams, team) {
				lines = append(lines, "remove team "+team+" from the approvers")
			}
		}
		for _, login := range state.Approvers.Users {
			if logins.Index(next.Approvers.Users, login) < 0 {
				lines = append(lines, "remove "+login+" from the approvers")
			}
		}
		if state.Approvers.Permission != nil && text(state.Approvers.Permission) != text(next.Approvers.Permission) {
			lines = append(lines, "remove holders of "+*state.Approvers.Permission+" from the approvers")
		}
	}
	for _, line := range state.Unrecognized {
		lines = append(lines, "change that "+line)
	}
	warnRemovals(ctx, fmt.Sprintf("gate %q on environment %s: an update would", state.Name, state.path()), lines)
}
