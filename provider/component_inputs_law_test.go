package provider_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	pschema "github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	presource "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// constructing plays the engine around components: it keeps what children were registered with.
type constructing struct {
	integration.Server
	mutex    sync.Mutex
	tries    int
	children []integration.MockResourceArgs
	outputs  property.Map // of the component
}

var lawNow = time.Date(2030, time.March, 1, 12, 0, 0, 0, time.UTC)

func newConstructing(t testing.TB) *constructing {
	t.Helper()
	plugin, err := provider.New(provider.WithClock(func() time.Time { return lawNow }), provider.WithTransport(watched(t), cloud.Retry{}))
	require.NoError(t, err)
	c := &constructing{}
	c.Server, err = integration.NewServer(t.Context(), "leastprivilege", semver.MustParse("0.1.0"),
		integration.WithProvider(plugin), integration.WithMocks(&integration.MockResourceMonitor{NewResourceF: c.newResource}))
	require.NoError(t, err)
	require.NoError(t, c.Configure(p.ConfigureRequest{Args: resourcetest.Object(map[string]any{
		"apiUrl": "https://api.pulumi.com", "accessToken": "pul-token", "organization": "acme",
	})}))
	return c
}

// watched is the service for components that look at who has access: whatever environment they make, it exists.
func watched(t testing.TB) http.RoundTripper {
	t.Helper()
	sandbox := servertest.Start(t, server.Options{Seed: []byte("organization: acme\nenvironments: [{project: payments, environment: prod}]\n")})
	return sandbox.Standing("acme", "payments/prod")
}

func (c *constructing) newResource(args integration.MockResourceArgs) (string, property.Map, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if strings.HasPrefix(args.Name, c.name()) { // what an earlier try made may come late
		c.children = append(c.children, args)
	}
	made := args.Inputs
	for name, value := range outputsOf[string(args.TypeToken)] {
		made = made.Set(name, property.New(value))
	}
	if args.TypeToken == "leastprivilege:index:LoginTransition" {
		made = made.Set("trustedSubjects", made.Get("subjects"))
	}
	if id, ok := idsOf[string(args.TypeToken)]; ok {
		return id, made, nil
	}
	return args.Name + "_id", made, nil
}

var idsOf = map[string]string{"azure-native:managedidentity:UserAssignedIdentity": "/subscriptions/22222222-2222-4222-8222-222222222222/" +
	"resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/made"}

var outputsOf = map[string]map[string]string{
	"leastprivilege:index:Role":                           {"roleId": "role-1"},
	"leastprivilege:index:Environment":                    {"environmentId": "environment-1"},
	"leastprivilege:index:OidcIssuer":                     {"issuerId": "issuer-1"},
	"leastprivilege:index:ApprovalGate":                   {"gateId": "gate-1"},
	"aws:iam/role:Role":                                   {"arn": "arn:aws:iam::123456789012:role/made", "name": "made"},
	"aws:iam/openIdConnectProvider:OpenIdConnectProvider": {"arn": "arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc"},
	"gcp:serviceaccount/account:Account":                  {"email": "made@acme-prod.iam.gserviceaccount.com", "name": "projects/acme-prod/serviceAccounts/made"},
	"azure-native:managedidentity:UserAssignedIdentity": {
		"clientId": "33333333-3333-4333-8333-333333333333", "principalId": "44444444-4444-4444-8444-444444444444",
		"tenantId": "11111111-1111-4111-8111-111111111111", "name": "made",
	},
}

func (c *constructing) construct(component string, inputs property.Map) error {
	c.mutex.Lock()
	c.children, c.tries = nil, c.tries+1
	name := c.name()
	c.mutex.Unlock()
	made, err := c.Construct(p.ConstructRequest{
		Urn: presource.NewURN("dev", "platform", "", tokens.Type("leastprivilege:index:"+component), name), Inputs: inputs,
	})
	c.outputs = made.State
	return err
}

// name is that of the component which is tried.
func (c *constructing) name() string { return fmt.Sprintf("x%06d", c.tries) }

// refusedByChildren are the failures of the children's own checks.
func (c *constructing) refusedByChildren(t *testing.T) []string {
	t.Helper()
	var failures []string
	for _, child := range c.children {
		if !strings.HasPrefix(string(child.TypeToken), "leastprivilege:") || isComponent(child) {
			continue
		}
		checked, err := c.Check(p.CheckRequest{
			Urn:    presource.NewURN("dev", "platform", "", child.TypeToken, "x"+strings.TrimPrefix(child.Name, c.name())),
			Inputs: child.Inputs,
		})
		require.NoError(t, err)
		for _, failure := range checked.Failures {
			failures = append(failures, fmt.Sprintf("%s.%s: %s", child.TypeToken.Name(), failure.Property, failure.Reason))
		}
	}
	return failures
}

func isComponent(child integration.MockResourceArgs) bool {
	_, ok := componentBases[string(child.TypeToken.Name())]
	return ok
}

// parsed are inputs that are written as JSON.
func parsed(t *testing.T, text string) property.Map {
	t.Helper()
	var written map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &written), text)
	return presource.FromResourcePropertyMap(presource.NewPropertyMapFromMap(written))
}

// spot is a place in the inputs: what stands there, its type in the schema, and the inputs with something else there.
type spot struct {
	path, pattern string
	value         property.Value
	kind          pschema.TypeSpec
	with          func(property.Value) property.Value
}

// spots are the places of a value of a type, and of everything in it.
func spots(spec pschema.PackageSpec, at spot) []spot {
	all := []spot{at}
	switch {
	case at.value.IsArray():
		for i, element := range at.value.AsArray().All {
			all = append(all, spots(spec, spot{
				fmt.Sprintf("%s[%d]", at.path, i), at.pattern + "[]", element, *at.kind.Items,
				func(v property.Value) property.Value {
					list := slices.Clone(at.value.AsArray().AsSlice())
					list[i] = v
					return at.with(property.New(list))
				},
			})...)
		}
	case at.value.IsMap():
		for key, element := range at.value.AsMap().AllStable {
			pattern, kind := at.pattern+"{}", pschema.TypeSpec{Ref: "pulumi.json#/Any"}
			switch object, named := spec.Types[strings.TrimPrefix(at.kind.Ref, "#/types/")]; {
			case named:
				pattern, kind = at.pattern+"."+key, object.Properties[key].TypeSpec
			case at.kind.AdditionalProperties != nil:
				kind = *at.kind.AdditionalProperties
			}
			all = append(all, spots(spec, spot{at.path + "." + key, pattern, element, kind, func(v property.Value) property.Value {
				return at.with(property.New(at.value.AsMap().Set(key, v)))
			}})...)
		}
	}
	return all
}

// declared are the patterns of all inputs of a type, at every depth.
func declared(spec pschema.PackageSpec, pattern string, kind pschema.TypeSpec) []string {
	object, named := spec.Types[strings.TrimPrefix(kind.Ref, "#/types/")]
	switch {
	case kind.Items != nil:
		return declared(spec, pattern+"[]", *kind.Items)
	case kind.AdditionalProperties != nil:
		return declared(spec, pattern+"{}", *kind.AdditionalProperties)
	case !named || len(object.Enum) > 0:
		return []string{pattern}
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(object.Properties)) {
		all = append(all, declared(spec, pattern+"."+name, object.Properties[name].TypeSpec)...)
	}
	return all
}

// wrongValues are values that are wrong in many places where a value of that type stands, and right in some.
func wrongValues(spec pschema.PackageSpec, at spot) map[string]property.Value {
	object := spec.Types[strings.TrimPrefix(at.kind.Ref, "#/types/")]
	text := property.New("text")
	switch {
	case len(object.Enum) > 0:
		return map[string]property.Value{"no value of the enum": text, "empty": property.New(""), "number": property.New(1.0)}
	case at.value.IsArray():
		elements := at.value.AsArray().AsSlice()
		return map[string]property.Value{
			"empty": property.New([]property.Value{}), "twice": property.New(slices.Concat(elements, elements)), "text": text,
		}
	case at.value.IsMap():
		wrong := map[string]property.Value{"empty": property.New(map[string]property.Value{}), "text": text, "list": property.New([]property.Value{text})}
		for key, value := range at.value.AsMap().All {
			wrong["odd key"] = property.New(at.value.AsMap().Set("a b/${c}*", value))
			wrong["empty key"] = property.New(at.value.AsMap().Set("", value))
			wrong["without "+key] = property.New(at.value.AsMap().Delete(key))
		}
		return wrong
	case at.value.IsNumber():
		return map[string]property.Value{
			"zero": property.New(0.0), "negative": property.New(-1.0), "fraction": property.New(0.5), "large": property.New(1e6), "text": text,
		}
	case at.value.IsBool():
		return map[string]property.Value{"other": property.New(!at.value.AsBool()), "text": text}
	}
	return map[string]property.Value{
		"empty": property.New(""), "slashes": property.New("a/b/c"), "wildcard": property.New("*"), "interpolation": property.New("${x"),
		"control": property.New("a\x00\nb"), "accent": property.New("ü b"), "long": property.New(strings.Repeat("x", 3000)),
		"fraction of a second": property.New("1500ms"), "long time": property.New("99999h"), "plain": text, "list": property.New([]property.Value{text}),
		"dots": property.New(".."),
	}
}

// A wrong input of a component is refused when it is constructed, before there is any child, with a path that is the user's:
// whatever a child's own check refuses, or the construction itself, is found by the component's check. Every input of every
// component is tried, with a sample of the wrong values that there are for it; `make test-laws` tries them all.
func TestComponentsRefuseWhatTheirChildrenRefuse(t *testing.T) {
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
			tried := map[string]bool{}
			refused, faults := 0, []string{}
			for i, text := range componentBases[component] {
				base := parsed(t, text)
				require.NoError(t, c.construct(component, base), "base %d: %v", i, detailsOf(c.construct(component, base)))
				require.Empty(t, c.refusedByChildren(t), "base %d", i)
				for name, value := range base.AllStable {
					root := spot{name, name, value, resource.InputProperties[name].TypeSpec, func(v property.Value) property.Value { return v }}
					for _, at := range spots(spec, root) {
						tried[at.pattern] = true
						wrong := wrongValues(spec, at)
						for _, how := range slices.Sorted(maps.Keys(wrong)) {
							if !drawn(component, at.path, how) {
								continue
							}
							fault, wasRefused := c.holds(t, component, base.Set(name, at.with(wrong[how])), resource)
							if fault != "" {
								faults = append(faults, fmt.Sprintf("%s of base %d, %s: %s", at.path, i, how, fault))
							}
							if wasRefused {
								refused++
							}
						}
					}
				}
			}
			assert.Positive(t, refused)
			assert.Empty(t, faults, strings.Join(faults, "\n"))
			for _, name := range slices.Sorted(maps.Keys(resource.InputProperties)) {
				for _, pattern := range declared(spec, name, resource.InputProperties[name].TypeSpec) {
					assert.True(t, tried[pattern] || neverValid[component] == pattern, "%s is an input that no base gives", pattern)
				}
			}
		})
	}
}

// drawn reports whether a wrong value is among those tried: one in eight, unless all are asked for.
func drawn(of ...string) bool {
	if os.Getenv("LEASTPRIVILEGE_LAW_INPUTS") == "all" {
		return true
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.Join(of, "\x00")))
	return h.Sum32()%8 == 0
}

// neverValid are inputs that a component shares with others, and never takes.
var neverValid = map[string]string{"BreakGlass": "access.environments[].permissionSet"}

// holds tries one wrong value. It returns what is wrong with the answer, and whether the value was refused.
func (c *constructing) holds(t *testing.T, component string, in property.Map, resource pschema.ResourceSpec) (fault string, refused bool) {
	t.Helper()
	err := c.construct(component, in)
	if err == nil {
		if failures := c.refusedByChildren(t); len(failures) > 0 {
			return "passes, and is refused by a child: " + strings.Join(failures, "; "), false
		}
		return "", false
	}
	details := detailsOf(err)
	switch {
	case len(c.children) > 0:
		return fmt.Sprintf("is refused after a child was registered: %v", err), true
	case len(details) == 0:
		return fmt.Sprintf("is refused without a path: %v", err), true
	}
	for path := range details {
		if _, there := resource.InputProperties[strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' })[0]]; !there {
			return path + " is not the path of an input", true
		}
	}
	return "", true
}

// detailsOf are the reasons of a refusal by their paths.
func detailsOf(err error) map[string]string {
	details := map[string]string{}
	if failed, ok := rpcerror.FromError(err); ok {
		for _, detail := range failed.InputPropertiesErrors() {
			details[detail.PropertyPath] = detail.Reason
		}
	}
	return details
}
