package grantowners

import (
	"fmt"
	"slices"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
)

// kind is the resource that a claim is made by.
type kind string

const (
	entityAccess     kind = "EntityAccess"
	teamAccess       kind = "TeamAccess"
	stackOwner       kind = "StackOwner"
	environmentOwner kind = "EnvironmentOwner"
)

// owned are the kinds of entity whose owners a resource is about.
var owned = map[kind]access.EntityKind{stackOwner: access.Stack, environmentOwner: access.Environment}

// claim is what one resource says about direct grants.
type claim struct {
	urn          urn.URN
	kind         kind
	organization string

	entity *access.EntityRef // of an EntityAccess; of an owner with "" for every one of the project
	users  *[]string         // logins; nil where people are not managed, or not known yet
	teams  *[]string         // of an EntityAccess, as far as they are known; nil where teams are not managed
	tags   map[string]string // of an owner that selects by tags
	// declared are the grants that the resource declares, as far as they are known.
	declared []Grant
	// manages says that an EntityAccess manages people.
	manages bool

	team   string                                    // of a TeamAccess
	roles  []string                                  // of a TeamAccess, as far as they are known
	grants map[access.EntityKind]*[]access.EntityRef // of a TeamAccess: the axes that it manages
}

// axes are the inputs of a TeamAccess, with the kind and the parts of the name of what each is on.
var axes = map[access.EntityKind]struct{ property, name string }{
	access.Stack: {"stacks", "stack"}, access.Environment: {"environments", "environment"}, access.Account: {"accounts", "account"},
}

// claimOf is what a resource claims, if it is of a kind that owns direct grants and changes them.
func claimOf(of urn.URN, inputs property.Map) (claim, bool) {
	out := claim{urn: of, kind: kind(of.Type().Name()), organization: strings.ToLower(text(inputs, "organization"))}
	if of.Type().Package() != "leastprivilege" || out.organization == "" {
		return out, false
	}
	switch out.kind {
	case entityAccess:
		out.entity = entityOf(inputs)
		_, out.manages = inputs.GetOk("users")
		out.users, out.teams = allNamesIn(inputs, "users", "user"), namesIn(inputs, "teams", "team")
		if out.entity == nil || text(inputs, "mode") == "report" {
			return out, false
		}
		out.declared = grantsOfEntity(inputs, *out.entity)
		return out, true
	case teamAccess:
		out.team, out.grants = text(inputs, "team"), map[access.EntityKind]*[]access.EntityRef{}
		for kind, axis := range axes {
			out.grants[kind] = refsIn(inputs, kind, axis.property, axis.name)
		}
		out.declared = grantsOfTeam(inputs, out.team)
		if ids := stringsIn(inputs, "roleIds"); ids != nil {
			out.roles = *ids
		}
		return out, out.team != ""
	case stackOwner, environmentOwner:
		out.users = stringsIn(inputs, "keep")
		out.entity = &access.EntityRef{Kind: owned[out.kind], Project: text(inputs, "project"), Name: text(inputs, axes[owned[out.kind]].name)}
		tags, project, name := inputs.Get("tags"), inputs.Get("project"), inputs.Get(axes[owned[out.kind]].name)
		known := !tags.HasComputed() && !project.HasComputed() && !name.HasComputed() && out.users != nil
		out.tags = textsIn(tags)
		return out, known && (out.entity.Project != "" || len(out.tags) > 0)
	}
	return out, false
}

// conflict is why two resources cannot be in one program, as a failure of the first; nil if they can.
func (c claim) conflict(other claim) *p.CheckFailure {
	if c.organization != other.organization {
		return nil
	}
	switch {
	case c.kind == entityAccess && other.kind == entityAccess:
		return c.twice(other)
	case c.kind == entityAccess && other.kind == teamAccess:
		if c.pairs(other) {
			return fail("teams", "what team %q is granted on %s is owned by %s of this program already, and each would take away what the other grants. "+
				"Keep one owner: leave out teams here, or leave %s out there (every grant of the team on one of these then needs an owner of its own)",
				other.team, c.entity, other.urn, axes[c.entity.Kind].property)
		}
	case c.kind == teamAccess && other.kind == entityAccess:
		if other.pairs(c) {
			return fail(axes[other.entity.Kind].property, "what team %q is granted on %s is owned by %s of this program already, and each would take away "+
				"what the other grants. Keep one owner: leave out %s here, or leave teams out there", c.team, other.entity, other.urn,
				axes[other.entity.Kind].property)
		}
	case c.kind == entityAccess && owned[other.kind] != "":
		if c.differs(other) {
			return fail("users", "the grants of people on %s are owned by %s of this program already, which keeps those of others. Leave out users here, or "+
				"list the same logins there in keep", c.entity, other.urn)
		}
	case owned[c.kind] != "" && other.kind == entityAccess:
		if other.differs(c) {
			return fail("keep", "the grants of people on %s are owned by %s of this program already, which keeps those of others. List the same logins here, "+
				"or leave users out there", other.entity, other.urn)
		}
	}
	return nil
}

// twice refuses a second EntityAccess that manages the same of an entity.
func (c claim) twice(other claim) *p.CheckFailure {
	if *c.entity != *other.entity {
		return nil
	}
	property := ""
	switch {
	case c.manages && other.manages:
		property = "users"
	case c.teams != nil && other.teams != nil:
		property = "teams"
	default:
		return nil
	}
	return fail(property, "of %s are owned by %s of this program already, and each would take away what the other grants: declare an entity once",
		c.entity, other.urn)
}

// pairs reports whether an EntityAccess and a TeamAccess own the same pair of entity and team, and one of them grants something there.
func (c claim) pairs(of claim) bool {
	granted := of.grants[c.entity.Kind]
	if c.teams == nil || granted == nil {
		return false
	}
	return slices.Contains(*c.teams, of.team) || slices.Contains(*granted, *c.entity)
}

// differs reports whether an EntityAccess and an owner of stacks or environments own the grants of people on the same one, and keep those of others.
func (c claim) differs(owner claim) bool {
	same := c.entity.Kind == owner.entity.Kind && c.entity.Project == owner.entity.Project &&
		(owner.entity.Name == "" || owner.entity.Name == c.entity.Name) && len(owner.tags) == 0 // those by tags are looked at in the preview
	return same && c.users != nil && !logins.SameSet(*c.users, *owner.users)
}

func fail(property, format string, args ...any) *p.CheckFailure {
	return &p.CheckFailure{Property: property, Reason: fmt.Sprintf(format, args...)}
}
