// Package seal encrypts what the sandbox keeps: values of its own ([Sealer.Seal]), and secrets that belong to one object
// ([Sealer.For]). Make a sealer with [New].
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// Sealer encrypts the secrets that the server stores, with a key that lives and dies with it, or with its
// state file.
type Sealer struct {
	aead  cipher.AEAD
	key   []byte // for nonces of stored values
	whole []byte // see Key
}

// New makes a sealer with a key of its own.
func New() (*Sealer, error) {
	key := make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	return Of(key)
}

const keySize = 64

// Of makes the sealer of a key that [Sealer.Key] gave.
func Of(key []byte) (*Sealer, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("the key for secrets has %d bytes, want %d", len(key), keySize)
	}
	block, err := aes.NewCipher(key[:32])
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &Sealer{aead: aead, key: key[32:], whole: key}, err
}

// Seal encrypts a value for storage. Equal values give equal text, so that storing the same again changes no export.
func (s *Sealer) Seal(plaintext string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(plaintext))
	return s.sealWith(mac.Sum(nil)[:s.aead.NonceSize()], plaintext)
}

func (s *Sealer) sealWith(nonce []byte, plaintext string) string {
	return base64.StdEncoding.EncodeToString(s.aead.Seal(nonce, nonce, []byte(plaintext), nil))
}

// Open decrypts a value that Seal returned. The error for any other value does not contain it.
func (s *Sealer) Open(ciphertext string) (string, error) {
	data, err := base64.StdEncoding.DecodeString(ciphertext)
	if err != nil || len(data) < s.aead.NonceSize() {
		return "", errors.New("this is not a ciphertext of this server")
	}
	n := s.aead.NonceSize()
	plaintext, err := s.aead.Open(nil, data[:n], data[n:], nil)
	if err != nil {
		return "", errors.New("this is not a ciphertext of this server")
	}
	return string(plaintext), nil
}

// Key is what a state file keeps of the sealer.
func (s *Sealer) Key() []byte { return s.whole }

// For is the key of what belongs to one object: what was encrypted for it can be decrypted for no other.
func (s *Sealer) For(kind, id string) BoundKey {
	return BoundKey{aead: s.aead, bound: []byte(kind + " " + id)}
}
