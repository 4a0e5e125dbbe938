package graph_test

import (
	"maps"
	"slices"
	"strings"
)

// round applies every act that can be used, and reports whether something changed.
func (w *actWorld) round() bool {
	changed := false
	for _, a := range slices.Clone(w.ids) {
		for _, act := range []func(naiveActor) bool{
			w.actOnRoles, w.actOnTeams, w.actOnMembers, w.actOnTrust, w.actOnDefaults, w.actOnAgents, w.actOnStacks, w.actOnEntities,
		} {
			changed = act(a) || changed
		}
	}
	return changed
}

func (w *actWorld) isRole(id string) bool { r, found := w.records[id]; return found && r.builtin == "" }

// rolesOf are the custom roles that an identity has, and the teams whose access it has.
func (w *actWorld) rolesOf(a naiveActor) (roles, teams []string) {
	switch a.kind {
	case "user", "mate":
		for _, t := range w.teams {
			if slices.Contains(t.members, a.name) {
				teams = append(teams, t.name)
			}
		}
		for _, u := range w.users {
			if u.login == a.name && !u.admin && !u.unknown {
				roles = append(roles, u.role)
			}
		}
	case "team":
		teams = append(teams, a.name)
	case "token":
		if a.token.team != "" {
			teams = append(teams, a.token.team)
		} else if !a.token.admin {
			roles = append(roles, a.token.role)
			if a.token.role == "" {
				roles = append(roles, w.defaultRole)
			}
		}
	case "deployment":
		roles = append(roles, a.deployment.role)
		if a.deployment.role == "" {
			roles = append(roles, w.defaultDeploy)
		}
	case "role", "agent":
		roles = append(roles, a.role)
	case "runs":
		roles = append(roles, w.defaultDeploy)
	case "issuer":
		for _, i := range w.issuers {
			if i.name == a.name && !i.admin {
				roles = append(roles, i.role)
				if i.team != "" {
					teams = append(teams, i.team)
				}
			}
		}
	}
	for _, t := range w.teams {
		if slices.Contains(teams, t.name) {
			roles = append(roles, t.roles...)
		}
	}
	return slices.DeleteFunc(roles, func(id string) bool { return !w.isRole(id) }), teams
}

func (w *actWorld) actOnRoles(a naiveActor) bool {
	changed := false
	if w.org(a, "role:update") {
		for _, id := range slices.Sorted(maps.Keys(w.records)) {
			all := text(node{"__type": "PermissionDescriptorAllow", "permissions": allActScopes()})
			held := slices.ContainsFunc(w.ids, func(b naiveActor) bool { roles, _ := w.rolesOf(b); return slices.Contains(roles, id) })
			if r := w.records[id]; r.builtin == "" && r.details != all && (held || strings.HasPrefix(id, "custom ")) && w.allowed("edit-role", r.name) {
				r.details = all
				w.records[id] = r
				changed = true
			}
		}
	}
	if w.org(a, "role:update", "team:update") {
		for _, b := range slices.Clone(w.ids) {
			_, teams := w.rolesOf(b)
			for _, t := range teams {
				if w.seesTeam(a, t) && w.allowed("assign-role", t) {
					changed = w.all() || changed
				}
			}
		}
	}
	return changed
}

func (w *actWorld) seesTeam(a naiveActor, name string) bool {
	_, teams := w.rolesOf(a)
	return !w.certain || w.org(a, "team:read") || slices.Contains(teams, name)
}

func (w *actWorld) actOnTeams(a naiveActor) bool {
	changed := false
	for i := range w.teams {
		name := w.teams[i].name
		if w.org(a, "team:update") && w.seesTeam(a, name) && w.allowed("edit-team", name) {
			if login, can := w.login(); can && !slices.Contains(w.teams[i].members, login) {
				w.teams[i].members = append(slices.Clone(w.teams[i].members), login)
				changed = true
			}
		}
		if w.org(a, "team:create_token") && w.seesTeam(a, name) && w.allowed("mint-token", name) {
			changed = w.become(naiveActor{kind: "team", name: name}) || changed
		}
	}
	if w.org(a, "team:create") || !w.certain && w.org(a, "github_team:create") {
		if w.allowed("create-team", "") && w.allowed("mint-token", "") && (!w.certain || w.org(a, "team:create_token")) {
			changed = w.become(naiveActor{kind: "new team"}) || changed
		}
	}
	return changed
}

func (w *actWorld) actOnMembers(a naiveActor) bool {
	me := w.ids[0]
	member := me.kind == "user" && w.isMember(me.name)
	possibly := func(scopes ...string) bool { return !w.certain && w.org(a, scopes...) }
	all := (w.org(a, "org_member:update") && (member || !w.certain) || possibly("org_member:set_admin")) && w.allowed("edit-member", w.self) ||
		(possibly("org_member:add") || possibly("invites:create") || possibly("org_requests:update")) && w.allowed("add-member", "") ||
		w.org(a, "org_token:create") && (a.kind == "user" && w.isMember(a.name) || a.kind == "mate") && w.allowed("mint-token", "") ||
		possibly("service_principal:create") && w.allowed("create-service-principal", "") ||
		(possibly("saml:update") || possibly("scim:update") || possibly("organization:change_backend")) && w.allowed("edit-sign-in", "")
	return all && w.all()
}

func (w *actWorld) actOnTrust(a naiveActor) bool {
	changed := false
	policies, creates, updates := w.org(a, "auth_policies:update"), w.org(a, "oidc_issuers:create"), w.org(a, "oidc_issuers:update")
	named := len(w.issuers) > 0 && w.allowed("edit-issuer", w.issuers[0].name)
	if policies && (creates && w.allowed("edit-issuer", "") || (updates || !w.certain) && named) {
		changed = w.all()
	}
	for _, i := range w.issuers {
		if updates && w.allowed("edit-issuer", i.name) {
			changed = w.become(naiveActor{kind: "issuer", name: i.name}) || changed
		}
	}
	return changed
}

func (w *actWorld) actOnDefaults(a naiveActor) bool {
	if !w.org(a, "organization:update") {
		return false
	}
	changed := false
	if w.allowed("edit-defaults", "default permissions") {
		for kind, levels := range drawnLevels {
			widest := "write"
			if !w.certain {
				widest = levels[len(levels)-1]
			}
			if slices.Index(levels, w.defaults[kind]) < slices.Index(levels, widest) {
				w.defaults[kind], changed = widest, true
			}
		}
	}
	if w.allowed("edit-defaults", "default permissions") {
		for _, scope := range []string{"stack:create", "team:create", "insights_account:create"} {
			changed = changed || !w.toggles[scope]
			w.toggles[scope] = true
		}
	}
	if w.allowed("edit-defaults", "default deployment role") && w.defaultDeploy != w.adminRole {
		w.defaultDeploy, changed = w.adminRole, true
	}
	if w.allowed("edit-defaults", "default role") && w.defaultRole != w.adminRole && !w.restricted {
		w.defaultRole, changed = w.adminRole, true
	}
	follows := slices.ContainsFunc(w.ids, func(b naiveActor) bool {
		return b.kind == "token" && b.token.team == "" && b.token.role == "" && !b.token.admin
	})
	for _, id := range slices.Sorted(maps.Keys(w.records)) {
		if w.restricted && !w.certain && follows && w.isRole(id) && w.allowed("edit-defaults", "default role") {
			changed = w.become(naiveActor{kind: "role", name: "default", role: id}) || changed
		}
	}
	return changed
}

func (w *actWorld) actOnAgents(a naiveActor) bool {
	changed := false
	gives := w.org(a, "agent_task:create")
	maybe := !w.certain && (w.org(a, "agent_task:contribute") || w.org(a, "agent_automations:create") || w.org(a, "agent_automations:update"))
	for _, agent := range w.agents {
		if (gives && (agent.mode == "" || !w.certain) || maybe) && agent.role != "" && w.allowed("instruct-agent", agent.name) {
			changed = w.become(naiveActor{kind: "agent", name: agent.name, role: agent.role}) || changed
		}
	}
	if gives && !w.certain && (w.org(a, "agent_definitions:create") || w.org(a, "agent_definitions:update")) && w.allowed("edit-agent", "") {
		changed = w.all() || changed
	}
	return changed
}

func (w *actWorld) deploys(stack string) naiveDeployment {
	for _, d := range w.deployments {
		if d.stack == stack {
			return d
		}
	}
	return naiveDeployment{stack: stack}
}

func (w *actWorld) actOnStacks(a naiveActor) bool {
	changed := false
	if w.org(a, "stack:create") && w.allowed("create-stack", "") {
		if w.defaultDeploy != "" {
			changed = w.become(naiveActor{kind: "runs"}) || changed
		}
		if !w.certain && w.allowed("set-deployment-role", "") {
			changed = w.all() || changed
		}
	}
	if !w.certain && w.org(a, "policy_pack:create") && (w.org(a, "policy_groups:update") || w.org(a, "policy_groups:create")) && w.allowed("publish-policy", "") {
		for _, e := range w.things {
			if e.kind == "stack" {
				changed = w.become(naiveActor{kind: "deployment", name: e.name, deployment: w.deploys(e.name)}) || changed
			}
		}
	}
	for _, e := range slices.Clone(w.things) {
		if e.kind == "stack" {
			changed = w.actOnStack(a, e) || changed
		}
	}
	return changed
}

func (w *actWorld) actOnStack(a naiveActor, e naiveEntity) bool {
	changed := false
	d := w.deploys(e.name)
	whole := naiveActor{kind: "deployment", name: e.name, deployment: d}
	settings := w.uses(a, "stack_deployment_settings:write", e)
	scheduled := !w.certain && (w.uses(a, "stack_schedule:create", e) || w.uses(a, "stack_schedule:update", e))
	if (settings || scheduled) && w.allowed("use-deployment", e.name) {
		changed = w.become(whole) || changed
	}
	if w.uses(a, "stack_deployment:create", e) && w.allowed("use-deployment", e.name) {
		switch {
		case d.role != "":
			changed = w.become(naiveActor{kind: "role", name: e.name, role: d.role}) || changed
		case w.defaultDeploy != "":
			changed = w.become(naiveActor{kind: "runs"}) || changed
		}
		if d.ownToken && !w.certain {
			changed = w.all() || changed
		}
	}
	if w.certain {
		return changed
	}
	if settings && w.allowed("set-deployment-role", e.name) {
		changed = w.all() || changed
	}
	if (w.uses(a, "stack:import", e) || w.uses(a, "stack:write", e)) && w.allowed("edit-state", e.name) {
		changed = w.become(whole) || changed
	}
	if (w.uses(a, "stack:transfer", e) || w.org(a, "organization:transfer_stacks")) && w.allowed("transfer-stack", e.name) {
		changed = w.become(naiveActor{kind: "whole", name: e.name}) || changed
	}
	return changed
}

func (w *actWorld) actOnEntities(a naiveActor) bool {
	changed := false
	for _, e := range slices.Clone(w.things) {
		assigns := w.uses(a, "stack_access:update", e) || w.uses(a, "environment_access:update", e) || w.uses(a, "insights_account_access:update", e) ||
			!w.certain && w.uses(a, "environment:delete", e)
		if e.kind != "global" && assigns && w.allowed("assign", e.name) {
			if login, can := w.login(); can {
				changed = w.hold(login, e) || changed
			}
		}
		if e.kind != "global" && w.allowed("retag", e.name) {
			changed = w.retagAll(a, e) || changed
		}
	}
	return changed
}

// hold gives a login the permission sets on an entity, in every state of its tags.
func (w *actWorld) hold(login string, e naiveEntity) bool {
	key := login + " " + e.kind + " " + e.name
	if w.given[key] {
		return false
	}
	w.given[key] = true
	var sets []string
	for _, id := range slices.Sorted(maps.Keys(w.records)) {
		builtin := strings.HasPrefix(w.records[id].builtin, e.kind+"-")
		if builtin || !w.certain && w.plain[id] {
			sets = append(sets, id)
		}
	}
	for i := range w.things {
		if w.things[i].kind != e.kind || w.things[i].name != e.name {
			continue
		}
		assigned := maps.Clone(w.things[i].assigned)
		if assigned == nil {
			assigned = map[string][]string{}
		}
		assigned[login] = append(slices.Clone(assigned[login]), sets...)
		w.things[i].assigned = assigned
	}
	return true
}

// retagAll adds what the tags of an entity can be made by the calls that an identity may make.
func (w *actWorld) retagAll(a naiveActor, e naiveEntity) bool {
	any := e.kind == "stack" && (w.uses(a, "stack_tags:update", e) || !w.certain && w.uses(a, "stack:write", e)) ||
		e.kind == "insights-account" && w.uses(a, "insights_account:update", e)
	powers := []string{}
	for _, power := range []string{"create", "update", "delete"} {
		if any || e.kind == "environment" && w.uses(a, "environment_tag:"+power, e) {
			powers = append(powers, power)
		}
	}
	changed := false
	for _, power := range powers {
		key := "tags " + power + " " + e.kind + " " + e.name
		if !w.given[key] {
			w.given[key] = true
			changed = true
		}
	}
	if !changed {
		return false
	}
	for more := true; more; {
		more = false
		for _, at := range slices.Clone(w.things) {
			if at.kind == e.kind && at.name == e.name {
				more = w.oneTag(at) || more
			}
		}
	}
	return true
}

// oneTag makes every call about one tag.
func (w *actWorld) oneTag(e naiveEntity) bool {
	may := func(power string) bool { return w.given["tags "+power+" "+e.kind+" "+e.name] }
	keys, values := []string{"tier", "owner", "else"}, []string{"prod", "another"}
	changed := false
	put := func(change func(map[string]string)) {
		tags := maps.Clone(e.tags)
		change(tags)
		if slices.ContainsFunc(w.things, func(x naiveEntity) bool {
			return x.kind == e.kind && x.name == e.name && maps.Equal(x.tags, tags)
		}) {
			return
		}
		x := e
		x.tags = tags
		w.things = append(w.things, x)
		changed = true
	}
	for _, key := range keys {
		had, has := e.tags[key]
		for _, value := range values {
			if has && may("update") || !has && may("create") {
				put(func(tags map[string]string) { tags[key] = value })
			}
		}
		if has && may("delete") {
			put(func(tags map[string]string) { delete(tags, key) })
		}
		for _, other := range keys {
			if _, taken := e.tags[other]; has && !taken && may("update") {
				put(func(tags map[string]string) { delete(tags, key); tags[other] = had })
			}
		}
	}
	return changed
}
