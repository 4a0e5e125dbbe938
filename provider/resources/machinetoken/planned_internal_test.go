package machinetoken

import (
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
)

// A role id that is not known yet may be that of another role than the only one that the program makes.
func TestRoleThatIsNotKnownMayBeAnother(t *testing.T) {
	t.Parallel()
	current := &session.Session{Now: time.Now}
	current.Planned.Add(t.Context(), urn.New("dev", "shop", "", "leastprivilege:index:Role", "looks"), func() (string, graph.Changes) {
		return "acme", graph.Changes{{CreatesRole: "planned:looks"}}
	})
	desired := Args{Organization: new("acme"), Name: "ci"}
	_, changes := plannedAccess(t.Context(), kit.Op{Session: current, Unknowns: []string{"roleId"}}, nil, desired)
	assert.Contains(t, changes.Unknown()[0].What, "role")
	assert.NotNil(t, changes[0].Organization, "what it probably is counts all the same")
}
