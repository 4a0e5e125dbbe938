package environments

import (
	"context"
	"fmt"

	"github.com/pulumi/esc/eval"
)

// Seal encrypts the plaintext secrets of a definition. A definition without any keeps its text, byte for byte:
// the library's rewriting would normalise its formatting.
func Seal(ctx context.Context, name string, definition []byte, key eval.Encrypter) ([]byte, error) {
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

// Reveal is the reverse of Seal; a definition without secrets keeps its text.
func Reveal(ctx context.Context, name string, definition []byte, key eval.Decrypter) ([]byte, error) {
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

// SealNew makes the definition that an environment begins with what is stored: valid YAML of an environment, secrets
// encrypted. Imports are not resolved, since what they name may come later.
func SealNew(ctx context.Context, name string, definition []byte, key eval.Encrypter) ([]byte, error) {
	_, found, err := eval.LoadYAMLBytes(name, definition)
	if err != nil {
		return nil, err
	}
	found.Extend(refusedText(name, definition)...)
	if found.HasErrors() {
		return nil, fmt.Errorf("%s", FirstError(found))
	}
	return Seal(ctx, name, definition, key)
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
