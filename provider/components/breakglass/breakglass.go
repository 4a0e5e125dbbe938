// Package breakglass is the component BreakGlass. Its page is breakglass.md.
package breakglass

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/approval"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/approvalgate"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/ownedteam"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/temporary"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed breakglass.md
var page string

// BreakGlass is elevated access that people have for a time, once they are named, and use with the approval of others.
type BreakGlass struct {
	pulumi.ResourceState

	Team          kit.Out[string]                  `pulumi:"team"`
	RoleID        kit.Out[string]                  `pulumi:"roleId"`
	GateIDs       kit.Out[[]string]                `pulumi:"gateIds"`
	ActiveMembers kit.Out[[]string]                `pulumi:"activeMembers"`
	Activations   kit.Out[[]types.TemporaryMember] `pulumi:"activations"`
	AuditTrail    kit.Out[types.AuditTrail]        `pulumi:"auditTrail"`
}

// Annotate describes the component.
func (c *BreakGlass) Annotate(a infer.Annotator) {
	a.Describe(c, page)
	a.Describe(&c.Team, "The team's name. Resources that use this output wait until the team has its access.")
	a.Describe(&c.RoleID, "The id of the role that the team holds.")
	a.Describe(&c.GateIDs, "The service's ids of the gates, in the order in which `access` names the environments.")
	a.Describe(&c.ActiveMembers, "Logins of the members that had not expired at the last update.")
	a.Describe(&c.Activations, "The same people, each with the end of their time.")
	a.Describe(&c.AuditTrail, "Where what was done with the access can be read afterwards.")
}

// Args are the component's inputs.
type Args struct {
	Organization              *kit.Out[string]                  `pulumi:"organization,optional"`
	Name                      kit.Out[string]                   `pulumi:"name"`
	DisplayName               *kit.Out[string]                  `pulumi:"displayName,optional"`
	Description               *kit.Out[string]                  `pulumi:"description,optional"`
	Members                   *kit.Out[[]types.TemporaryMember] `pulumi:"members,optional" list:"set"`
	Access                    kit.Out[types.Access]             `pulumi:"access"`
	MaxOpenDuration           kit.Out[string]                   `pulumi:"maxOpenDuration"`
	Approvers                 kit.Out[types.Approvers]          `pulumi:"approvers"`
	RequiredApprovals         *kit.Out[int]                     `pulumi:"requiredApprovals,optional"`
	RequireReapprovalOnChange *kit.Out[bool]                    `pulumi:"requireReapprovalOnChange,optional"`
	RoleName                  *kit.Out[string]                  `pulumi:"roleName,optional"`
	Allow                     *kit.Out[[]types.OptIn]           `pulumi:"allow,optional" list:"set"`
}

// Annotate describes the inputs.
func (in *Args) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, kit.OrganizationHelp)
	a.Describe(&in.Name, "The team's name, as it stands in addresses. It cannot change: another name is another team.")
	a.Describe(&in.DisplayName, "The team's name for people, at most 100 characters. Default: `name`.")
	a.Describe(&in.Description, "What the access is for.")
	a.Describe(&in.Members, "Who has the access, and until when. Default: nobody. A refresh shows the members that have expired, and the next "+
		"update removes them; a member that has expired before the first update is never added.")
	a.Describe(&in.Access, "What the members may do. Environments that they may open are named by `project` and `environment`, since "+
		"only those can be gated, and must be known at preview. Levels that let open are granted as their scopes without environment:clone, "+
		"since a copy has no gate.")
	a.Describe(&in.MaxOpenDuration, "How long an environment stays open at the most: `30m`, `4h`. It bounds every rule that lets open; a "+
		"rule may have a shorter one of its own.")
	a.Describe(&in.Approvers, "Who approves that a member opens an environment. None of them may be a member at the time.")
	a.Describe(&in.RequiredApprovals, types.RequiredApprovalsHelp)
	a.Describe(&in.RequireReapprovalOnChange, types.ReapprovalHelp)
	a.Describe(&in.RoleName, "The name of the role that is made from `access`. Default: `name`.")
	a.Describe(&in.Allow, "Risks taken deliberately: `stackAdminForPeople`, `openOnAll` (such opens are not gated), `lockOut`.")
}

// Definition is the component.
var Definition = kit.Define(kit.Rules{
	Check: check, MustKnown: []string{"access", "access.environments"}, MustKnownIf: unknownEnvironments,
}, build)

// build registers the component's children. Expired members leave first; then come the gates, then
// the access, then those who join: at no moment could a member open an environment without an approval.
func build(c *kit.Construction, component *BreakGlass, args Args) error {
	now := c.Session.Now()
	component.Activations = pulumix.Apply(kit.OrZero(args.Members), func(members []types.TemporaryMember) []types.TemporaryMember {
		return temporary.Active(members, now)
	})
	component.ActiveMembers = pulumix.Apply(component.Activations, temporary.Logins)
	team, err := args.parts().Register(c)
	if err != nil {
		return err
	}
	gates, err := args.gates(c, component.ActiveMembers, team)
	if err != nil {
		return err
	}
	component.GateIDs = gates.ids
	component.RoleID, component.Team, err = args.team(c, team, gates.resources)
	if err != nil {
		return err
	}
	component.AuditTrail = pulumix.Apply3(c.Organization(args.Organization), args.Name, args.Access,
		func(organization, team string, access types.Access) types.AuditTrail {
			return auditTrail(c.Session.Client.URL(), organization, team, access)
		})
	return nil
}

// gatedRules are the indexes of the environment rules that let open an environment by its name: one for each environment.
func gatedRules(in *types.Access) []int {
	if in == nil {
		return nil
	}
	rules := in.Unbounded()
	var indexes []int
	seen := map[string]bool{}
	for i, rule := range rules.Environments {
		name := rule.Project + "/" + rule.Name
		if rule.Name != "" && rule.Opens() && !seen[name] {
			indexes, seen[name] = append(indexes, i), true
		}
	}
	return indexes
}

// madeGates are a component's gates.
type madeGates struct {
	ids       kit.Out[[]string]
	resources []pulumi.Resource
}

// gates registers a gate for each environment that the access lets open.
func (in Args) gates(c *kit.Construction, members kit.Out[[]string], team ownedteam.Made) (madeGates, error) {
	approval := pulumix.Apply3(in.Approvers, kit.Maybe(in.RequiredApprovals), kit.Maybe(in.RequireReapprovalOnChange),
		func(approvers types.Approvers, required *int, again *bool) types.Approval {
			return types.Approval{Approvers: approvers, RequiredApprovals: required, RequireReapprovalOnChange: again}
		})
	written := kit.ValueOf[types.Access](c.Given, "access")
	made := madeGates{ids: kit.Known([]string{})}
	for _, i := range gatedRules(written) {
		rule := func(field func(types.EnvironmentRule) *string) kit.Out[string] {
			return pulumix.Apply(in.Access, func(a types.Access) string { return ptr.Value(field(a.Environments[i])) })
		}
		where := kit.ChildName(c.Name, ptr.Value(written.Environments[i].Project), ptr.Value(written.Environments[i].Environment))
		child, err := approvalgate.Gate{
			Organization: in.Organization,
			Project:      rule(func(r types.EnvironmentRule) *string { return r.Project }),
			Environment:  rule(func(r types.EnvironmentRule) *string { return r.Environment }),
			Action:       types.GateOpen, Approval: &approval, Requesters: &members, After: team.Child,
		}.Register(c, where)
		if err != nil {
			return made, err
		}
		made.resources = append(made.resources, child)
		made.ids = pulumix.Apply2(made.ids, pulumix.MustConvertTyped[string](child.GateID), func(ids []string, id string) []string {
			return append(slices.Clone(ids), id)
		})
	}
	return made, nil
}

// parts are the team. Every membership ends.
func (in Args) parts() ownedteam.Team {
	nobody := kit.Known([]string{})
	temporary := pulumix.Apply(kit.OrZero(in.Members), func(members []types.TemporaryMember) []types.TemporaryMember {
		return append([]types.TemporaryMember{}, members...)
	})
	return ownedteam.Team{
		Name: in.Name, Organization: in.Organization, DisplayName: in.DisplayName, Description: in.Description,
		Members: &nobody, Admins: &nobody, Temporary: &temporary, Allow: in.Allow,
	}
}

// team registers the role, the grant that ties it to the team, and the people.
func (in Args) team(c *kit.Construction, team ownedteam.Made, gates []pulumi.Resource) (roleID, name kit.Out[string], err error) {
	roleID, err = kit.Role{
		Organization: in.Organization, Name: kit.OrElseOutput(in.RoleName, in.Name), Allow: in.Allow,
		Description: pulumix.Apply(in.Name, func(team string) string { return "What " + team + " may do in an emergency." }),
		Access:      pulumix.Apply2Err(in.Access, in.MaxOpenDuration, bounded),
	}.Register(c, c.Name, pulumi.DependsOn(append(gates, team.Child...)))
	if err != nil {
		return roleID, name, err
	}
	name, err = in.parts().Grant(c, team, ownedteam.OnlyRole(roleID), pulumi.DependsOn(gates))
	return roleID, name, err
}

// bounded is the access, in which every rule that lets open an environment is bounded in time, without what goes around a gate.
func bounded(in types.Access, limit string) (types.Access, error) {
	if _, err := timetext.ParseDuration(limit); err != nil {
		return in, fmt.Errorf("maxOpenDuration: %w", err)
	}
	rules := in.Unbounded()
	in.Environments = slices.Clone(in.Environments)
	for i, rule := range rules.Environments {
		if rule.Opens() && in.Environments[i].MaxOpenDuration == nil {
			in.Environments[i].MaxOpenDuration = &limit
		}
		in.Environments[i] = approval.BehindGate(in.Environments[i])
	}
	return in, nil
}

// trailEvents are the audit events that tell of an activation and of what was done with it.
var trailEvents = []string{
	"team-updated", "environment-open", "environment-read-open", "environment-unauthorized-open", "auth-failure-change-request",
	"change-gate-created", "change-gate-updated", "change-gate-deleted",
}

func auditTrail(address, organization, team string, access types.Access) types.AuditTrail {
	trail := types.AuditTrail{
		Events: trailEvents, Entities: []string{team},
		AuditLog:       address + "/api/orgs/" + organization + "/auditlogs/v2",
		ChangeRequests: address + "/api/change-requests/" + organization,
	}
	for _, i := range gatedRules(&access) {
		trail.Entities = append(trail.Entities, ptr.Value(access.Environments[i].Project)+"/"+ptr.Value(access.Environments[i].Environment))
	}
	return trail
}
