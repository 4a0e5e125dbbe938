package esc

import (
	"encoding/base64"

	"github.com/pulumi/esc/eval"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

type encryptSecretsRequest struct {
	Plaintexts []string `json:"plaintexts"`
}

// encryptSecrets turns plaintexts into the ciphertexts that a definition of this environment may hold.
func encryptSecrets(c *core.Call, e *state.Environment, request encryptSecretsRequest) (map[string]any, error) {
	key := c.Org.EnvironmentKey(e.ID)
	ciphertexts := []string{}
	for _, plaintext := range request.Plaintexts {
		envelope, err := eval.EncryptSecret(c.Request.Context(), key, []byte(plaintext))
		if err != nil {
			return nil, err
		}
		ciphertexts = append(ciphertexts, base64.StdEncoding.EncodeToString(envelope))
	}
	return map[string]any{"ciphertexts": ciphertexts}, nil
}

type decryptSecretsRequest struct {
	Ciphertexts []string `json:"ciphertexts"`
}

// decryptSecrets is the reverse. It needs environment:open.
func decryptSecrets(c *core.Call, e *state.Environment, request decryptSecretsRequest) (map[string]any, error) {
	plaintexts := []string{}
	for i, ciphertext := range request.Ciphertexts {
		plaintext, err := eval.DecryptSecret(c.Request.Context(), c.Org.EnvironmentKey(e.ID), ciphertext)
		if err != nil {
			return nil, rest.BadRequest("Invalid input: ciphertexts[%d] was not encrypted for environment %s", i, e.Path())
		}
		plaintexts = append(plaintexts, string(plaintext))
	}
	c.Audit("environment-decrypted", "Decrypted secrets of environment %s", e.Path())
	return map[string]any{"plaintexts": plaintexts}, nil
}
