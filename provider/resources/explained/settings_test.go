package explained_test

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const settled = `
organization: acme
users:
  - {login: ana, role: admin}
  - {login: bo}
settings: {defaultEnvironmentPermission: read, defaultStackPermission: none}
teams:
  - {name: operators, members: [bo]}
stacks:
  - {project: payments, stack: prod, owner: ana}
  - {project: web, stack: dev, owner: bo}
environments:
  - {project: payments, environment: prod, owner: ana}
`

// Every setting is explained whatever its next value is: false, none and permissive too.
func TestPreviewOfASettingSaysWhoGainsAndWhoLoses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		property   string
		more, less any
		told       string
	}{
		{"membersCanCreateStacks", true, false, "bo and tokens of team operators could%s use stack:create in the organization"},
		{"membersCanCreateTeams", true, false, "bo and tokens of team operators could%s use team:create in the organization"},
		{"membersCanCreateAccounts", true, false, "bo and tokens of team operators could%s use insights_account:create in the organization"},
		{"membersCanDeleteStacks", true, false, "bo and deployments of stack web/dev could%s possibly delete stack web/dev"},
		{"membersCanTransferStacks", true, false, "bo and deployments of stack web/dev could%s possibly use stack:transfer on stack web/dev"},
		{"defaultStackPermission", "write", "none", "bo could%s write stack payments/prod"},
		{"defaultEnvironmentPermission", "open", "none", "bo and tokens of team operators could%s open payments/prod"},
		{"permissionMode", "permissive", "restricted", "tokens of team operators could%s read environment payments/prod"},
	} {
		t.Run(test.property, func(t *testing.T) {
			t.Parallel()
			w := explaining(t, settled)
			e := w.Resource("OrganizationSettings")
			inputs := func(value any) map[string]any {
				return map[string]any{"organization": "acme", test.property: value, "allow": []any{"loosenDefaults"}}
			}
			for _, step := range []struct {
				from, to any
				how      string
			}{{test.less, test.more, ""}, {test.more, test.less, " no longer"}} {
				require.NoError(t, e.Up(inputs(step.from)))
				said := told(t, anew(w, "OrganizationSettings", e), inputs(step.to))
				t.Log(said)
				assert.Contains(t, said, fmt.Sprintf(test.told, step.how))
			}
		})
	}
}

// A setting that is not known yet, alone, is told as such.
func TestPreviewOfAnUnknownSettingSaysSo(t *testing.T) {
	t.Parallel()
	e := explaining(t, settled).Resource("OrganizationSettings")
	said := told(t, e, map[string]any{"organization": "acme", "defaultEnvironmentPermission": property.New(property.Computed)})
	assert.Contains(t, said, "only the update can tell who gains or loses access by this: the setting defaultEnvironmentPermission")
}
