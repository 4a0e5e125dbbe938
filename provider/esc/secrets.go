package esc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pulumi/esc/eval"
	"gopkg.in/yaml.v3"
)

// HasPlaintextSecret reports whether the definition holds an fn::secret that is not ciphertext, wherever it stands. Text that
// cannot be read as YAML counts as holding one: who asks wants to know whether the text may be shown.
func HasPlaintextSecret(definition string) bool {
	documents, err := parse(definition)
	if err != nil {
		return true
	}
	found := false
	for _, document := range documents {
		walk(document, func(node *yaml.Node) {
			eachSecret(node, func(payload *yaml.Node) { found = found || !sealed(payload) })
		})
	}
	return found
}

// RedactSecrets replaces every plaintext secret of the definition by `[secret]`, for showing to people. Comments stay. Text that
// cannot be read as YAML is replaced as a whole.
func RedactSecrets(definition string) string {
	documents, err := parse(definition)
	if err != nil {
		return "[a definition that is not YAML]"
	}
	var texts []string
	for _, document := range documents {
		walk(document, func(node *yaml.Node) {
			eachSecret(node, func(payload *yaml.Node) {
				if !sealed(payload) {
					*payload = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "[secret]"}
				}
			})
		})
		text, err := marshal(document)
		if err != nil {
			return "[a definition that is not YAML]"
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "---\n")
}

// EncryptSecrets replaces the plaintext of every fn::secret by the result of encrypt, in ESC's envelope, as the service does when
// it stores a definition. Ciphertext and comments stay.
func EncryptSecrets(definition string, encrypt func(plaintext string) (string, error)) (string, error) {
	return rewrite(definition, func(source []byte) ([]byte, error) {
		return eval.EncryptSecrets(context.Background(), "definition", source, crypter(encrypt))
	})
}

// DecryptSecrets is the inverse of [EncryptSecrets].
func DecryptSecrets(definition string, decrypt func(ciphertext string) (string, error)) (string, error) {
	return rewrite(definition, func(source []byte) ([]byte, error) {
		return eval.DecryptSecrets(context.Background(), "definition", source, crypter(decrypt))
	})
}

func rewrite(definition string, by func([]byte) ([]byte, error)) (rewritten string, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			rewritten, err = "", errors.New("the secrets of the definition cannot be rewritten: its structure is not one that ESC knows")
		}
	}()
	if strings.TrimSpace(definition) == "" {
		return definition, nil
	}
	text, err := by([]byte(definition))
	if err != nil {
		return "", fmt.Errorf("rewriting the secrets of the definition: %s", withoutQuotes(err.Error()))
	}
	return string(text), nil
}

// crypter is one direction of a cipher, in the form that the evaluator takes.
type crypter func(string) (string, error)

func (c crypter) Encrypt(_ context.Context, value []byte) ([]byte, error) { return c.run(value) }

func (c crypter) Decrypt(_ context.Context, value []byte) ([]byte, error) { return c.run(value) }

func (c crypter) run(value []byte) ([]byte, error) {
	text, err := c(string(value))
	return []byte(text), err
}

// parse reads every document of the text.
func parse(definition string) ([]*yaml.Node, error) {
	decoder := yaml.NewDecoder(strings.NewReader(definition))
	var documents []*yaml.Node
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, err
		}
		documents = append(documents, &document)
	}
}

// eachSecret visits the payloads of the fn::secret entries of one mapping.
func eachSecret(node *yaml.Node, visit func(payload *yaml.Node)) {
	if node.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if resolve(node.Content[i]).Value == secretKey {
			visit(node.Content[i+1])
		}
	}
}

// sealed payloads are `{ciphertext: text}`.
func sealed(payload *yaml.Node) bool {
	payload = resolve(payload)
	return payload.Kind == yaml.MappingNode && len(payload.Content) == 2 &&
		resolve(payload.Content[0]).Value == ciphertextKey && resolve(payload.Content[1]).Kind == yaml.ScalarNode
}

func resolve(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode && node.Alias != nil {
		return node.Alias
	}
	return node
}

// PlaintextSecrets returns the texts that the fn::secret entries of a definition hold in plaintext, those within lists and
// maps one by one. It fails for text that cannot be read as YAML.
func PlaintextSecrets(definition string) ([]string, error) {
	documents, err := parse(definition)
	if err != nil {
		return nil, err
	}
	var texts []string
	collect := func(payload *yaml.Node) {
		if sealed(payload) {
			return
		}
		walk(resolve(payload), func(node *yaml.Node) {
			if node = resolve(node); node.Kind == yaml.ScalarNode && node.Value != "" {
				texts = append(texts, node.Value)
			}
		})
	}
	for _, document := range documents {
		walk(document, func(node *yaml.Node) { eachSecret(node, collect) })
	}
	return texts, nil
}
