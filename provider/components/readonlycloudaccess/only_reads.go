package readonlycloudaccess

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

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

// checkOnlyReads refuses what could bring other credentials into an environment that only reads: a login among the values, and
// settings by which the clouds' tools find credentials.
func checkOnlyReads(in property.Map) problem.List {
	var problems problem.List
	for _, part := range []string{"values", "environmentVariables", "pulumiConfig"} {
		for _, path := range foreignLogins(part, in.Get(part)) {
			problems.AddReason(path, "is a login of its own, whose credentials may change things. This component promises that its environment only reads: "+
				"put it into a ProductionEnvironment")
		}
	}
	problems = append(problems, checkSettings("environmentVariables", in, cloudVariables)...)
	problems = append(problems, checkSettings("pulumiConfig", in, cloudConfig)...)
	values := kit.BlockOr(in, "values")
	problems.AddUnder("values", checkSettings("environmentVariables", values, cloudVariables))
	problems.AddUnder("values", checkSettings("files", values, cloudVariables))
	problems.AddUnder("values", checkSettings("pulumiConfig", values, cloudConfig))
	return problems
}

// checkSettings refuses settings by which a cloud's tools find credentials: those that begin with one of the prefixes.
func checkSettings(part string, in property.Map, prefixes []string) problem.List {
	var problems problem.List
	for name := range kit.BlockOr(in, part).AllStable {
		isOfCloud := func(prefix string) bool { return strings.HasPrefix(strings.ToLower(name), strings.ToLower(prefix)) }
		if slices.ContainsFunc(prefixes, isOfCloud) && !slices.Contains(harmlessSettings, name) {
			problems.AddReason(part+"."+name, "is a setting by which a cloud's tools find credentials, and these may change things. This component sets what "+
				"its logins need: remove it, or put it into a ProductionEnvironment")
		}
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
