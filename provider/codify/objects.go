package codify

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
)

// Of lists what of an organization can be managed, in the order in which one depends on the other, and what cannot. blind is what could not
// be read of it.
func Of(o graph.Organization, blind []graph.Blind) Plan {
	p := &Plan{Organization: o.Login}
	for _, part := range []func(*Plan, graph.Organization){settings, records, teams, environments, stacks, issuers, others} {
		part(p, o)
	}
	for _, one := range blind {
		p.leave("unread:"+one.What, "it could not be read, which hides %s", one.Hides)
	}
	return *p
}

func (p *Plan) add(key, kind, name string, id ...string) {
	p.Objects = append(p.Objects, Object{Key: key, Type: kind, Name: name, ID: strings.Join(append([]string{p.Organization}, id...), "/")})
}

func settings(p *Plan, o graph.Organization) {
	p.add("organization:"+o.Login, "OrganizationSettings", "organization-settings")
}

// records are custom roles and permission sets. What a role is made of belongs to the role.
func records(p *Plan, o graph.Organization) {
	ids := slices.SortedFunc(maps.Keys(o.Records), func(a, b string) int {
		return cmp.Or(cmp.Compare(o.Records[a].Name, o.Records[b].Name), cmp.Compare(a, b))
	})
	for _, id := range ids {
		if record := o.Records[id]; record.Identifier == "" && record.Purpose == graph.SetPurpose {
			p.add("permissionSet:"+record.Name, "PermissionSet", record.Name+"-set", id)
		}
	}
	composed := map[string]bool{}
	for _, record := range o.Records {
		for _, part := range access.Composed(record.Descriptor) {
			composed[part] = true
		}
	}
	for _, id := range ids {
		record := o.Records[id]
		switch {
		case record.Identifier != "":
		case record.Assignable:
			p.add("role:"+record.Name, "Role", record.Name+"-role", id)
		case record.Purpose == "":
			p.leave("role:"+record.Name, "the snapshot does not say whether it is a permission set or a part of a role: take it again")
		case record.Purpose == graph.SetPurpose, composed[id]:
		default:
			p.leave("role:"+record.Name, "it is a record of purpose %s, which Pulumi Cloud manages itself or no role uses", record.Purpose)
		}
	}
}

func teams(p *Plan, o graph.Organization) {
	for _, team := range sortedBy(o.Teams, func(t graph.Team) string { return t.Name }) {
		p.add("team:"+team.Name, "Team", team.Name, team.Name)
		p.add("team:"+team.Name, "TeamAccess", team.Name+"-access", team.Name)
	}
}

func environments(p *Plan, o graph.Organization) {
	for _, e := range sortedBy(o.Environments, func(e graph.Resource) string { return e.Name }) {
		key, name := "environment:"+e.Name, strings.ReplaceAll(e.Name, "/", "-")
		if why := secretIn(e.Definition); why != "" {
			p.leave(key, "%s", why)
		} else {
			p.add(key, "Environment", name, e.Name)
		}
		for _, gate := range e.Gates {
			p.add(key, "ApprovalGate", name+"-"+cmp.Or(gate.Action, "gate")+"-gate", gate.ID)
		}
		if len(e.Gates) == 0 && len(e.Gated) > 0 {
			p.leave(key, "it is gated (%s), and its gates could not be read", strings.Join(e.Gated, ", "))
		}
		if e.Owner != "" || len(e.Assigned) > 0 {
			p.add(key, "EnvironmentOwner", name+"-owner", e.Name)
		}
	}
}

// secretIn says why a definition must not be written into a program.
func secretIn(d *graph.Definition) string {
	switch {
	case d == nil:
		return "its definition was not read, so whether it holds a plain secret cannot be told"
	case d.Unreadable != "":
		return "its definition could not be read, so whether it holds a plain secret cannot be told: " + d.Unreadable
	}
	paths := slices.Clone(d.Plain)
	for _, credential := range d.Credentials {
		paths = append(paths, credential.Path)
	}
	if len(paths) == 0 {
		return ""
	}
	slices.Sort(paths)
	return "its definition holds what looks like a secret in plain text, at " + shortlist.Of(slices.Compact(paths), 5) +
		": write it as fn::secret, or take it from a login, and try again"
}

func stacks(p *Plan, o graph.Organization) {
	for _, s := range sortedBy(o.Stacks, func(s graph.Resource) string { return s.Name }) {
		if len(s.Direct) > 0 || len(s.Assigned) > 0 {
			p.add("stack:"+s.Name, "StackOwner", strings.ReplaceAll(s.Name, "/", "-")+"-owner", s.Name)
		}
	}
	for _, d := range sortedBy(o.Deployments, func(d graph.Deployment) string { return d.Stack }) {
		key := "stack:" + d.Stack
		if d.Stack != "" && (d.Role != "" || len(d.Logins) > 0) {
			p.add(key, "DeploymentRole", strings.ReplaceAll(d.Stack, "/", "-")+"-deployments", d.Stack)
		}
		if d.OwnToken {
			p.leave(key, "its deployment settings hold an access token of their own, which is a secret: give the deployment a role, and take the token out")
		}
	}
}

func issuers(p *Plan, o graph.Organization) {
	for _, issuer := range sortedBy(o.Issuers, func(i graph.Issuer) string { return i.Name }) {
		if issuer.ID == "" {
			p.leave("issuer:"+issuer.Name, "its id is not known")
			continue
		}
		p.add("issuer:"+issuer.Name, "OidcIssuer", issuer.Name+"-issuer", issuer.ID)
	}
}

// others is what grants access and no resource of this package holds.
func others(p *Plan, o graph.Organization) {
	for _, token := range o.Tokens {
		of := "organization token"
		if token.Team != "" {
			of = "token of team " + token.Team
		}
		p.leave("token:"+token.Name, "%s: its value was shown once, so it cannot be imported. Declare a MachineToken, switch to it, and revoke this one", of)
	}
	p.members(o)
	for _, agent := range o.Agents {
		p.leave("agent:"+agent.Name, "no resource manages custom agents")
	}
	for _, account := range o.Accounts {
		if account.Owner != "" || len(account.Assigned) > 0 {
			p.leave("account:"+account.Name, "no resource manages who owns an account, or the assignments of single people beside those of teams")
		}
	}
}

// members are named by their roles.
func (p *Plan) members(o graph.Organization) {
	byRole := map[string][]string{}
	for _, user := range o.Users {
		role, login := user.Role, user.Login
		if record, known := o.Records[role]; known {
			role = record.Name
		}
		if user.Suspended {
			login += " (suspended)"
		}
		byRole[cmp.Or(role, "not known")] = append(byRole[cmp.Or(role, "not known")], login)
	}
	for _, role := range slices.Sorted(maps.Keys(byRole)) {
		slices.Sort(byRole[role])
		p.leave("members:"+role, "membership of the organization and the role in it are given by invitations or by the identity provider: %s",
			strings.Join(byRole[role], ", "))
	}
}

func sortedBy[T any](all []T, key func(T) string) []T {
	return slices.SortedStableFunc(slices.Values(all), func(a, b T) int { return cmp.Compare(key(a), key(b)) })
}
