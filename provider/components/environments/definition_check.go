package environments

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/cloudlogin"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// definitionParts are the inputs that become the environment's definition.
var definitionParts = []string{"imports", "values", "environmentVariables", "pulumiConfig"}

// notKnownYet stands for what is not known: a reference into an import, which may be anything.
const notKnownYet = "${notKnownYet}"

// checkDefinition builds the definition as the component will, so that everything that cannot become one fails with the
// user's path before anything exists. Identities that are not made yet are stand-ins. What is not known yet may be anything,
// and so may what refers to it: that is judged when it is known.
func checkDefinition(in property.Map) problem.List {
	definition := esc.Definition{
		Values: objectOf(in, "values"), EnvironmentVariables: objectOf(in, "environmentVariables"), PulumiConfig: objectOf(in, "pulumiConfig"),
		Logins: plannedLogins(in), Stores: plannedStores(in),
	}
	if imports := kit.ValueOf[[]string](in, "imports"); imports != nil {
		definition.Imports = *imports
	}
	if !kit.AllKnown(in, definitionParts...) {
		definition.Imports = append(definition.Imports, "not-known-yet/any")
	}
	_, err := esc.Build(definition)
	var problems problem.List
	for _, wrong := range problem.Of(err) {
		problems.AddReason(userPath(in, wrong.Path), wrong.Reason)
	}
	return problems
}

// inLogin is a path into a login of the definition: the cloud, and the field with the index of an element.
var inLogin = regexp.MustCompile(`^values\.(aws|azure|gcp)\.login(?:\["fn::open::[^"]*"\])?(?:\.oidc)?\.(\w+(?:\[\d+\])?)`)

// userPath is where the user wrote what stands at a path of the definition.
func userPath(in property.Map, path string) string {
	for _, part := range []string{"environmentVariables", "pulumiConfig"} {
		if rest, cut := strings.CutPrefix(path, "values."+part); cut && kit.Has(in, part) {
			return part + rest
		}
	}
	for _, kind := range cloudlogin.StoreKinds {
		place := kind.ESC()
		inputs := "values." + place.Cloud + "." + place.Name + `["fn::open::` + place.Provider + `"]`
		if rest, cut := strings.CutPrefix(path, inputs); cut && kit.BlockAt(in, "secrets") != nil {
			return "secrets." + kind.Name() + rest
		}
	}
	if parts := inLogin.FindStringSubmatch(path); parts != nil && kit.BlockAt(in, parts[1]) != nil {
		return problem.Join(parts[1], parts[2])
	}
	if path == "" {
		return "values"
	}
	return path
}

// objectOf is an input as package esc takes it: what is secret in the program is marked.
func objectOf(in property.Map, name string) map[string]any {
	object, _ := plainValue(in.Get(name).WithSecret(false)).(map[string]any)
	return object
}

func plainValue(v property.Value) any {
	if v.Secret() && !v.IsNull() {
		return esc.Secret{Value: plainValue(v.WithSecret(false))}
	}
	switch {
	case v.IsComputed():
		return notKnownYet
	case v.IsString():
		return v.AsString()
	case v.IsNumber():
		return v.AsNumber()
	case v.IsBool():
		return v.AsBool()
	case v.IsArray():
		list := []any{}
		for _, element := range v.AsArray().All {
			list = append(list, plainValue(element))
		}
		return list
	case v.IsMap():
		object := map[string]any{}
		for key, element := range v.AsMap().All {
			object[key] = plainValue(element)
		}
		return object
	}
	return nil
}

// plannedLogins are the logins that the component makes. What they take over as it is given is theirs, if it is known; the
// rest is checked with its block, and stand-ins are here for it.
func plannedLogins(in property.Map) []esc.Login {
	var logins []esc.Login
	for _, one := range cloudlogin.Clouds {
		if kit.Has(in, one.Name()) {
			logins = append(logins, one.Planned(kit.BlockOr(in, one.Name()), []string{"currentEnvironment.name"}))
		}
	}
	return logins
}

// plannedStores are what the environment reads, without the stores that have no login: that is a problem of its own.
func plannedStores(in property.Map) []esc.Store {
	block := kit.BlockAt(in, "secrets")
	if block == nil {
		return nil
	}
	var found []esc.Store
	for _, kind := range cloudlogin.StoreKinds {
		if store := kind.In(*block); store != nil && kit.Has(in, kind.ESC().Cloud) {
			found = append(found, store.ESC())
		}
	}
	return found
}

// The names by which tools and Pulumi's providers find credentials, and what is harmless among them.
var (
	cloudVariables   = []string{"AWS_", "ARM_", "AZURE_", "GOOGLE_", "GCLOUD_", "GCP_", "CLOUDSDK_", "BOTO_", "KUBECONFIG"}
	cloudConfig      = []string{"aws:", "aws-native:", "awsx:", "azure:", "azure-native:", "azuread:", "gcp:", "google-native:", "kubernetes:"}
	harmlessSettings = []string{
		"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_DEFAULT_OUTPUT", "AWS_PAGER", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE", "GOOGLE_REGION",
		"GOOGLE_ZONE", "GOOGLE_CLOUD_REGION", "GOOGLE_CLOUD_ZONE", "CLOUDSDK_COMPUTE_REGION", "CLOUDSDK_COMPUTE_ZONE", "aws:region",
		"aws-native:region", "gcp:region", "gcp:zone", "gcp:project", "azure-native:location", "azure:location",
	}
)

// CheckOnlyReads refuses what would let an environment that only reads bring credentials of another kind: a login of its own
// among the values, and settings by which the clouds' tools find credentials.
func CheckOnlyReads(in property.Map) problem.List {
	var problems problem.List
	for _, part := range definitionParts[1:] {
		for _, path := range foreignLogins(part, in.Get(part)) {
			problems.AddReason(path, "is a login of its own, whose credentials may change things. This component promises that its environment only reads: "+
				"put it into a ProductionEnvironment")
		}
	}
	settings := func(path string, v property.Value, prefixes []string) {
		if !v.IsMap() {
			return
		}
		for name := range v.AsMap().AllStable {
			foreign := func(prefix string) bool { return strings.HasPrefix(strings.ToLower(name), strings.ToLower(prefix)) }
			if slices.ContainsFunc(prefixes, foreign) && !slices.Contains(harmlessSettings, name) {
				problems.AddReason(path+"."+name, "is a setting by which a cloud's tools find credentials, and these may change things. This component sets what "+
					"its logins need: remove it, or put it into a ProductionEnvironment")
			}
		}
	}
	settings("environmentVariables", in.Get("environmentVariables"), cloudVariables)
	settings("pulumiConfig", in.Get("pulumiConfig"), cloudConfig)
	if values := kit.BlockAt(in, "values"); values != nil {
		settings("values.environmentVariables", values.Get("environmentVariables"), cloudVariables)
		settings("values.files", values.Get("files"), cloudVariables)
		settings("values.pulumiConfig", values.Get("pulumiConfig"), cloudConfig)
	}
	return problems
}

// foreignLogins are the paths of calls in ESC values that make or rotate credentials.
func foreignLogins(path string, v property.Value) []string {
	var found []string
	switch {
	case v.IsMap():
		for key, child := range v.AsMap().AllStable {
			if makesCredentials(key, child) {
				found = append(found, path)
				continue
			}
			found = append(found, foreignLogins(path+"."+key, child)...)
		}
	case v.IsArray():
		for i, child := range v.AsArray().All {
			found = append(found, foreignLogins(kit.Index(path, i), child)...)
		}
	}
	return found
}

// makesCredentials reports whether a call opens a login, or a provider that may hand out anything.
func makesCredentials(function string, arguments property.Value) bool {
	if strings.HasPrefix(function, "fn::rotate") {
		return true
	}
	provider, short := strings.CutPrefix(function, "fn::open::")
	switch {
	case short:
	case function != "fn::open":
		return false
	case arguments.IsMap() && arguments.AsMap().Get("provider").IsString():
		provider = arguments.AsMap().Get("provider").AsString()
	default:
		return !arguments.HasComputed() // ESC refuses it as well
	}
	return strings.HasSuffix(provider, "-login") || !slices.Contains(readingProviders, provider)
}

// readingProviders are ESC's providers that read what somebody stored, and make no credentials.
var readingProviders = []string{
	"1password-secrets", "aws-parameter-store", "aws-secrets", "azure-secrets", "doppler-secrets", "gcp-secrets", "infisical-secrets",
	"pulumi-stacks", "terraform-state", "vault-secrets",
}
