package approvalgate_test

import (
	"encoding/json"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

// exceptionsGate is a gate on policy exceptions, as the service is told it.
func exceptionsGate(name string) resourcetest.Tree {
	return resourcetest.Tree{
		"name": name, "enabled": true,
		"target": resourcetest.Tree{"entityType": "policy_exceptions", "qualifiedName": "acme", "actionTypes": []string{"create"}},
		"rule": resourcetest.Tree{
			"ruleType": "approval_required", "numApprovalsRequired": 1, "allowSelfApproval": false, "requireReapprovalOnChange": true,
			"eligibleApprovers": []resourcetest.Tree{{"eligibilityType": "specific_user", "userLogin": "sec"}},
		},
	}
}

func addExceptionsGate(t *testing.T, w resourcetest.World) string {
	t.Helper()
	var made struct{ ID string }
	require.NoError(t, json.Unmarshal(w.Admin("POST", resourcetest.GatesPath, exceptionsGate("open payments/prod")), &made))
	return made.ID
}

// A gate on policy exceptions is shown as that when it is imported, and is neither changed nor deleted.
func TestImportOfAGateOnPolicyExceptions(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, aroundSeed)
	id := addExceptionsGate(t, w)
	e := w.Resource("ApprovalGate")
	require.NoError(t, e.Adopt("acme/"+id))
	assert.Contains(t, resourcetest.Shown(e.State), `it guards a policy_exceptions (organization "acme")`)
	assert.Empty(t, e.State.Get("environment").AsString())
	assert.Contains(t, e.Said(), "never changes or deletes it")
	require.NoError(t, e.Refresh())

	_, err := e.Server.Diff(p.DiffRequest{
		ID: e.ID, Urn: e.URN, State: e.State, OldInputs: e.Inputs, Inputs: e.Checked(resourcetest.GateBySec("open", nil)),
	})
	require.ErrorContains(t, err, "pulumi state delete")
	require.ErrorContains(t, e.Destroy(), "pulumi state delete")
	assert.Empty(t, w.Gates())
	w.Admin("GET", resourcetest.GatesPath+"/"+id, nil)
}

// It is never taken for the gate of an environment, whatever it is called: the environment's own is created beside it.
func TestAGateOnPolicyExceptionsIsNotTakenOver(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, aroundSeed)
	other := addExceptionsGate(t, w)
	e := w.Resource("ApprovalGate")
	require.NoError(t, e.Up(resourcetest.GateBySec("open", map[string]any{"takeOver": true})))
	assert.NotEqual(t, other, e.State.Get("gateId").AsString())
	assert.Len(t, w.Gates(), 1)
}

// A gate that somebody turned to something else is drift, and the next update turns it back.
func TestAGateThatWasTurnedToPolicyExceptions(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, aroundSeed)
	inputs := resourcetest.GateBySec("open", nil)
	e := w.Resource("ApprovalGate")
	require.NoError(t, e.Up(inputs))
	w.Admin("PUT", resourcetest.GatesPath+"/"+e.State.Get("gateId").AsString(), exceptionsGate("open payments/prod"))
	assert.Empty(t, w.Gates())
	require.NoError(t, e.Refresh())
	assert.Contains(t, resourcetest.Shown(e.State), "it guards a policy_exceptions")
	assert.Equal(t, "prod", e.State.Get("environment").AsString())
	_, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "change that it guards a policy_exceptions")
	require.NoError(t, e.Up(inputs))
	require.Len(t, w.Gates(), 1)
	assert.Equal(t, "open", w.Gates()[0].Action)
	e.Settled(inputs)
}
