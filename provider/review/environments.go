package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
)

// shownNames is how many names a text lists.
const shownNames = 5

// broadDefaults looks at what every member has, and at teams whose tokens get more by it than by the team.
func (r *reviewer) broadDefaults() {
	for _, axis := range []struct {
		kind     access.EntityKind
		level    access.Level
		property string
	}{
		{access.Stack, r.Defaults.Stack, "defaultStackPermission"},
		{access.Environment, r.Defaults.Environment, "defaultEnvironmentPermission"},
		{access.Account, r.Defaults.Account, "defaultAccountPermission"},
	} {
		var why string
		switch {
		case axis.level == "" || axis.level == access.None:
			continue
		case axis.level != access.Read && axis.level != access.View:
			why = "above read"
		case axis.kind == access.Environment:
			if plain := r.plain(); len(plain) > 0 {
				why = "and values that look like secrets are readable in the definitions of " + shortlist.Of(plain, shownNames)
			}
		}
		if why != "" {
			r.add(Finding{Rule: BroadDefault, Principal: r.organization(), Entity: r.organization() + " " + axis.property,
				Evidence: []string{fmt.Sprintf("%s is %s, %s", axis.property, axis.level, why)},
				Fix:      fmt.Sprintf("Set %s to none (OrganizationBaseline, or OrganizationSettings), and grant by teams (ScopedTeam).", axis.property)})
		}
	}
	if r.Restricted {
		return // team tokens have no defaults
	}
	for _, team := range r.Teams {
		if slices.ContainsFunc(r.Tokens, func(t graph.Token) bool { return t.Team == team.Name }) {
			r.byDefaults(team)
		}
	}
}

// plain are the environments that hold what looks like a secret in plain text.
func (r *reviewer) plain() []string {
	var names []string
	for _, t := range r.Environments {
		if t.Definition != nil && len(t.Definition.Plain) > 0 {
			names = append(names, t.Name)
		}
	}
	slices.Sort(names)
	return names
}

func (r *reviewer) byDefaults(team graph.Team) {
	var more []string
	for _, t := range r.entities {
		held, _ := r.OfTeam(team.Name, t)
		own := map[string]bool{}
		var defaults []string
		for _, path := range held.Paths {
			if slices.ContainsFunc(path.Steps, func(s graph.Step) bool { return s.Kind == graph.DefaultStep }) {
				defaults = append(defaults, path.Scopes...)
				continue
			}
			for _, scope := range path.Scopes {
				own[scope] = true
			}
		}
		if slices.ContainsFunc(defaults, func(scope string) bool { return !own[scope] }) {
			more = append(more, entityText(t))
		}
	}
	if len(more) > 0 {
		r.add(Finding{Rule: TeamTokenDefaults, Principal: "team:" + team.Name, Entity: r.organization(),
			Evidence: []string{fmt.Sprintf("on %d entities: %s", len(more), shortlist.Of(more, shownNames))},
			Fix:      "Set the organization's defaults to none (OrganizationBaseline), or its permission mode to restricted, in which team tokens have no defaults."})
	}
}

// credentials looks for keys of clouds that do not expire.
func (r *reviewer) credentials() {
	for _, t := range r.Environments {
		if t.Definition == nil || len(t.Definition.Credentials) == 0 {
			continue
		}
		var at []string
		clouds := map[string]bool{}
		for _, one := range t.Definition.Credentials {
			at = append(at, fmt.Sprintf("%s, a key of %s", one.Path, one.Cloud))
			clouds[one.Cloud] = true
		}
		r.add(Finding{Rule: StoredCredential, Entity: entityText(t), Evidence: at,
			Fix: fmt.Sprintf("Log in to %s by OIDC in place of the key (ProductionEnvironment with a login), and delete the key in the cloud.",
				strings.Join(sortedKeys(clouds), " and ")),
			Command: "pulumi env edit " + shellQuoted(r.Login+"/"+t.Name)})
	}
	for _, d := range r.Deployments {
		var at []string
		for _, name := range d.Variables {
			if cloud := esc.CredentialCloud(name); cloud != "" {
				at = append(at, fmt.Sprintf("environment variable %s, a key of %s", name, cloud))
			}
		}
		if d.OwnToken {
			at = append(at, "environment variable PULUMI_ACCESS_TOKEN, a token of Pulumi Cloud")
		}
		if len(at) > 0 {
			r.add(Finding{Rule: StoredCredential, Principal: "deployment:" + d.Stack, Entity: "stack:" + d.Stack, Evidence: at,
				Fix: "Log in by OIDC and give the deployments a role (DeploymentRoleAssignment), take the variables out of the deployment settings, and delete the keys."})
		}
	}
}

// gates looks at approvals: who can remove them, whether anybody can give them, and whose deployments they stop.
func (r *reviewer) gates() {
	for _, t := range r.entities {
		if t.Kind != access.Environment {
			continue
		}
		for _, action := range t.Gated {
			scope := openScope
			if action != "open" {
				scope = "environment:write"
			}
			r.removable(t, action, scope)
			r.unreachable(t, action, scope)
		}
		if slices.Contains(t.Gated, "open") {
			r.blocking(t)
		}
	}
}

// removable reports principals that the gate is to hold back, and that can remove it.
func (r *reviewer) removable(t graph.Resource, action, scope string) {
	for _, p := range slices.Concat(r.WhoCan(scope, t).Principals, r.WhoCan(scope, t).Blocked) {
		if p.Kind == graph.TeamKind || p.Certainty != graph.Certain || r.administrator(p.Kind, p.Name) { // a team acts by its members and tokens
			continue
		}
		for _, gate := range []string{"change_gate:update", "change_gate:delete"} {
			held, _ := r.Of(p.Kind, p.Name, t)
			everywhere, _ := r.Of(p.Kind, p.Name, r.Itself())
			if held.Holds(gate) != graph.Certain && everywhere.Holds(gate) != graph.Certain {
				continue
			}
			r.add(Finding{Rule: GateRemovable, Principal: principalText(graph.PrincipalID{Kind: p.Kind, Name: p.Name}), Entity: entityText(t),
				Evidence: []string{fmt.Sprintf("it holds %s and %s; the gate is on %s", scope, gate, action)},
				Fix: fmt.Sprintf("Grant scopes without change_gate in place of write: {scopes: [environment:read, environment:open, environment:write]} on %s; "+
					"ProductionEnvironment with a gate grants what leaves it alone.", t.Name)})
			break
		}
	}
}

// administrator reports whether a principal holds everything.
func (r *reviewer) administrator(kind graph.Kind, name string) bool {
	switch kind {
	case graph.UserKind, graph.ServicePrincipalKind:
		return r.Administers(name)
	case graph.TokenKind:
		return slices.ContainsFunc(r.Tokens, func(t graph.Token) bool { return t.Name == name && (t.Admin || t.Role != "" && t.Role == r.AdminRole) })
	case graph.TeamKind:
		return slices.ContainsFunc(r.Teams, func(t graph.Team) bool {
			return t.Name == name && r.AdminRole != "" && slices.Contains(t.Roles, r.AdminRole)
		})
	case graph.DeploymentKind, graph.AgentKind, graph.OutsiderKind:
	}
	return false
}

// unreachable reports a gate whose approval nobody can get: too few approvers besides whoever asks.
func (r *reviewer) unreachable(t graph.Resource, action, scope string) {
	for _, gate := range t.Gates {
		if gate.Action != action {
			continue
		}
		approvers := r.approvers(gate, t)
		needed := max(1, gate.Approvals)
		reachable := false
		for _, p := range r.WhoCan(scope, t).Principals {
			others := len(approvers)
			if approvers[p.Name] && p.Kind == graph.UserKind && !gate.SelfApproval {
				others--
			}
			reachable = reachable || others >= needed
		}
		if reachable || len(approvers) >= needed+1 {
			continue
		}
		r.add(Finding{Rule: GateUnreachable, Entity: entityText(t), Principal: "gate:" + action,
			Evidence: []string{fmt.Sprintf("%d approvals are needed, and %d people can give one: %s", needed, len(approvers), shortlist.Of(sortedKeys(approvers), shownNames))},
			Fix:      fmt.Sprintf("Name more approvers in the ApprovalGate of %s, such as a team.", t.Name)})
	}
}

// approvers are the people who can approve: by name, by team, or by a scope that they hold.
func (r *reviewer) approvers(gate graph.Gate, t graph.Resource) map[string]bool {
	all := map[string]bool{}
	add := func(login string) {
		if slices.ContainsFunc(r.Users, func(u graph.User) bool { return u.Login == login && !u.Suspended }) {
			all[login] = true
		}
	}
	for _, login := range gate.Users {
		add(login)
	}
	for _, team := range r.Teams {
		if slices.Contains(gate.Teams, team.Name) {
			for _, login := range team.Members {
				add(login)
			}
		}
	}
	for _, scope := range gate.PermissionsOn {
		for _, p := range r.WhoCan(scope, t).Principals {
			if p.Kind == graph.UserKind {
				add(p.Name)
			}
		}
	}
	return all
}

// blocking reports stacks whose deployments open a gated environment. They fail, since they do not wait.
func (r *reviewer) blocking(t graph.Resource) {
	importers := r.Importers(t.Name)
	for _, name := range importers.Stacks {
		at := slices.IndexFunc(r.Deployments, func(d graph.Deployment) bool { return d.Stack == name })
		if at < 0 || !configured(r.Deployments[at]) {
			continue
		}
		through := "its configuration imports the environment"
		if len(importers.Environments) > 0 {
			through += ", itself or by " + shortlist.Of(importers.Environments, shownNames)
		}
		r.add(Finding{Rule: GateBlocksDeployments, Principal: "deployment:" + name, Entity: entityText(t), Evidence: []string{through, "opening it takes an approval"},
			Fix: fmt.Sprintf("Give the deployments of %s an environment of their own without an open gate, which only they may open, or run them by hand.", name)})
	}
}

// configured reports whether a stack has deployment settings that say anything.
func configured(d graph.Deployment) bool {
	return d.ByGit || d.Role != "" || d.OwnToken || len(d.Logins)+len(d.Variables) > 0
}

// openAgents looks at agents that act with more than they were given.
func (r *reviewer) openAgents() {
	for _, agent := range r.Input.Organization.Agents {
		var open []string
		if agent.Role == "" {
			open = append(open, "it has no role: a task does what the person may do who starts it")
		}
		if agent.ApprovalMode == "" || agent.ApprovalMode == "auto" {
			open = append(open, "nobody approves what it does")
		}
		if agent.AllIntegrations {
			open = append(open, "its tasks can use every integration")
		}
		if len(open) > 0 {
			r.add(Finding{Rule: AgentOpenDefault, Principal: "agent:" + agent.Name, Entity: r.organization(), Evidence: open,
				Fix: "Give the agent a role, an approval mode of manual, and the integrations that it needs."})
		}
	}
}

// escalated looks at who gets by acts to what they do not hold and should not.
func (r *reviewer) escalated() {
	possible := map[graph.PrincipalID]bool{}
	defer func() {
		if len(possible) > 0 {
			r.blind = append(r.blind, graph.Blind{
				What:  fmt.Sprintf("whether %d principals get to what is sensitive in ways that Pulumi Cloud does not document, or that wait for somebody else", len(possible)),
				Hides: "escalations: getEscalations lists the possible ones",
			})
		}
	}()
	for _, x := range r.Escalations(nil, "", nil) {
		on, severity := r.target(x)
		if on == "" {
			continue
		}
		if x.Certainty != graph.Certain {
			possible[x.Principal] = true
			continue
		}
		var acts []string
		for _, act := range x.Acts {
			acts = append(acts, string(act.Act)+": "+act.Text)
		}
		r.add(Finding{Rule: Escalation, Severity: severity, Principal: principalText(x.Principal), Entity: on, Evidence: acts,
			Fix: fmt.Sprintf("Take from %s the scopes of the first act, %s, or keep it from what that leads to: getEscalations and getEffectiveAccess say which grant gives them.",
				x.Principal.Name, x.Acts[0].Act),
			Command: fmt.Sprintf("pulumi plugin run leastprivilege -- escalations %s", shellQuoted(principalText(x.Principal)))})
	}
}

// target is the most sensitive thing that an escalation reaches, "" for nothing sensitive.
func (r *reviewer) target(x graph.Escalation) (on string, severity Severity) {
	if x.Everything {
		return r.organization(), Severity(x.Severity)
	}
	for _, gain := range x.Reaches {
		if t, found := r.Entity(gain.Kind, gain.Name); found && r.sensitive(t) {
			return entityText(t), Severity(x.Severity)
		}
	}
	return "", ""
}
