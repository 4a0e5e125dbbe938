package esc

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/pulumi/esc"
	"github.com/pulumi/esc/eval"
	"github.com/pulumi/esc/schema"
)

// Providers returns the names of ESC's providers as fn::open takes them, sorted; see https://www.pulumi.com/docs/esc/providers/.
func Providers() []string {
	return []string{
		"1password-secrets", "aws-login", "aws-parameter-store", "aws-secrets", "azure-login", "azure-secrets",
		"doppler-login", "doppler-secrets", "external", "gcp-login", "gcp-secrets", "gh-login", "infisical-login",
		"infisical-secrets", "oidc", "pulumi-stacks", "snowflake-login", "terraform-state", "vault-login",
		"vault-secrets",
	}
}

// Rotators returns the names of ESC's rotators as fn::rotate takes them, sorted; see
// https://www.pulumi.com/docs/esc/providers/rotators/.
func Rotators() []string {
	return []string{
		"aws-iam", "azure-app-secret", "external", "mysql", "passphrase", "password", "postgres", "snowflake-user",
	}
}

// catalogue stands in for the service's plugins during a check. It accepts any inputs: their schemas are the service's, and
// are checked when the definition is written there. An unknown name is reported, and remembered as not fatal: the
// service may have plugins that are newer than this list.
type catalogue struct {
	unknown map[string]bool
}

var _ eval.ProviderLoader = (*catalogue)(nil)

func (c *catalogue) LoadProvider(_ context.Context, name string) (esc.Provider, error) {
	if name != importedProvider && !slices.Contains(Providers(), name) {
		return nil, c.report("provider", name, Providers())
	}
	return plugin{}, nil
}

func (c *catalogue) LoadRotator(_ context.Context, name string) (esc.Rotator, error) {
	if !slices.Contains(Rotators(), name) {
		return nil, c.report("rotator", name, Rotators())
	}
	return rotator{}, nil
}

func (c *catalogue) report(kind, name string, known []string) error {
	text := fmt.Sprintf("unknown %s %q; nearest are %s", kind, name, strings.Join(nearest(name, known), ", "))
	c.unknown[text] = true
	return fmt.Errorf("%s", text)
}

// nearest is up to three names by edit distance, and by name where that is equal.
func nearest(name string, known []string) []string {
	sorted := slices.Clone(known)
	slices.SortStableFunc(sorted, func(a, b string) int {
		return levenshtein.Distance(name, a, nil) - levenshtein.Distance(name, b, nil)
	})
	return sorted[:min(3, len(sorted))]
}

type plugin struct{}

func (plugin) Schema() (inputs, outputs *schema.Schema) { return schema.Always(), schema.Always() }

func (plugin) Open(context.Context, map[string]esc.Value, esc.EnvExecContext) (esc.Value, error) {
	return esc.Value{}, errNotOpened
}

type rotator struct{}

// Schema requires a state that is an object: the evaluator accepts a state or null, and not a schema that is both.
func (rotator) Schema() (inputs, state, outputs *schema.Schema) {
	return schema.Always(), schema.Object().AdditionalProperties(schema.Always()).Schema(), schema.Always()
}

func (rotator) Open(context.Context, map[string]esc.Value, map[string]esc.Value, esc.EnvExecContext) (esc.Value, error) {
	return esc.Value{}, errNotOpened
}

func (rotator) Rotate(context.Context, map[string]esc.Value, map[string]esc.Value, esc.EnvExecContext) (esc.Value, error) {
	return esc.Value{}, errNotOpened
}

// A check evaluates symbolically and never opens.
var errNotOpened = fmt.Errorf("a check does not open providers")
