// Package provider is the leastprivilege package: everything that it exposes, in one list.
package provider

import (
	_ "embed"
	"net/http"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/functions"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Name is the package's name on the Pulumi Registry.
const Name = "leastprivilege"

// Version is the plugin's version. Releases set it at link time.
var Version = "0.1.0"

const (
	description = "Least privilege on Pulumi Cloud as code: teams scoped by roles, ESC environments whose cloud credentials only " +
		"they can assume, deployments and CI without stored tokens, tokens that expire, approvals, and break-glass access."
	repository  = "https://github.com/pulumi-leastprivilege/pulumi-leastprivilege"
	downloadURL = "github://api.github.com/pulumi-leastprivilege/pulumi-leastprivilege"
	logo        = "https://raw.githubusercontent.com/pulumi-leastprivilege/pulumi-leastprivilege/main/docs/logo.png"
)

// Option changes what the provider works with, for those who run it in a process of their own.
type Option func(*configured)

// WithClock makes the provider read the time from now, in place of time.Now.
func WithClock(now func() time.Time) Option {
	return func(c *configured) { c.now = now }
}

// WithTransport makes the provider send its calls through transport, and repeat them as retry says: for tests that watch
// its calls, or make them fail.
func WithTransport(transport http.RoundTripper, retry cloud.Retry) Option {
	return func(c *configured) { c.calls.http, c.calls.retry = &http.Client{Transport: transport}, retry }
}

// WithTimeout bounds each try of a call, its answer included.
func WithTimeout(timeout time.Duration) Option {
	return func(c *configured) { c.calls.timeout = timeout }
}

// New returns the provider.
func New(options ...Option) (p.Provider, error) {
	state := &configured{now: time.Now}
	for _, option := range options {
		option(state)
	}
	sessions := session.Source(state.current)
	host := kit.Host{
		Sessions: sessions,
		Plugin:   kit.Plugin{Version: Version, DownloadURL: downloadURL},
	}
	modules := components.Modules()
	for _, module := range []tokens.ModuleName{"functions", "resources", "types", "provider"} {
		modules[module] = "index"
	}
	built, err := infer.NewProviderBuilder().
		WithDisplayName("Least Privilege for Pulumi Cloud").
		WithDescription(description).
		WithKeywords("pulumi", "category/cloud", "kind/native", "security", "rbac", "oidc", "least privilege").
		WithHomepage(repository).
		WithRepository(repository).
		WithLogoURL(logo).
		WithPublisher("pulumi-leastprivilege").
		WithLicense("Apache-2.0").
		WithPluginDownloadURL(downloadURL).
		WithLanguageMap(languages()).
		WithModuleMap(modules).
		WithConfig(infer.Config(&Config{})).
		WithResources(resources.All(sessions)...).
		WithComponents(components.All(host)...).
		WithFunctions(
			infer.Function(&functions.ESCSubjects{Sessions: sessions}),
			infer.Function(&functions.ESCSubjectsV2{Sessions: sessions}),
			infer.Function(&functions.DeploymentSubjects{Sessions: sessions}),
			infer.Function(&functions.AWSTrustPolicy{Sessions: sessions}),
			infer.Function(&functions.AzureFederatedCredentials{Sessions: sessions}),
			infer.Function(&functions.GCPWorkloadIdentity{Sessions: sessions}),
			infer.Function(&functions.VaultJWTRole{Sessions: sessions}),
			infer.Function(&functions.SnowflakeSecurityIntegration{Sessions: sessions}),
			infer.Function(&functions.LintTrustPolicy{}),
			infer.Function(&functions.GetAuditEvents{Sessions: sessions}),
			infer.Function(&functions.GetWhoCan{Sessions: sessions}),
			infer.Function(&functions.GetEffectiveAccess{Sessions: sessions}),
			infer.Function(&functions.GetEscalations{Sessions: sessions}),
			infer.Function(&functions.GetBlastRadius{Sessions: sessions}),
			infer.Function(&functions.GetAccessReview{Sessions: sessions}),
			infer.Function(&functions.GetSuggestedAccess{Sessions: sessions}),
		).
		Build()
	if err != nil {
		return p.Provider{}, err
	}
	built = withConfiguration(built)
	return withRecovery(wire.WithQuietFailures(wire.WithQuietErrors(state.wrap(wire.WithMissingRefused(resources.Wrap(built))), state.secrets))), nil
}

// withConfiguration lets a provider that has nothing but the configuration answer for it: the framework infers the whole schema to
// check a configuration, in every process that does any work.
func withConfiguration(provider p.Provider) p.Provider {
	configuration := infer.Provider(infer.Options{Config: infer.Config(&Config{})})
	provider.CheckConfig = configuration.CheckConfig
	provider.DiffConfig = inPlace(configuration.DiffConfig)
	provider.Configure = configuration.Configure
	return provider
}

// nodejsReadme is what npm shows of the SDK's package.
//
//go:embed readme_nodejs.md
var nodejsReadme string

// pythonReadme is what PyPI shows of the SDK's package.
//
//go:embed readme_python.md
var pythonReadme string

// languages says how the SDKs are named and packed.
func languages() map[string]any {
	return map[string]any{
		"go": map[string]any{
			"importBasePath":                 "github.com/pulumi-leastprivilege/pulumi-leastprivilege/sdk/go/leastprivilege",
			"generateResourceContainerTypes": true,
			"respectSchemaVersion":           true,
		},
		"nodejs": map[string]any{
			"packageName":          "pulumi-leastprivilege",
			"packageDescription":   description,
			"readme":               nodejsReadme,
			"typescriptVersion":    "^5.0.0",
			"respectSchemaVersion": true,
		},
		"python": map[string]any{
			"packageName":          "pulumi_leastprivilege",
			"readme":               pythonReadme,
			"pyproject":            map[string]any{"enabled": true},
			"respectSchemaVersion": true,
		},
	}
}
