package server

import (
	"fmt"
	"strings"
	"time"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/schema"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// loginTokenLifetime bounds the use of the identity token itself; the cloud's session has a duration of its own.
const loginTokenLifetime = 10 * time.Minute

// checkLoginInputs refuses inputs that no way to log in has: a misspelt subjectAttributes would otherwise be a login with
// another subject. The schema does not forbid them: the evaluator would turn a login with one more into an unknown value,
// without a word.
func checkLoginInputs(ways map[string]schema.BuilderMap, inputs map[string]esc.Value) error {
	for _, way := range sortedKeys(inputs) {
		known, found := ways[way]
		if !found {
			return fmt.Errorf("unknown input %q", way)
		}
		given, _ := object(inputs, way)
		for _, name := range sortedKeys(given) {
			if _, found := known[name]; !found {
				return fmt.Errorf("unknown input %q of %s; it has %s", name, way, strings.Join(sortedKeys(known), ", "))
			}
		}
	}
	return nil
}

// loginToken mints the identity token of a login that env is about to open.
func (o opening) loginToken(
	issuer tokenIssuer, cloud oidc.Cloud, attributes []string, env esc.EnvExecContext,
) (string, error) {
	opened, err := o.oidcContext(env)
	if err != nil {
		return "", err
	}
	subject, err := oidc.ESCSubject(opened, attributes)
	if err != nil {
		return "", fmt.Errorf("oidc: %w", err)
	}
	return issuer.sign(identity{
		Subject:  subject,
		Audience: []string{oidc.ESCAudience(cloud, opened.Organization, opened.Current.Project)},
		Lifetime: loginTokenLifetime,
		Claims:   o.claims(opened),
	})
}

// loginDuration is a duration among a login's inputs, 0 when it is absent.
func loginDuration(inputs map[string]esc.Value, name string) (time.Duration, error) {
	written := text(inputs, name)
	if written == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(written)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("oidc.%s %q is not a duration such as 1h or 30m", name, written)
	}
	return d, nil
}

func object(inputs map[string]esc.Value, key string) (map[string]esc.Value, bool) {
	value, ok := inputs[key].Value.(map[string]esc.Value)
	return value, ok
}

// text is "" for what is absent: the evaluator has already checked the inputs against the schema.
func text(inputs map[string]esc.Value, key string) string {
	value, _ := inputs[key].Value.(string)
	return value
}

func texts(inputs map[string]esc.Value, key string) []string {
	items, _ := inputs[key].Value.([]esc.Value)
	var all []string
	for _, item := range items {
		if value, ok := item.Value.(string); ok {
			all = append(all, value)
		}
	}
	return all
}
