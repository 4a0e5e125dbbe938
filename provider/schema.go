package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"

	p "github.com/pulumi/pulumi-go-provider"
	pschema "github.com/pulumi/pulumi/pkg/v3/codegen/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components"
)

// Schema returns the package's schema as indented JSON. It holds the version of a release, whatever this build is, so
// that the schema does not change with every build.
func Schema(ctx context.Context, provider p.Provider) ([]byte, error) {
	spec, err := p.GetSchema(ctx, Name, Version, provider)
	if err != nil {
		return nil, err
	}
	components.CorrectSchema(&spec)
	describeEnums(&spec)
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err = encoder.Encode(spec)
	return text.Bytes(), err
}

// WithSchema makes the provider answer with a schema that was inferred before, in place of inferring it at every start.
// Its version becomes that of this build.
func WithSchema(provider p.Provider, schema []byte) p.Provider {
	provider.GetSchema = func(context.Context, p.GetSchemaRequest) (p.GetSchemaResponse, error) {
		text := versionLine.ReplaceAllLiteral(schema, fmt.Appendf(nil, "\n  \"version\": %q", Version))
		return p.GetSchemaResponse{Schema: string(text)}, nil
	}
	return provider
}

// versionLine is the package's version in the indented text that Schema writes: a property of the outermost object.
var versionLine = regexp.MustCompile(`\n  "version": "[^"]*"`)

// enumDescriptions are the descriptions of enums, which the framework has no place for.
var enumDescriptions = map[string]string{
	"AwsReadOnlyPolicy":            "A policy of AWS's by which things can be looked at and not changed.",
	"AccountPermission":            "A built-in permission set for Insights accounts. Each level contains the one before it.",
	"Certainty":                    "Whether an answer about access follows from what is documented.",
	"CiProvider":                   "A CI system whose tokens are exchanged for those of Pulumi Cloud.",
	"DefaultAccountPermission":     "What members of an organization hold on every Insights account.",
	"DefaultEnvironmentPermission": "What members of an organization hold on every ESC environment.",
	"DefaultStackPermission":       "What members of an organization hold on every stack.",
	"EntityAccessMode":             "Whether an EntityAccess changes anything.",
	"EntityPermission":             "A built-in permission set of a stack, an environment or an account.",
	"PermissionMode":               "How strictly an organization limits what it runs on its behalf.",
	"EntityType":                   "What the scopes of a permission set are granted on.",
	"EnvironmentPermission":        "A built-in permission set for ESC environments. Each level contains the one before it.",
	"GateAction":                   "What of an environment an approval gate guards.",
	"GrantThrough":                 "How a team gets its access.",
	"OidcDecision":                 "What a policy of an OIDC issuer says to the tokens that match it.",
	"OidcProvider":                 "A system whose OIDC tokens name the workloads that run on it.",
	"OidcTokenType":                "The kind of access token that an OIDC token is exchanged for.",
	"Operation":                    "What a deployment does, as its OIDC subject says it.",
	"OptIn":                        "A risk that is taken deliberately, by name.",
	"OnForeign":                    "What to do where an update would replace a value that the resource did not write.",
	"ReviewSeverity":               "How bad a finding of a review is.",
	"Severity":                     "How bad a finding is.",
	"OnViolation":                  "What to do when somebody has an access that is not expected.",
	"OrganizationAccess":           "A built-in permission set of organization-level scopes.",
	"PrincipalKind":                "What a principal is.",
	"StackPermission":              "A built-in permission set for stacks. Each level contains the one before it.",
	"TrustDocumentKind":            "What a trust document is.",
	"TrustSeverity":                "How much a finding in a trust document matters.",
}

func describeEnums(spec *pschema.PackageSpec) {
	for name, description := range enumDescriptions {
		token := Name + ":index:" + name
		enum := spec.Types[token]
		enum.Description = description
		spec.Types[token] = enum
	}
}
