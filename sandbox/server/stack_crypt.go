package server

import (
	"encoding/base64"
	"net/http"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seal"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// cryptRoutes encrypt and decrypt for one stack: its configuration's secrets, and those in its state.
func (s *org) cryptRoutes() []route {
	return []route{
		{pattern: "POST " + oneStack + "/encrypt", handle: rest.JSONOn(onStack("stack:encrypt"), (*call).encryptForStack)},
		{pattern: "POST " + oneStack + "/decrypt", handle: rest.JSONOn(onStack("stack:decrypt"), (*call).decryptForStack)},
		{pattern: "POST " + oneStack + "/batch-decrypt", handle: rest.DoOn(onStack("stack:decrypt"), (*call).decryptBatchForStack)},
		{pattern: "POST " + oneStack + "/decrypt/log-decryption", handle: rest.Plain((*call).logDecryption)},
		{pattern: "POST " + oneStack + "/decrypt/log-batch-decryption", handle: rest.Plain((*call).logBatchDecryption)},
	}
}

// stackKey encrypts the secrets of one stack. What was encrypted for a stack can be read through no other one, not even
// one that is made later under its name.
func (s *org) stackKey(st *state.Stack) seal.BoundKey {
	return s.sealer.For("stack", st.ID)
}

type encryptForStackRequest struct {
	Plaintext []byte `json:"plaintext"`
}

func (c *call) encryptForStack(st *state.Stack, req encryptForStackRequest) (map[string][]byte, error) {
	ciphertext, err := c.s.stackKey(st).Encrypt(c.Request.Context(), req.Plaintext)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"ciphertext": ciphertext}, nil
}

type decryptForStackRequest struct {
	Ciphertext []byte `json:"ciphertext"`
}

func (c *call) decryptForStack(st *state.Stack, req decryptForStackRequest) (map[string][]byte, error) {
	plaintext, err := c.s.stackKey(st).Decrypt(c.Request.Context(), req.Ciphertext)
	if err != nil {
		return nil, rest.BadRequest("Message authentication failed")
	}
	c.audit("secret-decrypted", "Decrypted a secret of stack %s", state.EntityKey(st.Project, st.Name))
	return map[string][]byte{"plaintext": plaintext}, nil
}

type decryptBatchForStackRequest struct {
	Ciphertexts [][]byte `json:"ciphertexts"`
}

// decryptBatchForStack answers by ciphertext, in base64 as it was sent.
func (c *call) decryptBatchForStack(st *state.Stack, req decryptBatchForStackRequest) error {
	key := c.s.stackKey(st)
	plaintexts := map[string][]byte{}
	for _, ciphertext := range req.Ciphertexts {
		plaintext, err := key.Decrypt(c.Request.Context(), ciphertext)
		if err != nil {
			return rest.BadRequest("Message authentication failed")
		}
		plaintexts[base64.StdEncoding.EncodeToString(ciphertext)] = plaintext
	}
	c.audit("secrets-batch-decrypted", "Decrypted %d secrets of stack %s", len(plaintexts), state.EntityKey(st.Project, st.Name))
	return c.JSON(http.StatusOK, map[string]any{"plaintexts": plaintexts})
}

// logDecryption notes what a secrets provider other than the service decrypted on the caller's machine.
func (c *call) logDecryption() error {
	return c.logged("secret-decrypted", "Decrypted a secret of stack %s elsewhere")
}

func (c *call) logBatchDecryption() error {
	return c.logged("secrets-batch-decrypted", "Decrypted secrets of stack %s elsewhere")
}

func (c *call) logged(event, format string) error {
	st, err := c.stackWith("stack:read")
	if err != nil {
		return err
	}
	c.audit(event, format, state.EntityKey(st.Project, st.Name))
	return c.NoContent()
}
