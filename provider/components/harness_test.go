package components_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/integration"
	presource "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
)

const (
	testVersion  = "1.2.3"
	testDownload = "github://api.github.com/example/leastprivilege"
)

// testNow is the time of every component's clock.
var testNow = time.Date(2030, time.March, 1, 12, 0, 0, 0, time.UTC)

// engine plays the part of Pulumi's engine around one component: it keeps what children were registered with.
type engine struct {
	t        testing.TB
	provider p.Provider
	mutex    sync.Mutex
	children map[string]integration.MockResourceArgs // by type and name
	made     map[string]property.Map                 // outputs of children, by type, in place of the usual ones
	refused  map[string]error                        // what a type cannot be registered for
	kept     property.Value                          // what transitions say is to be kept
}

func newEngine(t testing.TB) *engine {
	t.Helper()
	// A component makes no call, but about scopes that are not known, unless it has a guard.
	client, err := cloud.New(cloud.Config{Token: "pul-x", HTTP: &http.Client{Transport: scopesAlone{}}})
	require.NoError(t, err)
	return newEngineOn(t, client)
}

// scopesAlone is a service that lists the scopes that are known, and refuses every other call.
type scopesAlone struct{}

func (scopesAlone) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	if !strings.HasSuffix(r.URL.Path, "/roles/scopes") {
		http.Error(answer, `{"code": 403, "message": "Forbidden"}`, http.StatusForbidden)
		return answer.Result(), nil
	}
	listed := map[access.EntityKind]any{}
	for _, kind := range access.Kinds() {
		var scopes []any
		for _, scope := range access.NewCatalogue(nil).Scopes(kind) {
			scopes = append(scopes, map[string]any{"name": scope})
		}
		listed[kind] = []any{map[string]any{"name": "all", "scopes": scopes}}
	}
	answer.Header().Set("Content-Type", "application/json")
	err := json.NewEncoder(answer).Encode(listed)
	return answer.Result(), err
}

// newEngineOn is an engine whose components may make calls.
func newEngineOn(t testing.TB, client *cloud.Client) *engine {
	t.Helper()
	host := kit.Host{
		Sessions: func(context.Context) (*session.Session, error) {
			return &session.Session{Client: client, Organization: "acme", Catalogue: access.NewCatalogue(nil), Now: func() time.Time { return testNow }}, nil
		},
		Plugin: kit.Plugin{Version: testVersion, DownloadURL: testDownload},
	}
	modules := components.Modules()
	modules["types"] = "index"
	built, err := infer.NewProviderBuilder().WithComponents(components.All(host)...).WithModuleMap(modules).Build()
	require.NoError(t, err)
	return &engine{t: t, provider: built, children: map[string]integration.MockResourceArgs{}}
}

// construct makes a component the way the engine does, over gRPC.
func (e *engine) construct(component string, inputs map[string]property.Value, dryRun bool) (p.ConstructResponse, error) {
	e.t.Helper()
	return e.constructAs("x", component, inputs, dryRun)
}

// constructAs makes a component of that name.
func (e *engine) constructAs(name, component string, inputs map[string]property.Value, dryRun bool) (p.ConstructResponse, error) {
	e.t.Helper()
	server, err := integration.NewServer(e.t.Context(), "leastprivilege", semver.MustParse(testVersion),
		integration.WithProvider(e.provider),
		integration.WithMocks(&integration.MockResourceMonitor{NewResourceF: e.newResource}))
	require.NoError(e.t, err)
	return server.Construct(p.ConstructRequest{
		Urn:    presource.NewURN("dev", "platform", "", tokens.Type("leastprivilege:index:"+component), name),
		Inputs: property.NewMap(inputs),
		DryRun: dryRun,
	})
}

func (e *engine) newResource(args integration.MockResourceArgs) (string, property.Map, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.children[string(args.TypeToken)+" "+args.Name] = args
	if err := e.refused[string(args.TypeToken)]; err != nil {
		return "", property.Map{}, err
	}
	outputs := args.Inputs
	switch args.TypeToken {
	case "leastprivilege:index:Role":
		outputs = outputs.Set("roleId", property.New("role-1"))
	case "leastprivilege:index:Environment":
		outputs = outputs.Set("environmentId", property.New("environment-1"))
	case "leastprivilege:index:LoginTransition":
		outputs = outputs.Set("trustedSubjects", outputs.Get("subjects")).Set("maxAwsSessionSeconds", outputs.Get("awsSessionSeconds"))
		if !e.kept.IsNull() {
			outputs = outputs.Set("keptPermissions", e.kept)
		}
		if reads := outputs.Get("awsReads"); !reads.IsNull() {
			outputs = outputs.Set("permittedAwsReads", property.WithGoValue(reads, property.NewArray([]property.Value{reads})))
		}
	case gcpAccountToken:
		outputs = outputs.Set("email", property.New(gcpMadeAccount)).Set("name", property.New("projects/acme-prod/serviceAccounts/"+gcpMadeAccount))
	case "azure-native:managedidentity:UserAssignedIdentity":
		outputs = outputs.Set("clientId", property.New(azureClient)).Set("principalId", property.New(azurePrincipal)).
			Set("tenantId", property.New(azureTenant)).Set("name", property.New("made"))
		return azureIdentityID, outputs, nil
	case "leastprivilege:index:OidcIssuer":
		outputs = outputs.Set("issuerId", property.New("issuer-1"))
	case "leastprivilege:index:ApprovalGate":
		outputs = outputs.Set("gateId", property.New("gate-"+args.Name))
	case "aws:iam/role:Role":
		outputs = outputs.Set("arn", property.New("arn:aws:iam::123456789012:role/made"))
		outputs = outputs.Set("name", property.New("made"))
	case "aws:iam/openIdConnectProvider:OpenIdConnectProvider":
		outputs = outputs.Set("arn", property.New("arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc"))
	}
	for name, value := range e.made[string(args.TypeToken)].All {
		outputs = outputs.Set(name, value)
	}
	return args.Name + "_id", outputs, nil
}

// child is what a child was registered with.
func (e *engine) child(token, name string) integration.MockResourceArgs {
	e.t.Helper()
	child, ok := e.children[token+" "+name]
	require.True(e.t, ok, "no child %s %q; there are %v", token, name, e.childNames())
	return child
}

func (e *engine) childNames() []string { return slices.Sorted(maps.Keys(e.children)) }

// environmentWith is payments/prod with a login to a cloud, and a lock unless it is null.
func environmentWith(cloud string, login inputs, lock property.Value) inputs {
	in := inputs{"project": text("payments"), "name": text("prod"), cloud: object(login)}
	if !lock.IsNull() {
		in["lock"] = lock
	}
	return in
}

func text(s string) property.Value { return property.New(s) }

func object(fields map[string]property.Value) property.Value {
	return property.New(property.NewMap(fields))
}

func list(elements ...property.Value) property.Value {
	return property.New(property.NewArray(elements))
}

func secret(v property.Value) property.Value { return v.WithSecret(true) }

func unknown() property.Value { return property.New(property.Computed) }

const upstream = urn.URN("urn:pulumi:dev::platform::test:index:Other::upstream")

func dependent(v property.Value) property.Value { return v.WithDependencies([]urn.URN{upstream}) }
