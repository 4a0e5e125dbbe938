package components

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// definitionParts are the inputs that become the environment's definition.
var definitionParts = []string{"imports", "values", "environmentVariables", "pulumiConfig"}

// checkDefinition builds the definition with stand-ins for what the component adds, so that everything that ESC refuses
// fails with the user's path before anything exists. Parts that are not known yet are judged when they are.
func checkDefinition(in property.Map) []access.Problem {
	if !allKnown(in, definitionParts...) {
		return nil
	}
	definition := esc.Definition{
		Values: objectOf(in, "values"), EnvironmentVariables: objectOf(in, "environmentVariables"), PulumiConfig: objectOf(in, "pulumiConfig"),
		Logins: loginStandIns(in), Stores: storeStandIns(in),
	}
	if imports := valueOf[[]string](in, "imports"); imports != nil {
		definition.Imports = *imports
	}
	_, err := esc.Build(definition)
	var problems []access.Problem
	for _, wrong := range problem.Of(err) {
		problems = append(problems, access.Problem{Path: userPath(in, wrong.Path), Reason: wrong.Reason})
	}
	return problems
}

// userPath is where the user wrote what stands at a path of the definition.
func userPath(in property.Map, path string) string {
	for _, part := range []string{"environmentVariables", "pulumiConfig"} {
		if rest, cut := strings.CutPrefix(path, "values."+part); cut && has(in, part) {
			return part + rest
		}
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

// loginStandIns stand for the logins that the component makes, whose own inputs are judged with their blocks.
func loginStandIns(in property.Map) []esc.Login {
	const id = "11111111-1111-4111-8111-111111111111"
	attributes := []string{"currentEnvironment.name"}
	var logins []esc.Login
	for _, one := range []struct {
		block string
		login esc.Login
	}{
		{"aws", esc.AWSLogin{RoleARN: "arn:aws:iam::123456789012:role/stand-in", SessionName: "stand-in", SubjectAttributes: attributes}},
		{"azure", esc.AzureLogin{ClientID: id, TenantID: id, SubscriptionID: id, SubjectAttributes: attributes}},
		{"gcp", esc.GCPLogin{
			Project: "123456789012", ProjectName: "stand-in", WorkloadPoolID: "stand-in", ProviderID: "stand-in",
			ServiceAccount: "stand-in@stand-in.iam.gserviceaccount.com", SubjectAttributes: attributes,
		}},
	} {
		if has(in, one.block) {
			logins = append(logins, one.login)
		}
	}
	return logins
}

func storeStandIns(in property.Map) []esc.Store {
	block := blockAt(in, "secrets")
	if block == nil {
		return nil
	}
	var found []esc.Store
	for _, store := range []struct{ input, cloud, name, provider string }{
		{"awsSecretsManager", "aws", "secrets", "aws-secrets"}, {"awsParameterStore", "aws", "parameters", "aws-parameter-store"},
		{"azureKeyVault", "azure", "secrets", "azure-secrets"}, {"googleSecretManager", "gcp", "secrets", "gcp-secrets"},
	} {
		if has(*block, store.input) && has(in, store.cloud) {
			found = append(found, esc.Store{Cloud: store.cloud, Name: store.name, Provider: store.provider, Inputs: map[string]any{}})
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

// checkOnlyReads refuses what would let an environment that only reads bring credentials of another kind: a login of its own
// among the values, and settings by which the clouds' tools find credentials.
func checkOnlyReads(in property.Map) []access.Problem {
	var problems []access.Problem
	say := func(path, reason string) { problems = append(problems, access.Problem{Path: path, Reason: reason}) }
	for _, part := range definitionParts[1:] {
		for _, path := range foreignLogins(part, in.Get(part)) {
			say(path, "is a login of its own, whose credentials may change things. This component promises that its environment only reads: "+
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
				say(path+"."+name, "is a setting by which a cloud's tools find credentials, and these may change things. This component sets what "+
					"its logins need: remove it, or put it into a ProductionEnvironment")
			}
		}
	}
	settings("environmentVariables", in.Get("environmentVariables"), cloudVariables)
	settings("pulumiConfig", in.Get("pulumiConfig"), cloudConfig)
	if values := blockAt(in, "values"); values != nil {
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
			found = append(found, foreignLogins(index(path, i), child)...)
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
