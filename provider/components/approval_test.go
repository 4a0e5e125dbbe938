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
		"requireReapprovalOnChange": property.New(false), "enabled": property.New(false), "takeOver": property.New(true),
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
		"takeOver": property.New(true),
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

// The environment is told of its gates, which stand before its definition; they go with it, and neither goes while it is
// protected.
func TestGatesStandBeforeAndOutliveTheEnvironment(t *testing.T) {
	t.Parallel()
	const environmentType = "leastprivilege:index:Environment"
	e := newEngine(t)
	made, err := e.construct("ProductionEnvironment", guardedEnvironment(inputs{
		"openApproval": approvedBy(text("ana")), "updateApproval": object(inputs{
			"approvers": object(inputs{"users": list(text("bo"))}), "enabled": property.New(false),
		}),
	}), false)
	require.NoError(t, err)
	environment := e.child(environmentType, "x")
	assert.Equal(t, list(
		object(inputs{"action": text("open"), "approvers": object(inputs{"users": list(text("ana"))})}),
		object(inputs{"action": text("update"), "approvers": object(inputs{"users": list(text("bo"))}), "enabled": property.New(false)}),
	), environment.Inputs.Get("gates"))
	assert.True(t, environment.RegisterRPC.GetProtect())
	open := e.child(gateType, "x-open")
	assert.Contains(t, open.RegisterRPC.GetDeletedWith(), environmentType)
	assert.True(t, open.RegisterRPC.GetProtect())
	assert.False(t, e.child(gateType, "x-update").RegisterRPC.GetProtect(), "a gate that is not in force guards nothing")
	for name, value := range map[string]string{"project": "payments", "name": "prod", "environmentId": "environment-1"} {
		assert.Equal(t, value, made.State.Get(name).AsString())
	}

	e = newEngine(t)
	made, err = e.construct("ProductionEnvironment", guardedEnvironment(inputs{
		"openApproval": approvedBy(text("ana")), "deletionProtected": property.New(false),
	}), true)
	require.NoError(t, err)
	assert.False(t, e.child(environmentType, "x").RegisterRPC.GetProtect())
	assert.False(t, e.child(gateType, "x-open").RegisterRPC.GetProtect())
	assert.Equal(t, "prod", made.State.Get("name").AsString(), "known at preview")
}
