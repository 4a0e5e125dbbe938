package teamaccess

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/teamgrants"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// normalDurations writes every maxOpenDuration in one way, so that 30m and 30m0s are the same input.
func normalDurations(inputs property.Map) property.Map {
	return teamgrants.NormalDurations(inputs, "environments")
}

func check(_ context.Context, _ kit.Op, v Args) problem.List {
	problems := types.CheckName("team", v.Team)
	if ownedBy(v) == (ownedAxes{}) {
		problems.Add("team", "has nothing to manage: set at least one of roleIds, stacks, environments and accounts; an empty list takes "+
			"everything of that kind away")
	}
	return slices.Concat(problems, checkRoleIDs(ptr.Value(v.RoleIDs)), checkGrants(v), types.CheckOptIns("TeamAccess", ptr.Value(v.Allow)))
}

func checkRoleIDs(ids []string) problem.List {
	var problems problem.List
	if len(ids) > 1 {
		problems.Add("roleIds", "must hold at most one role: Pulumi Cloud keeps one role per team. Put what both grant into one role")
	}
	for i, id := range ids {
		at := fmt.Sprintf("roleIds[%d]", i)
		if strings.TrimSpace(id) == "" {
			problems.Add(at, "must not be empty")
		}
		problems = append(problems, types.CheckBareID(at, id)...)
	}
	return problems
}

func checkGrants(v Args) problem.List {
	c := grantChecker{given: map[access.EntityRef]givenGrant{}, allow: ptr.Value(v.Allow)}
	for i, g := range ptr.Value(v.Stacks) {
		at := fmt.Sprintf("stacks[%d]", i)
		c.name(at, "project", g.Project)
		c.name(at, "stack", g.Stack)
		c.level(at, access.Stack, access.Level(g.Permission))
		c.once(at, access.EntityRef{Kind: access.Stack, Project: g.Project, Name: g.Stack}, string(g.Permission))
	}
	for i, g := range ptr.Value(v.Environments) {
		at := fmt.Sprintf("environments[%d]", i)
		c.name(at, "project", g.Project)
		c.name(at, "environment", g.Environment)
		c.level(at, access.Environment, access.Level(g.Permission))
		c.maxOpen(at, g)
		c.once(at, access.EntityRef{Kind: access.Environment, Project: g.Project, Name: g.Environment}, environmentGrantText(g))
	}
	for i, g := range ptr.Value(v.Accounts) {
		at := fmt.Sprintf("accounts[%d]", i)
		c.name(at, "account", g.Account)
		c.level(at, access.Account, access.Level(g.Permission))
		c.once(at, access.EntityRef{Kind: access.Account, Name: g.Account}, string(g.Permission))
	}
	return c.problems
}

// environmentGrantText is a grant in words; "" when part of it is not known yet.
func environmentGrantText(g types.TeamEnvironmentGrant) string {
	switch {
	case g.Permission == "" || (g.MaxOpenDuration != nil && *g.MaxOpenDuration == ""):
		return ""
	case g.MaxOpenDuration == nil:
		return string(g.Permission)
	}
	return fmt.Sprintf("%s for %s", g.Permission, *g.MaxOpenDuration)
}

// givenGrant is the first grant on an entity: where it stands, and what it gives.
type givenGrant struct{ path, text string }

// grantChecker collects what is wrong with the grants of one team.
type grantChecker struct {
	allow    []types.OptIn
	given    map[access.EntityRef]givenGrant
	problems problem.List
}

// name checks one part of an entity's name.
func (c *grantChecker) name(at, property, name string) {
	c.problems = append(c.problems, types.CheckName(at+"."+property, name)...)
}

func (c *grantChecker) level(at string, kind access.EntityKind, level access.Level) {
	levels := access.Levels(kind)
	if !access.Builtin(kind, level) && slices.Contains(access.Permissions(kind), level) {
		c.problems.Add(at+".permission", "%s", types.OnlyThroughRole(level))
		return
	}
	if !slices.Contains(levels, level) {
		names := make([]string, len(levels))
		for i, l := range levels {
			names[i] = string(l)
		}
		c.problems.Add(at+".permission", "%q is not a permission here; use one of %s", level, strings.Join(names, ", "))
	}
	if kind == access.Stack && level == access.Admin && !slices.Contains(c.allow, types.OptIn(access.AllowStackAdminForPeople)) {
		c.problems.Add(at+".permission", "would let people administer the stack: delete it, and give others access to it. Grant write, or add "+
			"%s to allow if that is meant", access.AllowStackAdminForPeople)
	}
}

func (c *grantChecker) maxOpen(at string, g types.TeamEnvironmentGrant) {
	if g.MaxOpenDuration == nil {
		return
	}
	if _, err := timetext.ParseDuration(*g.MaxOpenDuration); err != nil {
		c.problems.Add(at+".maxOpenDuration", "%v", err)
	}
	if access.Level(g.Permission) == access.Read {
		c.problems.Add(at+".maxOpenDuration", "bounds how long an environment stays open, and read does not open it: leave it out")
	}
}

// once refuses two different grants on one entity. The same one twice is one.
func (c *grantChecker) once(at string, key access.EntityRef, text string) {
	if text == "" || key.Name == "" {
		return // not known yet
	}
	first, again := c.given[key]
	if !again {
		c.given[key] = givenGrant{at, text}
		return
	}
	if first.text != text {
		c.problems.Add(at, "%s is granted twice, %s in %s and %s here: keep one", key, first.text, first.path, text)
	}
}
