package server

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

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
)

// opening is one evaluation on behalf of a caller: what the ESC evaluator asks of its surroundings. It implements
// [eval.ProviderLoader] and [eval.EnvironmentLoader].
type opening struct {
	organization string
	// user is the opener's login: a person's, or the synthetic one of a machine token.
	user string
	// anonymous says that the definition is text which was never saved.
	anonymous bool
	issuer    tokenIssuer // of identity tokens
	clouds    []clouds.Cloud
	// load resolves an import under the caller's rights. Its errors are shown to the caller as diagnostics.
	load func(importName) (definition []byte, key eval.Decrypter, err error)
}

var (
	_ eval.ProviderLoader    = opening{}
	_ eval.EnvironmentLoader = opening{}
)

// evaluated is what became of a definition: the environment, and what was found on the way.
type evaluated struct {
	environment *esc.Environment
	diagnostics syntax.Diagnostics
}

// open evaluates a definition with its providers. name is how the environment is known to its logins; for anonymous text
// it is [esc.AnonymousEnvironmentName].
func (o opening) open(ctx context.Context, name string, definition []byte, key eval.Decrypter) (evaluated, error) {
	return o.evaluate(name, definition, func(decl *ast.EnvironmentDecl, values *esc.ExecContext) (*esc.Environment, syntax.Diagnostics) {
		return eval.EvalEnvironment(ctx, name, decl, key, o, o, values)
	})
}

// check evaluates a definition without calling its providers, whose values stay unknown.
func (o opening) check(ctx context.Context, name string, definition []byte, key eval.Decrypter, secrets secretDisplay) (evaluated, error) {
	return o.evaluate(name, definition, func(decl *ast.EnvironmentDecl, values *esc.ExecContext) (*esc.Environment, syntax.Diagnostics) {
		return eval.CheckEnvironment(ctx, name, decl, key, o, o, values, secrets == showSecrets)
	})
}

// secretDisplay says whether a check decrypts static secrets.
type secretDisplay int

const (
	hideSecrets secretDisplay = iota
	showSecrets
)

type evaluation func(*ast.EnvironmentDecl, *esc.ExecContext) (*esc.Environment, syntax.Diagnostics)

func (o opening) evaluate(name string, definition []byte, run evaluation) (evaluated, error) {
	decl, found, err := eval.LoadYAMLBytes(name, definition)
	if err != nil {
		return evaluated{}, fmt.Errorf("reading the definition: %w", err)
	}
	found.Extend(refusedText(name, definition)...)
	if found.HasErrors() {
		return evaluated{environment: &esc.Environment{}, diagnostics: found}, nil
	}
	values, err := esc.NewExecContext(map[string]esc.Value{"pulumi": esc.NewValue(map[string]esc.Value{
		"user":         esc.NewValue(map[string]esc.Value{"login": esc.NewValue(o.user)}),
		"organization": esc.NewValue(map[string]esc.Value{"login": esc.NewValue(o.organization)}),
	})})
	if err != nil {
		return evaluated{}, fmt.Errorf("preparing the evaluation: %w", err)
	}
	environment, more := run(decl, values)
	found.Extend(more...)
	if environment == nil {
		environment = &esc.Environment{}
	}
	return evaluated{environment: environment, diagnostics: found}, nil
}

// LoadProvider implements [eval.ProviderLoader].
func (o opening) LoadProvider(_ context.Context, name string) (esc.Provider, error) {
	for _, cloud := range o.clouds {
		if provider, found := cloud.Provider(name, o.loginToken); found {
			return provider, nil
		}
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
func (o opening) LoadRotator(_ context.Context, name string) (esc.Rotator, error) {
	if rotator, found := sandboxRotators[name]; found {
		rotator.name = name
		return rotator, nil
	}
	if slices.Contains(knownRotators, name) {
		return missingRotator(name), nil
	}
	return nil, fmt.Errorf("unknown rotator %q; the sandbox has %s", name, strings.Join(sortedKeys(sandboxRotators), ", "))
}

// LoadEnvironment implements [eval.EnvironmentLoader].
func (o opening) LoadEnvironment(_ context.Context, name string) ([]byte, eval.Decrypter, error) {
	imported, err := parseImportName(name)
	if err != nil {
		return nil, nil, err
	}
	return o.load(imported)
}

// sandboxProviders are the providers that the sandbox can open.
var sandboxProviders = []string{"aws-login", "aws-parameter-store", "aws-secrets", "azure-login", "azure-secrets", "gcp-login", "gcp-secrets"}

// knownProviders are those of the service that a definition may well name, so that people can tell a spelling mistake
// from a limit of the sandbox. See https://www.pulumi.com/docs/esc/integrations/.
var knownProviders = []string{
	"1password-secrets", "doppler-login",
	"doppler-secrets", "external", "gh-login", "infisical-login", "infisical-secrets",
	"oidc", "pulumi-stacks", "snowflake-login", "vault-login", "vault-secrets",
}

// oidcContext is this opening as the issuer sees it for a login that env is about to open.
func (o opening) oidcContext(env esc.EnvExecContext) (oidc.OpenContext, error) {
	root, err := o.environmentRef(env.GetRootEnvironmentName())
	if err != nil {
		return oidc.OpenContext{}, fmt.Errorf("root environment: %w", err)
	}
	current, err := o.environmentRef(env.GetCurrentEnvironmentName())
	if err != nil {
		return oidc.OpenContext{}, fmt.Errorf("current environment: %w", err)
	}
	return oidc.OpenContext{
		Organization:  o.organization,
		Root:          root,
		Current:       current,
		AnonymousRoot: o.anonymous,
		User:          o.user,
	}, nil
}

// environmentRef drops the version: an environment is the same principal at each of its revisions, or importing an old
// one would be a way around a lock.
func (o opening) environmentRef(name string) (oidc.EnvironmentRef, error) {
	if name == esc.AnonymousEnvironmentName {
		return oidc.EnvironmentRef{}, nil
	}
	imported, err := parseImportName(name)
	return imported.EnvironmentRef, err
}

// claims are the issuer's own claims in the tokens of a login.
func (o opening) claims(opened oidc.OpenContext) map[string]any {
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
