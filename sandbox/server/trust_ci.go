package server

import (
	"encoding/json"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// ciPath is where the sandbox hosts issuers that stand for CI systems, each with a key of its own.
const ciPath = controlPrefix + "oidc/"

// ciTokenLifetime is as short as that of a CI system's own tokens.
const ciTokenLifetime = 5 * time.Minute

func (s *org) ciRoutes() []route {
	return []route{
		{pattern: "GET " + ciPath + "{issuer}" + discoveryLocation, handle: rest.Plain((*call).readCIDiscovery)},
		{pattern: "GET " + ciPath + "{issuer}/.well-known/jwks", handle: rest.Plain((*call).readCIKeys)},
		{pattern: "POST " + ciPath + "{issuer}/token", handle: rest.JSONOn((*call).issuerOfPath, (*call).mintCIToken)},
	}
}

// ciIssuer is the hosted issuer of that name, made when it is first asked for. Call it with the lock held.
func (s *org) ciIssuer(name string) (tokenIssuer, error) {
	if !rest.ValidName(name) {
		return tokenIssuer{}, rest.BadRequest("'%s' is no name for an issuer", name)
	}
	if s.baseURL == "" {
		return tokenIssuer{}, rest.BadRequest("the sandbox's public URL is not known yet, so it hosts no issuer")
	}
	issuer, ok := s.ci[name]
	if !ok {
		issuer = s.newCIIssuer(newSigningKey())
		s.ci = rest.OrEmpty(s.ci)
		s.ci[name] = issuer
		s.changed = true
	}
	issuer.url = s.baseURL + ciPath + name
	return issuer, nil
}

func (s *org) newCIIssuer(key signingKey) tokenIssuer {
	return tokenIssuer{private: key, now: s.options.Now}
}

func (c *call) readCIDiscovery() error {
	issuer, err := c.s.ciIssuer(c.Param("issuer"))
	if err != nil {
		return err
	}
	document := issuer.discovery()
	document.Claims = []string{"aud", "exp", "iat", "iss", "jti", "nbf", "sub"}
	return c.OK(document)
}

func (c *call) readCIKeys() error {
	issuer, err := c.s.ciIssuer(c.Param("issuer"))
	if err != nil {
		return err
	}
	keys, err := issuer.keySet()
	if err != nil {
		return err
	}
	return c.OK(keys)
}

// issuerOfPath finds the CI system's issuer that the path names.
func (c *call) issuerOfPath() (tokenIssuer, error) { return c.s.ciIssuer(c.Param("issuer")) }

type mintCITokenRequest struct {
	Claims map[string]json.RawMessage `json:"claims"`
}

// mintCIToken signs whatever claims it is asked for. Those that every token has are filled in where they are not given:
// the audience of this organization's exchange, and times around now.
func (c *call) mintCIToken(issuer tokenIssuer, req mintCITokenRequest) (map[string]string, error) {
	now := c.s.now()
	claims := map[string]any{
		"iss": issuer.url, "aud": oidc.ExchangeAudience(c.s.state.Organization.Login), "jti": uuid.NewString(),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(ciTokenLifetime).Unix(),
	}
	for name, value := range req.Claims {
		claims[name] = value
	}
	token, err := issuer.signClaims(claims)
	if err != nil {
		return nil, err
	}
	return map[string]string{"token": token}, nil
}

// standInKeys are those of all hosted issuers: a token in the name of an issuer elsewhere, which the sandbox does not
// contact, is made by one of them with that issuer's URL as `iss`.
func (s *org) standInKeys() (jose.JSONWebKeySet, error) {
	var all jose.JSONWebKeySet
	for _, name := range rest.SortedKeys(s.ci) {
		keys, err := s.ci[name].keySet()
		if err != nil {
			return all, err
		}
		all.Keys = append(all.Keys, keys.Keys...)
	}
	return all, nil
}
