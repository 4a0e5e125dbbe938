package components_test

import (
	"encoding/json"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
)

const (
	attachmentsToken = "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive"
	exclusiveToken   = "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive"
	inlineToken      = "aws:iam/rolePolicy:RolePolicy"
	projectRoleToken = "gcp:projects/iAMMember:IAMMember"
)

func threeClouds(aws, azure, gcp inputs) inputs {
	return inputs{
		"project": text("payments"), "name": text("prod"), "values": object(inputs{"region": text("eu")}),
		"aws": object(aws), "azure": object(azure), "gcp": object(gcp),
	}
}

// permissionsOf are what the transition is told that the program gives.
func (e *engine) permissionsOf() property.Value {
	return plainOf(e.child("leastprivilege:index:LoginTransition", "x").Inputs.Get("permissions"))
}

// What a program gave, and the transition says is to be kept, stays the very child that it was.
func TestKeptPermissionsStayTheSameChildren(t *testing.T) {
	t.Parallel()
	const policy = "arn:aws:iam::aws:policy/A"
	before := newEngine(t)
	_, err := before.construct("ProductionEnvironment", threeClouds(
		inputs{"accountId": text("123456789012"), "managedPolicyArns": texts(policy), "inlinePolicies": object(inputs{"own": text("{}")})},
		createdAzure(assignment(text(azureGroup), azureReader)), createdGCP(inputs{"roles": texts("roles/viewer")}),
	), false)
	require.NoError(t, err)
	given := before.permissionsOf()
	require.Equal(t, texts(policy), list(given.AsMap().Get("aws.managedPolicyArns").AsMap().Get(policy)))

	for _, hidden := range []bool{false, true} {
		after := newEngine(t)
		after.kept = given.WithSecret(hidden)
		_, err = after.construct("ProductionEnvironment", threeClouds(inputs{"accountId": text("123456789012")}, createdAzure(), createdGCP(nil)), false)
		require.NoError(t, err)
		assert.Equal(t, before.childNames(), after.childNames())
		for name, child := range before.children {
			switch string(child.TypeToken) {
			case attachmentsToken, exclusiveToken, inlineToken, assignmentToken, projectRoleToken:
				got := after.children[name].Inputs
				assert.Equal(t, plainOf(property.New(child.Inputs)), plainOf(withoutMarks(property.New(got))), name)
			}
		}
		assert.Equal(t, hidden, after.child(inlineToken, "x-own").Inputs.Get("policy").HasSecrets())
		assert.True(t, after.child("leastprivilege:index:LoginTransition", "x").Inputs.Get("permissions").IsNull(), "the program gives nothing")
		assert.Equal(t, before.child("leastprivilege:index:LoginTransition", "x").Inputs.Get("definition").AsString(),
			after.child("leastprivilege:index:LoginTransition", "x").Inputs.Get("definition").AsString(), "and its definition is the same")
	}
}

func withoutMarks(v property.Value) property.Value {
	switch {
	case v.IsMap():
		fields := inputs{}
		for name, field := range v.AsMap().All {
			fields[name] = withoutMarks(field)
		}
		return object(fields)
	case v.IsArray():
		var elements []property.Value
		for _, element := range v.AsArray().All {
			elements = append(elements, withoutMarks(element))
		}
		return list(elements...)
	}
	return v.WithSecret(false)
}

// The fingerprint that a transition is told is that of the definition which the environment gets.
func TestFingerprintIsThatOfTheDefinition(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	in := threeClouds(inputs{"accountId": text("123456789012"), "managedPolicyArns": texts("arn:aws:iam::aws:policy/A"), "sessionName": text("me")},
		createdAzure(), createdGCP(inputs{"tokenLifetime": text("30m")}))
	in["values"] = object(inputs{"password": secret(text("marked")), "port": property.New(5432.0)})
	in["imports"], in["lock"] = texts("payments/base"), object(inputs{"users": texts("bo")})
	_, err := e.construct("ProductionEnvironment", in, false)
	require.NoError(t, err)
	want, err := esc.Fingerprint(e.child("leastprivilege:index:Environment", "x").Inputs.Get("definition").AsString())
	require.NoError(t, err)
	assert.Equal(t, want, e.child("leastprivilege:index:LoginTransition", "x").Inputs.Get("definition").AsString())
	shown, err := json.Marshal(want)
	require.NoError(t, err)
	assert.NotContains(t, string(shown), "marked")
}
