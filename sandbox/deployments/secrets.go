package deployments

import (
	"cmp"
	"context"
	"encoding/base64"
	"maps"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seal"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// Secrets in deployment settings are stored sealed, under sealedKey, and shown as {"secret": "[secret]", "ciphertext": "..."}:
// the marker is always the same, the ciphertext another one each time. Writing either back keeps the secret. A new one comes as
// {"secret": "..."}, or in the newer explicit form {"isSecret": true, "value": "..."}.
const (
	sealedKey    = "sealed"
	secretMarker = "[secret]"
)

// isSecret reports whether an object is a stored secret.
func isSecret(object map[string]any) bool {
	_, sealed := object[sealedKey].(string)
	return sealed && len(object) == 1
}

// settingsSecrets reads and shows the secrets of one stack's settings.
type settingsSecrets struct {
	sealer *seal.Sealer
	// key is the stack's own: whoever may only read the settings must not get their secrets into a deployment of another
	// stack by writing the ciphertext there.
	key seal.BoundKey
}

func secretsOf(s *core.Org, st *state.Stack) settingsSecrets {
	return settingsSecrets{sealer: s.Sealer, key: s.Sealer.For("deployment settings", st.ID)}
}

// secretParts are those of a secret in a request; null counts as absent.
type secretParts struct {
	isSecret                             *bool
	value, secret, ciphertext, plaintext *string
}

// read takes any of the forms of a secret, and answers the stored form, or a text for a value that is none.
func (s settingsSecrets) read(path string, sent map[string]any, before any) (any, error) {
	parts, err := readSecretParts(path, sent)
	if err != nil {
		return nil, err
	}
	switch {
	case parts.isSecret != nil && !*parts.isSecret:
		return textOf(parts.value), nil
	case parts.plaintext != nil && parts.secret == nil && parts.ciphertext == nil:
		return *parts.plaintext, nil
	case textOf(parts.ciphertext) != "":
		stored, is := s.open(*parts.ciphertext)
		if !is {
			return nil, invalidSetting(path+".ciphertext", "is not a ciphertext of this stack's deployment settings")
		}
		return stored, nil
	}
	text := cmp.Or(textOf(parts.value), textOf(parts.secret))
	if text == secretMarker {
		stored, _ := before.(map[string]any)
		if !isSecret(stored) {
			return nil, invalidSetting(path, secretMarker+" stands for the secret that is stored there, and there is none")
		}
		return stored, nil
	}
	if stored, is := s.open(text); is {
		return stored, nil
	}
	return map[string]any{sealedKey: s.sealer.Seal(text)}, nil
}

func readSecretParts(path string, sent map[string]any) (secretParts, error) {
	var parts secretParts
	texts := map[string]**string{
		"value": &parts.value, "secret": &parts.secret, "ciphertext": &parts.ciphertext, "plaintext": &parts.plaintext,
	}
	for _, key := range rest.SortedKeys(sent) {
		into, isText := texts[key]
		switch value := sent[key].(type) {
		case nil:
			if !isText && key != "isSecret" {
				return parts, invalidSetting(join(path, key), "is not a part of a secret")
			}
		case bool:
			if key != "isSecret" {
				return parts, invalidSetting(join(path, key), "is not a part of a secret, or not a text")
			}
			parts.isSecret = &value
		case string:
			if !isText {
				return parts, invalidSetting(join(path, key), "is not a part of a secret, or not true or false")
			}
			*into = &value
		default:
			return parts, invalidSetting(join(path, key), "is not a part of a secret, or not a text")
		}
	}
	return parts, parts.check(path)
}

// check refuses parts that contradict each other, as the service's own client does.
func (p secretParts) check(path string) error {
	switch {
	case p.isSecret != nil && (p.secret != nil || p.plaintext != nil):
		return invalidSetting(path, "isSecret goes with value or ciphertext alone")
	case p.value != nil && p.isSecret == nil:
		return invalidSetting(path, "value needs isSecret")
	case p.isSecret != nil && !*p.isSecret && textOf(p.ciphertext) != "":
		return invalidSetting(path, "a ciphertext needs isSecret: true")
	case textOf(p.plaintext) != "" && (textOf(p.secret) != "" || textOf(p.ciphertext) != ""):
		return invalidSetting(path, "plaintext does not go with secret or ciphertext")
	case p.isSecret == nil && p.secret == nil && p.ciphertext == nil && p.plaintext == nil:
		return invalidSetting(path, "has to be a text or a secret")
	}
	return nil
}

func textOf(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// open answers the stored form of what show gave.
func (s settingsSecrets) open(ciphertext string) (map[string]any, bool) {
	data, err := base64.StdEncoding.DecodeString(ciphertext)
	if err != nil {
		return nil, false
	}
	stored, err := s.key.Decrypt(context.Background(), data)
	if err != nil {
		return nil, false
	}
	return map[string]any{sealedKey: string(stored)}, true
}

// show encrypts the stored form, which keeps a secret from the state of another sandbox as it is.
func (s settingsSecrets) show(stored string) (map[string]any, error) {
	ciphertext, err := s.key.Encrypt(context.Background(), []byte(stored))
	if err != nil {
		return nil, err
	}
	return map[string]any{"secret": secretMarker, "ciphertext": base64.StdEncoding.EncodeToString(ciphertext)}, nil
}

// revealSettings gives stored settings the form of an answer: secrets as ciphertext, and the role by name.
func revealSettings(s *core.Org, st *state.Stack) (map[string]any, error) {
	shown, err := secretsOf(s, st).reveal(st.Deployment)
	if err != nil {
		return nil, err
	}
	out := shown.(map[string]any)
	id := authz.DeploymentRoleID(st.Deployment)
	if r, ok := s.State.Record(id); ok {
		operation := maps.Clone(out["operationContext"].(map[string]any))
		role := map[string]any{"id": id, "name": r.Name}
		if r.DefaultIdentifier != "" {
			role["defaultIdentifier"] = r.DefaultIdentifier
		}
		operation["role"] = role
		out["operationContext"] = operation
	}
	return out, nil
}

func (s settingsSecrets) reveal(value any) (any, error) {
	switch value := value.(type) {
	case map[string]any:
		if isSecret(value) {
			return s.show(value[sealedKey].(string))
		}
		out := make(map[string]any, len(value))
		for k, v := range value {
			shown, err := s.reveal(v)
			if err != nil {
				return nil, err
			}
			out[k] = shown
		}
		return out, nil
	case []any:
		out := make([]any, len(value))
		for i, v := range value {
			shown, err := s.reveal(v)
			if err != nil {
				return nil, err
			}
			out[i] = shown
		}
		return out, nil
	}
	return value, nil
}
