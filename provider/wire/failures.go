package wire

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"gopkg.in/yaml.v3"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/redact"
)

// WithQuietFailures keeps secrets and misleading values out of the failures of checks. The engine prints the value of the
// property that a failure names, and `<nil>` for a part of an input. So a failure names a property only if it is an input that is
// set and holds no secret; otherwise the path stands in the message. No reason quotes a secret.
func WithQuietFailures(provider p.Provider) p.Provider {
	check, checkConfig := provider.Check, provider.CheckConfig
	quiet := func(inputs property.Map, resp p.CheckResponse) p.CheckResponse {
		for i, failure := range resp.Failures {
			_, there := inputs.GetOk(failure.Property)
			reason, secret := QuietReason(inputs, failure.Property, failure.Reason)
			if failure.Property != "" && (secret || !there) {
				reason, failure.Property = failure.Property+": "+reason, ""
			}
			resp.Failures[i] = p.CheckFailure{Property: failure.Property, Reason: reason}
		}
		if len(resp.Failures) > 0 {
			resp.Inputs = property.Map{} // nobody reads them, and they may hold what was just kept back
		}
		return resp
	}
	provider.Check = func(ctx context.Context, req p.CheckRequest) (p.CheckResponse, error) {
		resp, err := check(withProperties(ctx, req.Inputs, req.State), req)
		return quiet(req.Inputs, resp), err
	}
	if checkConfig != nil {
		provider.CheckConfig = func(ctx context.Context, req p.CheckRequest) (p.CheckResponse, error) {
			resp, err := checkConfig(withProperties(ctx, req.Inputs, req.State), req)
			return quiet(req.Inputs, resp), err
		}
	}
	return provider
}

// QuietReason returns a reason without the secrets of the inputs. secret reports whether the value at path is secret, holds a
// secret or is part of one: the engine must not be told the name of such a value.
func QuietReason(inputs property.Map, path, reason string) (quiet string, secret bool) {
	var hidden []string
	walk("", property.New(inputs), func(_ string, v property.Value) { hidden = append(hidden, secretsOf(v)...) })
	secret = path != "" && holdsSecret(property.New(inputs), path)
	return redactAll(reason, hidden), secret
}

// holdsSecret reports whether the value at path, something that contains it or something in it is secret.
func holdsSecret(inputs property.Value, path string) bool {
	at := inputs
	for _, step := range steps(path) {
		next := property.Value{}
		switch index, err := strconv.Atoi(step); {
		case at.IsMap():
			next = at.AsMap().Get(step)
		case at.IsArray() && err == nil && index >= 0 && index < at.AsArray().Len():
			next = at.AsArray().Get(index)
		}
		if next.IsNull() {
			break // the path leads into a text, or to what is missing
		}
		if at = next; at.Secret() {
			return true
		}
	}
	found := false
	walk("", at, func(_ string, v property.Value) { found = found || len(secretsOf(v)) > 0 || v.Secret() })
	return found
}

var step = regexp.MustCompile(`\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.\[\]]+)`)

// steps are the keys and indexes of a path.
func steps(path string) []string {
	var all []string
	for _, match := range step.FindAllStringSubmatch(path, -1) {
		key := match[2] + match[3]
		if match[1] != "" {
			if key = match[1]; strings.Contains(key, `\`) {
				if unquoted, err := strconv.Unquote(`"` + key + `"`); err == nil {
					key = unquoted
				}
			}
		}
		all = append(all, key)
	}
	return all
}

// secretsOf are the secret texts that a value is or holds directly: values marked as secret, values under `fn::secret`, also in
// the text of a definition, and private keys.
func secretsOf(v property.Value) []string {
	switch {
	case v.Secret():
		return textsOf(v)
	case v.IsMap():
		return textsOf(v.AsMap().Get(secretFunction))
	case v.IsString() && (strings.Contains(v.AsString(), secretFunction) || oidc.HoldsPrivateKey(v.AsString())):
		return []string{v.AsString()}
	}
	return nil
}

func textsOf(v property.Value) []string {
	var all []string
	walk("", v, func(_ string, v property.Value) {
		if v.IsString() {
			all = append(all, v.AsString())
		}
	})
	return all
}

var word = regexp.MustCompile(`[\pL\pN_+/=-]+`)

// redactAll removes secrets from a reason: as a whole, in every form in which errors write them, and each of their words of more
// than three characters.
func redactAll(reason string, secrets []string) string {
	words := map[string]bool{}
	for _, secret := range secrets {
		reason = withoutText(reason, secret)
		for _, text := range scalars(secret) {
			reason = withoutText(reason, text)
			for _, w := range word.FindAllString(text, -1) {
				words[w] = words[w] || len(w) > 3
			}
		}
	}
	reason = word.ReplaceAllStringFunc(reason, func(w string) string {
		if words[w] {
			return redact.Mark
		}
		return w
	})
	return withoutParts(reason, secrets)
}

// minimumPart is how many bytes of a secret a reason repeats before they are taken for it: an answer may be cut in the middle of one.
const minimumPart = 8

func withoutParts(reason string, secrets []string) string {
	for _, secret := range secrets {
		for _, text := range scalars(secret) {
			for _, form := range writtenForms(text) {
				if len(form) >= minimumPart {
					reason = redact.Runs(reason, form, minimumPart)
				}
			}
		}
	}
	return reason
}

// withoutText removes a text from a reason. Texts of one or two characters stay, since they are parts of other words.
func withoutText(reason, text string) string {
	if len(text) < 3 {
		return reason
	}
	for _, form := range writtenForms(text) {
		reason = strings.ReplaceAll(reason, form, redact.Mark)
	}
	return reason
}

// writtenForms are a text as it is, as Go and JSON quote it, and as it stands in the path and the query of a URL.
func writtenForms(text string) []string {
	quoted := strconv.Quote(text)
	forms := []string{text, quoted[1 : len(quoted)-1], url.PathEscape(text), url.QueryEscape(text)}
	if encoded, err := json.Marshal(text); err == nil {
		forms = append(forms, string(encoded[1:len(encoded)-1]))
	}
	return forms
}

// scalars are the values of a YAML text, whose keys are not secret; for any other text, the text itself.
func scalars(text string) []string {
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(text), &node); err != nil || node.Kind != yaml.DocumentNode || node.Content[0].Kind == yaml.ScalarNode {
		return []string{text}
	}
	var all []string
	var collect func(*yaml.Node)
	collect = func(n *yaml.Node) {
		for i, child := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 0 {
				continue
			}
			if child.Kind == yaml.ScalarNode && !slices.Contains(all, child.Value) {
				all = append(all, child.Value)
			}
			collect(child)
		}
	}
	collect(&node)
	return all
}
