package stacks

import (
	"encoding/base64"
	"net/http"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seal"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// CryptRoutes encrypt and decrypt for one stack: its configuration's secrets, and those in its state.
func CryptRoutes() []core.Route {
	return []core.Route{
		{Pattern: "POST " + oneStack + "/encrypt", Handle: rest.JSONOn(core.OnStack("stack:encrypt"), encryptForStack)},
		{Pattern: "POST " + oneStack + "/decrypt", Handle: rest.JSONOn(core.OnStack("stack:decrypt"), decryptForStack)},
		{Pattern: "POST " + oneStack + "/batch-decrypt", Handle: rest.DoOn(core.OnStack("stack:decrypt"), decryptBatchForStack)},
		{Pattern: "POST " + oneStack + "/decrypt/log-decryption", Handle: rest.Plain(logDecryption)},
		{Pattern: "POST " + oneStack + "/decrypt/log-batch-decryption", Handle: rest.Plain(logBatchDecryption)},
	}
}

// stackKey encrypts the secrets of one stack. What was encrypted for a stack cannot be decrypted through another one, not even
// one that is made later under its name.
func stackKey(s *core.Org, st *state.Stack) seal.BoundKey {
	return s.Sealer.For("stack", st.ID)
}

type encryptForStackRequest struct {
	Plaintext []byte `json:"plaintext"`
}

func encryptForStack(c *core.Call, st *state.Stack, req encryptForStackRequest) (map[string][]byte, error) {
	ciphertext, err := stackKey(c.Org, st).Encrypt(c.Request.Context(), req.Plaintext)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"ciphertext": ciphertext}, nil
}

type decryptForStackRequest struct {
	Ciphertext []byte `json:"ciphertext"`
}

func decryptForStack(c *core.Call, st *state.Stack, req decryptForStackRequest) (map[string][]byte, error) {
	plaintext, err := stackKey(c.Org, st).Decrypt(c.Request.Context(), req.Ciphertext)
	if err != nil {
		return nil, rest.BadRequest("Message authentication failed")
	}
	c.Audit("secret-decrypted", "Decrypted a secret of stack %s", state.EntityKey(st.Project, st.Name))
	return map[string][]byte{"plaintext": plaintext}, nil
}

type decryptBatchForStackRequest struct {
	Ciphertexts [][]byte `json:"ciphertexts"`
}

// decryptBatchForStack answers by ciphertext, in base64 as it was sent.
func decryptBatchForStack(c *core.Call, st *state.Stack, req decryptBatchForStackRequest) error {
	key := stackKey(c.Org, st)
	plaintexts := map[string][]byte{}
	for _, ciphertext := range req.Ciphertexts {
		plaintext, err := key.Decrypt(c.Request.Context(), ciphertext)
		if err != nil {
			return rest.BadRequest("Message authentication failed")
		}
		plaintexts[base64.StdEncoding.EncodeToString(ciphertext)] = plaintext
	}
	c.Audit("secrets-batch-decrypted", "Decrypted %d secrets of stack %s", len(plaintexts), state.EntityKey(st.Project, st.Name))
	return c.JSON(http.StatusOK, map[string]any{"plaintexts": plaintexts})
}

// logDecryption notes what a secrets provider other than the service decrypted on the caller's machine.
func logDecryption(c *core.Call) error {
	return logged(c, "secret-decrypted", "Decrypted a secret of stack %s elsewhere")
}

func logBatchDecryption(c *core.Call) error {
	return logged(c, "secrets-batch-decrypted", "Decrypted secrets of stack %s elsewhere")
}

func logged(c *core.Call, event, format string) error {
	st, err := c.StackWith("stack:read")
	if err != nil {
		return err
	}
	c.Audit(event, format, state.EntityKey(st.Project, st.Name))
	return c.NoContent()
}
