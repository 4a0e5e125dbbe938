package cloudplugin

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const roleURN = "urn:pulumi:test::p::aws:iam/role:Role::reader"

func stand(t *testing.T, answer http.HandlerFunc) standIn {
	t.Helper()
	sandbox := httptest.NewServer(answer)
	t.Cleanup(sandbox.Close)
	return standIn{name: "aws", resources: awsResources, cloud: cloud{sandbox: sandbox.URL}}
}

func check(t *testing.T, s standIn, urn string, inputs resource.PropertyMap) ([]string, resource.PropertyMap, error) {
	t.Helper()
	news, err := marshal(inputs)
	require.NoError(t, err)
	answer, err := s.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urn, News: news, RandomSeed: []byte("seedseed")})
	if err != nil {
		return nil, nil, err
	}
	var failed []string
	for _, failure := range answer.GetFailures() {
		failed = append(failed, failure.GetProperty())
	}
	checked, err := properties(answer.GetInputs())
	require.NoError(t, err)
	slices.Sort(failed)
	return failed, checked, nil
}

// A misspelt property, one of another type, and one that is missing: the official plugin would take none of them.
func TestCheckTakesWhatTheOfficialSDKDeclares(t *testing.T) {
	t.Parallel()
	text, list := resource.NewProperty("x"), resource.NewProperty([]resource.PropertyValue{resource.NewProperty("x")})
	number, fraction := resource.NewProperty(3600.0), resource.NewProperty(0.5)
	inline := func(in resource.PropertyMap) resource.PropertyValue {
		return resource.NewProperty([]resource.PropertyValue{resource.NewProperty(in)})
	}
	unknown := resource.MakeComputed(resource.NewProperty(""))
	for name, c := range map[string]struct {
		in   resource.PropertyMap
		want []string
	}{
		"everything fits": {in: resource.PropertyMap{
			"name": text, "maxSessionDuration": number, "managedPolicyArns": list, "forceDetachPolicies": resource.NewProperty(true),
			"tags": resource.NewProperty(resource.PropertyMap{"a": text}), "inlinePolicies": inline(resource.PropertyMap{"name": text, "policy": text}),
		}},
		"unknown":         {in: resource.PropertyMap{"name": unknown, "maxSessionDuration": unknown, "tags": unknown, "inlinePolicies": inline(resource.PropertyMap{"name": unknown})}},
		"secret":          {in: resource.PropertyMap{"name": resource.MakeSecret(text), "tags": resource.MakeSecret(number)}, want: []string{"tags"}},
		"misspelt":        {in: resource.PropertyMap{"permissionBoundary": text}, want: []string{"permissionBoundary"}},
		"nested misspelt": {in: resource.PropertyMap{"inlinePolicies": inline(resource.PropertyMap{"nam": text})}, want: []string{"inlinePolicies[0].nam"}},
		"nested type":     {in: resource.PropertyMap{"inlinePolicies": inline(resource.PropertyMap{"policy": list})}, want: []string{"inlinePolicies[0].policy"}},
		"types": {
			in:   resource.PropertyMap{"name": number, "maxSessionDuration": fraction, "managedPolicyArns": text, "tags": resource.NewProperty(resource.PropertyMap{"a": number})},
			want: []string{"managedPolicyArns", "maxSessionDuration", "name", "tags.a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stand(t, http.NotFound)
			in := c.in.Copy()
			in["assumeRolePolicy"] = text
			failed, _, err := check(t, s, roleURN, in)
			require.NoError(t, err)
			assert.Equal(t, c.want, failed)
			delete(in, "assumeRolePolicy")
			failed, _, err = check(t, s, roleURN, in)
			require.NoError(t, err)
			assert.Contains(t, failed, "assumeRolePolicy")
		})
	}
}

func TestCheckRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	_, _, err := check(t, stand(t, http.NotFound), "urn:pulumi:test::p::aws:s3/bucket:Bucket::b", nil)
	assert.ErrorContains(t, err, "aws:s3/bucket:Bucket")
}

// Every resource of every stand-in has arguments whose properties can be told.
func TestArgumentsOfEveryResource(t *testing.T) {
	t.Parallel()
	for name, resources := range packages {
		for token, h := range resources {
			assert.NotEmpty(t, argumentNames(h.args.ElementType()), "%s: %s", name, token)
			assert.NotNil(t, h.create, "%s: %s", name, token)
			for _, property := range append(append([]string{}, h.required...), h.fixed...) {
				assert.Contains(t, argumentNames(h.args.ElementType()), property, "%s: %s", name, token)
			}
		}
	}
}

// What is made is sent to the sandbox, with a name of Pulumi's choice where none is given; a preview sends nothing.
func TestCreateAndDelete(t *testing.T) {
	t.Parallel()
	var calls []string
	s := stand(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var sent struct{ ARN string }
		_ = json.Unmarshal(body, &sent)
		calls = append(calls, r.Method+" "+r.URL.RequestURI()+" "+sent.ARN)
		if r.Method == http.MethodDelete {
			http.NotFound(w, r)
		}
	})
	failed, inputs, err := check(t, s, roleURN, resource.PropertyMap{"assumeRolePolicy": resource.NewProperty("{}"), "path": resource.NewProperty("/p/")})
	require.NoError(t, err)
	require.Empty(t, failed)
	assert.Regexp(t, `^reader-[0-9a-f]{7}$`, inputs["name"].StringValue())
	sent, err := marshal(inputs)
	require.NoError(t, err)
	_, err = s.Create(t.Context(), &pulumirpc.CreateRequest{Urn: roleURN, Properties: sent, Preview: true})
	require.NoError(t, err)
	assert.Empty(t, calls)
	made, err := s.Create(t.Context(), &pulumirpc.CreateRequest{Urn: roleURN, Properties: sent})
	require.NoError(t, err)
	arn := "arn:aws:iam::" + awsAccount + ":role/p/" + inputs["name"].StringValue()
	assert.Equal(t, arn, made.GetProperties().GetFields()["arn"].GetStringValue())
	_, err = s.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: roleURN, Id: made.GetId(), Properties: made.GetProperties()})
	require.NoError(t, err, "what was deleted needs no delete")
	assert.Equal(t, "POST /_sandbox/clouds/aws/roles "+arn, calls[0])
	assert.Contains(t, calls[1], "DELETE /_sandbox/clouds/aws/roles?arn=")
}
