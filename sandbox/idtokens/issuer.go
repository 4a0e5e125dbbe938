// Package idtokens issues and verifies OIDC ID tokens. An [Issuer] signs tokens, and returns its discovery document and keys.
package idtokens

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
)

// Path is where the issuer lives under the sandbox's public URL, as on Pulumi Cloud.
const Path = "/oidc"

// PathV2 is where the issuer of the second version of tokens lives, which has a key and a discovery document of its own.
const PathV2 = Path + "/v2"

// Issuer signs OIDC identity tokens with a key of its own, and publishes what a relying party needs to verify them.
type Issuer struct {
	// URL is the issuer's public identifier, the exact text of the iss claim.
	URL string
	// Private gives the RSA key. It is made at the first use: most users of a sandbox never open a login, and making a key
	// costs a noticeable part of a second.
	Private SigningKey
	Now     func() time.Time
	// Claims are those of its own that its tokens hold, for the discovery document.
	Claims []string
}

// signingKey carries the key's RFC 7638 thumbprint as its id, so that the id changes exactly when the key does.
func (i Issuer) signingKey() (jose.JSONWebKey, error) {
	private, err := i.Private()
	if err != nil {
		return jose.JSONWebKey{}, fmt.Errorf("making the issuer's key: %w", err)
	}
	key := jose.JSONWebKey{Key: private, Algorithm: string(jose.RS256), Use: "sig"}
	thumbprint, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return jose.JSONWebKey{}, fmt.Errorf("naming the issuer's key: %w", err)
	}
	key.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	return key, nil
}

// KeySet returns the public half of the issuer's keys.
func (i Issuer) KeySet() (jose.JSONWebKeySet, error) {
	key, err := i.signingKey()
	if err != nil {
		return jose.JSONWebKeySet{}, err
	}
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key.Public()}}, nil
}

func (i Issuer) signer() (jose.Signer, error) {
	key, err := i.signingKey()
	if err != nil {
		return nil, err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("preparing to sign: %w", err)
	}
	return signer, nil
}

// Identity is the part of a token's claims that identifies its bearer.
type Identity struct {
	Subject  string
	Audience []string
	Lifetime time.Duration
	// Claims are the issuer's own, such as current_env. They may not name a registered claim.
	Claims map[string]any
}

// Sign mints a token: RS256, with iss, sub, aud, iat, nbf, exp and jti besides the identity's own claims.
func (i Issuer) Sign(id Identity) (string, error) {
	if i.URL == Path || i.URL == PathV2 {
		return "", fmt.Errorf("the sandbox's public URL is not known yet, so it cannot issue tokens")
	}
	signer, err := i.signer()
	if err != nil {
		return "", err
	}
	now := i.Now()
	registered := jwt.Claims{
		Issuer:    i.URL,
		Subject:   id.Subject,
		Audience:  id.Audience,
		IssuedAt:  jwt.NewNumericDate(now),
		NotBefore: jwt.NewNumericDate(now),
		Expiry:    jwt.NewNumericDate(now.Add(id.Lifetime)),
		ID:        uuid.NewString(),
	}
	return jwt.Signed(signer).Claims(id.Claims).Claims(registered).Serialize()
}

// discoveryDocument is the OpenID Provider Metadata (OpenID Connect Discovery 1.0, section 3) of an issuer that only
// signs tokens for workloads: it has no authorization endpoint.
type discoveryDocument struct {
	Issuer        string   `json:"issuer"`
	KeysURL       string   `json:"jwks_uri"`
	ResponseTypes []string `json:"response_types_supported"`
	SubjectTypes  []string `json:"subject_types_supported"`
	Algorithms    []string `json:"id_token_signing_alg_values_supported"`
	Scopes        []string `json:"scopes_supported"`
	Claims        []string `json:"claims_supported"`
}

func (i Issuer) Discovery() discoveryDocument {
	return discoveryDocument{
		Issuer:        i.URL,
		KeysURL:       i.URL + "/.well-known/jwks",
		ResponseTypes: []string{"id_token"},
		SubjectTypes:  []string{"public"},
		Algorithms:    []string{string(jose.RS256)},
		Scopes:        []string{"openid"},
		Claims:        append([]string{"aud", "exp", "iat", "iss", "jti", "nbf", "sub"}, i.Claims...),
	}
}

// Verify checks a token as a relying party does that trusts this issuer: signature by a published key, RS256 and nothing
// else, issuer, and the times at now. It returns the registered claims, and fills others with all claims; who may do what
// with them is the caller's matter.
func (i Issuer) Verify(token string, now time.Time, others ...any) (jwt.Claims, error) {
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return jwt.Claims{}, fmt.Errorf("the token is not a signed JWT: %w", err)
	}
	keys, err := i.KeySet()
	if err != nil {
		return jwt.Claims{}, err
	}
	var claims jwt.Claims
	if err := parsed.Claims(keys, append([]any{&claims}, others...)...); err != nil {
		return jwt.Claims{}, fmt.Errorf("the token's signature was not made by issuer %s: %w", i.URL, err)
	}
	if err := claims.ValidateWithLeeway(jwt.Expected{Issuer: i.URL, Time: now}, 0); err != nil {
		return jwt.Claims{}, fmt.Errorf("the token is not valid: %w", err)
	}
	return claims, nil
}

// SignClaims signs claims as they are.
func (i Issuer) SignClaims(claims map[string]any) (string, error) {
	signer, err := i.signer()
	if err != nil {
		return "", err
	}
	return jwt.Signed(signer).Claims(claims).Serialize()
}

func NewSigningKey() SigningKey {
	return sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, signingKeyBits) })
}

// SigningKey gives the key of an issuer, which is made when it is first used.
type SigningKey func() (*rsa.PrivateKey, error)

const signingKeyBits = 2048
