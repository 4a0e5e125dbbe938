package components_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func approvedBy(user property.Value) property.Value {
	return object(inputs{"approvers": object(inputs{"users": list(user)})})
}

func guardedEnvironment(more inputs) inputs {
	in := inputs{"project": text("payments"), "name": text("prod")}
	for name, value := range more {
		in[name] = value
	}
	return in
}

const gateType = "leastprivilege:index:ApprovalGate"

func TestApprovalsOfAProductionEnvironment(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	made, err := e.construct("ProductionEnvironment", guardedEnvironment(inputs{
		"openApproval": object(inputs{
			"approvers":         object(inputs{"teams": list(text("security")), "permission": text("environment:write")}),
			"requiredApprovals": property.New(2.0), "allowSelfApproval": property.New(true),
			"requireReapprovalOnChange": property.New(false), "enabled": property.New(false),
		}),
		"updateApproval": approvedBy(text("ana")),
	}), false)
	require.NoError(t, err)
	assert.Equal(t, "gate-x-open", made.State.Get("openGateId").AsString())
	assert.Equal(t, "gate-x-update", made.State.Get("updateGateId").AsString())

	open := e.child(gateType, "x-open")
	assert.Equal(t, property.NewMap(inputs{
		"project": text("payments"), "environment": text("prod"), "action": text("open"),
		"approvers":         object(inputs{"teams": list(text("security")), "permission": text("environment:write")}),
		"requiredApprovals": property.New(2.0), "allowSelfApproval": property.New(true),
		"requireReapprovalOnChange": property.New(false), "enabled": property.New(false),
	}), open.Inputs)
	assert.Contains(t, open.RegisterRPC.GetParent(), "leastprivilege:index:ProductionEnvironment::x")
	require.Len(t, open.RegisterRPC.GetDependencies(), 1, "there is nothing to guard before the environment")
	assert.Contains(t, open.RegisterRPC.GetDependencies()[0], "leastprivilege:index:Environment")

	update := e.child(gateType, "x-update")
	assert.Equal(t, "update", update.Inputs.Get("action").AsString())
	for _, left := range []string{"requiredApprovals", "allowSelfApproval", "enabled", "name"} {
		assert.True(t, update.Inputs.Get(left).IsNull(), "%s is left to the gate's default", left)
	}
}

func TestNoApprovalsNoGates(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	made, err := e.construct("ProductionEnvironment", guardedEnvironment(nil), false)
	require.NoError(t, err)
	assert.NotContains(t, strings.Join(e.childNames(), " "), gateType)
	assert.True(t, made.State.Get("openGateId").IsNull())
}

func TestNestedMarksReachTheGates(t *testing.T) {
	t.Parallel()
	construct := func(user property.Value, dryRun bool) property.Value {
		e := newEngine(t)
		_, err := e.construct("ProductionEnvironment", guardedEnvironment(inputs{"openApproval": approvedBy(user)}), dryRun)
		require.NoError(t, err)
		child := e.child(gateType, "x-open")
		if user.Dependencies() != nil {
			assert.Contains(t, child.RegisterRPC.GetDependencies(), string(upstream))
		}
		return child.Inputs.Get("approvers")
	}
	assert.True(t, construct(secret(text("ana")), false).HasSecrets())
	assert.True(t, construct(unknown(), true).HasComputed())
	assert.False(t, construct(dependent(text("ana")), false).HasComputed())
}

func TestBadApprovals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		path string
		more inputs
	}{
		"nobody":          {"openApproval.approvers", inputs{"openApproval": object(inputs{"approvers": object(inputs{})})}},
		"too few":         {"updateApproval.requiredApprovals", inputs{"updateApproval": object(inputs{"approvers": object(inputs{"users": list(text("ana"))}), "requiredApprovals": property.New(2.0)})}},
		"misspelled":      {"openApproval.approvers.permission", inputs{"openApproval": object(inputs{"approvers": object(inputs{"permission": text("environment:wirte")})})}},
		"an unknown gate": {"openApproval", inputs{"openApproval": unknown()}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			_, err := e.construct("ProductionEnvironment", guardedEnvironment(test.more), true)
			require.Error(t, err)
			assert.Contains(t, failedPaths(t, err), test.path, "%v", err)
			assert.Empty(t, e.children)
		})
	}
}

// A store of secrets is guarded in the same way.
func TestApprovalsOfASecretStore(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	in := secretStores(inputs{"create": property.New(false), "roleArn": text("arn:aws:iam::123456789012:role/r")})
	in["openApproval"], in["updateApproval"] = approvedBy(text("ana")), approvedBy(text("bo"))
	made, err := e.construct("SecretStoreEnvironment", in, false)
	require.NoError(t, err)
	assert.Equal(t, "gate-x-open", made.State.Get("openGateId").AsString())
	assert.Equal(t, "open", e.child(gateType, "x-open").Inputs.Get("action").AsString())
	assert.Equal(t, "update", e.child(gateType, "x-update").Inputs.Get("action").AsString())

	in["openApproval"] = object(inputs{"approvers": object(inputs{})})
	_, err = newEngine(t).construct("SecretStoreEnvironment", in, true)
	assert.Contains(t, failedPaths(t, err), "openApproval.approvers")
}

// Access that only looks is guarded in the same way.
func TestApprovalsOfReadOnlyCloudAccess(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	in := readOnly(inputs{"aws": object(inputs{"accountId": text("123456789012")})})
	in["openApproval"], in["updateApproval"] = approvedBy(text("ana")), approvedBy(text("ana"))
	made, err := e.construct("ReadOnlyCloudAccess", in, false)
	require.NoError(t, err)
	assert.Equal(t, "gate-x-open", made.State.Get("openGateId").AsString())
	assert.Equal(t, "gate-x-update", made.State.Get("updateGateId").AsString())
	open := e.child(gateType, "x-open")
	assert.Equal(t, property.NewMap(inputs{
		"project": text("payments"), "environment": text("prod"), "action": text("open"), "approvers": object(inputs{"users": list(text("ana"))}),
	}), open.Inputs)
	require.Len(t, open.RegisterRPC.GetDependencies(), 1)
	assert.Contains(t, open.RegisterRPC.GetDependencies()[0], "leastprivilege:index:Environment")
	assert.Equal(t, "update", e.child(gateType, "x-update").Inputs.Get("action").AsString())

	in["openApproval"], in["updateApproval"] = object(inputs{"approvers": object(inputs{})}), unknown()
	e = newEngine(t)
	_, err = e.construct("ReadOnlyCloudAccess", in, true)
	require.Error(t, err)
	assert.ElementsMatch(t, []string{"openApproval.approvers", "updateApproval"}, failedPaths(t, err), "%v", err)
	assert.Empty(t, e.children)
}
