package trust

import (
	"encoding/json"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/idtokens"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// ciPath is where the sandbox hosts issuers that stand for CI systems, each with a key of its own.
const ciPath = core.ControlPrefix + "oidc/"

// ciTokenLifetime is as short as that of a CI system's own tokens.
const ciTokenLifetime = 5 * time.Minute

func CIRoutes() []core.Route {
	return []core.Route{
		{Pattern: "GET " + ciPath + "{issuer}" + discoveryLocation, Handle: rest.Plain(readCIDiscovery)},
		{Pattern: "GET " + ciPath + "{issuer}/.well-known/jwks", Handle: rest.Plain(readCIKeys)},
		{Pattern: "POST " + ciPath + "{issuer}/token", Handle: rest.JSONOn(issuerOfPath, mintCIToken)},
	}
}

// ciIssuer is the hosted issuer of that name, made when it is first asked for. Call it with the lock held.
func ciIssuer(s *core.Org, name string) (idtokens.Issuer, error) {
	if !rest.ValidName(name) {
		return idtokens.Issuer{}, rest.BadRequest("'%s' is not a name for an issuer", name)
	}
	if s.BaseURL == "" {
		return idtokens.Issuer{}, rest.BadRequest("the sandbox's public URL is not known yet, so it hosts no issuer")
	}
	issuer, ok := s.CI[name]
	if !ok {
		issuer = NewCIIssuer(s, idtokens.NewSigningKey())
		s.CI = rest.OrEmpty(s.CI)
		s.CI[name] = issuer
		s.Changed = true
	}
	issuer.URL = s.BaseURL + ciPath + name
	return issuer, nil
}

func NewCIIssuer(s *core.Org, key idtokens.SigningKey) idtokens.Issuer {
	return idtokens.Issuer{Private: key, Now: s.Options.Now}
}

func readCIDiscovery(c *core.Call) error {
	issuer, err := ciIssuer(c.Org, c.Param("issuer"))
	if err != nil {
		return err
	}
	document := issuer.Discovery()
	document.Claims = []string{"aud", "exp", "iat", "iss", "jti", "nbf", "sub"}
	return c.OK(document)
}

func readCIKeys(c *core.Call) error {
	issuer, err := ciIssuer(c.Org, c.Param("issuer"))
	if err != nil {
		return err
	}
	keys, err := issuer.KeySet()
	if err != nil {
		return err
	}
	return c.OK(keys)
}

// issuerOfPath finds the CI system's issuer that the path names.
func issuerOfPath(c *core.Call) (idtokens.Issuer, error) { return ciIssuer(c.Org, c.Param("issuer")) }

type mintCITokenRequest struct {
	Claims map[string]json.RawMessage `json:"claims"`
}

// mintCIToken signs the claims of the request. Those that every token has are filled in where they are not given:
// the audience of this organization's exchange, and times around now.
func mintCIToken(c *core.Call, issuer idtokens.Issuer, req mintCITokenRequest) (map[string]string, error) {
	now := c.Org.Now()
	claims := map[string]any{
		"iss": issuer.URL, "aud": oidc.ExchangeAudience(c.Org.State.Organization.Login), "jti": uuid.NewString(),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(ciTokenLifetime).Unix(),
	}
	for name, value := range req.Claims {
		claims[name] = value
	}
	token, err := issuer.SignClaims(claims)
	if err != nil {
		return nil, err
	}
	return map[string]string{"token": token}, nil
}

// standInKeys are the keys of all hosted issuers. The sandbox does not contact an issuer elsewhere: a hosted issuer signs the
// tokens in its place, with that issuer's URL as `iss`.
func standInKeys(s *core.Org) (jose.JSONWebKeySet, error) {
	var all jose.JSONWebKeySet
	for _, name := range rest.SortedKeys(s.CI) {
		keys, err := s.CI[name].KeySet()
		if err != nil {
			return all, err
		}
		all.Keys = append(all.Keys, keys.Keys...)
	}
	return all, nil
}
