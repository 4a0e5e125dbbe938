package preview

import (
	"context"
	"reflect"
	"slices"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

var planners = sync.OnceValue(resources.Planners)

// own applies a step about a resource of this package.
func (s subject) own() {
	kind := string(s.step.urn.Type())
	if kind == "leastprivilege:index:AccessInvariant" {
		return // it changes nothing
	}
	if s.effect == deletes {
		s.ownDeleted(kind)
		return
	}
	planner, known := planners()[kind]
	if !known {
		s.unknown("the effect", "any change of access")
		return
	}
	inputs := s.newRoles(s.step.new)
	if organization, given := textIn(inputs, "organization"); !given || s.elsewhere(organization) {
		if !given {
			s.unknown("the organization", "any change of access")
		}
		return
	}
	var before *property.Map
	if s.effect == updates {
		state := s.step.old.outputs
		inputs, state = s.unchanged(inputs, state)
		before = &state
	}
	current := s.Organization
	s.session.Known = &current
	_, changes, err := planner.PlannedAccess(wire.WithURN(context.Background(), s.step.urn), s.session, before, inputs)
	if err != nil {
		s.unknown("the properties, which this version cannot read,", "any change of access")
		return
	}
	s.change(changes)
	for _, change := range changes {
		if change.CreatesRole != "" {
			s.created[s.step.urn] = change.CreatesRole
		}
	}
}

// unchanged are the inputs and the state of an update with those secrets equal that do not differ: the preview hides both.
func (s subject) unchanged(inputs, state property.Map) (property.Map, property.Map) {
	for key, value := range inputs.AllStable {
		if value.IsComputed() && state.Get(key).IsComputed() && s.step.old.inputs.Get(key).IsComputed() && !slices.Contains(s.step.diff, key) && key == "definition" {
			inputs, state = inputs.Set(key, property.New(hidden)), state.Set(key, property.New(hidden))
		}
	}
	return inputs, state
}

// roleInputs are the inputs that name roles by their ids.
var roleInputs = []string{"roleId", "roleIds", "defaultRoleId", "defaultDeploymentRoleId"}

// newRoles are the inputs with the id that stands for a role in place of one that is not known yet, where it depends on nothing but one role
// that the update creates.
func (s subject) newRoles(of *resource) property.Map {
	inputs := of.inputs
	for _, key := range roleInputs {
		id := s.newRole(of.dependencies[key])
		value := inputs.Get(key)
		if id == "" {
			continue
		}
		switch {
		case value.IsComputed() && key == "roleIds":
			inputs = inputs.Set(key, property.New([]property.Value{property.New(id)}))
		case value.IsComputed():
			inputs = inputs.Set(key, property.New(id))
		case value.IsArray() && value.AsArray().Len() == 1 && value.AsArray().Get(0).IsComputed():
			inputs = inputs.Set(key, property.New([]property.Value{property.New(id)}))
		default:
			continue
		}
		s.unknown("whether "+key, "another role than the new one that it depends on")
	}
	return inputs
}

func (s subject) newRole(dependencies []urn.URN) string {
	if len(dependencies) != 1 {
		return ""
	}
	return s.created[dependencies[0]]
}

// ownDeleted applies the deletion of a resource of this package.
func (s subject) ownDeleted(kind string) {
	state := s.step.old.outputs
	organization, given := textIn(state, "organization")
	if !given {
		s.unknown("the organization", "any change of access")
		return
	}
	if s.elsewhere(organization) {
		return
	}
	text := func(key string) string { value, _ := textIn(state, key); return value }
	switch kind {
	case "leastprivilege:index:Team":
		s.deleteTeam(text("name"))
	case "leastprivilege:index:TeamMembers":
		s.removeMembers(text("team"), state)
	case "leastprivilege:index:TeamAccess":
		s.emptyTeam(text("team"), state)
	case "leastprivilege:index:Role":
		s.deleteRecord(text("roleId"))
	case "leastprivilege:index:PermissionSet":
		s.deleteRecord(text("permissionSetId"))
	case "leastprivilege:index:ApprovalGate":
		if enabled := state.Get("enabled"); !enabled.IsBool() || enabled.AsBool() {
			s.deleteGate(text("project")+"/"+text("environment"), text("gateId"))
		}
	case "leastprivilege:index:OidcIssuer":
		s.deleteIssuer(text("url"))
	case "leastprivilege:index:Environment":
		s.deleteEnvironment(text("project") + "/" + text("name"))
	case "leastprivilege:index:MachineToken":
		s.deleteToken(text("team"), text("tokenName"), text("previousTokenName"))
	case "leastprivilege:index:OrganizationSettings":
		s.settingsDeleted(planners()[kind])
	default: // those that put back what was there before, or take away what they made where it still is as they made it
		s.unknown("what the deletion", "who has access by what it puts back or takes away")
	}
}

// settingsDeleted puts back the settings that were there before, where they still are as they were written.
func (s subject) settingsDeleted(planner kit.Planner) {
	ctx, current := wire.WithURN(context.Background(), s.step.urn), s.Organization
	_, written, err := planner.PlannedAccess(ctx, s.session, nil, s.step.old.inputs)
	back := s.step.old.outputs
	none := property.NewMap(map[string]property.Value{"organization": back.Get("organization")})
	_, changes, failed := planner.PlannedAccess(ctx, s.session, &back, none)
	if err != nil || failed != nil || len(written.Unknown()) > 0 || !reflect.DeepEqual(written.ApplyWhole(current), unchangedBy(current)) {
		s.unknown("what the deletion puts back", "what everybody has by default")
		return
	}
	s.change(changes)
}

// unchangedBy is an organization as changes leave it that change nothing.
func unchangedBy(o graph.Organization) graph.Organization { return graph.Changes(nil).ApplyWhole(o) }

func (a *applier) deleteTeam(name string) {
	a.Teams = slices.DeleteFunc(slices.Clone(a.Teams), func(t graph.Team) bool { return t.Name == name })
	a.Tokens = slices.DeleteFunc(slices.Clone(a.Tokens), func(t graph.Token) bool { return t.Team == name })
}

// onTeam changes a team that exists.
func (a *applier) onTeam(name string, change func(graph.Team) graph.Team) bool {
	if !slices.ContainsFunc(a.Teams, func(t graph.Team) bool { return t.Name == name }) {
		return false
	}
	a.Organization = a.WithTeam(name, change)
	return true
}

// membersIn are the people whom properties name as members.
func membersIn(state property.Map) (people []string, known bool) {
	known = true
	add := func(v property.Value) {
		if !v.IsString() {
			known = false
			return
		}
		people = append(people, v.AsString())
	}
	for _, key := range []string{"members", "temporaryMembers"} {
		value := state.Get(key)
		switch {
		case value.IsComputed():
			known = false
		case value.IsArray():
			for _, one := range value.AsArray().All {
				if one.IsMap() {
					one = one.AsMap().Get("user")
				}
				add(one)
			}
		}
	}
	return people, known
}

func (s subject) removeMembers(team string, state property.Map) {
	people, known := membersIn(state)
	if !known {
		s.unknown("the members", "who is in team "+team)
		return
	}
	s.onTeam(team, func(t graph.Team) graph.Team {
		t.Members = slices.DeleteFunc(slices.Clone(t.Members), func(login string) bool { return logins.Index(people, login) >= 0 })
		return t
	})
}

func (s subject) emptyTeam(team string, state property.Map) {
	s.onTeam(team, func(t graph.Team) graph.Team {
		for key, empty := range map[string]func(){
			"roleIds": func() { t.Roles = nil }, "stacks": func() { t.Stacks = nil }, "environments": func() { t.Environments = nil }, "accounts": func() { t.Accounts = nil },
		} {
			if !state.Get(key).IsNull() {
				empty()
			}
		}
		return t
	})
}

// deleteRecord deletes a role or a permission set. Whoever has it by more than teams' grants gets what the service gives in its place.
func (s subject) deleteRecord(id string) {
	if slices.ContainsFunc(s.Users, func(u graph.User) bool { return u.Role == id }) {
		s.unknown("what those get who had the role", "their organization role")
	}
	if _, known := s.Records[id]; !known {
		return
	}
	o := s.WithRecord(id, graph.Record{})
	delete(o.Records, id)
	s.Organization = o
}

func (a *applier) onEnvironment(name string, change func(graph.Resource) graph.Resource) {
	a.Environments = slices.Clone(a.Environments)
	for i := range a.Environments {
		if a.Environments[i].Name == name {
			a.Environments[i] = change(a.Environments[i])
		}
	}
}

func (s subject) deleteGate(environment, id string) {
	s.onEnvironment(environment, func(t graph.Resource) graph.Resource {
		at := slices.IndexFunc(t.Gates, func(g graph.Gate) bool { return g.ID == id })
		if at < 0 {
			s.unknown("the gate that is deleted", "who may open environment "+environment+" without an approval")
			return t
		}
		action := t.Gates[at].Action
		t.Gates = slices.Delete(slices.Clone(t.Gates), at, at+1)
		if !slices.ContainsFunc(t.Gates, func(g graph.Gate) bool { return g.Action == action }) {
			t.Gated = slices.DeleteFunc(slices.Clone(t.Gated), func(gated string) bool { return gated == action })
		}
		return t
	})
}

func (a *applier) deleteIssuer(url string) {
	a.Issuers = slices.DeleteFunc(slices.Clone(a.Issuers), func(i graph.Issuer) bool { return cloud.SameIssuerURL(i.URL, url) })
}

func (a *applier) deleteEnvironment(name string) {
	a.Environments = slices.DeleteFunc(slices.Clone(a.Environments), func(t graph.Resource) bool { return t.Name == name })
	a.Organization = a.withoutGrants(access.Environment, name)
}

// withoutGrants is the organization without what teams were granted on an entity that is deleted.
func (a *applier) withoutGrants(kind access.EntityKind, name string) graph.Organization {
	o := a.Organization
	o.Teams = slices.Clone(o.Teams)
	for i := range o.Teams {
		held := heldOn(&o.Teams[i], kind)
		if _, granted := (*held)[name]; granted {
			*held = without(*held, name)
		}
	}
	return o
}

func (a *applier) deleteToken(team string, names ...string) {
	a.Tokens = slices.DeleteFunc(slices.Clone(a.Tokens), func(t graph.Token) bool { return t.Team == team && t.Name != "" && slices.Contains(names, t.Name) })
}
