package survey_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

var (
	sharedTeams        = []string{"t0", "t1", "t2", "t3"}
	sharedEnvironments = []string{"p/e0", "p/e1", "p/e2", "p/e3", "p/e4"}
	sharedScopes       = []string{
		"environment:open", "environment:open", "environment_version:open", "environment:read", "environment:write", "environment:delete",
	}
)

const (
	byTags  = `{__type: PermissionDescriptorCondition, condition: {__type: PermissionExpressionEqual, left: {__type: PermissionExpressionTag, context: {__type: PermissionExpressionEnvironment}, key: tier}, right: {__type: PermissionLiteralExpressionString, value: dev}}, subNode: {__type: PermissionDescriptorAllow, permissions: ["environment:read", "environment:open", "environment_version:open"]}}`
	openAll = `{__type: PermissionDescriptorAllow, permissions: ["environment:read", "environment:open", "environment_version:open"]}`
)

// shared is a random organization, and what its environments are like.
type shared struct {
	*rapid.T
	tagged  bool // a role decides by tags
	imports map[string][]string
	gated   map[string]bool
}

func (d *shared) one(label string, of ...string) string {
	return rapid.SampledFrom(of).Draw(d.T, label)
}

func (d *shared) some(label string, of []string) []string {
	if len(of) == 0 {
		return nil
	}
	return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, 2, rapid.ID[string]).Draw(d.T, label)
}

func (d *shared) chance(label string, in int) bool {
	return rapid.IntRange(1, in).Draw(d.T, label) == 1
}

func (d *shared) seed() string {
	d.imports, d.gated = map[string][]string{}, map[string]bool{}
	var text strings.Builder
	fmt.Fprintf(&text, "organization: acme\nsettings: {defaultEnvironmentPermission: %s}\n", d.one("default", "none", "none", "read", "open"))
	details := openAll
	if d.tagged = d.chance("by tags", 2); d.tagged {
		details = byTags
	}
	fmt.Fprintf(&text, "roles: [{name: special, details: %s}]\n", details)
	fmt.Fprintf(&text, "users: [{login: ana, role: admin}, {login: bo}, {login: cy, role: %s}]\nteams:\n", d.one("role", "member", "special"))
	for _, team := range sharedTeams {
		fmt.Fprintf(&text, "  - {name: %s, members: [%s], role: %s}\n", team, strings.Join(d.some("members", []string{"bo", "cy"}), ", "),
			d.one("team's role", `""`, `""`, `""`, "special"))
	}
	text.WriteString("environments:\n")
	for i, name := range sharedEnvironments {
		d.imports[name] = d.some("imports", sharedEnvironments[i+1:])
		fmt.Fprintf(&text, "  - {project: p, environment: %s, owner: ana, definition: %q, tags: {tier: %s}}\n", name[2:],
			definition(d.imports[name]), d.one("tier", "dev", "prod"))
	}
	text.WriteString("grants:\n  - {team: t0, project: p, environment: e0, permission: open}\n")
	for _, name := range sharedEnvironments[1:] {
		if d.chance("granted", 2) {
			fmt.Fprintf(&text, "  - {team: %s, project: p, environment: %s, permission: %s}\n", d.one("to", sharedTeams...), name[2:],
				d.one("level", "read", "open", "write"))
		}
	}
	text.WriteString("gates:\n  - {project: p, environment: e4, approvers: {users: [ana]}}\n")
	d.gated["p/e4"] = true
	for _, name := range sharedEnvironments[:4] {
		if d.gated[name] = d.chance("gated", 4); d.gated[name] {
			fmt.Fprintf(&text, "  - {project: p, environment: %s, approvers: {teams: [t1]}, allowSelfApproval: true}\n", name[2:])
		}
	}
	return text.String()
}

func definition(imports []string) string { return "imports: [" + strings.Join(imports, ", ") + "]" }

// start starts a sandbox with the organization, where some teams have tokens.
func (d *shared) start(t *testing.T) fixture {
	t.Helper()
	sandbox := servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(d.seed())})
	f := as(t, sandbox, sandbox.Token)
	for _, team := range d.some("teams with tokens", sharedTeams) {
		d.must(second(f.client.CreateTeamToken(t.Context(), "acme", team, cloud.TokenInput{Name: "ci-" + team})))
	}
	return f
}

func second[T any](_ T, err error) error { return err }

func (d *shared) must(err error) {
	if err != nil {
		d.Fatal(err)
	}
}

type asked struct{ scope, environment string }

func (d *shared) question() asked {
	return asked{d.one("scope", sharedScopes...), d.one("environment", sharedEnvironments...)}
}

func (d *shared) ask(f fixture, q asked) (graph.Answer, []graph.Blind) {
	answer, blind, err := f.whoCan(q)
	d.must(err)
	return answer, blind
}

func (f fixture) whoCan(q asked) (graph.Answer, []graph.Blind, error) {
	return f.survey.WhoCan(f.t.Context(), q.scope, question(access.Environment, q.environment))
}

// same fails unless a process that shares what it read answers as one that reads for this question alone.
func (d *shared) same(f fixture, token string, q asked) {
	answer, blind, err := f.whoCan(q)
	alone, unseen, refused := as(f.t, f.Running, token).whoCan(q)
	if !reflect.DeepEqual(answer, alone) || !reflect.DeepEqual(blind, unseen) || fmt.Sprint(err) != fmt.Sprint(refused) {
		d.Fatalf("%v: shared %+v %v %v\nalone %+v %v %v", q, answer, blind, err, alone, unseen, refused)
	}
	if token == f.Token {
		d.must(err)
	}
}

// met is what earlier questions were about: what the next one need not read.
type met struct{ environments, definitions, teams map[string]bool }

// cost is how many calls a question takes: for each environment that is newly met, as asked or as imported, its metadata and
// what people were assigned there, its definition if the scope opens, its tags if a role decides by them, and its gates if it has any; and the tokens of each newly met
// team that holds the scope. Nothing else.
func (d *shared) cost(m met, q asked, answer graph.Answer) int {
	calls := 0
	newly := func(known map[string]bool, name string) bool {
		is := !known[name]
		known[name] = true
		return is
	}
	about := []string{q.environment}
	if graph.OpensImports(q.scope) {
		about = d.closure(q.environment)
	}
	for _, name := range about {
		if newly(m.environments, name) {
			calls += 2
			for _, one := range []bool{d.tagged, d.gated[name]} {
				if one {
					calls++
				}
			}
		}
		if graph.OpensImports(q.scope) && newly(m.definitions, name) {
			calls++
		}
	}
	for _, p := range slices.Concat(answer.Principals, answer.Blocked) {
		if p.Kind == graph.TeamKind && newly(m.teams, p.Name) {
			calls++
		}
	}
	return calls
}

func (d *shared) closure(name string) []string {
	all := []string{name}
	for _, imported := range d.imports[name] {
		all = append(all, d.closure(imported)...)
	}
	return all
}

// A question costs exactly what it adds to those before, and is answered as if it were the only one.
func TestSharedReadingAnswersAsReadingAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := &shared{T: rt}
		f := d.start(t)
		memberToken := f.TokenFor(servertest.Identity{User: "bo"})
		member := as(t, f.Running, memberToken) // who sees less
		m := met{map[string]bool{}, map[string]bool{}, map[string]bool{}}
		base := 13 + len(sharedTeams)
		for range rapid.IntRange(1, 3).Draw(rt, "questions") {
			q := d.question()
			var answer graph.Answer
			log := f.calls(func() { answer, _ = d.ask(f, q) })
			if want := base + d.cost(m, q, answer); log.Total != want {
				rt.Fatalf("%v: %d calls, want %d: %v", q, log.Total, want, log.Routes)
			}
			base = 0
			d.same(f, f.Token, q)
			d.same(member, memberToken, q)
		}
	})
}

// Whatever this process writes between questions, each is answered as if it were the only one.
func TestSharedReadingFollowsWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := &shared{T: rt}
		f := d.start(t)
		for range rapid.IntRange(1, 3).Draw(rt, "steps") {
			q := d.question()
			d.same(f, f.Token, q)
			d.write(f)
			d.same(f, f.Token, q)
		}
	})
}

// write changes something that answers depend on.
func (d *shared) write(f fixture) {
	ctx, c := f.t.Context(), f.client
	name, team := d.one("changed", sharedEnvironments...)[2:], d.one("team", sharedTeams...)
	switch d.one("write", "definition", "tag", "grant", "role", "gate", "ungate", "token", "member", "delete") {
	case "definition":
		at := slices.Index(sharedEnvironments, "p/"+name)
		_ = c.UpdateEnvironment(ctx, "acme", "p", name, definition(d.some("imports", sharedEnvironments[at+1:])), "")
	case "tag":
		_ = c.UpdateEnvironmentTag(ctx, "acme", "p", name, "tier", "", d.one("tier", "dev", "prod")) // may be refused, and is a write then too
		_ = c.DeleteEnvironmentTag(ctx, "acme", "p", name, "tier")
		if d.chance("tagged again", 2) {
			d.must(c.CreateEnvironmentTag(ctx, "acme", "p", name, "tier", d.one("tier", "dev", "prod")))
		}
	case "grant":
		if d.chance("removed", 2) {
			_ = c.RemoveEnvironmentGrant(ctx, "acme", team, "p", name) // which may not be there
			return
		}
		_ = c.AddEnvironmentGrant(ctx, "acme", team, cloud.EnvironmentGrant{Project: "p", Environment: name, Permission: "open"})
	case "role":
		roles, err := c.Roles(ctx, "acme", cloud.PurposeRole)
		d.must(err)
		at := slices.IndexFunc(roles, func(r cloud.Role) bool { return r.Name == "special" })
		details := access.Descriptor(access.Condition{
			Condition: access.HasTag{Context: access.Context{Kind: access.Environment}, Key: "tier"},
			SubNode:   access.Allowed{Permissions: []string{"environment:read", "environment:open"}},
		})
		if d.chance("on everything", 2) {
			details = access.Allowed{Permissions: []string{"environment:read"}}
		}
		text, err := access.MarshalDescriptor(details)
		d.must(err)
		d.must(second(c.UpdateRole(ctx, "acme", roles[at].ID, cloud.RoleChange{Details: text})))
	case "gate":
		_, _ = c.CreateGate(ctx, "acme", cloud.Gate{
			Name: "more", Enabled: d.chance("enabled", 2), Project: "p", Environment: name, Action: d.one("action", cloud.GateOpen, cloud.GateUpdate),
			Rule: cloud.ApprovalRule{RequiredApprovals: 1, AllowSelfApproval: true, Teams: []string{team}},
		}, nil) // which may be there already
	case "ungate":
		for gate, err := range c.Gates(ctx, "acme", "p", name) {
			d.must(err)
			d.must(c.DeleteGate(ctx, "acme", gate.ID))
			return
		}
	case "token":
		_, _ = c.CreateTeamToken(ctx, "acme", team, cloud.TokenInput{Name: "late-" + team})
	case "member":
		_ = c.ChangeTeamMember(ctx, "acme", team, d.one("login", "bo", "cy"), cloud.MemberAction(d.one("action", string(cloud.AddMember), string(cloud.RemoveMember))))
	case "delete":
		d.recreate(f, name)
	}
}

// recreate deletes an environment and makes another one of its name, which has none of what the first one had.
func (d *shared) recreate(f fixture, name string) {
	if f.client.DeleteEnvironment(f.t.Context(), "acme", "p", name) != nil {
		return // something imports it
	}
	_, err := f.client.CreateEnvironment(f.t.Context(), "acme", "p", name)
	d.must(err)
}
