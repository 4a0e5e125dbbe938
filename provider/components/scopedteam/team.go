// Package scopedteam is the component ScopedTeam. Its page is scopedteam.md.
package scopedteam

import (
	_ "embed"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/ownedteam"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/tokenlife"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed scopedteam.md
var page string

// ScopedTeam grants a team exactly what its access says, and owns everything the team is granted.
type ScopedTeam struct {
	pulumi.ResourceState

	Team   kit.Out[string]  `pulumi:"team"`
	RoleID kit.Out[*string] `pulumi:"roleId"`
	Token  kit.Out[*string] `pulumi:"token"`
}

// Annotate describes the component.
func (c *ScopedTeam) Annotate(a infer.Annotator) {
	a.Describe(c, page)
	a.Describe(&c.Team, "The team's name. Resources that use this output wait until the team has its access.")
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
		{Name: "Role", Value: ThroughRole, Description: "One custom role that the team holds: any rule, few calls. Custom roles are a feature of the Pro (at most 25) and Enterprise editions."},
		{Name: "Entity", Value: ThroughEntity, Description: "A grant for each stack, environment and account, for organizations without custom roles. Rules by tags, `all`, `scopes`, `permissionSet`, `organization` and `permission: view` are not possible."},
	}
}

// Args are the component's inputs.
type Args struct {
	Organization *kit.Out[string]        `pulumi:"organization,optional"`
	Name         kit.Out[string]         `pulumi:"name"`
	DisplayName  *kit.Out[string]        `pulumi:"displayName,optional"`
	Description  *kit.Out[string]        `pulumi:"description,optional"`
	Members      *kit.Out[[]string]      `pulumi:"members,optional" list:"set"`
	Admins       *kit.Out[[]string]      `pulumi:"admins,optional" list:"set"`
	Existing     *bool                   `pulumi:"existing,optional"`
	Unmanaged    *bool                   `pulumi:"unmanagedMembers,optional"`
	Access       *kit.Out[types.Access]  `pulumi:"access,optional"`
	RoleID       *kit.Out[string]        `pulumi:"roleId,optional"`
	RoleName     *kit.Out[string]        `pulumi:"roleName,optional"`
	GrantThrough *GrantThrough           `pulumi:"grantThrough,optional"`
	Token        *kit.Out[TeamToken]     `pulumi:"token,optional"`
	Allow        *kit.Out[[]types.OptIn] `pulumi:"allow,optional" list:"set"`
}

// Annotate describes the inputs.
func (in *Args) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, kit.OrganizationHelp)
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

// Definition is the component.
var Definition = kit.Define(kit.Rules{
	Check:       check,
	MustKnown:   []string{"existing", "unmanagedMembers", "grantThrough"},
	MayBeAbsent: []string{"roleId", "token"},
}, build)

// build registers the component's children.
func build(c *kit.Construction, team *ScopedTeam, args Args) error {
	parts := args.parts()
	made, err := parts.Register(c)
	if err != nil {
		return err
	}
	granted, roleID, err := args.grants(c, made)
	if err != nil {
		return err
	}
	team.RoleID = roleID
	team.Team, err = parts.Grant(c, made, granted)
	if err != nil {
		return err
	}
	team.Token, err = args.teamToken(c, team.Team)
	return err
}

const token = "leastprivilege:index:MachineToken"

type machineTokenChild struct {
	pulumi.CustomResourceState
	Value pulumi.StringOutput `pulumi:"value"`
}

// teamToken is the value of the team's token, nil if there is none. The team has its access before it has a token.
func (in Args) teamToken(c *kit.Construction, team kit.Out[string]) (kit.Out[*string], error) {
	if in.Token == nil {
		return kit.Known[*string](nil), nil
	}
	props := kit.Properties{
		"name":      pulumix.Apply(team, tokenPrefix),
		"team":      team,
		"expiresIn": pulumix.Apply(*in.Token, func(t TeamToken) string { return t.ExpiresIn }),
		"description": pulumix.Apply(team, func(team string) string {
			return "For machines that work as the team " + team + "."
		}),
		"rotateBefore": pulumix.Apply(*in.Token, func(t TeamToken) *string { return t.RotateBefore }),
	}
	kit.SetIf(props, "organization", in.Organization)
	token, err := kit.Register(c, token, c.Name, props, &machineTokenChild{})
	if err != nil {
		return kit.Known[*string](nil), err
	}
	return kit.Present(pulumix.MustConvertTyped[string](pulumi.ToSecret(token.Value))), nil
}

// maxTokenPrefix is how long the name of a MachineToken may be.
const maxTokenPrefix = 34

// tokenPrefix is the beginning of the names of a team's tokens: the team's name, cut to the length that is allowed.
func tokenPrefix(team string) string {
	runes := []rune(team)
	return string(runes[:min(len(runes), maxTokenPrefix)])
}

func (in Args) parts() ownedteam.Team {
	return ownedteam.Team{
		Name: in.Name, RoleName: in.RoleName, Organization: in.Organization, DisplayName: in.DisplayName, Description: in.Description,
		Members: in.Members, Admins: in.Admins, Allow: in.Allow, Existing: ptr.Value(in.Existing),
		Unmanaged: ptr.Value(in.Unmanaged),
	}
}

// grants returns the four axes of the team's access, and the id of its role if it has one.
func (in Args) grants(c *kit.Construction, made ownedteam.Made) (kit.Properties, kit.Out[*string], error) {
	none := kit.Known[*string](nil)
	if ptr.Value(in.GrantThrough) == ThroughEntity {
		return entityGrants(*in.Access), none, nil
	}
	roleID := in.RoleID
	if in.Access != nil {
		id, err := in.parts().Role(c, made, *in.Access)
		if err != nil {
			return nil, none, err
		}
		roleID = &id
	}
	return ownedteam.OnlyRole(*roleID), kit.Present(*roleID), nil
}

// entityGrants turns rules that name entities into the grants of a TeamAccess.
func entityGrants(in kit.Out[types.Access]) kit.Properties {
	return kit.Properties{
		"stacks": grantsOf(in, func(a types.Access) []ownedteam.Grant {
			return kit.Convert(a.Stacks, func(r types.StackRule) ownedteam.Grant {
				return ownedteam.Grant{"project": ptr.Value(r.Project), "stack": ptr.Value(r.Stack), "permission": string(ptr.Value(r.Permission))}
			})
		}),
		"environments": grantsOf(in, func(a types.Access) []ownedteam.Grant {
			return kit.Convert(a.Environments, func(r types.EnvironmentRule) ownedteam.Grant {
				g := ownedteam.Grant{"project": ptr.Value(r.Project), "environment": ptr.Value(r.Environment), "permission": string(ptr.Value(r.Permission))}
				if r.MaxOpenDuration != nil {
					g["maxOpenDuration"] = *r.MaxOpenDuration
				}
				return g
			})
		}),
		"accounts": grantsOf(in, func(a types.Access) []ownedteam.Grant {
			return kit.Convert(a.Accounts, func(r types.AccountRule) ownedteam.Grant {
				return ownedteam.Grant{"account": ptr.Value(r.Account), "permission": string(ptr.Value(r.Permission))}
			})
		}),
	}
}

func grantsOf(in kit.Out[types.Access], axis func(types.Access) []ownedteam.Grant) kit.Out[[]ownedteam.Grant] {
	return pulumix.Apply(in, axis)
}

// check checks the inputs as far as they are known.
func check(current kit.Checking, in property.Map) problem.List {
	problems := append(ownedteam.CheckNames(in), types.CheckRoleID("roleId", kit.ValueOf[string](in, "roleId"))...)
	rules := kit.ValueOf[types.Access](in, "access")
	byEntity := kit.TextOf(in, "grantThrough") == string(ThroughEntity)
	switch {
	case !kit.Has(in, "access") && !kit.Has(in, "roleId"), kit.Has(in, "access") && kit.Has(in, "roleId"):
		problems.AddReason("access", "give exactly one of access and roleId")
	case byEntity && kit.Has(in, "roleId"):
		problems.AddReason("roleId", "a role cannot be granted entity by entity: remove roleId, or grantThrough")
	}
	problems = append(problems, ownedteam.CheckExisting(in)...)
	problems = append(problems, checkTeamToken(in)...)
	if rules != nil {
		options := kit.CheckOptions(current, in)
		options.ForPeople = true
		problems = append(problems, kit.CheckAccess(*rules, options)...)
		if byEntity {
			problems = append(problems, checkEntityRules(*rules)...)
		}
	}
	return problems
}

// checkTeamToken checks the token's times.
func checkTeamToken(in property.Map) problem.List {
	token := kit.ValueOf[TeamToken](in, "token")
	if token == nil {
		return nil
	}
	return tokenlife.Check(token.ExpiresIn, token.RotateBefore, nil).Under("token")
}

// checkEntityRules refuses what cannot be granted entity by entity.
func checkEntityRules(in types.Access) problem.List {
	var problems problem.List
	if ptr.Or(in.Organization, "none") != "none" {
		problems.AddReason("organization", onlyByRole)
	}
	if len(in.Scopes) > 0 {
		problems.AddReason("scopes", onlyByRole)
	}
	for i, r := range in.Stacks {
		path := kit.Index("stacks", i)
		problems.AddUnder(path, checkEntityRule(r.Tags, r.All, r.Identity, r.Scopes, r.PermissionSet))
		if level := access.Level(ptr.Value(r.Permission)); level != "" && !access.Builtin(access.Stack, level) {
			problems.AddReason(path+".permission", types.OnlyThroughRole(level)+" (grantThrough role)")
		}
	}
	for i, r := range in.Environments {
		problems.AddUnder(kit.Index("environments", i), checkEntityRule(r.Tags, r.All, r.Identity, r.Scopes, r.PermissionSet))
	}
	for i, r := range in.Accounts {
		problems.AddUnder(kit.Index("accounts", i), checkEntityRule(r.Tags, r.All, r.Identity, r.Scopes, r.PermissionSet))
	}
	return problems.Under("access")
}

const onlyByRole = "cannot be granted entity by entity: use grantThrough role"

// checkEntityRule refuses what a rule has besides the entity's name and a level.
func checkEntityRule(tags map[string]string, all *bool, identity *string, scopes []string, set *string) problem.List {
	var problems problem.List
	for _, one := range []struct {
		property string
		given    bool
	}{
		{"tags", len(tags) > 0}, {"all", ptr.Value(all)}, {"identity", identity != nil}, {"scopes", len(scopes) > 0}, {"permissionSet", set != nil},
	} {
		if one.given {
			problems.AddReason(one.property, onlyByRole)
		}
	}
	return problems
}
