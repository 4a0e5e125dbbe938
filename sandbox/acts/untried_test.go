package acts_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// untried are the ways that the sandbox has no call for, with the reason. The documentation of package graph has them.
var untried = map[graph.Act]map[int]string{
	graph.CreateTeam:             {1: "it takes an organization that one of GitHub backs"},
	graph.EditMember:             {1: "the call is for the only administrator, on plans that have no custom roles"},
	graph.AddMember:              {1: "an invitation is accepted by signing in, which is no call", 2: "who asks to join signs in, which is no call"},
	graph.EditSignIn:             {0: signIn, 1: signIn, 2: "the call is not documented"},
	graph.CreateServicePrincipal: {0: "the call is not documented"},
	graph.Retag:                  {1: "the sandbox keeps tags that decide from who may not write tags"},
	graph.UseDeployment:          {2: schedules, 3: schedules},
	graph.PublishPolicy:          {0: packs, 1: packs},
	graph.TransferStack:          {0: "the sandbox has one organization", 1: "the sandbox has one organization"},
	graph.InstructAgent:          {0: tasks, 1: tasks, 2: tasks, 3: tasks},
	graph.EditAgent:              {0: tasks, 1: tasks},
}

const (
	signIn    = "signing in takes an identity provider, and is no call"
	schedules = "as whom a schedule runs is described in two ways, and the sandbox has no schedules"
	packs     = "a policy pack is run by the deployment's own CLI, and the sandbox runs no programs"
	tasks     = "a model runs a task, and with which token it acts is not documented"
)

var updateDocumentation = flag.Bool("update-untried", false, "write what is not tried into the documentation of package graph")

// The documentation of package graph says of every way that is not tried why.
func TestDocumentationNamesWhatIsNotTried(t *testing.T) {
	t.Parallel()
	text := "// # Acts that are not tried\n//\n// A test of the sandbox performs each act in each of its ways as the principal, uses the access that it leads to, and is refused without\n" +
		"// any one of its scopes. These ways it cannot perform:\n//\n"
	for _, rule := range graph.ActRules() {
		for way := range rule.Ways {
			if why := untried[rule.Act][way]; why != "" {
				text += fmt.Sprintf("//   - %s by %s: %s\n", rule.Act, strings.Join(rule.Ways[way].Scopes, " + "), why)
			}
		}
	}
	text += "package graph\n"
	const file = "../../provider/graph/acts_untried.go"
	if *updateDocumentation {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(file); err != nil || string(have) != text {
		t.Errorf("%s is not what the trials say (%v): go test ./sandbox/acts -run %s -update-untried", file, err, t.Name())
	}
}

// Every way of every act is tried, or the sandbox cannot.
func TestEveryWayIsTried(t *testing.T) {
	t.Parallel()
	for _, rule := range graph.ActRules() {
		for way := range max(1, len(rule.Ways)) {
			tried := slices.ContainsFunc(trials, func(x trial) bool { return x.act == rule.Act && x.way == way })
			if why := untried[rule.Act][way]; tried == (why != "") {
				t.Errorf("%s by way %d: tried %v, and cannot be: %q", rule.Act, way, tried, why)
			}
		}
	}
}
