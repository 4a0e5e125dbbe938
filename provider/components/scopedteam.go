package components

import (
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/tokenlife"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// ScopedTeam grants a team exactly what its access says, and owns everything the team is granted.
type ScopedTeam struct {
	pulumi.ResourceState

	Team   out[string]  `pulumi:"team"`
	RoleID out[*string] `pulumi:"roleId"`
	Token  out[*string] `pulumi:"token"`
}

// Annotate describes the component.
func (c *ScopedTeam) Annotate(a infer.Annotator) {
	a.Describe(c, scopedTeamDocs)
	a.Describe(&c.Team, "The team's name. Whoever takes it waits until the team has its access.")
	a.Describe(&c.RoleID, "The id of the role that the team holds; absent when access is granted entity by entity.")
	a.Describe(&c.Token, "The team's access token, if `token` is given: a secret.")
}

// TeamToken is a team's access token.
type TeamToken struct {
	ExpiresIn    string  `pulumi:"expiresIn"`
	RotateBefore *string `pulumi:"rotateBefore,optional"`
}

// Annotate describes the token.
func (v *TeamToken) Annotate(a infer.Annotator) {
	a.SetToken("index", "TeamToken")
	a.Describe(v, "An access token of a team, for machines. It always expires, and rotates in place.")
	a.Describe(&v.ExpiresIn, "How long each token lives, such as `30d`: at most two years, and what the organization's policy allows.")
	a.Describe(&v.RotateBefore, "Rotate when less than this remains of the token's life, such as `7d`.")
}

// GrantThrough says how a team gets its access.
type GrantThrough string

// Ways of granting.
const (
	ThroughRole   GrantThrough = "role"
	ThroughEntity GrantThrough = "entity"
)

// Values lists the ways of granting.
func (GrantThrough) Values() []infer.EnumValue[GrantThrough] {
	return []infer.EnumValue[GrantThrough]{
		{Name: "Role", Value: ThroughRole, Description: "One custom role that the team holds: any rule, few calls. Custom roles are a feature of the Enterprise and Business Critical editions."},
		{Name: "Entity", Value: ThroughEntity, Description: "A grant for each stack, environment and account, for organizations without custom roles. Rules by tags, `all`, `scopes`, `permissionSet`, `organization` and `permission: view` are not possible."},
	}
}

// ScopedTeamArgs are the component's inputs.
type ScopedTeamArgs struct {
	Organization *out[string]        `pulumi:"organization,optional"`
	Name         out[string]         `pulumi:"name"`
	DisplayName  *out[string]        `pulumi:"displayName,optional"`
	Description  *out[string]        `pulumi:"description,optional"`
	Members      *out[[]string]      `pulumi:"members,optional" list:"set"`
	Admins       *out[[]string]      `pulumi:"admins,optional" list:"set"`
	Existing     *bool               `pulumi:"existing,optional"`
	Unmanaged    *bool               `pulumi:"unmanagedMembers,optional"`
	Access       *out[types.Access]  `pulumi:"access,optional"`
	RoleID       *out[string]        `pulumi:"roleId,optional"`
	RoleName     *out[string]        `pulumi:"roleName,optional"`
	GrantThrough *GrantThrough       `pulumi:"grantThrough,optional"`
	Token        *out[TeamToken]     `pulumi:"token,optional"`
	Allow        *out[[]types.OptIn] `pulumi:"allow,optional" list:"set"`
}

// Annotate describes the inputs.
func (in *ScopedTeamArgs) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Name, "The team's name, as it stands in addresses. It cannot change: another name is another team.")
	a.Describe(&in.DisplayName, "The team's name for people, at most 100 characters. Default: `name`.")
	a.Describe(&in.Description, "What the team is for.")
	a.Describe(&in.Members, "Logins of the team's members. Together with `admins` it is the whole membership: anybody else is "+
		"removed. Omitted means nobody, unless `existing` or `unmanagedMembers` is true.")
	a.Describe(&in.Admins, "Logins of the team's admins, who manage its members and grants.")
	a.Describe(&in.Existing, "When true, the team exists already and is managed elsewhere (by SCIM, GitHub, or by hand): only "+
		"its access is owned. It must be known at preview.")
	a.Describe(&in.Unmanaged, "When true, who belongs to the team is left to others: nobody is added or removed. It must be known at "+
		"preview. Default: false.")
	a.Describe(&in.Access, "What the team may do. Exactly one of this and `roleId` is given.")
	a.Describe(&in.RoleID, "The id of a role made elsewhere that the team holds. The service keeps one role per team.")
	a.Describe(&in.RoleName, "The name of the role that is made from `access`. Default: the team's name.")
	a.Describe(&in.GrantThrough, "How the access is granted: through one role (default), or entity by entity. It must be known at preview.")
	a.Describe(&in.Token, "A token for machines that work as the team: a `MachineToken` named like the team. It has what the team has, "+
		"and what members have by default.")
	a.Describe(&in.Allow, "Risks taken deliberately: `stackAdminForPeople`, `openOnAll`, `lockOut`.")
}

// scopedTeam is the component.
var scopedTeam = Define(Rules{
	Check:       checkScopedTeam,
	MustKnown:   []string{"existing", "unmanagedMembers", "grantThrough"},
	MayBeAbsent: []string{"roleId", "token"},
}, buildScopedTeam)

// buildScopedTeam registers the component's children.
func buildScopedTeam(c *Construction, team *ScopedTeam, args ScopedTeamArgs) error {
	parts := args.parts()
	made, err := parts.register(c)
	if err != nil {
		return err
	}
	granted, roleID, err := args.grants(c, made)
	if err != nil {
		return err
	}
	team.RoleID = roleID
	team.Team, err = parts.grant(c, made, granted)
	if err != nil {
		return err
	}
	team.Token, err = args.teamToken(c, team.Team)
	return err
}

const machineTokenToken = "leastprivilege:index:MachineToken"

type machineTokenChild struct {
	pulumi.CustomResourceState
	Value pulumi.StringOutput `pulumi:"value"`
}

// teamToken is the value of the team's token, nil if there is none. The team has its access before it has a token.
func (in ScopedTeamArgs) teamToken(c *Construction, team out[string]) (out[*string], error) {
	if in.Token == nil {
		return known[*string](nil), nil
	}
	props := properties{
		"name":      pulumix.Apply(team, tokenPrefix),
		"team":      team,
		"expiresIn": pulumix.Apply(*in.Token, func(t TeamToken) string { return t.ExpiresIn }),
		"description": pulumix.Apply(team, func(team string) string {
			return "For machines that work as the team " + team + "."
		}),
		"rotateBefore": pulumix.Apply(*in.Token, func(t TeamToken) *string { return t.RotateBefore }),
	}
	setIf(props, "organization", in.Organization)
	token, err := register(c, machineTokenToken, c.Name, props, &machineTokenChild{})
	if err != nil {
		return known[*string](nil), err
	}
	return present(pulumix.MustConvertTyped[string](pulumi.ToSecret(token.Value))), nil
}

// maxTokenPrefix is what a MachineToken takes as a name.
const maxTokenPrefix = 34

// tokenPrefix is what the names of a team's tokens begin with: the team's own name, as far as there is room.
func tokenPrefix(team string) string {
	runes := []rune(team)
	return string(runes[:min(len(runes), maxTokenPrefix)])
}

func (in ScopedTeamArgs) parts() teamParts {
	return teamParts{
		name: in.Name, roleName: in.RoleName, organization: in.Organization, displayName: in.DisplayName, description: in.Description,
		members: in.Members, admins: in.Admins, allow: in.Allow, existing: in.Existing != nil && *in.Existing,
		unmanaged: in.Unmanaged != nil && *in.Unmanaged,
	}
}

// grants returns the four axes of the team's access, and the id of its role if it has one.
func (in ScopedTeamArgs) grants(c *Construction, made madeTeam) (properties, out[*string], error) {
	none := known[*string](nil)
	if in.GrantThrough != nil && *in.GrantThrough == ThroughEntity {
		return entityGrants(*in.Access), none, nil
	}
	roleID := in.RoleID
	if in.Access != nil {
		id, err := in.parts().role(c, made, *in.Access)
		if err != nil {
			return nil, none, err
		}
		roleID = &id
	}
	return onlyRole(*roleID), present(*roleID), nil
}

// grant is one entry of a TeamAccess, as properties.
type grant = map[string]any

// entityGrants turns rules that name entities into the grants of a TeamAccess.
func entityGrants(in out[types.Access]) properties {
	return properties{
		"stacks": grantsOf(in, func(a types.Access) []grant {
			return convert(a.Stacks, func(r types.StackRule) grant {
				return grant{"project": ptr.Value(r.Project), "stack": ptr.Value(r.Stack), "permission": string(ptr.Value(r.Permission))}
			})
		}),
		"environments": grantsOf(in, func(a types.Access) []grant {
			return convert(a.Environments, func(r types.EnvironmentRule) grant {
				g := grant{"project": ptr.Value(r.Project), "environment": ptr.Value(r.Environment), "permission": string(ptr.Value(r.Permission))}
				if r.MaxOpenDuration != nil {
					g["maxOpenDuration"] = *r.MaxOpenDuration
				}
				return g
			})
		}),
		"accounts": grantsOf(in, func(a types.Access) []grant {
			return convert(a.Accounts, func(r types.AccountRule) grant {
				return grant{"account": ptr.Value(r.Account), "permission": string(ptr.Value(r.Permission))}
			})
		}),
	}
}

func grantsOf(in out[types.Access], axis func(types.Access) []grant) out[[]grant] {
	return pulumix.Apply(in, axis)
}

func convert[A, B any](in []A, each func(A) B) []B {
	out := make([]B, len(in))
	for i, a := range in {
		out[i] = each(a)
	}
	return out
}

// checkScopedTeam checks the inputs as far as they are known.
func checkScopedTeam(current *session.Session, in property.Map) problem.List {
	problems := append(checkTeamNames(in), types.CheckRoleID("roleId", valueOf[string](in, "roleId"))...)
	rules := valueOf[types.Access](in, "access")
	through := valueOf[string](in, "grantThrough")
	switch {
	case !has(in, "access") && !has(in, "roleId"), has(in, "access") && has(in, "roleId"):
		problems.AddReason("access", "give exactly one of access and roleId")
	case through != nil && *through == string(ThroughEntity) && has(in, "roleId"):
		problems.AddReason("roleId", "a role cannot be granted entity by entity: remove roleId, or grantThrough")
	}
	problems = append(problems, checkExisting(in)...)
	problems = append(problems, checkTeamToken(in)...)
	if rules != nil {
		options := checkOptions(current, in)
		options.ForPeople = true
		problems = append(problems, checkAccess(*rules, options)...)
		if through != nil && *through == string(ThroughEntity) {
			problems = append(problems, checkEntityRules(*rules)...)
		}
	}
	return problems
}

// checkTeamToken checks the token's times.
func checkTeamToken(in property.Map) problem.List {
	token := valueOf[TeamToken](in, "token")
	if token == nil {
		return nil
	}
	return tokenlife.Check(token.ExpiresIn, token.RotateBefore, nil).Under("token")
}

// checkEntityRules refuses what cannot be granted entity by entity.
func checkEntityRules(in types.Access) problem.List {
	var problems problem.List
	refuse := func(path string, given bool) {
		if given {
			problems.AddReason("access."+path, "cannot be granted entity by entity: use grantThrough role")
		}
	}
	refuse("organization", in.Organization != nil && *in.Organization != "none")
	refuse("scopes", len(in.Scopes) > 0)
	rule := func(path string, tags map[string]string, all *bool, identity *string, scopes []string, set *string) {
		refuse(path+".tags", len(tags) > 0)
		refuse(path+".all", all != nil && *all)
		refuse(path+".identity", identity != nil)
		refuse(path+".scopes", len(scopes) > 0)
		refuse(path+".permissionSet", set != nil)
	}
	for i, r := range in.Stacks {
		rule(index("stacks", i), r.Tags, r.All, r.Identity, r.Scopes, r.PermissionSet)
		if level := access.Level(ptr.Value(r.Permission)); level != "" && !access.Builtin(access.Stack, level) {
			problems.AddReason("access."+index("stacks", i)+".permission", types.OnlyThroughRole(level)+" (grantThrough role)")
		}
	}
	for i, r := range in.Environments {
		rule(index("environments", i), r.Tags, r.All, r.Identity, r.Scopes, r.PermissionSet)
	}
	for i, r := range in.Accounts {
		rule(index("accounts", i), r.Tags, r.All, r.Identity, r.Scopes, r.PermissionSet)
	}
	return problems
}
