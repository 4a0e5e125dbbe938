package bench

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
)

// BenchmarkBudgets runs programs with the real CLI, each beside one of as many resources of the smallest provider there is, and prints a
// table. What is a number of calls is asserted by TestCallsOf in provider/components; machines are shared, so that times are printed alone.
func BenchmarkBudgets(b *testing.B) {
	for b.Loop() {
		t := newTable("program and step", "calls", "budget", "KB sent and read", "s", "plugin CPU s", "CLI CPU s", "plugin MiB", "state KB", "floor: s", "CPU s", "MiB")
		b.Run("teams", func(b *testing.B) {
			const teams = 20
			run(b, t, fmt.Sprintf("%d teams of 5 rules", teams), stacks(100), scopedTeams(teams, 5, ""), 5*teams, budgets{
				up: teams*6 + 2, refresh: 3*teams + 1, destroy: 6*teams + 1,
			})
		})
		b.Run("rules", func(b *testing.B) {
			run(b, t, "1 team of 1,000 rules", stacks(1000), scopedTeams(1, 1000, ""), 5, budgets{up: 5 + 11, refresh: 3 + 10, destroy: 7})
		})
		b.Run("members", func(b *testing.B) {
			run(b, t, "1 team of 100 members", stacks(1), scopedTeams(1, 1, "100"), 5, budgets{up: 6 + 100 + 2, refresh: 3 + 1, destroy: 7})
		})
		b.Run("100x100", func(b *testing.B) {
			run(b, t, "100 teams of 100 rules", stacks(10000), scopedTeams(100, 100, ""), 500, budgets{up: 600 + 101, refresh: 300 + 100, destroy: 601})
		})
		b.Log("\n" + t.String())
	}
}

// BenchmarkTenThousandGrants grants 100 teams opening of 100 of 1,000 environments each. Entity by entity, it would be 10,000 calls.
func BenchmarkTenThousandGrants(b *testing.B) {
	for b.Loop() {
		t := newTable("program and step", "calls", "one call per grant", "KB sent and read", "s", "plugin CPU s", "CLI CPU s", "plugin MiB", "state KB", "floor: s", "CPU s", "MiB")
		var program strings.Builder
		program.WriteString("resources:\n")
		for team := range 100 {
			fmt.Fprintf(&program, "  t%03d:\n    type: leastprivilege:ScopedTeam\n    properties:\n      name: team%03d\n      access:\n        environments:\n", team, team)
			for rule := range 100 {
				fmt.Fprintf(&program, "          - {project: payments, environment: e%04d, permission: open}\n", (team*37+rule*7)%1000)
			}
		}
		run(b, t, "10,000 grants", seed(1, 0, 1000, 0), program.String(), 500, budgets{up: 10000, refresh: 10000, destroy: 10000})
		b.Log("\n" + t.String())
	}
}

type budgets struct{ up, refresh, destroy int }

// run measures the steps in the life of a program, beside those of a program with as many resources that make no call.
func run(b *testing.B, t *table, name string, seed []byte, program string, resources int, budget budgets) {
	b.Helper()
	sandbox := startSandboxOf(b, seed)
	p, floor := newProject(b, sandbox, ""), newProject(b, sandbox, "")
	p.program(program)
	floor.program(greetings(resources))
	unattended := []string{"--yes", "--skip-preview", "--non-interactive"}
	for _, step := range []struct {
		name   string
		budget int
		do     func(p *project) cost
	}{
		{"preview", 0, func(p *project) cost { return p.measure(sandbox, "preview", "--non-interactive") }},
		{"update", budget.up, func(p *project) cost { return p.up(sandbox) }},
		{"no-op", 0, func(p *project) cost { return p.up(sandbox, "--expect-no-changes") }},
		{"refresh", budget.refresh, func(p *project) cost {
			return p.measure(sandbox, append([]string{"refresh"}, unattended...)...)
		}},
		{"destroy", budget.destroy, func(p *project) cost { return p.measure(sandbox, append([]string{"destroy"}, unattended...)...) }},
	} {
		took, least := step.do(p), step.do(floor)
		limit := "-"
		if step.budget > 0 {
			limit = fmt.Sprint(step.budget)
		}
		t.row(name+": "+step.name, took.calls, limit, took.bytes/1000, seconds(took.seconds), seconds(took.plugin), seconds(took.cli),
			int(took.peak), took.state/1000, seconds(least.seconds), seconds(least.plugin), int(least.peak))
		b.Log(name + ": " + step.name + "\n" + routesOf(took.routes))
	}
}

func seconds(s float64) string { return fmt.Sprintf("%.2f", s) }

func routesOf(routes map[string]*route) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(routes)) {
		fmt.Fprintf(&text, "%8d calls %10d bytes  %s\n", routes[name].calls, routes[name].bytes, name)
	}
	return text.String()
}

// seed is an organization of that size, whose stacks and environments are all in the project payments.
func seed(members, stacks, environments, teams int) []byte {
	var text strings.Builder
	text.WriteString("organization: acme\nusers:\n  - {login: ana, role: admin}\n")
	for i := range members {
		fmt.Fprintf(&text, "  - {login: user%04d}\n", i)
	}
	text.WriteString("stacks:\n")
	for i := range stacks {
		fmt.Fprintf(&text, "  - {project: payments, stack: s%05d}\n", i)
	}
	if environments > 0 {
		text.WriteString("environments:\n")
	}
	for i := range environments {
		fmt.Fprintf(&text, "  - {project: payments, environment: e%04d, owner: ana}\n", i)
	}
	if teams > 0 {
		text.WriteString("teams:\n")
	}
	for i := range teams {
		fmt.Fprintf(&text, "  - {name: existing%03d, members: [user%04d, user%04d]}\n", i, i%members, (i*7+1)%members)
	}
	return []byte(text.String())
}

func stacks(n int) []byte { return seed(100, n, 0, 0) }

// scopedTeams is a program of teams, with members if the text is not empty.
func scopedTeams(teams, rules int, members string) string {
	var program strings.Builder
	program.WriteString("resources:\n")
	for team := range teams {
		fmt.Fprintf(&program, "  t%03d:\n    type: leastprivilege:ScopedTeam\n    properties:\n      name: team%03d\n", team, team)
		if members != "" {
			program.WriteString("      members:\n")
			for i := range 100 {
				fmt.Fprintf(&program, "        - user%04d\n", i)
			}
		}
		program.WriteString("      access:\n        stacks:\n")
		for rule := range rules {
			fmt.Fprintf(&program, "          - {project: payments, stack: s%05d, permission: read}\n", team*rules+rule)
		}
	}
	return program.String()
}

func greetings(n int) string {
	var program strings.Builder
	program.WriteString("resources:\n")
	for i := range n {
		fmt.Fprintf(&program, "  g%03d:\n    type: hello:index:greeting\n    properties: {name: g%03d}\n", i, i)
	}
	return program.String()
}

// table is printed with its columns in line.
type table struct {
	text   strings.Builder
	writer *tabwriter.Writer
}

func newTable(columns ...string) *table {
	t := &table{}
	t.writer = tabwriter.NewWriter(&t.text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t.writer, strings.Join(columns, "\t"))
	return t
}

func (t *table) row(values ...any) {
	cells := make([]string, len(values))
	for i, value := range values {
		cells[i] = fmt.Sprint(value)
	}
	fmt.Fprintln(t.writer, strings.Join(cells, "\t"))
}

// String is the table.
func (t *table) String() string {
	_ = t.writer.Flush()
	return t.text.String()
}
