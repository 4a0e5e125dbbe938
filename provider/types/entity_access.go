package types

import "github.com/pulumi/pulumi-go-provider/infer"

// EntityPermission names a built-in permission set of a stack, an environment or an account.
type EntityPermission string

// Values lists the built-in permission sets of all kinds of entities.
func (EntityPermission) Values() []infer.EnumValue[EntityPermission] {
	return []infer.EnumValue[EntityPermission]{
		{Name: "Read", Value: "read", Description: "Read. On a stack it decrypts the stack's secrets."},
		{Name: "Open", Value: "open", Description: "Environments only: everything in read, and resolve secrets and cloud credentials."},
		{Name: "Write", Value: "write", Description: "Write: everything in read (and open), and change what it is."},
		{Name: "Admin", Value: "admin", Description: "Admin: everything in write, and delete it. On stacks and accounts it also hands out access."},
	}
}

// EntityUserGrant is what one person holds on an entity directly.
type EntityUserGrant struct {
	User          string            `pulumi:"user"`
	Permission    *EntityPermission `pulumi:"permission,optional"`
	PermissionSet *string           `pulumi:"permissionSet,optional"`
}

// Annotate describes the grant.
func (g *EntityUserGrant) Annotate(a infer.Annotator) {
	a.Describe(g, "What one person holds on the entity directly: exactly one of `permission` and `permissionSet`.")
	a.Describe(&g.User, "The person's login. Machine identities that created the entity have one as well.")
	a.Describe(&g.Permission, "The built-in permission set: `read`, `write` or `admin`, and `open` on environments. `admin` on a stack needs "+
		"`allow: [stackAdminForPeople]`.")
	a.Describe(&g.PermissionSet, "The bare id of a custom permission set of this kind of entity: the output `permissionSetId` of a `PermissionSet`.")
}

// EntityTeamGrant is what one team holds on an entity directly.
type EntityTeamGrant struct {
	Team            string            `pulumi:"team"`
	Permission      *EntityPermission `pulumi:"permission,optional"`
	PermissionSet   *string           `pulumi:"permissionSet,optional"`
	MaxOpenDuration *string           `pulumi:"maxOpenDuration,optional"`
}

// Annotate describes the grant.
func (g *EntityTeamGrant) Annotate(a infer.Annotator) {
	a.Describe(g, "What one team holds on the entity directly, beside what its role gives it: exactly one of `permission` and `permissionSet`.")
	a.Describe(&g.Team, "The team's name.")
	a.Describe(&g.Permission, "The built-in permission set: `read`, `write` or `admin`, and `open` on environments. `admin` on a stack needs "+
		"`allow: [stackAdminForPeople]`.")
	a.Describe(&g.PermissionSet, "The bare id of a custom permission set that the team holds already, as an import reads it. It is kept: the "+
		"service has no call that grants a team a custom set on one entity. To give a team one, use a rule with `permissionSet` in its `Role`.")
	a.Describe(&g.MaxOpenDuration, "Environments only: the longest that one opening may last, such as `30m` or `1h`. Goes with `open` and more. "+
		"Default: no limit.")
}

// EntityGrants are direct grants on one entity.
type EntityGrants struct {
	Users []EntityUserGrant `pulumi:"users"`
	Teams []EntityTeamGrant `pulumi:"teams"`
}

// Annotate describes the grants.
func (g *EntityGrants) Annotate(a infer.Annotator) {
	a.Describe(g, "Direct grants on one entity.")
	a.Describe(&g.Users, "Those of people.")
	a.Describe(&g.Teams, "Those of teams.")
}

// EntityGrantChange is a change of one direct grant.
type EntityGrantChange struct {
	User    *string `pulumi:"user,optional"`
	Team    *string `pulumi:"team,optional"`
	Holds   *string `pulumi:"holds,optional"`
	Becomes *string `pulumi:"becomes,optional"`
}

// Annotate describes the change.
func (c *EntityGrantChange) Annotate(a infer.Annotator) {
	a.Describe(c, "How one direct grant differs from the program.")
	a.Describe(&c.User, "The login of the person whose grant it is; absent for a team.")
	a.Describe(&c.Team, "The team whose grant it is; absent for a person.")
	a.Describe(&c.Holds, "What the person or team holds, in words; absent for nothing.")
	a.Describe(&c.Becomes, "What it would become, in words; absent where the grant would be removed.")
}

// EntityAccessMode says whether an EntityAccess changes anything.
type EntityAccessMode string

// The modes.
const (
	EnforceAccess EntityAccessMode = "enforce"
	ReportAccess  EntityAccessMode = "report"
)

// Values lists the modes.
func (EntityAccessMode) Values() []infer.EnumValue[EntityAccessMode] {
	return []infer.EnumValue[EntityAccessMode]{
		{Name: "Enforce", Value: EnforceAccess, Description: "Make the grants what the program says."},
		{Name: "Report", Value: ReportAccess, Description: "Change nothing, and list in the outputs what would be removed and granted."},
	}
}
