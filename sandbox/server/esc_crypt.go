package server

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/pulumi/esc/eval"
)

// environmentKey encrypts the secrets of one environment, under the server's key. A ciphertext belongs to its environment:
// whoever may only read one environment must not learn its secrets by pasting them into another one that he may open.
func (s *Server) environmentKey(environmentID string) boundKey {
	return boundKey{aead: s.sealer.aead, bound: []byte("environment " + environmentID)}
}

// boundKey implements [eval.Encrypter] and [eval.Decrypter] for one environment, or one stack.
type boundKey struct {
	aead  cipher.AEAD
	bound []byte
}

var (
	_ eval.Encrypter = boundKey{}
	_ eval.Decrypter = boundKey{}
)

// Encrypt implements [eval.Encrypter]. The nonce stands before the ciphertext.
func (k boundKey) Encrypt(_ context.Context, plaintext []byte) ([]byte, error) {
	nonce := make([]byte, k.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("encrypting a secret: %w", err)
	}
	return k.aead.Seal(nonce, nonce, plaintext, k.bound), nil
}

// Decrypt implements [eval.Decrypter].
func (k boundKey) Decrypt(_ context.Context, ciphertext []byte) ([]byte, error) {
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
