package graph_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

var updateTable = flag.Bool("update-table", false, "write the table of scopes into the package documentation")

// A new scope is judged before it is released: it has acts, or a reason why it leads nowhere, and not both.
func TestEveryScopeIsJudged(t *testing.T) {
	t.Parallel()
	judged := map[string]bool{}
	for _, v := range graph.Verdicts() {
		judged[string(v.Kind)+" "+v.Scope] = true
		if (len(v.Acts) == 0) != (v.Why != "") && !partOfAnAct(v) {
			t.Errorf("%s %s: acts %v, and leads nowhere: %q", v.Kind, v.Scope, v.Acts, v.Why)
		}
		if !access.NewCatalogue(nil).Has(v.Kind, v.Scope) {
			t.Errorf("%s %s is judged, and not in the catalogue", v.Kind, v.Scope)
		}
	}
	for _, kind := range access.Kinds() {
		for _, scope := range access.NewCatalogue(nil).Scopes(kind) {
			if !judged[string(kind)+" "+scope] {
				t.Errorf("%s %s is in the catalogue, and nobody judged where it leads", kind, scope)
			}
		}
	}
}

// partOfAnAct tells scopes that lead nowhere alone, and are needed together with others.
func partOfAnAct(v graph.Verdict) bool {
	for _, rule := range graph.ActRules() {
		for _, way := range rule.Ways {
			if way.On == v.Kind && len(way.Scopes) == 1 && way.Scopes[0] == v.Scope {
				return false
			}
		}
	}
	return len(v.Acts) > 0
}

// Every act can be used in some way, says where it leads, and is listed once.
func TestActsAreDescribed(t *testing.T) {
	t.Parallel()
	seen := map[graph.Act]bool{}
	for _, rule := range graph.ActRules() {
		if seen[rule.Act] || rule.Leads == "" || (len(rule.Ways) == 0) != (rule.Act == graph.ApproveSelf) {
			t.Errorf("%+v", rule)
		}
		seen[rule.Act] = true
	}
}

const tableFile = "acts_doc.go"

// The package documentation has the table.
func TestPackageDocumentationHasTheTable(t *testing.T) {
	t.Parallel()
	want := documentedTable()
	if *updateTable {
		if err := os.WriteFile(tableFile, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(tableFile)
	if err != nil || string(have) != want {
		t.Errorf("%s is not what the rules say (%v): go test ./provider/graph -run %s -update-table", tableFile, err, t.Name())
	}
}

func documentedTable() string {
	var b strings.Builder
	line := func(format string, args ...any) {
		b.WriteString(strings.TrimRight("// "+fmt.Sprintf(format, args...), " ") + "\n")
	}
	line("# Acts")
	line("")
	line("An act is something that a principal may do with scopes that it holds, and that leads to access which it does not hold.")
	line("[ActRules] has them as data. Scopes that are needed together are joined by +.")
	line("")
	for _, rule := range graph.ActRules() {
		line("  - %s, %s: %s", rule.Act, waysText(rule), rule.Leads)
	}
	line("")
	line("# Where every scope leads")
	line("")
	line("[Verdicts] has the table as data.")
	for _, kind := range access.Kinds() {
		line("")
		line("On the %s:", kind.Noun())
		line("")
		for _, v := range graph.Verdicts() {
			if v.Kind == kind {
				line("  - %s: %s", v.Scope, verdictText(v))
			}
		}
	}
	return strings.TrimSuffix(b.String(), "\n") + "\npackage graph\n"
}

func waysText(rule graph.ActRule) string {
	if len(rule.Ways) == 0 {
		return "approvers of a gate that allows self-approval"
	}
	var all []string
	for _, way := range rule.Ways {
		text := strings.Join(slices.Concat(way.Scopes, way.Also), " + ")
		if way.Doubt != "" {
			text += " (possible: " + way.Doubt + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", or ")
}

func verdictText(v graph.Verdict) string {
	var acts []string
	for _, act := range v.Acts {
		acts = append(acts, string(act))
	}
	switch {
	case v.Why == "":
		return strings.Join(acts, ", ")
	case len(acts) == 0:
		return "nowhere; " + v.Why
	}
	return "nowhere alone; " + v.Why + "; together with other scopes: " + strings.Join(acts, ", ")
}
