// Package environments evaluates the definitions of ESC environments, with their imports, logins, secrets and rotators, by Pulumi's
// own evaluator. Start at [Opening]. The package checks no access: its caller does, in the functions that it gives each opening.
package environments

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/ast"
	"github.com/pulumi/esc/eval"
	"github.com/pulumi/esc/schema"
	"github.com/pulumi/esc/syntax"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// Opening is one evaluation on behalf of a caller: what the ESC evaluator asks of its surroundings. It implements
// [eval.ProviderLoader] and [eval.EnvironmentLoader].
type Opening struct {
	Organization string
	// User is the opener's login: a person's, or the synthetic one of a machine token.
	User string
	// Anonymous is set for a definition that is text of a request and not a saved environment.
	Anonymous bool
	// Sign makes the identity token of a login.
	Sign func(subject, audience string, claims map[string]any) (string, error)
	// Second makes tokens of the second version.
	Second SecondVersion
	Clouds []clouds.Cloud
	// Load resolves an import under the caller's rights. Its errors are shown to the caller as diagnostics.
	Load func(ImportName) (definition []byte, key eval.Decrypter, err error)
}

var (
	_ eval.ProviderLoader    = Opening{}
	_ eval.EnvironmentLoader = Opening{}
)

// Evaluated is the result of an evaluation: the environment and its diagnostics.
type Evaluated struct {
	Environment *esc.Environment
	Diagnostics syntax.Diagnostics
}

// Open evaluates a definition with its providers. name is how the environment is known to its logins; for anonymous text
// it is [esc.AnonymousEnvironmentName].
func (o Opening) Open(ctx context.Context, name string, definition []byte, key eval.Decrypter) (Evaluated, error) {
	return o.evaluate(name, definition, func(decl *ast.EnvironmentDecl, values *esc.ExecContext) (*esc.Environment, syntax.Diagnostics) {
		return eval.EvalEnvironment(ctx, name, decl, key, o, o, values)
	})
}

// Check evaluates a definition without calling its providers, whose values stay unknown.
func (o Opening) Check(ctx context.Context, name string, definition []byte, key eval.Decrypter, secrets SecretDisplay) (Evaluated, error) {
	return o.evaluate(name, definition, func(decl *ast.EnvironmentDecl, values *esc.ExecContext) (*esc.Environment, syntax.Diagnostics) {
		return eval.CheckEnvironment(ctx, name, decl, key, o, o, values, secrets == ShowSecrets)
	})
}

// Rotate makes new secrets at the paths of a definition, or everywhere if there are none.
func (o Opening) Rotate(
	ctx context.Context, name string, definition []byte, key eval.Decrypter, paths []resource.PropertyPath,
) (result Evaluated, rotated eval.RotationResult, err error) {
	result, err = o.evaluate(name, definition, func(decl *ast.EnvironmentDecl, values *esc.ExecContext) (*esc.Environment, syntax.Diagnostics) {
		environment, all, found := eval.RotateEnvironment(ctx, name, decl, key, o, o, values, paths)
		rotated = all
		return environment, found
	})
	return result, rotated, err
}

// SecretDisplay reports whether a check decrypts static secrets.
type SecretDisplay int

// Values of [SecretDisplay].
const (
	HideSecrets SecretDisplay = iota
	ShowSecrets
)

type evaluation func(*ast.EnvironmentDecl, *esc.ExecContext) (*esc.Environment, syntax.Diagnostics)

func (o Opening) evaluate(name string, definition []byte, run evaluation) (Evaluated, error) {
	decl, found, err := eval.LoadYAMLBytes(name, definition)
	if err != nil {
		return Evaluated{}, fmt.Errorf("reading the definition: %w", err)
	}
	found.Extend(refusedText(name, definition)...)
	if found.HasErrors() {
		return Evaluated{Environment: &esc.Environment{}, Diagnostics: found}, nil
	}
	values, err := esc.NewExecContext(map[string]esc.Value{"pulumi": esc.NewValue(map[string]esc.Value{
		"user":         esc.NewValue(map[string]esc.Value{"login": esc.NewValue(o.User)}),
		"organization": esc.NewValue(map[string]esc.Value{"login": esc.NewValue(o.Organization)}),
	})})
	if err != nil {
		return Evaluated{}, fmt.Errorf("preparing the evaluation: %w", err)
	}
	environment, more := run(decl, values)
	found.Extend(more...)
	if environment == nil {
		environment = &esc.Environment{}
	}
	return Evaluated{Environment: environment, Diagnostics: found}, nil
}

// LoadProvider implements [eval.ProviderLoader].
func (o Opening) LoadProvider(_ context.Context, name string) (esc.Provider, error) {
	for _, cloud := range o.Clouds {
		if provider, found := cloud.Provider(name, o.LoginToken); found {
			return provider, nil
		}
	}
	switch name {
	case tokenProvider:
		return clouds.Named(name, idToken{opening: o}), nil
	case claimsProvider:
		return clouds.Named(name, idToken{opening: o, preview: true}), nil
	}
	if slices.Contains(knownProviders, name) {
		return missingProvider(name), nil
	}
	return nil, fmt.Errorf("unknown provider %q; the sandbox has %s", name, strings.Join(sandboxProviders, ", "))
}

// missingProvider is one of the service's that the sandbox lacks. A definition may name it and is stored; opening fails.
type missingProvider string

// Schema implements [esc.Provider]: anything goes in, and nothing is known of what comes out.
func (missingProvider) Schema() (inputs, outputs *schema.Schema) {
	return schema.Always().Schema(), schema.Always().Schema()
}

// Open implements [esc.Provider].
func (p missingProvider) Open(context.Context, map[string]esc.Value, esc.EnvExecContext) (esc.Value, error) {
	return esc.Value{}, fmt.Errorf("the sandbox does not have provider %q; it has %s", string(p), strings.Join(sandboxProviders, ", "))
}

// LoadRotator implements [eval.ProviderLoader].
func (o Opening) LoadRotator(_ context.Context, name string) (esc.Rotator, error) {
	if rotator, found := sandboxRotators[name]; found {
		rotator.name = name
		return rotator, nil
	}
	if slices.Contains(knownRotators, name) {
		return missingRotator(name), nil
	}
	return nil, fmt.Errorf("unknown rotator %q; the sandbox has %s", name, strings.Join(rest.SortedKeys(sandboxRotators), ", "))
}

// LoadEnvironment implements [eval.EnvironmentLoader].
func (o Opening) LoadEnvironment(_ context.Context, name string) ([]byte, eval.Decrypter, error) {
	imported, err := ParseImportName(name)
	if err != nil {
		return nil, nil, err
	}
	return o.Load(imported)
}

// sandboxProviders are the providers that the sandbox can open.
var sandboxProviders = []string{"aws-login", "aws-parameter-store", "aws-secrets", "azure-login", "azure-secrets", claimsProvider, "gcp-login", "gcp-secrets", tokenProvider}

// knownProviders are those of the service that a definition may well name, so that people can tell a spelling mistake
// from a limit of the sandbox. See https://www.pulumi.com/docs/esc/integrations/.
var knownProviders = []string{
	"1password-secrets", "doppler-login",
	"doppler-secrets", "external", "gh-login", "infisical-login", "infisical-secrets",
	"pulumi-stacks", "snowflake-login", "vault-login", "vault-secrets",
}

// oidcContext is this opening as the issuer sees it for a login that env is about to open.
func (o Opening) oidcContext(env esc.EnvExecContext) (oidc.OpenContext, error) {
	root, err := o.environmentRef(env.GetRootEnvironmentName())
	if err != nil {
		return oidc.OpenContext{}, fmt.Errorf("root environment: %w", err)
	}
	current, err := o.environmentRef(env.GetCurrentEnvironmentName())
	if err != nil {
		return oidc.OpenContext{}, fmt.Errorf("current environment: %w", err)
	}
	return oidc.OpenContext{
		Organization:  o.Organization,
		Root:          root,
		Current:       current,
		AnonymousRoot: o.Anonymous,
		User:          o.User,
	}, nil
}

// environmentRef drops the version: an environment is the same principal at each of its revisions, or importing an old
// one would be a way around a lock.
func (o Opening) environmentRef(name string) (oidc.EnvironmentRef, error) {
	if name == esc.AnonymousEnvironmentName {
		return oidc.EnvironmentRef{}, nil
	}
	imported, err := ParseImportName(name)
	return imported.EnvironmentRef, err
}

// claims are the issuer's own claims in the tokens of a login.
func (o Opening) claims(opened oidc.OpenContext) map[string]any {
	name := func(ref oidc.EnvironmentRef) string {
		if ref == (oidc.EnvironmentRef{}) {
			return esc.AnonymousEnvironmentName
		}
		return ref.String()
	}
	return map[string]any{
		"current_env":  name(opened.Current),
		"root_env":     name(opened.Root),
		"trigger_user": opened.User,
		"org":          strings.ToLower(opened.Organization),
	}
}
