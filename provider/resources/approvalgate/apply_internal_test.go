package approvalgate

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// What a refusal advises is possible where the gate is declared: a BreakGlass has no input `enabled`.
func TestAdviceOnAGateThatStaysFitsItsComponent(t *testing.T) {
	t.Parallel()
	assert.Contains(t, withoutApproval(""), "`enabled: false` on the gate")
	assert.Contains(t, withoutApproval("ProductionEnvironment"), "`enabled: false` in openApproval or updateApproval of the ProductionEnvironment")
	assert.NotContains(t, withoutApproval("BreakGlass"), "enabled: false")
	assert.Contains(t, withoutApproval("BreakGlass"), "deletionProtected to false")
}
