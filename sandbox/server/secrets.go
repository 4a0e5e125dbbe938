package server

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

// sealer encrypts the secrets that the server stores, with a key that lives and dies with it, or with its
// state file.
type sealer struct {
	aead cipher.AEAD
	key  []byte // for nonces of stored values
	// whole is what a state file keeps.
	whole []byte
}

func newSealer() (*sealer, error) {
	key := make([]byte, sealerKeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	return sealerOf(key)
}

const sealerKeySize = 64

func sealerOf(key []byte) (*sealer, error) {
	if len(key) != sealerKeySize {
		return nil, fmt.Errorf("the key for secrets has %d bytes, want %d", len(key), sealerKeySize)
	}
	block, err := aes.NewCipher(key[:32])
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &sealer{aead: aead, key: key[32:], whole: key}, err
}

// seal encrypts a value for storage. Equal values give equal text, so that storing the same again changes no export.
func (s *sealer) seal(plaintext string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(plaintext))
	return s.sealWith(mac.Sum(nil)[:s.aead.NonceSize()], plaintext)
}

func (s *sealer) sealWith(nonce []byte, plaintext string) string {
	return base64.StdEncoding.EncodeToString(s.aead.Seal(nonce, nonce, []byte(plaintext), nil))
}

// open decrypts what seal gave; anything else is an error that does not repeat it.
func (s *sealer) open(ciphertext string) (string, error) {
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
