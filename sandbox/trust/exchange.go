package trust

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/tokens"
)

// Words of RFC 8693, and the service's own.
const (
	exchangeGrant       = "urn:ietf:params:oauth:grant-type:token-exchange"
	idTokenType         = "urn:ietf:params:oauth:token-type:id_token"
	accessTokenPrefix   = "urn:pulumi:token-type:access_token:"
	audiencePrefix      = "urn:pulumi:org:"
	defaultExchanged    = 2 * time.Hour
	defaultMaxExchanged = 25 * time.Hour
)

// signatures are the algorithms that an issuer may use: those with a public key.
var signatures = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.ES256, jose.ES384, jose.ES512, jose.PS256, jose.PS384, jose.PS512, jose.EdDSA,
}

// oauthError is a refusal as OAuth words it (RFC 6749, section 5.2), with the service's own code and message beside it.
type oauthError struct {
	Code        int    `json:"code"`
	Message     string `json:"message"`
	Kind        string `json:"error"`
	Description string `json:"error_description"`
}

func (e *oauthError) Error() string { return e.Message }

// Status implements [rest.Refusal].
func (e *oauthError) Status() int { return e.Code }

func oauthRefusal(kind, format string, args ...any) error {
	description := fmt.Sprintf(format, args...)
	return &oauthError{Code: http.StatusBadRequest, Message: kind + ": " + description, Kind: kind, Description: description}
}

func invalidRequest(format string, args ...any) error {
	return oauthRefusal("invalid_request", format, args...)
}
func invalidGrant(format string, args ...any) error {
	return oauthRefusal("invalid_grant", format, args...)
}

// exchangeToken runs without the lock, since the keys that it fetches may be this very server's.
func exchangeToken(c *core.Call, asked exchangeRequest) error {
	var issuer state.OIDCIssuer
	if err := c.Org.Locked(func() (err error) {
		issuer, err = exchangeIssuer(c.Org, asked)
		return err
	}); err != nil {
		return failedValidation(c, err)
	}
	claims, err := verifyForeign(c.Org, c.Request.Context(), issuer, asked)
	if err != nil {
		return failedValidation(c, err)
	}
	return c.Org.Locked(func() error { return exchangeFor(c, issuer.ID, asked, claims) })
}

// failedValidation keeps the reason in the audit log, too.
func failedValidation(c *core.Call, err error) error {
	return c.Org.Locked(func() error {
		c.Audit("oidc-issuer-validation-failed", "A token was not exchanged: %v", err)
		return err
	})
}

// exchangeRequest is what the caller asks for.
type exchangeRequest struct {
	oidc.ExchangeRequest
	audience, token, scope, tokenType string
	lifetime                          time.Duration
}

func readExchange(c *core.Call) (asked exchangeRequest, err error) {
	parameters, err := exchangeParameters(c)
	if err != nil {
		return asked, err
	}
	if grant := parameters["grant_type"]; grant != exchangeGrant {
		return asked, oauthRefusal("unsupported_grant_type", "grant_type must be %s", exchangeGrant)
	}
	for _, name := range []string{"audience", "subject_token", "subject_token_type", "requested_token_type"} {
		if parameters[name] == "" {
			return asked, invalidRequest("%s is required", name)
		}
	}
	if parameters["subject_token_type"] != idTokenType {
		return asked, invalidRequest("subject_token_type must be %s", idTokenType)
	}
	asked.tokenType = parameters["requested_token_type"]
	kind, found := strings.CutPrefix(asked.tokenType, accessTokenPrefix)
	asked.TokenType = oidc.TokenType(kind)
	if !found || !slices.Contains(oidc.TokenTypes(), asked.TokenType) {
		return asked, invalidRequest("requested_token_type '%s' is not known", asked.tokenType)
	}
	asked.audience, asked.token, asked.scope = parameters["audience"], parameters["subject_token"], parameters["scope"]
	if asked.lifetime, err = expiration(parameters["expiration"]); err != nil {
		return asked, err
	}
	return asked, asked.readScope()
}

// exchangeParameters takes a form, as OAuth has it and the CLI sends it, or JSON.
func exchangeParameters(c *core.Call) (map[string]string, error) {
	data, err := c.Body()
	if err != nil {
		return nil, err
	}
	parameters := map[string]string{}
	if strings.HasPrefix(c.Request.Header.Get("Content-Type"), "application/json") {
		var sent map[string]any
		decoder := json.NewDecoder(strings.NewReader(string(data)))
		decoder.UseNumber()
		if err := decoder.Decode(&sent); err != nil {
			return nil, invalidRequest("the body is not a JSON object")
		}
		for name, value := range sent {
			if value != nil {
				parameters[name] = fmt.Sprint(value)
			}
		}
		return parameters, nil
	}
	form, err := url.ParseQuery(string(data))
	if err != nil {
		return nil, invalidRequest("the body is not a form")
	}
	for name, values := range form {
		if len(values) > 1 {
			return nil, invalidRequest("%s is given more than once", name)
		}
		parameters[name] = values[0]
	}
	return parameters, nil
}

func expiration(text string) (time.Duration, error) {
	if text == "" || text == "0" {
		return defaultExchanged, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 {
		return 0, invalidRequest("expiration must be a number of seconds")
	}
	return time.Duration(min(seconds, int64(defaultMaxExchanged/time.Second))) * time.Second, nil
}

// readScope takes the scope apart, whose form depends on the type of token.
func (r *exchangeRequest) readScope() error {
	if r.TokenType == oidc.OrganizationToken {
		r.Admin = r.scope == oidc.AdminPermission
		if r.scope != "" && !r.Admin {
			return oauthRefusal("invalid_scope", "the scope of an organization token is empty or admin")
		}
		return nil
	}
	prefix := map[oidc.TokenType]string{oidc.TeamToken: "team:", oidc.PersonalToken: "user:", oidc.RunnerToken: "runner:"}[r.TokenType]
	name, found := strings.CutPrefix(r.scope, prefix)
	if !found || name == "" {
		return oauthRefusal("invalid_scope", "the scope of a %s token is %s<name>", r.TokenType, prefix)
	}
	r.Name = name
	return nil
}

// exchangeIssuer finds the issuer that the token names. The token is not verified yet.
func exchangeIssuer(s *core.Org, asked exchangeRequest) (state.OIDCIssuer, error) {
	organization, found := strings.CutPrefix(asked.audience, audiencePrefix)
	if !found || !strings.EqualFold(organization, s.State.Organization.Login) {
		return state.OIDCIssuer{}, oauthRefusal("invalid_target", "the audience '%s' is not an organization here", asked.audience)
	}
	parsed, err := jwt.ParseSigned(asked.token, signatures)
	if err != nil {
		return state.OIDCIssuer{}, invalidGrant("the subject token is not a signed JWT")
	}
	var claimed jwt.Claims
	if err := parsed.UnsafeClaimsWithoutVerification(&claimed); err != nil {
		return state.OIDCIssuer{}, invalidGrant("the subject token's claims cannot be read")
	}
	for _, id := range rest.SortedKeys(s.State.Issuers) {
		if issuer := s.State.Issuers[id]; sameIssuer(issuer.Issuer, claimed.Issuer) {
			return *issuer, nil
		}
	}
	return state.OIDCIssuer{}, invalidGrant("no OIDC issuer '%s' is registered", claimed.Issuer)
}

// verifyForeign checks signature, times and audience of a token of a registered issuer, and returns all its claims.
func verifyForeign(s *core.Org, ctx context.Context, issuer state.OIDCIssuer, asked exchangeRequest) (map[string]any, error) {
	keys, err := keysOf(s, ctx, issuer)
	if err != nil {
		return nil, invalidGrant("the keys of issuer '%s' cannot be read: %v", issuer.URL, err)
	}
	parsed, err := jwt.ParseSigned(asked.token, signatures)
	if err != nil {
		return nil, invalidGrant("the subject token is not a signed JWT")
	}
	var registered jwt.Claims
	var raw json.RawMessage
	if err := parsed.Claims(keys, &registered, &raw); err != nil {
		return nil, invalidGrant("the subject token was not signed by issuer '%s'", issuer.URL)
	}
	if registered.Expiry == nil {
		return nil, invalidGrant("the subject token does not expire")
	}
	// The audience is compared as it was asked for, whose organization may be written in other letters.
	expected := jwt.Expected{Time: s.Now(), AnyAudience: jwt.Audience{asked.audience}}
	if err := registered.ValidateWithLeeway(expected, 0); err != nil {
		return nil, invalidGrant("the subject token is not valid: %v", err)
	}
	var claims map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	if err := decoder.Decode(&claims); err != nil {
		return nil, invalidGrant("the subject token's claims cannot be read")
	}
	return claims, nil
}

// keysOf are the static keys of an issuer, else those that its discovery document points to.
func keysOf(s *core.Org, ctx context.Context, issuer state.OIDCIssuer) (keys jose.JSONWebKeySet, err error) {
	switch {
	case issuer.Keys != nil:
		return keys, json.Unmarshal(issuer.Keys, &keys)
	case !onThisMachine(issuer.URL):
		err = s.Locked(func() error {
			keys, err = standInKeys(s)
			return err
		})
		return keys, err
	}
	document, err := discover(ctx, issuer.URL)
	if err != nil {
		return keys, err
	}
	if !onThisMachine(document.KeysURL) {
		return keys, fmt.Errorf("its discovery document points to %q, and the sandbox does not leave this machine", document.KeysURL)
	}
	return keys, fetchJSON(ctx, document.KeysURL, &keys)
}

// exchangeFor decides by the policies, and gives the token.
func exchangeFor(c *core.Call, issuerID string, asked exchangeRequest, claims map[string]any) error {
	issuer, ok := c.Org.State.Issuers[issuerID]
	if !ok {
		return invalidGrant("the OIDC issuer was deleted meanwhile")
	}
	refused := func(format string, args ...any) error {
		err := invalidGrant(format, args...)
		c.Audit("oidc-issuer-validation-failed", "A token of OIDC issuer %s was not exchanged: %v", issuer.Name, err)
		return err
	}
	decision := oidc.DecideExchange(issuer.Policies, asked.ExchangeRequest, claims)
	if !decision.Allowed {
		return refused("%s", decision.Reason)
	}
	t, reason := exchanged(c.Org, issuer, asked, *decision.Policy)
	if reason != "" {
		return refused("%s", reason)
	}
	value, err := tokens.MintOutside(c.Org, t)
	if err != nil {
		return err
	}
	issuer.LastUsed = c.Org.Now()
	if caller, ok := c.Org.Rules().PrincipalOf(t); ok {
		c.Caller = caller
	}
	c.Audit(string(asked.TokenType)+"-token-created-for-oidc-issuer", "Created a token from OIDC issuer %s for %v", issuer.Name, claims["sub"])
	return c.OK(map[string]any{
		"access_token": value, "issued_token_type": asked.tokenType, "token_type": "token",
		"expires_in": t.Expires - t.Created.Unix(), "scope": asked.scope,
	})
}

// exchanged is the token that a policy gives, or the reason why there is none. It is not part of the organization's
// state, and like the service's exempt from its policy on lifetimes.
func exchanged(s *core.Org, issuer *state.OIDCIssuer, asked exchangeRequest, policy oidc.IssuerPolicy) (*state.Token, string) {
	longest := defaultMaxExchanged
	if issuer.MaxExpiration > 0 {
		longest = min(longest, time.Duration(issuer.MaxExpiration)*time.Second)
	}
	t := &state.Token{Name: "oidc-" + issuer.Name, Expires: s.Now().Add(min(asked.lifetime, longest)).Unix()}
	switch asked.TokenType {
	case oidc.OrganizationToken:
		t.Kind, t.Admin = state.OrganizationToken, asked.Admin
		if _, ok := s.State.Record(policy.RoleID); policy.RoleID != "" && !ok {
			return nil, fmt.Sprintf("the role '%s' of the policy is gone", policy.RoleID)
		}
		if !asked.Admin {
			t.RoleID = policy.RoleID
		}
	case oidc.TeamToken:
		t.Kind, t.Team = state.TeamToken, asked.Name
		if _, ok := s.State.Teams[asked.Name]; !ok {
			return nil, fmt.Sprintf("there is no team '%s'", asked.Name)
		}
	case oidc.PersonalToken:
		t.Kind, t.User = state.PersonalToken, asked.Name
		if _, ok := s.State.Users[asked.Name]; !ok {
			return nil, fmt.Sprintf("there is no user '%s'", asked.Name)
		}
	case oidc.RunnerToken:
		return nil, "the sandbox has no deployment runners"
	}
	return t, ""
}
