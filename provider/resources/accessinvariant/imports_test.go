package accessinvariant_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// Opening an environment opens what it imports, so that whoever may not open the imports is kept out. A preview counts the imports that the
// program is about to write as the update finds them.
func TestPreviewCountsPlannedImports(t *testing.T) {
	t.Parallel()
	type program = []enginetest.Declared
	chain := program{environment("base", "none", "payments/prod"), environment("made", "made", "payments/base")}
	reads := declared("Environment", "made", object{
		"project": "payments", "name": "made", "definition": "values: {a: \"${environments.payments.prod.a}\"}", "tags": object{"tier": "made"},
	})
	for name, c := range map[string]struct {
		before, after program
		in            bool // whether di, who opens what has the tag, opens it
	}{
		"none":                            {after: program{made("made")}, in: true},
		"one that is closed":              {after: program{environment("made", "made", "payments/prod")}},
		"an expression":                   {after: program{reads}},
		"one that is new and open":        {after: program{environment("base", "made", ""), environment("made", "made", "payments/base")}, in: true},
		"one that is new and closed":      {after: program{environment("base", "none", ""), environment("made", "made", "payments/base")}},
		"one behind one that is new":      {after: chain},
		"one that comes":                  {before: program{made("test")}, after: program{environment("made", "made", "payments/prod")}},
		"one that goes":                   {before: program{environment("made", "made", "payments/prod")}, after: program{made("made")}, in: true},
		"one that goes behind another":    {before: chain, after: program{environment("base", "made", ""), chain[1]}, in: true},
		"one that stays":                  {before: chain, after: chain},
		"one that opens by its tag":       {before: chain[:1], after: program{environment("base", "made", ""), chain[1]}, in: true},
		"one that is not open by its tag": {before: program{environment("base", "made", "")}, after: program{environment("base", "none", ""), chain[1]}},
	} {
		for _, indirect := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := start(t)
				require.NoError(t, w.Up(c.before...))
				watched := slices.Concat(c.after, program{onlyOncall(object{"environments": []string{"payments/made"}, "includeIndirect": indirect})})
				watched[len(watched)-1].Name = t.Name()
				for _, run := range []func(...enginetest.Declared) error{w.Preview, w.Up} {
					err := run(watched...)
					if !c.in {
						require.NoError(t, err)
						require.Contains(t, w.Said("AccessInvariant", t.Name()), "user di: team watchers, role tagged", "no documentation says that it is kept out")
						continue
					}
					require.ErrorContains(t, err, "payments/made: user di: team watchers, role tagged")
				}
				require.Equal(t, c.in, w.opens(w.TokenFor(servertest.Identity{User: "di"}), "payments/made"))
			})
		}
	}
}

// Nobody is taken for kept out by a definition that is not known yet, or that waits for an approval.
func TestUnknownDefinitionsKeepNobodyOut(t *testing.T) {
	t.Parallel()
	w := start(t)
	watched := onlyOncall(object{"environments": []string{"payments/made"}})
	unknown := made("made")
	unknown.Inputs["definition"] = property.New(property.Computed)
	require.ErrorContains(t, w.Preview(unknown, watched), "possible: the definition of environment payments/made is not known yet")

	require.NoError(t, w.Up(environment("made", "made", "payments/prod")))
	w.admin("POST", "/api/change-gates/acme", object{
		"name": "changes", "enabled": true, "target": object{"entityType": "environment", "qualifiedName": "payments/made", "actionTypes": []string{"update"}},
		"rule": object{"ruleType": "approval_required", "numApprovalsRequired": 1, "allowSelfApproval": false, "requireReapprovalOnChange": true,
			"eligibleApprovers": []any{object{"eligibilityType": "team_member", "teamName": "oncall"}}},
	})
	require.NoError(t, w.Preview(environment("made", "made", "payments/prod"), watched))
	err := w.Preview(environment("made", "made", "payments/dev"), watched)
	require.ErrorContains(t, err, "the definition of environment payments/made changes once that is approved")
	require.True(t, strings.Contains(err.Error(), "user di"))
}
