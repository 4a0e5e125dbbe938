package provider_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	presource "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

// invoked are inputs of every function.
var invoked = map[string]map[string]any{
	"awsTrustPolicy":               {"subjects": []string{"a"}, "audience": "acme", "accountId": "123456789012"},
	"azureFederatedCredentials":    {"subjects": []string{"a"}, "audience": "acme"},
	"deploymentSubjects":           {"project": "payments", "stack": "prod"},
	"escSubjects":                  {"project": "payments", "environment": "prod"},
	"escSubjectsV2":                {"project": "payments", "environment": "prod"},
	"gcpWorkloadIdentity":          {"subjects": []string{"a"}, "audience": "acme"},
	"getAccessReview":              {},
	"getAuditEvents":               {},
	"getBlastRadius":               {"principal": map[string]any{"user": "bo"}},
	"getEffectiveAccess":           {"principal": map[string]any{"user": "bo"}, "stack": map[string]any{"project": "payments", "stack": "prod"}},
	"getEscalations":               {},
	"getSuggestedAccess":           {"team": "payments"},
	"getWhoCan":                    {"scope": "environment:open", "environment": map[string]any{"project": "payments", "environment": "prod"}},
	"lintTrustPolicy":              {"document": "{}"},
	"snowflakeSecurityIntegration": {"name": "pulumi", "subjects": []string{"a"}, "audience": "acme"},
	"vaultJwtRole":                 {"name": "pulumi", "subjects": []string{"a"}, "audience": "acme", "policies": []string{"p"}},
}

// A secret argument of a function is in no failure of it, and in secret results only.
func TestNoFunctionShowsASecret(t *testing.T) {
	t.Parallel()
	spec := inferred(t)
	called := 0
	for _, token := range slices.Sorted(maps.Keys(spec.Functions)) {
		name := string(tokens.Type(token).Name())
		require.Contains(t, invoked, name, "every function has inputs there")
		w := newTainting(t, presource.URN(token), taintSeed)
		for _, input := range slices.Sorted(maps.Keys(spec.Functions[token].Inputs.Properties)) {
			typ := spec.Functions[token].Inputs.Properties[input].TypeSpec
			f := filler{spec: spec, leaf: property.New(taint).WithSecret(true)}
			for _, leaf := range f.leaves(input, typ, 0) {
				args := resourcetest.Object(invoked[name]).Set(input, f.fill(input, leaf, typ))
				w.fails("call of "+name+" with "+leaf, func() {
					answer, err := w.Invoke(p.InvokeRequest{Token: tokens.Type(token), Args: args})
					w.quiet("call of "+name+" with "+leaf, err)
					for _, failure := range answer.Failures {
						assert.False(t, w.repeats(failure.Property+failure.Reason), "%s with %s: %v", name, leaf, failure)
					}
					w.hidden("the result of "+name+" with "+leaf, answer.Return)
					called += w.service.made()
				})
			}
		}
	}
	assert.Greater(t, called, 100, "calls that could fail")
}

// A secret at any place of the inputs of a component is in no failure of it, and in secret inputs of its children only.
func TestNoComponentShowsASecret(t *testing.T) {
	t.Parallel()
	spec := inferred(t)
	for _, token := range slices.Sorted(maps.Keys(spec.Resources)) {
		resource := spec.Resources[token]
		if !resource.IsComponent {
			continue
		}
		component := string(tokens.Type(token).Name())
		t.Run(component, func(t *testing.T) {
			t.Parallel()
			c := newConstructing(t)
			w := &tainting{t: t, secrets: []string{taint}, shown: map[string]int{}}
			passed := 0
			require.NotEmpty(t, componentBases[component], "every component has inputs there")
			for i, text := range componentBases[component] {
				base := parsed(t, text)
				for name, value := range base.AllStable {
					root := spot{name, name, value, resource.InputProperties[name].TypeSpec, func(v property.Value) property.Value { return v }}
					for _, at := range spots(spec, root) {
						if !at.value.IsString() || !drawn(component, at.path, "secret") {
							continue
						}
						what := fmt.Sprintf("construct of %s with a secret at %s of base %d", component, at.path, i)
						err := c.construct(component, base.Set(name, at.with(property.New(taint).WithSecret(true))))
						w.quiet(what, err)
						for _, child := range c.children {
							w.hidden(what+": "+string(child.TypeToken), child.Inputs)
						}
						w.hidden(what+": outputs", c.outputs)
						if err == nil {
							passed++
						}
					}
				}
			}
			t.Logf("%d secrets were passed on", passed)
		})
	}
}
