package seal

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/pulumi/esc/eval"
)

// BoundKey implements [eval.Encrypter] and [eval.Decrypter] for one environment, stack or other object.
type BoundKey struct {
	aead  cipher.AEAD
	bound []byte
}

var (
	_ eval.Encrypter = BoundKey{}
	_ eval.Decrypter = BoundKey{}
)

// Encrypt implements [eval.Encrypter]. The nonce stands before the ciphertext.
func (k BoundKey) Encrypt(_ context.Context, plaintext []byte) ([]byte, error) {
	nonce := make([]byte, k.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("encrypting a secret: %w", err)
	}
	return k.aead.Seal(nonce, nonce, plaintext, k.bound), nil
}

// Decrypt implements [eval.Decrypter].
func (k BoundKey) Decrypt(_ context.Context, ciphertext []byte) ([]byte, error) {
	size := k.aead.NonceSize()
	if len(ciphertext) < size {
		return nil, eval.ErrInvalidCiphertext
	}
	plaintext, err := k.aead.Open(nil, ciphertext[:size], ciphertext[size:], k.bound)
	if err != nil {
		return nil, errors.New("this secret was not encrypted for this environment or stack")
	}
	return plaintext, nil
}
