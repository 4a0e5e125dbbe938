package functions_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
)

func TestAzureFederatedCredentials(t *testing.T) {
	t.Parallel()
	out, err := invoke(configured(t, "", "https://pulumi.acme.example"), "azureFederatedCredentials",
		map[string]any{"subjects": texts("s:1", "s:2", "s:1"), "audience": "azure:acme"})
	require.NoError(t, err)
	require.Empty(t, out.Failures)
	credentials := out.Return.Get("credentials").AsArray()
	require.Equal(t, 2, credentials.Len())
	second := credentials.Get(1).AsMap()
	assert.Equal(t, "s:2", second.Get("subject").AsString())
	assert.Equal(t, "https://pulumi.acme.example/oidc", second.Get("issuer").AsString(), "the configured service's")
	assert.Equal(t, "azure:acme", second.Get("audiences").AsArray().Get(0).AsString())
	name := second.Get("name").AsString()
	assert.Regexp(t, `^s-2-[0-9a-f]{12}$`, name)
	assert.Contains(t, out.Return.Get("document").AsString(),
		`{"name":"`+name+`","issuer":"https://pulumi.acme.example/oidc","subject":"s:2","audiences":["azure:acme"]}`)
}

func TestGCPWorkloadIdentity(t *testing.T) {
	t.Parallel()
	pool := "projects/123456789012/locations/global/workloadIdentityPools/pulumi"
	args := map[string]any{"subjects": texts("s:1", "s:2"), "audience": "gcp:acme", "issuer": "https://issuer.example/x/", "pool": pool}
	server := configured(t, "", cloud.DefaultAPIURL)
	out, err := invoke(server, "gcpWorkloadIdentity", args)
	require.NoError(t, err)
	require.Empty(t, out.Failures)
	assert.Equal(t, "https://issuer.example/x", out.Return.Get("issuer").AsString())
	assert.Equal(t, "gcp:acme", out.Return.Get("allowedAudiences").AsArray().Get(0).AsString())
	assert.Equal(t, "assertion.sub", out.Return.Get("attributeMapping").AsMap().Get("google.subject").AsString())
	assert.Equal(t, "assertion.sub in ['s:1', 's:2']", out.Return.Get("attributeCondition").AsString())
	second := out.Return.Get("principals").AsArray().Get(1).AsMap()
	assert.Equal(t, "s:2", second.Get("subject").AsString())
	assert.Equal(t, "s:2", second.Get("googleSubject").AsString())
	assert.Equal(t, "principal://iam.googleapis.com/"+pool+"/subject/s:2", second.Get("member").AsString())
	assert.Equal(t, `{"oidc":{"issuerUri":"https://issuer.example/x","allowedAudiences":["gcp:acme"]},`+
		`"attributeMapping":{"google.subject":"assertion.sub"},"attributeCondition":"assertion.sub in ['s:1', 's:2']"}`,
		out.Return.Get("document").AsString())

	out, err = invoke(server, "gcpWorkloadIdentity", with(args, "pool", nil, "issuer", nil))
	require.NoError(t, err)
	assert.Equal(t, "https://api.pulumi.com/oidc", out.Return.Get("issuer").AsString())
	_, there := out.Return.Get("principals").AsArray().Get(0).AsMap().GetOk("member")
	assert.False(t, there, "without a pool there is no member")
}

func TestTrustRefusals(t *testing.T) {
	t.Parallel()
	trust := func(change ...any) map[string]any {
		return with(map[string]any{"subjects": texts("s1"), "audience": "acme"}, change...)
	}
	for _, test := range []struct {
		function string
		args     map[string]any
		want     []string
	}{
		{"azureFederatedCredentials", trust("subjects", texts()), []string{"subjects: at least one subject"}},
		{"azureFederatedCredentials", trust("subjects", texts("x", "y", "z", "pulumi:*")), []string{"subjects[3]: ", "wildcard"}},
		{"azureFederatedCredentials", trust("audience", ""), []string{"audience: audience is empty"}},
		{"azureFederatedCredentials", trust("issuer", "http://issuer.example"), []string{"issuer: ", "https"}},
		{"gcpWorkloadIdentity", trust("subjects", texts(strings.Repeat("x", 128))), []string{"subjects[0]: ", "127", "shorten"}},
		{"gcpWorkloadIdentity", trust("pool", "pulumi"), []string{"pool: ", "project's number"}},
	} {
		t.Run(test.function+" "+test.want[0], func(t *testing.T) {
			t.Parallel()
			out, err := invoke(configured(t, "", cloud.DefaultAPIURL), test.function, test.args)
			require.Error(t, err, "it was accepted: %#v", out.Return)
			for _, part := range test.want {
				assert.ErrorContains(t, err, part)
			}
		})
	}
}

func TestLintTrustPolicy(t *testing.T) {
	t.Parallel()
	server := configured(t, "", "")
	trust := func(subject string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc"},` +
			`"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"api.pulumi.com/oidc:aud":"acme"` + subject + `}}}]}`
	}
	pinned := trust(`,"api.pulumi.com/oidc:sub":"pulumi:deploy:org:acme:project:payments:stack:dev:operation:update:scope:write"`)
	for _, test := range []struct {
		name string
		args map[string]any
		want []string
	}{
		{"AWS is the default", map[string]any{"document": trust("")}, []string{"audience-only"}},
		{"nothing to find", map[string]any{"document": pinned, "kind": "aws", "organization": "acme"}, nil},
		{"another organization", map[string]any{"document": pinned, "organization": "other"}, []string{"other-organization"}},
		{"Google", map[string]any{"document": "true", "kind": "gcp"}, []string{"missing-subject"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			out, err := invoke(server, "lintTrustPolicy", test.args)
			require.NoError(t, err)
			require.Empty(t, out.Failures)
			var got []string
			for _, finding := range out.Return.Get("findings").AsArray().All {
				got = append(got, finding.AsMap().Get("rule").AsString())
				for _, field := range []string{"severity", "message", "fix"} {
					assert.NotEmpty(t, finding.AsMap().Get(field).AsString(), field)
				}
				assert.True(t, finding.AsMap().Get("path").IsString())
			}
			assert.Equal(t, test.want, got)
		})
	}
	subject := "pulumi:deploy:org:acme:project:payments:stack:dev:operation:update:scope:write"
	out, err := invoke(server, "lintTrustPolicy", map[string]any{"document": trust(""), "subjects": texts(subject)})
	require.NoError(t, err)
	fixed := out.Return.Get("findings").AsArray().Get(0).AsMap().Get("corrected").AsString()
	assert.Contains(t, fixed, subject)
	assert.Equal(t, fixed, out.Return.Get("corrected").AsString())
	again, err := invoke(server, "lintTrustPolicy", map[string]any{"document": fixed, "organization": "acme"})
	require.NoError(t, err)
	assert.Zero(t, again.Return.Get("findings").AsArray().Len())
	assert.True(t, again.Return.Get("corrected").IsNull(), "nothing is to be corrected")
	out, err = invoke(server, "lintTrustPolicy", map[string]any{"document": trust("")})
	require.NoError(t, err)
	assert.True(t, out.Return.Get("findings").AsArray().Get(0).AsMap().Get("corrected").IsNull(), "nobody knows which subjects are meant")
	_, err = invoke(server, "lintTrustPolicy", map[string]any{"document": "{}", "kind": "terraform"})
	require.ErrorContains(t, err, "terraform")
}

func TestESCSubjectsV2(t *testing.T) {
	t.Parallel()
	server := configured(t, "", cloud.DefaultAPIURL)
	out, err := invoke(server, "escSubjectsV2", map[string]any{"organizationId": "o1", "environmentId": "e1"})
	require.NoError(t, err)
	assert.Equal(t, "https://api.pulumi.com/oidc/v2", out.Return.Get("issuer").AsString())
	assert.Equal(t, "pulumi:org:o1:env:e1", out.Return.Get("subject").AsString())
	assert.Equal(t, "pulumi:org:o1:env:e1", out.Return.Get("subjects").AsArray().Get(0).AsString())
	assert.Equal(t, "e1", out.Return.Get("claims").AsMap().Get("https://pulumi.com/root_env_id").AsString())
	for _, args := range []map[string]any{
		{}, {"organizationId": "o1"}, {"project": "payments"}, {"organizationId": "o1", "environmentId": "e1", "project": "p", "environment": "e"},
		{"organizationId": "acme inc", "environmentId": "e1"}, {"organizationId": "o1", "environmentId": "payments/prod"},
		{"organizationId": "o1", "environmentId": "e1", "issuer": "http://x.example"},
	} {
		_, err := invoke(server, "escSubjectsV2", args)
		assert.Error(t, err, "%v", args)
	}
}

// The ids come from the service where names are given: the subject that it shows, or the ids that it shows in its place.
func TestESCSubjectsV2ReadsIDs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ metadata, want string }{
		"the service shows the subject": {`{"id":"e1","ownedBy":{"githubLogin":"ana"},"oidcSubjectV2":"pulumi:org:o9:env:e9"}`, "pulumi:org:o9:env:e9"},
		"it shows ids alone":            {`{"id":"e1","ownedBy":{"githubLogin":"ana"}}`, "pulumi:org:o1:env:e1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				switch r.URL.Path {
				case "/api/esc/environments/acme/payments/prod/metadata":
					_, _ = w.Write([]byte(test.metadata))
				case "/api/orgs/acme/metadata":
					_, _ = w.Write([]byte(`{"id":"o1","userRole":"member","defaultStackPermission":0,"defaultEnvironmentPermission":"none","defaultAccountPermission":0,"membersCanCreateStacks":false,"membersCanCreateTeams":false,"membersCanCreateAccounts":false,"membersCanTransferStacks":false,"membersCanDeleteStacks":false}`))
				default:
					http.Error(w, `{"code":404,"message":"not found"}`, http.StatusNotFound)
				}
			}))
			t.Cleanup(service.Close)
			client, err := cloud.New(cloud.Config{URL: service.URL, Token: "pul-test"})
			require.NoError(t, err)
			server := serve(t, func(context.Context) (*session.Session, error) {
				return &session.Session{Client: client, Organization: "acme"}, nil
			})
			args := map[string]any{"project": "payments", "environment": "prod", "issuer": "https://pulumi.acme.example/oidc"}
			out, err := invoke(server, "escSubjectsV2", args)
			require.NoError(t, err)
			assert.Equal(t, test.want, out.Return.Get("subject").AsString())
			assert.Equal(t, "https://pulumi.acme.example/oidc/v2", out.Return.Get("issuer").AsString())
			_, err = invoke(server, "escSubjectsV2", with(args, "environment", "none"))
			assert.ErrorContains(t, err, "payments/none does not exist in acme")
		})
	}
}

func TestVaultJWTRole(t *testing.T) {
	t.Parallel()
	server := configured(t, "acme", cloud.DefaultAPIURL)
	out, err := invoke(server, "vaultJwtRole", map[string]any{"subjects": texts("pulumi:org:o1:env:e1"), "audience": "vault", "policies": texts("deploy")})
	require.NoError(t, err)
	assert.Contains(t, out.Return.Get("role").AsString(), `"bound_subject":"pulumi:org:o1:env:e1"`)
	assert.Contains(t, out.Return.Get("config").AsString(), "https://api.pulumi.com/oidc/v2")
	assert.Zero(t, out.Return.Get("warnings").AsArray().Len())
	out, err = invoke(server, "vaultJwtRole", map[string]any{"subjects": texts("pulumi:deploy:x"), "audience": "acme", "userClaim": "name"})
	require.NoError(t, err)
	assert.NotContains(t, out.Return.Get("config").AsString(), "/v2")
	assert.Equal(t, 2, out.Return.Get("warnings").AsArray().Len())
	_, err = invoke(server, "vaultJwtRole", map[string]any{"subjects": texts("pulumi:*"), "audience": "acme"})
	assert.ErrorContains(t, err, "subjects[0]")
}

func TestSnowflakeSecurityIntegration(t *testing.T) {
	t.Parallel()
	server := configured(t, "Acme", cloud.DefaultAPIURL)
	out, err := invoke(server, "snowflakeSecurityIntegration", map[string]any{"name": "pulumi", "userClaim": "snowflake_user", "roles": texts("DEPLOY")})
	require.NoError(t, err)
	assert.Contains(t, out.Return.Get("sql").AsString(), "EXTERNAL_OAUTH_AUDIENCE_LIST = ('snowflake:acme')")
	assert.Contains(t, out.Return.Get("warnings").AsArray().Get(0).AsString(), "whoever may write any environment")
	_, err = invoke(server, "snowflakeSecurityIntegration", map[string]any{"name": "pulumi"})
	assert.ErrorContains(t, err, "users")
}
