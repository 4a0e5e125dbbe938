package approvalgate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/approval"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/membership"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// refuseHarmful refuses a gate that could never be satisfied, or would stop deployments for good. It only reads. What is not
// known yet is checked when it is.
func (g keeper) refuseHarmful(ctx context.Context, want State) error {
	if !want.Enabled || g.unknown("enabled", "organization") {
		return nil
	}
	if !g.unknown("approvers", "requiredApprovals", "requesters") {
		if err := g.refuseUnsatisfiable(ctx, want); err != nil {
			return err
		}
	}
	if want.Action != types.GateOpen || g.unknown("action", "project", "environment") {
		return nil
	}
	return g.refuseStoppingDeployments(ctx, want)
}

func (g keeper) unknown(properties ...string) bool {
	return kit.Op{Unknowns: g.unknowns}.Unknown(properties...)
}

// refuseUnsatisfiable counts who could approve. Holders of a permission are not counted: an administrator holds every one.
func (g keeper) refuseUnsatisfiable(ctx context.Context, want State) error {
	if want.Approvers.Permission != nil || len(want.Approvers.Teams) == 0 {
		return nil // the check has counted the users
	}
	people, counted, err := g.approvers(ctx, want)
	if err != nil || !counted {
		return err
	}
	others, asking := approval.Without(approval.Distinct(people), ptr.Value(want.Requesters))
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

// approvers lists who could approve, unless a team or its members are not there: they may come with the same update, also with
// one that goes on after an interrupted one. A preview warns where the token may just not see the team, and of an empty team.
// An update then refuses: nobody would have counted.
func (g keeper) approvers(ctx context.Context, want State) (people []string, counted bool, err error) {
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
			if kit.RequireSight(ctx, g.session, g.organization, err) == nil {
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

// refuseStoppingDeployments refuses an open gate on what deployments need that start by a git push: those have nobody to ask for a grant,
// so they would fail from then on.
func (g keeper) refuseStoppingDeployments(ctx context.Context, want State) error {
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
		return errors.New(kit.Bulleted(fmt.Sprintf("an open gate on environment %s would make every deployment fail that a git push starts: "+
			"nobody can ask for a grant on its behalf. These import the environment and are deployed so:", want.path()), stopped) +
			"\n  Do one of: gate `update` instead of `open`; give these stacks an environment of their own, without a gate and with a " +
			"lock, that no person may open; or start their deployments otherwise than by git push")
	}
	kit.WarnRemovals(ctx, fmt.Sprintf("an open gate on environment %s: deployments of these stacks, whose settings name a source in git, open it, "+
		"and fail without a grant that somebody asked for and holds:", want.path()), started)
	kit.WarnRemovals(ctx, fmt.Sprintf("an open gate on environment %s: scans of these Insights accounts open it, and would fail:", want.path()),
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
func (g keeper) usersOf(ctx context.Context, project, environment string) (importers, error) {
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
