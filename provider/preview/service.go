package preview

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// harmless are the resources of pulumiservice that give nobody access.
var harmless = []string{
	"AccessToken", // of the caller, who has the access already
	"Webhook", "TemplateSource", "PolicyGroup", "PolicyPack", "EnvironmentVersionTag", "EnvironmentRotationSchedule", "DriftSchedule", "TtlSchedule",
}

// serviceResources apply steps about the resources of pulumiservice, by type.
var serviceResources = map[string]func(s subject, before, after *property.Map){
	"Team": subject.serviceTeam, "TeamStackPermission": subject.teamStack, "TeamEnvironmentPermission": subject.teamEnvironment,
	"TeamRoleAssignment": subject.teamRole, "OrganizationRole": subject.serviceRole, "OidcIssuer": subject.serviceIssuer,
	"OrgAccessToken": subject.orgToken, "TeamAccessToken": subject.teamToken, "StackTag": subject.stackTag,
	"Environment": subject.serviceEnvironment,
}

// service applies a step about a resource of pulumiservice.
func (s subject) service() {
	kind, is := strings.CutPrefix(string(s.step.urn.Type()), "pulumiservice:index:")
	if is && slices.Contains(harmless, kind) {
		return
	}
	handle, known := serviceResources[kind]
	if !is || !known {
		s.unknown("the effect", "any change of access: this version does not know the resource")
		return
	}
	var before, after *property.Map
	if s.effect != creates {
		before = &s.step.old.inputs
	}
	if s.effect != deletes {
		inputs := s.newRoles(s.step.new)
		after = &inputs
	}
	for _, one := range []*property.Map{before, after} {
		if one == nil {
			continue
		}
		organization, given := textIn(*one, "organization")
		if !given {
			organization, given = textIn(*one, "organizationName")
		}
		if !given {
			s.unknown("the organization", "any change of access")
			return
		}
		if s.elsewhere(organization) {
			return
		}
	}
	handle(s, before, after)
}

// textIn is a text among properties; false where it is missing or not known.
func textIn(m property.Map, key string) (string, bool) {
	value := m.Get(key)
	if !value.IsString() {
		return "", false
	}
	return value.AsString(), true
}

// texts are some texts of properties; false, and noted, if one of them is not known.
func (s subject) texts(m property.Map, hides string, keys ...string) (map[string]string, bool) {
	all := map[string]string{}
	for _, key := range keys {
		value, given := textIn(m, key)
		if !given {
			s.unknown("the input "+key, hides)
			return nil, false
		}
		all[key] = value
	}
	return all, true
}

func (s subject) serviceTeam(before, after *property.Map) {
	const hides = "who is in the team"
	if before != nil {
		old, known := s.texts(*before, hides, "name")
		if !known {
			return
		}
		if after == nil {
			s.deleteTeam(old["name"])
			return
		}
	}
	team, known := s.texts(*after, hides, "name", "teamType")
	if !known {
		return
	}
	people, peopleKnown := membersIn(*after)
	if team["teamType"] != "pulumi" || !peopleKnown {
		s.Organization = s.WithTeam(team["name"], func(t graph.Team) graph.Team { return t })
		s.unknown("the members", hides)
		return
	}
	s.Organization = s.WithTeam(team["name"], func(t graph.Team) graph.Team {
		t.Members = people
		return t
	})
	if before == nil {
		s.unknown("whether the creator stays a member", hides)
	}
}

// stackPermissions are the numbers that pulumiservice has for levels.
var stackPermissions = map[float64]access.Level{0: access.None, 101: access.Read, 102: access.Write, 103: access.Admin}

func (s subject) teamStack(before, after *property.Map) {
	const hides = "what the team's members and tokens may do"
	s.regrant(access.Stack, "stack", before, after, func(m property.Map) (graph.Held, bool) {
		value := m.Get("permission")
		if !value.IsNumber() {
			s.unknown("the permission", hides)
			return graph.Held{}, false
		}
		level, known := stackPermissions[value.AsNumber()]
		if !known {
			s.unknown(fmt.Sprintf("what permission %v gives", value.AsNumber()), hides)
		}
		return graph.Held{Level: level}, known
	})
}

func (s subject) teamEnvironment(before, after *property.Map) {
	const hides = "what the team's members and tokens may do"
	s.regrant(access.Environment, "environment", before, after, func(m property.Map) (held graph.Held, known bool) {
		level, given := textIn(m, "permission")
		if !given {
			s.unknown("the permission", hides)
			return held, false
		}
		held.Level = access.Level(level)
		if bound := m.Get("maxOpenDuration"); !bound.IsNull() {
			text, given := textIn(m, "maxOpenDuration")
			var err error
			if held.MaxOpen, err = time.ParseDuration(text); !given || err != nil {
				s.unknown("the bound of how long it stays open", "for how long")
				held.MaxOpen = 0
			}
		}
		return held, true
	})
}

// regrant takes back the grant before a step, and grants what is after it.
func (s subject) regrant(kind access.EntityKind, noun string, before, after *property.Map, heldIn func(property.Map) (graph.Held, bool)) {
	const hides = "what the team's members and tokens may do"
	place := func(m property.Map) (team, name string, known bool) {
		if m.Get("project").IsNull() {
			m = m.Set("project", property.New("default"))
		}
		at, known := s.texts(m, hides, "team", "project", noun)
		return at["team"], at["project"] + "/" + at[noun], known
	}
	if before != nil {
		team, name, known := place(*before)
		if !known {
			return
		}
		s.onTeam(team, func(t graph.Team) graph.Team {
			held := heldOn(&t, kind)
			*held = without(*held, name)
			return t
		})
	}
	if after == nil {
		return
	}
	team, name, known := place(*after)
	if !known {
		return
	}
	held, known := heldIn(*after)
	if !known {
		return
	}
	if !s.onTeam(team, func(t graph.Team) graph.Team {
		all := heldOn(&t, kind)
		*all = maps.Clone(*all)
		if *all == nil {
			*all = map[string]graph.Held{}
		}
		(*all)[name] = held
		return t
	}) {
		s.unknown("the team "+team+", which the snapshot does not have", hides)
	}
}

func heldOn(t *graph.Team, kind access.EntityKind) *map[string]graph.Held {
	switch kind {
	case access.Stack:
		return &t.Stacks
	case access.Environment:
		return &t.Environments
	default:
		return &t.Accounts
	}
}

func without(held map[string]graph.Held, name string) map[string]graph.Held {
	held = maps.Clone(held)
	delete(held, name)
	return held
}

func (s subject) teamRole(before, after *property.Map) {
	const hides = "the role of the team"
	if before != nil {
		old, known := s.texts(*before, hides, "teamName", "roleId")
		if !known {
			return
		}
		s.onTeam(old["teamName"], func(t graph.Team) graph.Team {
			t.Roles = slices.DeleteFunc(slices.Clone(t.Roles), func(id string) bool { return id == old["roleId"] })
			return t
		})
	}
	if after == nil {
		return
	}
	given, known := s.texts(*after, hides, "teamName", "roleId")
	if !known {
		return
	}
	if !s.onTeam(given["teamName"], func(t graph.Team) graph.Team {
		t.Roles = append(slices.Clone(t.Roles), given["roleId"])
		return t
	}) {
		s.unknown("the team "+given["teamName"]+", which the snapshot does not have", hides)
	}
}

// serviceRole names what a role will grant: its descriptor is written as the service's own JSON.
func (s subject) serviceRole(before, after *property.Map) {
	id := ""
	if before != nil {
		id = s.step.old.id
		if _, last, is := cutLast(id, "/"); is {
			id = last
		}
		if _, known := s.Records[id]; !known {
			s.unknown("the role, which the snapshot does not have", "what its holders may do")
			return
		}
		if after == nil {
			s.deleteRecord(id)
			return
		}
	}
	role, known := s.texts(*after, "what its holders may do", "name")
	if !known {
		return
	}
	if id == "" {
		id = graph.PlannedID("role " + role["name"])
		s.created[s.step.urn] = id
	}
	record := graph.Record{Name: role["name"], Assignable: true}
	descriptor, err := descriptorIn(after.Get("permissions"))
	if err != nil {
		record.Unreadable = "what role " + role["name"] + " will grant cannot be told from the preview"
		s.unknown("the permissions", "what its holders may do")
	} else {
		record.Descriptor = descriptor
	}
	s.Organization = s.WithRecord(id, record)
}

func (s subject) serviceIssuer(before, after *property.Map) {
	const hides = "identities outside that get tokens"
	if before != nil {
		old, known := s.texts(*before, hides, "url")
		if !known {
			return
		}
		s.deleteIssuer(old["url"])
	}
	if after == nil {
		return
	}
	issuer, known := s.texts(*after, hides, "name", "url")
	if !known {
		return
	}
	policies, err := policiesIn(after.Get("policies"))
	added := graph.Issuer{Name: issuer["name"], URL: issuer["url"], Policies: policies}
	if err != nil {
		added.Policies, added.Unreadable = nil, "the policies are not known before the update"
		s.unknown("the policies", hides)
	}
	s.deleteIssuer(issuer["url"])
	s.Issuers = append(slices.Clone(s.Issuers), added)
}

func (s subject) orgToken(before, after *property.Map) {
	const hides = "what the token may do"
	if before != nil {
		old, known := s.texts(*before, hides, "name")
		if !known {
			return
		}
		s.deleteToken("", old["name"])
	}
	if after == nil {
		return
	}
	token, known := s.texts(*after, hides, "name")
	if !known {
		return
	}
	admin := after.Get("admin")
	if admin.IsComputed() {
		s.unknown("whether it is an administrator's token", hides)
	}
	s.Organization = s.WithToken(graph.Token{Name: token["name"], Admin: admin.IsComputed() || admin.IsBool() && admin.AsBool()})
}

func (s subject) teamToken(before, after *property.Map) {
	const hides = "what the token may do"
	if before != nil {
		old, known := s.texts(*before, hides, "name", "teamName")
		if !known {
			return
		}
		s.deleteToken(old["teamName"], old["name"])
	}
	if after == nil {
		return
	}
	if token, known := s.texts(*after, hides, "name", "teamName"); known {
		s.Organization = s.WithToken(graph.Token{Name: token["name"], Team: token["teamName"]})
	}
}

func (s subject) stackTag(before, after *property.Map) {
	const hides = "what rules by tags grant on the stack"
	set := func(m property.Map, to bool) bool {
		tag, known := s.texts(m, hides, "project", "stack", "name", "value")
		if !known {
			return false
		}
		s.Stacks = slices.Clone(s.Stacks)
		at := slices.IndexFunc(s.Stacks, func(t graph.Resource) bool { return t.Name == tag["project"]+"/"+tag["stack"] })
		if at < 0 {
			s.unknown("the stack, which the snapshot does not have", hides)
			return false
		}
		tags := maps.Clone(s.Stacks[at].Tags)
		if tags == nil {
			tags = map[string]string{}
		}
		delete(tags, tag["name"])
		if to {
			tags[tag["name"]] = tag["value"]
		}
		s.Stacks[at].Tags = tags
		return true
	}
	if before != nil && !set(*before, false) || after == nil {
		return
	}
	set(*after, true)
}

func (s subject) serviceEnvironment(before, after *property.Map) {
	const hides = "who may open it, and what it imports"
	m := before
	if after != nil {
		m = after
	}
	if m.Get("project").IsNull() {
		with := m.Set("project", property.New("default"))
		m = &with
	}
	at, known := s.texts(*m, hides, "project", "name")
	if !known {
		return
	}
	name := at["project"] + "/" + at["name"]
	unclear := graph.Definition{Unclear: "the definition of environment " + name + " is not known before the update"}
	switch {
	case after == nil:
		s.deleteEnvironment(name)
	case before == nil:
		s.Environments = append(slices.Clone(s.Environments), graph.Resource{
			Entity: access.Entity{Kind: access.Environment, ID: graph.PlannedID(name), Tags: map[string]string{}}, Name: name, Definition: &unclear,
		})
		s.unknown("the owner", "who administers it")
	case slices.Contains(s.step.diff, "yaml"):
		s.onEnvironment(name, func(t graph.Resource) graph.Resource {
			t.Definition = &unclear
			return t
		})
		s.unknown("the definition", hides)
	}
}

func cutLast(text, separator string) (before, after string, found bool) {
	if at := strings.LastIndex(text, separator); at >= 0 {
		return text[:at], text[at+len(separator):], true
	}
	return text, "", false
}
