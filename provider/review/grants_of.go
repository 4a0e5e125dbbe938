package review

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
)

func teamHolders(t graph.Team) holders {
	return holders{PrincipalID: graph.PrincipalID{Kind: graph.TeamKind, Name: t.Name}, members: t.Members}
}

// teamGrants are what teams are granted on single entities.
func (r *reviewer) teamGrants() []granted {
	var all []granted
	for _, team := range r.Teams {
		for kind, held := range map[access.EntityKind]map[string]graph.Held{
			access.Stack: team.Stacks, access.Environment: team.Environments, access.Account: team.Accounts,
		} {
			for name, grant := range held {
				if t, found := r.Entity(kind, name); found {
					all = append(all, r.teamGrant(team, t, grant))
				}
			}
		}
	}
	return all
}

func (r *reviewer) teamGrant(team graph.Team, t graph.Resource, held graph.Held) granted {
	has := r.OfHeld(held, t)
	g := granted{
		holder: teamHolders(team), entity: entityText(t), text: fmt.Sprintf("team %s is granted %s", team.Name, r.heldText(held)),
		fix:     fmt.Sprintf("Leave %s %s out of the access of team %s (TeamAccess, or the access of its ScopedTeam).", t.Kind.Noun(), t.Name, team.Name),
		command: r.removeTeamGrant(team.Name, t),
		lower:   func(level access.Level) string { return entityRule(t, level) },
		builtin: true,
	}
	if scopes := has.List(); len(scopes) > 0 {
		g.parts = []part{{t, scopes}}
	}
	if held.Set != "" {
		g.lower = nil
	}
	return g
}

func (r *reviewer) heldText(held graph.Held) string {
	if held.Set != "" {
		return "permission set " + r.Records[held.Set].Name
	}
	return string(held.Level)
}

func (r *reviewer) removeTeamGrant(team string, t graph.Resource) string {
	project, name := cut(t.Name)
	switch t.Kind {
	case access.Stack:
		return api("PATCH", "orgs/"+r.Login+"/teams/"+team, jsonText(map[string]any{"removeStack": map[string]string{"projectName": project, "stackName": name}}))
	case access.Environment:
		return api("PATCH", "orgs/"+r.Login+"/teams/"+team, jsonText(map[string]any{"removeEnvironment": map[string]string{"projectName": project, "envName": name}}))
	default:
		return api("PATCH", "preview/insights/"+r.Login+"/accounts/"+t.Name+"/teams/"+team, jsonText(map[string]any{"permissions": nil}))
	}
}

// assignments are what single people are assigned on entities.
func (r *reviewer) assignments() []granted {
	var all []granted
	for _, t := range r.entities {
		for login, sets := range t.Assigned {
			if r.Administers(login) {
				continue
			}
			for _, set := range sets {
				scopes := r.OfHeld(graph.Held{Set: set}, t).List()
				if len(scopes) == 0 {
					continue
				}
				all = append(all, granted{
					holder: holders{PrincipalID: r.person(login)}, entity: entityText(t), parts: []part{{t, scopes}},
					text:    fmt.Sprintf("%s is assigned permission set %s", login, r.Records[set].Name),
					fix:     fmt.Sprintf("Revoke the assignment of %s on %s %s (EntityAccess without it).", login, t.Kind.Noun(), t.Name),
					command: r.unassign(t, login),
				})
			}
		}
	}
	return all
}

// instances are what the service calls entities of a kind in requests about assignments.
var instances = map[access.EntityKind]string{
	access.Stack: "PermissionExpressionStack", access.Environment: "PermissionExpressionEnvironment", access.Account: "PermissionExpressionInsightsAccount",
}

// unassign takes from a person what was assigned on an entity.
func (r *reviewer) unassign(t graph.Resource, login string) string {
	return api("POST", "orgs/"+r.Login+"/assignments/update", jsonText(map[string]any{
		"context": map[string]string{"__type": instances[t.Kind]}, "id": t.ID, "userId": login,
	}))
}

// heldRoles are the custom roles that somebody holds, each with every holder, and their rules where the role as a whole is used.
func (r *reviewer) heldRoles() []granted {
	var all []granted
	for _, id := range slices.Sorted(maps.Keys(r.Records)) {
		record := r.Records[id]
		if !record.Assignable || record.Identifier != "" || id == r.AdminRole || id == r.MemberRole || record.Unreadable != "" {
			continue
		}
		whole, byRule := r.roleParts(id)
		if len(whole) == 0 {
			continue
		}
		for _, h := range r.holdersOf(id) {
			g := granted{holder: h.holders, entity: "role:" + record.Name, parts: whole, text: fmt.Sprintf("%s holds role %s", h.Name, record.Name),
				fix: h.fix(record.Name), command: h.command}
			untold := slices.ContainsFunc(whole, func(p part) bool { return silent(p.on.Kind, p.scopes) != "" })
			if len(byRule) < 2 || !untold && !r.anyUsed(g) {
				if len(byRule) == 1 && len(byRule[0].parts) == 1 {
					g.lower = byRule[0].lower
				}
				all = append(all, g)
				continue
			}
			for _, rule := range byRule {
				rule.holder = h.holders
				rule.text = fmt.Sprintf("%s holds role %s with the rule %s", h.Name, record.Name, rule.text)
				rule.fix = fmt.Sprintf("Leave the rule out of role %s, if nobody else who holds it needs it.", record.Name)
				all = append(all, rule)
			}
		}
	}
	return all
}

func (r *reviewer) anyUsed(g granted) bool {
	return slices.ContainsFunc(g.parts, func(p part) bool {
		return len(r.actors.by(g.holder, p.on, p.scopes).uses) > 0
	})
}

// roleParts are what a role gives on each entity and in the organization, as a whole and by its rules.
func (r *reviewer) roleParts(id string) (whole []part, byRule []granted) {
	rules := map[string]*granted{}
	var order []string
	for _, t := range slices.Concat(r.entities, []graph.Resource{r.Itself()}) {
		held, _ := r.OfRole(id, t)
		if scopes := held.List(); len(scopes) > 0 {
			whole = append(whole, part{t, scopes})
		}
		for _, path := range held.Paths {
			text := path.Steps[len(path.Steps)-1].Name
			if path.Certainty != graph.Certain || len(path.Scopes) == 0 {
				continue
			}
			if rules[text] == nil {
				order = append(order, text)
				rules[text] = &granted{entity: fmt.Sprintf("role:%s %s", r.Records[id].Name, text), text: text}
				rules[text].lower = func(level access.Level) string { return entityRule(t, level) }
			}
			rules[text].parts = append(rules[text].parts, part{t, path.Scopes})
		}
	}
	for _, text := range order {
		rule := *rules[text]
		if len(rule.parts) > 1 {
			rule.lower = nil // it is about tags, or all
		}
		byRule = append(byRule, rule)
	}
	return whole, byRule
}

// roleHolder is a principal that holds a role, and how it is taken away.
type roleHolder struct {
	holders
	command string
	fix     func(role string) string
}

// holdersOf are the principals that hold a role themselves.
func (r *reviewer) holdersOf(id string) []roleHolder {
	var all []roleHolder
	add := func(h holders, fix, command string) {
		all = append(all, roleHolder{h, command, func(role string) string { return fmt.Sprintf(fix, role, h.Name) }})
	}
	for _, user := range r.Users {
		if user.Role == id && !user.Suspended && user.RoleUnknown == "" && !user.Admin {
			add(holders{PrincipalID: r.person(user.Login)}, "Give another role than %s to member %s, such as one without these scopes.", "")
		}
	}
	for _, team := range r.Teams {
		if slices.Contains(team.Roles, id) {
			add(teamHolders(team), "Take role %s from team %s (roleIds: [] in its TeamAccess, or remove its ScopedTeam).",
				api("DELETE", "orgs/"+r.Login+"/teams/"+team.Name+"/roles/"+id, ""))
		}
	}
	for _, token := range r.Tokens {
		if token.Role == id {
			add(holders{PrincipalID: graph.PrincipalID{Kind: graph.TokenKind, Name: token.Name}},
				"Replace the role %s of token %s by one with less, or delete the token (MachineToken).", "")
		}
	}
	const unnamed = "the audit log does not say which stack's deployment or which agent's task acted"
	for _, d := range r.Deployments {
		if d.Role == id {
			add(holders{PrincipalID: graph.PrincipalID{Kind: graph.DeploymentKind, Name: d.Stack}, anybody: unnamed},
				"Replace the role %s of the deployments of %s (DeploymentRole).", "")
		}
	}
	for _, agent := range r.Agents {
		if agent.Role == id {
			add(holders{PrincipalID: graph.PrincipalID{Kind: graph.AgentKind, Name: agent.Name}, anybody: unnamed}, "Replace the role %s of agent %s.", "")
		}
	}
	return all
}

// unheld reports whether nobody can have a role: no principal, no default and no policy of an issuer.
func (r *reviewer) unheld(id string) bool {
	byPolicy := slices.ContainsFunc(r.Issuers, func(i graph.Issuer) bool {
		if i.Unreadable != "" {
			return true
		}
		for _, policy := range i.Policies {
			if policy.RoleID == id {
				return true
			}
		}
		return false
	})
	suspended := slices.ContainsFunc(r.Users, func(u graph.User) bool { return u.Role == id || u.RoleUnknown != "" })
	return !byPolicy && !suspended && id != r.DefaultRole && id != r.DefaultDeploymentRole && len(r.holdersOf(id)) == 0
}

// member reports whether a login is on the roster.
func (r *reviewer) member(login string) bool {
	return slices.ContainsFunc(r.Users, func(u graph.User) bool { return logins.Same(u.Login, login) })
}

// cut splits project/name.
func cut(name string) (project, rest string) {
	project, rest, _ = strings.Cut(name, "/")
	return project, rest
}

// jsonText is a body of a call.
func jsonText(body any) string {
	text, err := json.Marshal(body)
	if err != nil {
		return "" // it holds texts alone
	}
	return string(text)
}
