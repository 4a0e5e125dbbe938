package server

import (
	"encoding/base64"

	"github.com/pulumi/esc/eval"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// encryptSecrets turns plaintexts into the ciphertexts that a definition of this environment may hold.
func (c *call) encryptSecrets() error {
	e, err := c.environmentWith("environment:write")
	if err != nil {
		return err
	}
	var request struct {
		Plaintexts []string `json:"plaintexts"`
	}
	if err := c.Decode(&request); err != nil {
		return err
	}
	key := c.s.environmentKey(e.ID)
	ciphertexts := []string{}
	for _, plaintext := range request.Plaintexts {
		envelope, err := eval.EncryptSecret(c.Request.Context(), key, []byte(plaintext))
		if err != nil {
			return err
		}
		ciphertexts = append(ciphertexts, base64.StdEncoding.EncodeToString(envelope))
	}
	return c.OK(map[string]any{"ciphertexts": ciphertexts})
}

// decryptSecrets is the reverse, for who may open the environment.
func (c *call) decryptSecrets() error {
	e, err := c.environmentWith("environment:open")
	if err != nil {
		return err
	}
	var request struct {
		Ciphertexts []string `json:"ciphertexts"`
	}
	if err := c.Decode(&request); err != nil {
		return err
	}
	plaintexts := []string{}
	for i, ciphertext := range request.Ciphertexts {
		plaintext, err := eval.DecryptSecret(c.Request.Context(), c.s.environmentKey(e.ID), ciphertext)
		if err != nil {
			return rest.BadRequest("Invalid input: ciphertexts[%d] was not encrypted for environment %s", i, e.path())
		}
		plaintexts = append(plaintexts, string(plaintext))
	}
	c.audit("environment-decrypted", "Decrypted secrets of environment %s", e.path())
	return c.OK(map[string]any{"plaintexts": plaintexts})
}
