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

// sealDefinition encrypts the plaintext secrets of a definition. A definition without any keeps its text, byte for byte:
// the library's rewriting would normalise its formatting.
func sealDefinition(ctx context.Context, name string, definition []byte, key eval.Encrypter) ([]byte, error) {
	counter := &countingEncrypter{inner: key}
	sealed, err := eval.EncryptSecrets(ctx, name, definition, counter)
	if err != nil {
		return nil, err
	}
	if counter.calls == 0 {
		return definition, nil
	}
	return sealed, nil
}

// revealDefinition is the reverse of sealDefinition; a definition without secrets keeps its text.
func revealDefinition(ctx context.Context, name string, definition []byte, key eval.Decrypter) ([]byte, error) {
	counter := &countingDecrypter{inner: key}
	revealed, err := eval.DecryptSecrets(ctx, name, definition, counter)
	if err != nil {
		return nil, err
	}
	if counter.calls == 0 {
		return definition, nil
	}
	return revealed, nil
}

// sealSeed makes the definition that an environment begins with what is stored: valid YAML of an environment, secrets
// encrypted. Imports are not resolved, since what they name may come later.
func (s *Server) sealSeed(e *environment, definition string) (string, error) {
	_, found, err := eval.LoadYAMLBytes(e.path(), []byte(definition))
	if err != nil {
		return "", err
	}
	found.Extend(refusedText(e.path(), []byte(definition))...)
	if found.HasErrors() {
		return "", fmt.Errorf("%s", firstError(found))
	}
	sealed, err := sealDefinition(context.Background(), e.path(), []byte(definition), s.environmentKey(e.ID))
	return string(sealed), err
}

type countingEncrypter struct {
	inner eval.Encrypter
	calls int
}

func (c *countingEncrypter) Encrypt(ctx context.Context, plaintext []byte) ([]byte, error) {
	c.calls++
	return c.inner.Encrypt(ctx, plaintext)
}

type countingDecrypter struct {
	inner eval.Decrypter
	calls int
}

func (c *countingDecrypter) Decrypt(ctx context.Context, ciphertext []byte) ([]byte, error) {
	c.calls++
	return c.inner.Decrypt(ctx, ciphertext)
}
