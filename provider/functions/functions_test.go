package functions_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/functions"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
)

// configured is a provider with the functions, of an organization and a Pulumi Cloud that fails the test when it is
// called. The session has no token, since pure functions need none.
func configured(t *testing.T, organization, path string) integration.Server {
	t.Helper()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a pure function called %s %s", r.Method, r.URL)
	}))
	t.Cleanup(silent.Close)
	url := silent.URL
	if path != "" {
		url = path
	}
	client, err := cloud.New(cloud.Config{URL: url})
	require.NoError(t, err)
	return serve(t, func(context.Context) (*session.Session, error) {
		return &session.Session{Client: client, Organization: organization, Catalogue: access.NewCatalogue(nil)}, nil
	})
}

func serve(t *testing.T, sessions session.Source) integration.Server {
	t.Helper()
	provider, err := infer.NewProviderBuilder().
		WithModuleMap(map[tokens.ModuleName]tokens.ModuleName{"functions": "index", "types": "index"}).
		WithFunctions(
			infer.Function(&functions.ESCSubjects{Sessions: sessions}),
			infer.Function(&functions.ESCSubjectsV2{Sessions: sessions}),
			infer.Function(&functions.VaultJWTRole{Sessions: sessions}),
			infer.Function(&functions.SnowflakeSecurityIntegration{Sessions: sessions}),
			infer.Function(&functions.DeploymentSubjects{Sessions: sessions}),
			infer.Function(&functions.AWSTrustPolicy{Sessions: sessions}),
			infer.Function(&functions.AzureFederatedCredentials{Sessions: sessions}),
			infer.Function(&functions.GCPWorkloadIdentity{Sessions: sessions}),
			infer.Function(&functions.LintTrustPolicy{}),
		).Build()
	require.NoError(t, err)
	server, err := integration.NewServer(t.Context(), "leastprivilege", semver.MustParse("0.1.0"), integration.WithProvider(provider))
	require.NoError(t, err)
	return server
}

func invoke(server integration.Server, function string, args map[string]any) (p.InvokeResponse, error) {
	return server.Invoke(p.InvokeRequest{Token: tokens.Type("leastprivilege:index:" + function), Args: object(args).AsMap()})
}

// texts is a list of texts as the engine sends it.
func texts(values ...string) property.Value {
	list := make([]property.Value, len(values))
	for i, value := range values {
		list[i] = property.New(value)
	}
	return property.New(list)
}

// object takes texts and values; what is nil is absent.
func object(fields map[string]any) property.Value {
	m := map[string]property.Value{}
	for name, field := range fields {
		switch field := field.(type) {
		case string:
			m[name] = property.New(field)
		case property.Value:
			m[name] = field
		case []string:
			var list []property.Value
			for _, element := range field {
				list = append(list, property.New(element))
			}
			m[name] = property.New(list)
		}
	}
	return property.New(m)
}

const (
	prefix = "pulumi:environments:pulumi.organization.login:acme:"
	pinned = ":currentEnvironment.name:payments/prod"
)

func TestESCSubjects(t *testing.T) {
	t.Parallel()
	plain := []string{"rootEnvironment.name", "currentEnvironment.name"}
	tests := []struct {
		name       string
		args       map[string]any
		subjects   []string
		attributes []string
		audiences  []string // aws, azure, gcp
	}{
		{
			name:     "the environment alone",
			args:     map[string]any{"organization": "acme", "project": "payments", "environment": "prod"},
			subjects: []string{"pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:payments/prod:currentEnvironment.name:payments/prod"},
		},
		{
			name:     "an empty lock is the same as none",
			args:     map[string]any{"organization": "acme", "project": "payments", "environment": "prod", "lock": object(map[string]any{})},
			subjects: []string{prefix + "rootEnvironment.name:payments/prod" + pinned},
		},
		{
			name:     "organizations are lower-cased, names are not",
			args:     map[string]any{"organization": "ACME", "project": "Payments", "environment": "Prod"},
			subjects: []string{prefix + "rootEnvironment.name:Payments/Prod:currentEnvironment.name:Payments/Prod"},
		},
		{
			name:      "legacy project",
			args:      map[string]any{"organization": "Acme", "project": "default", "environment": "prod"},
			subjects:  []string{prefix + "rootEnvironment.name:prod:currentEnvironment.name:prod"},
			audiences: []string{"acme", "acme", "acme"},
		},
		{
			name: "roots in order, itself first, without duplicates",
			args: map[string]any{"organization": "acme", "project": "payments", "environment": "prod", "lock": object(map[string]any{
				"allowedRoots": texts("web/prod", "billing/prod", "payments/prod", "web/prod", "old", "default/old"),
			})},
			subjects: []string{
				prefix + "rootEnvironment.name:payments/prod" + pinned, prefix + "rootEnvironment.name:web/prod" + pinned,
				prefix + "rootEnvironment.name:billing/prod" + pinned, prefix + "rootEnvironment.name:old" + pinned,
			},
		},
		{
			name: "users for each root",
			args: map[string]any{"organization": "acme", "project": "payments", "environment": "prod", "lock": object(map[string]any{
				"allowedRoots": texts("web/prod"), "users": texts("bo", "ana", "bo"),
			})},
			subjects: []string{
				prefix + "rootEnvironment.name:payments/prod" + pinned + ":pulumi.user.login:bo",
				prefix + "rootEnvironment.name:payments/prod" + pinned + ":pulumi.user.login:ana",
				prefix + "rootEnvironment.name:web/prod" + pinned + ":pulumi.user.login:bo",
				prefix + "rootEnvironment.name:web/prod" + pinned + ":pulumi.user.login:ana",
			},
			attributes: []string{"rootEnvironment.name", "currentEnvironment.name", "pulumi.user.login"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			out, err := invoke(configured(t, "", ""), "escSubjects", test.args)
			require.NoError(t, err)
			require.Empty(t, out.Failures)
			attributes, audiences := test.attributes, test.audiences
			if attributes == nil {
				attributes = plain
			}
			if audiences == nil {
				audiences = []string{"aws:acme", "azure:acme", "gcp:acme"}
			}
			want := object(map[string]any{
				"subjects": texts(test.subjects...), "subjectAttributes": texts(attributes...),
				"audiences": object(map[string]any{"aws": audiences[0], "azure": audiences[1], "gcp": audiences[2]}),
			})
			assert.True(t, want.AsMap().Equals(out.Return), "want %#v\n got %#v", want, out.Return)
		})
	}
}

func TestDeploymentSubjects(t *testing.T) {
	t.Parallel()
	subject := func(operation string) string {
		return "pulumi:deploy:org:acme:project:payments:stack:prod:operation:" + operation + ":scope:write"
	}
	tests := []struct {
		name       string
		operations []string
		want       []string
	}{
		{name: "all four by default", want: []string{subject("preview"), subject("update"), subject("refresh"), subject("destroy")}},
		{name: "none is all four", operations: []string{}, want: []string{subject("preview"), subject("update"), subject("refresh"), subject("destroy")}},
		{
			name: "a fixed order, without duplicates", operations: []string{"destroy", "preview", "destroy", "update"},
			want: []string{subject("preview"), subject("update"), subject("destroy")},
		},
		{
			name: "drift when asked for", operations: []string{"remediate-drift", "detect-drift", "refresh"},
			want: []string{subject("refresh"), subject("detect-drift"), subject("remediate-drift")},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			args := map[string]any{"organization": "Acme", "project": "payments", "stack": "prod"}
			if test.operations != nil {
				args["operations"] = texts(test.operations...)
			}
			out, err := invoke(configured(t, "", ""), "deploymentSubjects", args)
			require.NoError(t, err)
			require.Empty(t, out.Failures)
			assert.True(t, texts(test.want...).Equals(out.Return.Get("subjects")), "got %#v", out.Return)
			assert.Equal(t, "acme", out.Return.Get("audience").AsString())
		})
	}
}

func TestAWSTrustPolicy(t *testing.T) {
	t.Parallel()
	policy := func(arn, issuer, subjects string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + arn +
			`"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"` + issuer + `:aud":"aws:acme","` +
			issuer + `:sub":` + subjects + `}}}]}`
	}
	const account, pulumi = "arn:aws:iam::123456789012:oidc-provider/", "api.pulumi.com/oidc"
	tests := []struct {
		name string
		url  string
		args map[string]any
		want string
	}{
		{
			name: "account, one subject", args: map[string]any{"subjects": texts("s1"), "accountId": "123456789012"},
			want: policy(account+pulumi, pulumi, `"s1"`),
		},
		{
			name: "several subjects, as given, without duplicates", args: map[string]any{"subjects": texts("s2", "s1", "s2"), "accountId": "123456789012"},
			want: policy(account+pulumi, pulumi, `["s2","s1"]`),
		},
		{
			name: "provider", args: map[string]any{"subjects": texts("s1"), "oidcProviderArn": "arn:aws-cn:iam::210987654321:oidc-provider/" + pulumi},
			want: policy("arn:aws-cn:iam::210987654321:oidc-provider/"+pulumi, pulumi, `"s1"`),
		},
		{
			name: "the configured Pulumi Cloud issues", url: "https://pulumi.acme.example/api/", args: map[string]any{"subjects": texts("s1"), "accountId": "123456789012"},
			want: policy(account+"pulumi.acme.example/api/oidc", "pulumi.acme.example/api/oidc", `"s1"`),
		},
		{
			name: "also when the provider is the empty text", url: "https://pulumi.acme.example",
			args: map[string]any{"subjects": texts("s1"), "accountId": "123456789012", "oidcProviderArn": "", "issuer": ""},
			want: policy(account+"pulumi.acme.example/oidc", "pulumi.acme.example/oidc", `"s1"`),
		},
		{
			name: "a provider says itself which issuer it trusts", url: "https://pulumi.acme.example",
			args: map[string]any{"subjects": texts("s1"), "oidcProviderArn": account + pulumi, "issuer": ""}, want: policy(account+pulumi, pulumi, `"s1"`),
		},
		{
			name: "another issuer", args: map[string]any{"subjects": texts("s1"), "accountId": "123456789012", "issuer": "https://issuer.example/x/"},
			want: policy(account+"issuer.example/x", "issuer.example/x", `"s1"`),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.args["audience"] = "aws:acme"
			url := test.url
			if url == "" {
				url = cloud.DefaultAPIURL
			}
			out, err := invoke(configured(t, "", url), "awsTrustPolicy", test.args)
			require.NoError(t, err)
			require.Empty(t, out.Failures)
			assert.Equal(t, test.want, out.Return.Get("document").AsString())
			assert.Equal(t, 1, out.Return.Len())
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	esc := func(change ...any) map[string]any {
		return with(map[string]any{"organization": "acme", "project": "payments", "environment": "prod"}, change...)
	}
	deploy := func(change ...any) map[string]any {
		return with(map[string]any{"organization": "acme", "project": "payments", "stack": "prod"}, change...)
	}
	trust := func(change ...any) map[string]any {
		return with(map[string]any{"subjects": texts("s1"), "audience": "aws:acme", "accountId": "123456789012"}, change...)
	}
	many := make([]string, 60)
	for i := range many {
		many[i] = strings.Repeat("x", 40) + strconv.Itoa(i)
	}
	tests := []struct {
		name     string
		function string
		args     map[string]any
		want     []string
	}{
		{"organization with a slash", "escSubjects", esc("organization", "acme/x"), []string{"organization: ", "slash"}},
		{"project with a colon", "escSubjects", esc("project", "pay:ments"), []string{"project: ", "colon"}},
		{"environment with a wildcard", "escSubjects", esc("environment", "*"), []string{"environment: ", "wildcard"}},
		{"empty environment", "escSubjects", esc("environment", ""), []string{"environment: environment is empty"}},
		{"anonymous environment", "escSubjects", esc("environment", "<yaml>"), []string{"environment: ", "never saved"}},
		{"all at once", "escSubjects", esc("project", "", "environment", "?"), []string{"project: ", "environment: "}},
		{
			"root", "escSubjects", esc("lock", object(map[string]any{"allowedRoots": texts("web/prod", "acme/web/prod")})),
			[]string{"lock.allowedRoots[1]: ", "without the organization"},
		},
		{"user", "escSubjects", esc("lock", object(map[string]any{"users": texts("a*")})), []string{"lock.users[0]: ", "wildcard"}},
		{"no project", "escSubjects", with(esc(), "project", nil), []string{"project"}},
		{"unknown input", "escSubjects", esc("environments", "x"), []string{"environments"}},
		{"stack of a project", "deploymentSubjects", deploy("stack", "payments/prod"), []string{"stack: ", "slash"}},
		{"operation", "deploymentSubjects", deploy("operations", texts("update", "up")), []string{"operations[1]", `"up"`, "remediate-drift"}},
		{"deployment's organization", "deploymentSubjects", deploy("organization", "a b"), []string{"organization: ", "white space"}},
		{"no subjects", "awsTrustPolicy", trust("subjects", texts()), []string{"subjects: at least one subject is needed"}},
		{"empty subject", "awsTrustPolicy", trust("subjects", texts("a", "")), []string{"subjects[1]: subject is empty"}},
		{"wildcard subject", "awsTrustPolicy", trust("subjects", texts("pulumi:*")), []string{"subjects[0]: ", "wildcard"}},
		{"anonymous subject", "awsTrustPolicy", trust("subjects", texts("pulumi:environments:org:acme:env:<yaml>")), []string{"subjects[0]: ", "subjectAttributes"}},
		{"empty audience", "awsTrustPolicy", trust("audience", ""), []string{"audience"}},
		{"both", "awsTrustPolicy", trust("oidcProviderArn", "arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc"), []string{"oidcProviderArn: ", "not both"}},
		{"neither", "awsTrustPolicy", with(trust(), "accountId", nil), []string{"oidcProviderArn: ", "accountId"}},
		{"account", "awsTrustPolicy", trust("accountId", "12345"), []string{"accountId: ", "12 digits"}},
		{
			"provider", "awsTrustPolicy", with(trust("oidcProviderArn", "arn:aws:iam::1:role/x"), "accountId", nil),
			[]string{"oidcProviderArn: ", "looks like"},
		},
		{
			"another issuer's provider", "awsTrustPolicy",
			with(trust("oidcProviderArn", "arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc", "issuer", "https://issuer.example"), "accountId", nil),
			[]string{"oidcProviderArn: ", "https://issuer.example"},
		},
		{"issuer without encryption", "awsTrustPolicy", trust("issuer", "http://issuer.example"), []string{"issuer: ", "https://"}},
		{"over the limit", "awsTrustPolicy", trust("subjects", texts(many...)), []string{"subjects: ", "2048", "60 subjects"}},
	}
	for _, test := range tests {
		t.Run(test.function+" "+test.name, func(t *testing.T) {
			t.Parallel()
			out, err := invoke(configured(t, "", ""), test.function, test.args)
			text := ""
			if err != nil {
				text = err.Error()
			}
			for _, failure := range out.Failures {
				text += failure.Property + ": " + failure.Reason + "\n"
			}
			require.NotEmpty(t, text, "it was accepted: %#v", out.Return)
			for _, part := range test.want {
				assert.Contains(t, text, part)
			}
			assert.Zero(t, out.Return.Len())
		})
	}
}

// with changes arguments; nil takes one away.
func with(args map[string]any, change ...any) map[string]any {
	for i := 0; i < len(change); i += 2 {
		name := change[i].(string)
		if change[i+1] == nil {
			delete(args, name)
			continue
		}
		args[name] = change[i+1]
	}
	return args
}

func TestOrganizationOfTheConfiguration(t *testing.T) {
	t.Parallel()
	calls := map[string]map[string]any{
		"escSubjects":        {"project": "payments", "environment": "prod"},
		"deploymentSubjects": {"project": "payments", "stack": "prod"},
	}
	for function, args := range calls {
		t.Run(function, func(t *testing.T) {
			t.Parallel()
			ours := configured(t, "Acme", "")
			for _, given := range []any{nil, ""} {
				out, err := invoke(ours, function, with(args, "organization", given))
				require.NoError(t, err)
				assert.Contains(t, out.Return.Get("subjects").AsArray().Get(0).AsString(), ":acme:", "the configured one")
			}
			out, err := invoke(ours, function, with(args, "organization", "other"))
			require.NoError(t, err)
			assert.Contains(t, out.Return.Get("subjects").AsArray().Get(0).AsString(), ":other:", "the input wins")

			_, err = invoke(configured(t, "", ""), function, with(args, "organization", nil))
			for _, way := range []string{"input organization", "leastprivilege:organization", "PULUMI_ORGANIZATION"} {
				require.ErrorContains(t, err, way)
			}
		})
	}
}

func TestSessionErrorsAreReported(t *testing.T) {
	t.Parallel()
	server := serve(t, func(context.Context) (*session.Session, error) { return nil, session.ErrNoOrganization })
	for function, args := range map[string]map[string]any{
		"escSubjects":        {"project": "payments", "environment": "prod"},
		"deploymentSubjects": {"project": "payments", "stack": "prod"},
		"awsTrustPolicy":     {"subjects": texts("s1"), "audience": "a", "accountId": "123456789012"},

		"azureFederatedCredentials": {"subjects": texts("s1"), "audience": "a"},
		"gcpWorkloadIdentity":       {"subjects": texts("s1"), "audience": "a"},
	} {
		_, err := invoke(server, function, args)
		require.ErrorContains(t, err, session.ErrNoOrganization.Error(), function)
	}
}
