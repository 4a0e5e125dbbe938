// Package browser drives the page of access in a real browser.
package browser_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/report/page"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
)

// browserPath finds a browser. Without one the test is skipped, but not where one was promised: in continuous integration.
func browserPath(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	if os.Getenv("LEASTPRIVILEGE_BROWSER") == "required" {
		t.Fatal("no Chromium on the PATH: `.ci/run` installs it")
	}
	t.Skip("no Chromium on the PATH: install it to test the page")
	return ""
}

// outcome is what every drive says besides what it was asked for.
type outcome struct {
	Dialogs, Errors, Requests []string
	Cells                     map[string]string
	Filters                   map[string]json.RawMessage
	Keyboard                  keyboard
	Looks                     looks
	Names                     struct {
		Cells   map[string]string
		Title   string
		Owned   bool
		Scripts int
	}
	Times struct {
		Ready, Busy, Filtered float64
		Cells, Elements       int
	}
}

// drive writes a page, and drives it.
func drive(t *testing.T, in page.Input, steps ...string) (outcome, int64) {
	t.Helper()
	browser := browserPath(t)
	file := filepath.Join(t.TempDir(), "page.html")
	var text bytes.Buffer
	require.NoError(t, page.Write(&text, in))
	require.NoError(t, os.WriteFile(file, text.Bytes(), 0o600))
	// Where pictures are wanted, this names the folder for them.
	pictures := os.Getenv("LEASTPRIVILEGE_PICTURES")
	command := exec.CommandContext(t.Context(), "node", append([]string{"driver.js", browser, file, pictures}, steps...)...)
	var errors bytes.Buffer
	command.Stderr = &errors
	output, err := command.Output()
	require.NoError(t, err, "%s", errors.String())
	var out outcome
	require.NoError(t, json.Unmarshal(output, &out), "%s", output)
	assert.Empty(t, out.Requests, "the page asked for something")
	assert.Empty(t, out.Errors)
	assert.Empty(t, out.Dialogs)
	return out, int64(text.Len())
}

// reviewed is a drawn organization with its findings and what principals come to by acts.
func reviewed(d drawn) page.Input {
	result := review.Review(review.Input{Organization: d.Organization, Now: taken})
	return page.Input{
		Snapshot: graph.Snapshot{Taken: taken, Organization: d.Organization}, Review: &result,
		Indirect: true, Escalations: graph.NewIndex(d.Organization).Escalations(nil, "", nil),
	}
}

// small is small enough to read every cell of it.
func small() drawn { return drawnOrganization(1, 20, 6, 20, 8) }

// levelIn is the level that a cell shows.
func levelIn(short string) access.Level {
	letter, _ := strings.CutSuffix(short, "↗")
	letter, _ = strings.CutSuffix(letter, "◇")
	return map[string]access.Level{"": access.None, "R": access.Read, "O": access.Open, "W": access.Write, "A": access.Admin}[letter]
}

// checkCells compares cells with what follows from the grants, and returns how many of them there are.
func checkCells(t *testing.T, d drawn, cells map[string]string) int {
	t.Helper()
	seen := 0
	for label, short := range cells {
		who, words, _ := strings.Cut(label, ": ")
		if strings.HasSuffix(who, ", organization acme") {
			continue
		}
		want, known := d.Strongest[who]
		require.True(t, known, "a cell of %q", who)
		assert.Equal(t, want, levelIn(short), "%s shows %q", label, short)
		first, _, _ := strings.Cut(words, ",")
		assert.Equal(t, strings.ReplaceAll(string(want), "none", "nothing"), first, label)
		seen++
	}
	return seen
}

func TestEveryCellIsTheStrongestPermission(t *testing.T) {
	t.Parallel()
	d := small()
	out, _ := drive(t, reviewed(d), "cells")
	assert.Len(t, d.Strongest, checkCells(t, d, out.Cells))
}

// Where something could not be read, no cell is empty.
func TestCannotTellIsNeverAnEmptyCell(t *testing.T) {
	t.Parallel()
	d := small()
	in := reviewed(d)
	in.Snapshot.Blind = []graph.Blind{{What: "tokens of the organization", Hides: "tokens and their roles"}}
	out, _ := drive(t, in, "cells")
	require.GreaterOrEqual(t, len(out.Cells), len(d.Strongest))
	for label, short := range out.Cells {
		assert.NotEmpty(t, short, label)
		if who, words, _ := strings.Cut(label, ": "); d.Strongest[who] == access.None {
			assert.Regexp(t, "^cannot tell", words, label)
			assert.Regexp(t, `^\?`, short, label)
		}
	}
}

// filtered is what the page shows under a filter.
type filtered struct {
	Shown string
	Cells map[string]string
}

func TestFiltersLeaveWhatMatches(t *testing.T) {
	t.Parallel()
	d := small()
	in := reviewed(d)
	out, _ := drive(t, in, "filters")
	left := func(name string) (f filtered) {
		require.NoError(t, json.Unmarshal(out.Filters[name], &f))
		return f
	}
	principals, entities := len(d.Users)+len(d.Teams), len(d.Environments)+len(d.Stacks)+1
	everything := fmt.Sprintf("%d of %[1]d principals, %d of %[2]d entities", principals, entities)
	assert.Equal(t, everything, left("all before").Shown)
	assert.Equal(t, everything, left("all after").Shown)
	assert.Equal(t, fmt.Sprintf("0 of %d principals, %d of %[2]d entities", principals, entities), left("nothing").Shown)
	assert.Empty(t, left("nothing").Cells)

	search := left("search")
	assert.Equal(t, fmt.Sprintf("10 of %d principals, 10 of %d entities", principals, entities), search.Shown)
	assert.Equal(t, 100, checkCells(t, d, search.Cells))
	kinds := left("kinds")
	assert.Equal(t, len(d.Teams)*len(d.Stacks), checkCells(t, d, kinds.Cells))

	for name, least := range map[string]map[string][]access.Level{
		"write": {"environment": {access.Write, access.Admin}, "stack": {access.Write, access.Admin}},
		"scope": {"environment": {access.Open, access.Write, access.Admin}},
	} {
		rows, columns := map[string]bool{}, map[string]bool{}
		for label, level := range d.Strongest {
			who, what, _ := strings.Cut(label, ", ")
			kind, _, _ := strings.Cut(what, " ")
			for _, one := range least[kind] {
				if strings.HasPrefix(who, "user ") && level == one {
					rows[who], columns[what] = true, true
				}
			}
		}
		counts := fmt.Sprintf("%d of %d principals, %d of %d entities", len(rows), principals, len(columns), entities)
		assert.Equal(t, counts, left(name).Shown, name)
		assert.Equal(t, len(rows)*len(columns), checkCells(t, d, left(name).Cells), name)
	}

	rows, columns := map[string]bool{}, map[string]bool{}
	for _, finding := range in.Review.Findings {
		switch onlyEntity := finding.Principal == ""; {
		case onlyEntity:
			t.Fatalf("a finding of everybody: %v", finding)
		case finding.Entity == "":
			t.Fatalf("a finding on everything: %v", finding)
		}
		if isPrincipal(d, finding.Principal) {
			rows[finding.Principal], columns[finding.Entity] = true, true
		}
	}
	assert.Equal(t, fmt.Sprintf("%d of %d principals, %d of %d entities", len(rows), principals, len(columns), entities), left("findings").Shown)
	indirect := map[graph.PrincipalID]bool{}
	for _, e := range in.Escalations {
		indirect[e.Principal] = true
	}
	assert.Regexp(t, fmt.Sprintf("^%d of ", len(indirect)), left("indirect").Shown)

	var findings int
	require.NoError(t, json.Unmarshal(out.Filters["searched"], &findings))
	assert.Equal(t, in.Review.ByRule[review.Escalation], findings)
}

func isPrincipal(d drawn, name string) bool {
	kind, name, _ := strings.Cut(name, ":")
	for _, user := range d.Users {
		if kind == "user" && user.Login == name {
			return true
		}
	}
	for _, team := range d.Teams {
		if kind == "team" && team.Name == name {
			return true
		}
	}
	return false
}

type keyboard struct {
	First, Outline, Moved, InPanel, Back, Last, Kept string
	Panel                                            struct {
		Hidden     bool
		Role, Text string
	}
	Closed, LastInView, InView bool
	TabStops                   int
	Violations                 []string
}

func TestKeyboardOpensTheReasons(t *testing.T) {
	t.Parallel()
	d := small()
	out, _ := drive(t, reviewed(d), "keyboard")
	k := out.Keyboard
	assert.Regexp(t, "^user ana, environment project-0/env-0000: admin", k.First)
	assert.Equal(t, "solid", k.Outline, "the focus is visible")
	assert.Regexp(t, "^user user-001, environment project-0/env-0007: ", k.Moved)
	assert.True(t, k.InView)
	assert.False(t, k.Panel.Hidden)
	assert.Equal(t, "dialog", k.Panel.Role)
	assert.Contains(t, k.Panel.Text, "user user-001 → environment project-0/env-0007")
	assert.Equal(t, "panel-title", k.InPanel)
	assert.True(t, k.Closed)
	assert.Equal(t, k.Moved, k.Back, "Escape goes back to the cell")
	assert.Regexp(t, "^team team-05, organization acme: ", k.Last)
	assert.True(t, k.LastInView)
	assert.Equal(t, 1, k.TabStops)
	assert.Equal(t, k.Last, k.Kept)
	assert.Empty(t, k.Violations)
}

// look is how the page looks in one way.
type look struct {
	Back, Text string
	Overflow   bool
}

type looks struct {
	Light, Dark, Narrow, Toggled look
	NarrowDark                   look `json:"narrow-dark"`
	ThemeLabel                   string
	Print                        struct {
		Grid, Back, Text string
		Tables, Findings int
	}
	Violations map[string][]string
}

func TestPageIsAccessibleInEveryLook(t *testing.T) {
	t.Parallel()
	d := small()
	in := reviewed(d)
	in.Snapshot.Blind = []graph.Blind{{What: "tokens of the organization", Hides: "tokens and their roles"}}
	out, _ := drive(t, in, "looks")
	l := out.Looks
	for name, violations := range l.Violations {
		assert.Empty(t, violations, name)
	}
	assert.Len(t, l.Violations, 5)
	const white, dark = "rgb(255, 255, 255)", "rgb(17, 22, 29)"
	assert.Equal(t, []string{white, dark, white, dark}, []string{l.Light.Back, l.Dark.Back, l.Narrow.Back, l.NarrowDark.Back})
	assert.Equal(t, l.Dark, l.Toggled)
	assert.Equal(t, "Theme: dark", l.ThemeLabel)
	for name, one := range map[string]look{"light": l.Light, "narrow": l.Narrow, "narrow dark": l.NarrowDark} {
		assert.False(t, one.Overflow, "the page of %s scrolls sideways", name)
	}
	assert.Equal(t, "none", l.Print.Grid)
	assert.Equal(t, white, l.Print.Back)
	assert.Equal(t, len(d.Environments)+len(d.Stacks)+1, l.Print.Tables)
	assert.Equal(t, len(in.Review.Findings), l.Print.Findings)
	assert.Contains(t, l.Print.Text, "cannot tell")
}

// Names that would break out of the page, run something, or turn the text around.
func TestHostileNamesStayNames(t *testing.T) {
	t.Parallel()
	names := []string{
		"</script><script>owned=1</script>", `"><img src=x onerror=owned=1>`, "' onmouseover=owned=1 '", "a\u2028b", "\u202egnp.exe", "<!--<script>", "{{.}}${owned}", "__proto__",
	}
	o := graph.Organization{
		Login: names[0], MemberRole: "member", Catalogue: access.NewCatalogue(nil),
		Records: map[string]graph.Record{"member": {Name: names[1], Identifier: "member", Descriptor: access.Allowed{Permissions: []string{"environment:create"}}}},
	}
	for i, name := range names {
		o.Users = append(o.Users, graph.User{Login: name, Role: "member"})
		o.Teams = append(o.Teams, graph.Team{Name: name, Members: []string{name}, Environments: map[string]graph.Held{name: {Level: access.Open}}})
		o.Environments = append(o.Environments, graph.Resource{Entity: access.Entity{Kind: access.Environment, ID: fmt.Sprint(i)}, Name: name, Definition: &graph.Definition{}})
	}
	out, _ := drive(t, page.Input{Snapshot: graph.Snapshot{Taken: taken, Organization: o}}, "names")
	assert.True(t, out.Names.Owned, "nothing of a name ran")
	assert.Equal(t, 2, out.Names.Scripts)
	assert.Equal(t, "Access in "+names[0], out.Names.Title)
	assert.Len(t, out.Names.Cells, 2*len(names)*(len(names)+1))
	labels := make([]string, 0, len(out.Names.Cells))
	for label := range out.Names.Cells {
		labels = append(labels, label)
	}
	sort.Strings(labels)
	all := strings.Join(labels, "\n")
	assert.Contains(t, all, `user \u{202E}gnp.exe, environment \u{202E}gnp.exe: open`)
	assert.Contains(t, all, "user __proto__, environment __proto__: open")
}

// The budget of bytes is firm. The time is that of the machine, so that only what no reader would wait for fails.
func TestLargeOrganizationOpensInTime(t *testing.T) {
	t.Parallel()
	const principals, entities, mostBytes, mostMilliseconds = 500, 2000, 25 << 20, 30_000
	d := drawnOrganization(2, principals-1-60, 60, 1400, entities-1400-1)
	in := page.Input{Snapshot: graph.Snapshot{Taken: taken, Organization: d.Organization}, Review: &review.Result{}, Indirect: true}
	for i, user := range d.Users {
		in.Review.Findings = append(in.Review.Findings, review.Finding{
			ID: fmt.Sprintf("%016d", i), Rule: review.DirectGrant, Severity: review.Low, Principal: "user:" + user.Login, Entity: "environment:" + d.Environments[i].Name,
			Risk: "A grant to one person stays.", Evidence: []string{"assignment on the entity"}, Fix: "Give it to a team.",
		})
		escalation := graph.Escalation{
			Principal: graph.PrincipalID{Kind: graph.UserKind, Name: user.Login}, Certainty: graph.Certain, Acts: []graph.Performed{{Text: "change a team"}},
		}
		for _, t := range d.Environments {
			escalation.Reaches = append(escalation.Reaches, graph.Gain{Scope: "environment:open", Kind: access.Environment, Name: t.Name})
		}
		in.Escalations = append(in.Escalations, escalation)
	}
	out, size := drive(t, in, "times")
	t.Logf("%d principals x %d entities: %.1f MB, opened in %.0f ms (%.0f ms of work), filtered in %.0f ms, %d cells of %d elements drawn",
		principals, entities, float64(size)/(1<<20), out.Times.Ready, out.Times.Busy, out.Times.Filtered, out.Times.Cells, out.Times.Elements)
	assert.Less(t, size, int64(mostBytes))
	assert.Less(t, out.Times.Ready, float64(mostMilliseconds))
	assert.Less(t, out.Times.Cells, 5000, "only what is in view is drawn")
	assert.NotZero(t, out.Times.Cells)
}
