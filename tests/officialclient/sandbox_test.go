package officialclient

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"sort"
	"testing"

	"github.com/pulumi/pulumi-cloud-sdk/go/apiclient"
	"github.com/pulumi/pulumi-cloud-sdk/go/apitype"
	"github.com/pulumi/pulumi-cloud-sdk/go/apitype/jsonvalue"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const peopled = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}]
teams: [{name: payments, members: [bo]}]
stacks: [{project: payments, stack: dev}]
environments:
  - {project: payments, environment: dev, definition: "values: {a: {'fn::rotate::password': {inputs: {length: 20}}}}", tags: {tier: dev}}
`

// differences are the parts of the sandbox's answers that the official client has no place for, with the reason.
var differences = map[string]string{}

// recorded is the client's transport. It keeps the last answer.
type recorded struct {
	token string
	body  []byte
}

func (r *recorded) do(request *http.Request) (*http.Response, error) {
	request.Header.Set("Authorization", "token "+r.token)
	answer, err := servertest.Client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	r.body, err = io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(bytes.NewReader(r.body))
	return answer, err
}

// The official client's own calls work on the sandbox, and what it decodes is all that the sandbox said.
func TestTheOfficialClientReadsTheSandbox(t *testing.T) {
	t.Parallel()
	s := servertest.StartNewer(t, server.Options{Seed: []byte(peopled)})
	transport := &recorded{token: s.Token}
	c := &apiclient.CloudClient{BaseURL: s.URL, Executor: transport.do}
	ctx := t.Context()
	const org, project, name = "acme", "payments", "dev"
	used := map[string]bool{}
	for _, call := range []struct {
		name string
		make func() (any, error)
	}{
		{"CreatePulumiTeam", func() (any, error) {
			return just(c.CreatePulumiTeam(ctx, org, apitype.CreatePulumiTeamRequest{Name: "made"}))
		}},
		{"ListTeams", func() (any, error) { return just(c.ListTeams(ctx, org)) }},
		{"GetTeam", func() (any, error) { return just(c.GetTeam(ctx, org, "payments")) }},
		{"ListTeamRoles", func() (any, error) { return just(c.ListTeamRoles(ctx, org, "payments")) }},
		{"ListOrganizationMembers", func() (any, error) { return just(c.ListOrganizationMembers(ctx, org, nil, nil, nil)) }},
		{"ListRoles", func() (any, error) {
			return just(c.ListRolesByOrgIDAndUXPurpose(ctx, org, nil, apitype.PermissionDescriptorUXPurpose("role")))
		}},
		{"CreateOrgToken", func() (any, error) {
			return just(c.CreateOrgToken(ctx, org, nil, apitype.CreateOrgAccessTokenRequest{Name: "ci"}))
		}},
		{"ListOrgTokens", func() (any, error) { return just(c.ListOrgTokens(ctx, org, nil, nil, nil, nil, nil, nil)) }},
		{"ListTeamTokens", func() (any, error) { return just(c.ListTeamTokens(ctx, org, "payments", nil, nil, nil, nil, nil, nil)) }},
		{"ListGates", func() (any, error) { return just(c.ListGates(ctx, org, new("environment"), new("payments/dev"))) }},
		{"PatchDeploymentSettings", func() (any, error) {
			return just(c.PatchDeploymentSettings(ctx, org, project, name, apitype.DeploymentSettingsRequest{Operation: jsonvalue.NotNull(apitype.OperationContextRequest{
				EnvironmentVariables: jsonvalue.NotNull(map[string]jsonvalue.Value[apitype.SecretValue]{
					"TOKEN": jsonvalue.NotNull(apitype.SecretValue{Value: "hidden", Secret: true}), "REGION": jsonvalue.NotNull(apitype.SecretValue{Value: "eu"}),
				}),
			})}))
		}},
		{"GetDeploymentSettings", func() (any, error) { return just(c.GetDeploymentSettings(ctx, org, project, name)) }},
		{"EncryptDeploymentSettingsSecret", func() (any, error) {
			return just(c.EncryptDeploymentSettingsSecret(ctx, org, project, name, apitype.SecretValue{Value: "hidden", Secret: true}))
		}},
		{"ListOrgEnvironments", func() (any, error) { return just(c.ListOrgEnvironments_esc(ctx, org, nil, nil, nil, nil)) }},
		{"GetEnvironmentMetadata", func() (any, error) { return just(c.GetEnvironmentMetadata_esc_environments(ctx, org, project, name)) }},
		{"GetEnvironmentSettings", func() (any, error) { return just(c.GetEnvironmentSettings(ctx, org, project, name)) }},
		{"ListEnvironmentTags", func() (any, error) {
			return just(c.ListEnvironmentTags_esc_environments(ctx, org, project, name, nil, nil))
		}},
		{"ListEnvironmentRevisions", func() (any, error) {
			return just(c.ListEnvironmentRevisions_esc_environments(ctx, org, project, name, nil, nil))
		}},
		{"RotateEnvironment", func() (any, error) {
			return just(c.RotateEnvironment(ctx, org, project, name, apitype.RotateEnvironmentRequest{Paths: []string{}}))
		}},
		{"ListEnvironmentSecretRotationHistory", func() (any, error) {
			return just(c.ListEnvironmentSecretRotationHistory(ctx, org, project, name))
		}},
		{"RegisterOidcIssuer", func() (any, error) {
			return just(c.RegisterOidcIssuer(ctx, org, apitype.OidcIssuerRegistrationRequest{Name: "ci", URL: s.CIURL("ci")}))
		}},
	} {
		got, err := call.make()
		if bytes.Contains(transport.body, []byte("hidden")) {
			t.Errorf("%s shows a secret: %s", call.name, transport.body)
		}
		if err != nil {
			t.Errorf("%s: %v: %s", call.name, err, transport.body)
			continue
		}
		for _, path := range lost(t, transport.body, got) {
			at := call.name + ": " + path
			used[at] = true
			if differences[at] == "" {
				t.Errorf("%s: the official client has no place for this", at)
			}
		}
	}
	for at := range differences {
		if !used[at] {
			t.Errorf("%s: the difference is no longer there", at)
		}
	}
}

func TestWhatTheClientLosesIsSeen(t *testing.T) {
	t.Parallel()
	said := []byte(`{"name": "payments", "more": {"list": [{"a": 1}, {"b": ""}]}, "kind": "pulumi"}`)
	got := lost(t, said, map[string]any{"name": "payments", "more": map[string]any{"list": []any{map[string]any{}}}})
	if want := []string{"/kind", "/more/list[]/a"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// lost lists what of an answer is not in what was decoded of it.
func lost(t *testing.T, said []byte, decoded any) []string {
	t.Helper()
	text, err := json.Marshal(decoded)
	if err != nil {
		t.Fatal(err)
	}
	var before, after any
	if json.Unmarshal(said, &before) != nil || json.Unmarshal(text, &after) != nil {
		t.Fatalf("no JSON: %s", said)
	}
	var paths []string
	compare("", before, after, func(path string) { paths = append(paths, path) })
	sort.Strings(paths)
	return slices.Compact(paths)
}

var indexes = regexp.MustCompile(`\[\d+\]`)

// compare reports members with content that are not there afterwards; empty ones may be left out.
func compare(path string, before, after any, report func(string)) {
	switch before := before.(type) {
	case map[string]any:
		object, _ := after.(map[string]any)
		for key, value := range before {
			compare(path+"/"+key, value, object[key], report)
		}
	case []any:
		list, _ := after.([]any)
		for i, value := range before {
			var there any
			if i < len(list) {
				there = list[i]
			}
			compare(fmt.Sprintf("%s[%d]", path, i), value, there, report)
		}
	case nil:
	default:
		isEmpty := before == "" || before == false || before == 0.0
		if after == nil && !isEmpty {
			report(indexes.ReplaceAllString(path, "[]"))
		}
	}
}
