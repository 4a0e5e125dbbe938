package entityaccess

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
	return teamgrants.NormalDurations(inputs, "teams")
}

func check(_ context.Context, op kit.Op, v Args) problem.List {
	problems := checkEntity(v, op)
	if v.Users == nil && v.Teams == nil && !op.Unknown("users", "teams") {
		problems.Add("users", "is missing, and so is teams: set at least one of them, or there is nothing to manage; an empty list takes everything of that kind away")
	}
	problems = append(problems, types.CheckOneOf("mode", v.Mode)...)
	problems = append(problems, types.CheckOneOf("onForeign", v.OnForeign)...)
	problems = append(problems, types.CheckOptIns("EntityAccess", ptr.Value(v.Allow))...)
	c := checker{op: op, kind: v.entity().Kind, allow: ptr.Value(v.Allow), given: map[principal]given{}}
	for i, g := range ptr.Value(v.Users) {
		c.user(fmt.Sprintf("users[%d]", i), g)
	}
	for i, g := range ptr.Value(v.Teams) {
		c.team(fmt.Sprintf("teams[%d]", i), g)
	}
	return append(problems, c.problems...)
}

// checkEntity holds that exactly one entity is named.
func checkEntity(v Args, op kit.Op) problem.List {
	var problems problem.List
	var named []string
	if v.Stack != nil {
		named = append(named, "stack")
		problems = append(problems, types.CheckName("stack.project", v.Stack.Project)...)
		problems = append(problems, types.CheckName("stack.stack", v.Stack.Stack)...)
	}
	if v.Environment != nil {
		named = append(named, "environment")
		problems = append(problems, types.CheckEnvironmentName("environment.project", v.Environment.Project)...)
		problems = append(problems, types.CheckEnvironmentName("environment.environment", v.Environment.Environment)...)
	}
	if v.Account != nil {
		named = append(named, "account")
		problems = append(problems, types.CheckName("account", *v.Account)...)
	}
	switch {
	case len(named) == 0 && !op.Unknown("stack", "environment", "account"):
		problems.Add("stack", "is missing: set exactly one of stack, environment and account, which is the entity whose grants are managed")
	case len(named) > 1:
		problems.Add(named[1], "cannot be set together with %s: an EntityAccess is about one entity; declare another one for each", named[0])
	}
	return problems
}

// given is the first grant of a principal: where it stands, and what it gives.
type given struct{ path, text string }

// checker collects what is wrong with the grants on one entity.
type checker struct {
	op       kit.Op
	kind     access.EntityKind // "" where it is not known yet
	allow    []types.OptIn
	given    map[principal]given
	problems problem.List
}

func (c *checker) user(at string, g types.EntityUserGrant) {
	c.problems = append(c.problems, types.CheckName(at+".user", g.User)...)
	c.gives(at, personal(g.User), g.Permission, g.PermissionSet, "")
}

func (c *checker) team(at string, g types.EntityTeamGrant) {
	c.problems = append(c.problems, types.CheckName(at+".team", g.Team)...)
	bound := ""
	if g.MaxOpenDuration != nil {
		c.bound(at, g)
		bound = " for " + *g.MaxOpenDuration
	}
	c.gives(at, ofTeam(g.Team), g.Permission, g.PermissionSet, bound)
}

// gives checks what is granted to whom.
func (c *checker) gives(at string, who principal, permission *types.EntityPermission, set *string, bound string) {
	switch {
	case permission != nil && set != nil:
		c.problems.Add(at+".permissionSet", "cannot be set together with permission: keep one")
	case set != nil:
		c.set(at+".permissionSet", *set)
		c.once(at, who, *set+bound)
	case permission != nil:
		c.level(at, access.Level(*permission))
		c.once(at, who, string(*permission)+bound)
	case !c.op.Unknown(at+".permission", at+".permissionSet"):
		c.problems.Add(at+".permission", "is missing: set exactly one of permission and permissionSet; to take access away, leave the whole entry out")
	}
}

func (c *checker) set(at, id string) {
	if strings.TrimSpace(id) == "" {
		c.problems.Add(at, "must not be empty: give the output permissionSetId of a PermissionSet, or use permission")
	} else if strings.Contains(id, "/") {
		c.problems.Add(at, "takes the service's bare id, without a slash: use the output permissionSetId of a PermissionSet, not its Pulumi id")
	}
}

func (c *checker) bound(at string, g types.EntityTeamGrant) {
	if c.kind != access.Environment && c.kind != "" {
		c.problems.Add(at+".maxOpenDuration", "bounds how long an environment stays open, and a %s cannot be opened: leave it out", c.kind.Noun())
		return
	}
	if _, err := timetext.ParseDuration(*g.MaxOpenDuration); err != nil {
		c.problems.Add(at+".maxOpenDuration", "%v", err)
	}
	if access.Level(ptr.Value(g.Permission)) == access.Read {
		c.problems.Add(at+".maxOpenDuration", "bounds how long an environment stays open, and read does not open it: leave it out")
	}
}

func (c *checker) level(at string, level access.Level) {
	if c.kind == "" {
		return
	}
	if levels := access.Levels(c.kind); !slices.Contains(levels, level) {
		names := make([]string, len(levels))
		for i, l := range levels {
			names[i] = string(l)
		}
		c.problems.Add(at+".permission", "%q is not a permission on a %s; valid are %s", level, c.kind.Noun(), strings.Join(names, ", "))
	}
	if c.kind == access.Stack && level == access.Admin && !slices.Contains(c.allow, types.OptIn(access.AllowStackAdminForPeople)) {
		c.problems.Add(at+".permission", "would let people administer the stack: delete it, and give others access to it. Grant write, or add "+
			"%s to allow if that is meant", access.AllowStackAdminForPeople)
	}
}

// once refuses two different grants of one principal. The same one twice is one.
func (c *checker) once(at string, who principal, text string) {
	if text == "" || who.name == "" {
		return // not known yet
	}
	first, again := c.given[who]
	if !again {
		c.given[who] = given{at, text}
		return
	}
	if first.text != text {
		c.problems.Add(at, "%s is granted twice, %s in %s and %s here: keep one", who, first.text, first.path, text)
	}
}
