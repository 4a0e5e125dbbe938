// Package trust serves the OIDC issuers that an organization trusts, their policies, and the exchange of their tokens for access tokens;
// see [IssuerRoutes]. [CIRoutes] are CI systems hosted here, which issue such tokens, and [DiscoveryRoutes] Pulumi Cloud's own
// issuer.
package trust

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

const (
	issuersPath       = "/api/orgs/{orgName}/oidc/issuers"
	issuerPathOne     = issuersPath + "/{issuerId}"
	authPoliciesPath  = "/api/orgs/{orgName}/auth/policies"
	maxThumbprints    = 5
	fetchTimeout      = 10 * time.Second
	maxFetched        = 1 << 20
	discoveryLocation = "/.well-known/openid-configuration"
)

// IssuerRoutes lists those that fetch an issuer's discovery document as unlocked: the issuer may be one that this very
// server hosts.
func IssuerRoutes() []core.Route {
	return []core.Route{
		{Pattern: "GET " + issuersPath, Handle: core.InOrg("oidc_issuers:read", rest.Plain(listIssuers))},
		{Pattern: "POST " + issuersPath, Handle: rest.Plain(registerIssuer), Unlocked: true},
		{Pattern: "GET " + issuerPathOne, Handle: rest.AnswerOn(onIssuer("oidc_issuers:read"), readIssuer)},
		{Pattern: "PATCH " + issuerPathOne, Handle: rest.JSONOn(onIssuer("oidc_issuers:update"), updateIssuer)},
		{Pattern: "DELETE " + issuerPathOne, Handle: rest.ActOn(onIssuer("oidc_issuers:delete"), deleteIssuer)},
		{Pattern: "POST " + issuerPathOne + "/regenerate-thumbprints", Handle: rest.AnswerOn(onIssuer("oidc_issuers:regenerate_thumbprints"), regenerateThumbprints)},
		{Pattern: "GET " + authPoliciesPath + "/oidcissuers/{issuerId}", Handle: rest.Plain(readAuthPolicy)},
		{Pattern: "PATCH " + authPoliciesPath + "/{policyId}", Handle: core.InOrg("auth_policies:update", rest.JSONOn(issuerByPolicy, updateAuthPolicy))},
		{Pattern: "POST /api/oauth/token", Handle: rest.ActOn(readExchange, exchangeToken), Open: true, Unlocked: true},
	}
}

type wireIssuer struct {
	ID            string          `json:"id"`
	Name          string          `json:"name"`
	URL           string          `json:"url"`
	Issuer        string          `json:"issuer"`
	Thumbprints   []string        `json:"thumbprints,omitempty"`
	MaxExpiration int64           `json:"maxExpiration,omitempty"`
	Keys          json.RawMessage `json:"jwks,omitempty"`
	Created       string          `json:"created,omitempty"`
	Modified      string          `json:"modified,omitempty"`
	LastUsed      string          `json:"lastUsed,omitempty"`
}

func wire(i *state.OIDCIssuer) wireIssuer {
	return wireIssuer{
		ID: i.ID, Name: i.Name, URL: i.URL, Issuer: i.Issuer, Thumbprints: i.Thumbprints, MaxExpiration: i.MaxExpiration,
		Keys: i.Keys, Created: stamp(i.Created), Modified: stamp(i.Modified), LastUsed: stamp(i.LastUsed),
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

func listIssuers(c *core.Call) error {
	issuers := []wireIssuer{}
	for _, id := range rest.SortedKeys(c.Org.State.Issuers) {
		issuers = append(issuers, wire(c.Org.State.Issuers[id]))
	}
	return c.OK(map[string]any{"oidcIssuers": issuers})
}

type IssuerBody struct {
	Name          *string         `json:"name"`
	URL           string          `json:"url"`
	Thumbprints   *[]string       `json:"thumbprints"`
	MaxExpiration *int64          `json:"maxExpiration"`
	Keys          json.RawMessage `json:"jwks"`
}

// registerIssuer runs without the lock, and takes it before and after it fetches the discovery document.
func registerIssuer(c *core.Call) error {
	var req IssuerBody
	s := c.Org
	if err := s.Locked(func() error {
		if err := c.RequireOrg("oidc_issuers:create"); err != nil {
			return err
		}
		if err := c.Decode(&req); err != nil {
			return err
		}
		return CheckIssuer(s, req)
	}); err != nil {
		return err
	}
	named := req.URL
	if !rest.Present(req.Keys) {
		discovered, err := discover(c.Request.Context(), req.URL)
		if err != nil {
			return rest.BadRequest("the issuer's discovery document could not be read: %v", err)
		}
		named = discovered.Issuer
	}
	return s.Locked(func() error {
		if err := CheckIssuer(s, req); err != nil {
			return err // another call registered it meanwhile
		}
		return keepIssuer(c, req, named)
	})
}

func keepIssuer(c *core.Call, req IssuerBody, named string) error {
	issuer := NewIssuer(c.Org, req, named)
	c.Audit("oidc-issuer-registered", "Registered OIDC issuer %s (%s)", issuer.Name, issuer.URL)
	return c.OK(wire(issuer))
}

// NewIssuer makes an issuer; named is the `iss` of its tokens. Its policies deny every token.
func NewIssuer(s *core.Org, req IssuerBody, named string) *state.OIDCIssuer {
	now := s.Now()
	issuer := &state.OIDCIssuer{
		ID: s.State.NewID("oidc-issuer", req.URL), PolicyID: s.State.NewID("auth-policy", req.URL), URL: req.URL, Issuer: named,
		Policies: []oidc.IssuerPolicy{oidc.DenyAll()}, Version: 1, Created: now, Modified: now, PolicyTime: now,
	}
	change(issuer, req)
	if req.Thumbprints == nil && issuer.Keys == nil {
		issuer.Thumbprints = thumbprintsOf(req.URL)
	}
	s.State.Issuers[issuer.ID] = issuer
	return issuer
}

// change applies a request. Properties that the request leaves out keep their values.
func change(i *state.OIDCIssuer, req IssuerBody) {
	rest.SetIf(&i.Name, req.Name)
	rest.SetIf(&i.Thumbprints, req.Thumbprints)
	rest.SetIf(&i.MaxExpiration, req.MaxExpiration)
	if rest.Present(req.Keys) {
		i.Keys = rest.Compact(req.Keys)
	}
	i.Thumbprints = rest.OrNone(i.Thumbprints)
}

// thumbprintsOf returns made-up thumbprints for the certificates of a host, which the sandbox does not contact. A plain http
// issuer has none.
func thumbprintsOf(issuer string) []string {
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" {
		return []string{}
	}
	sum := sha256.Sum256([]byte(u.Host))
	return []string{hex.EncodeToString(sum[:])}
}

var thumbprint = regexp.MustCompile(`^([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$`)

// CheckIssuer checks a registration.
func CheckIssuer(s *core.Org, req IssuerBody) error {
	u, err := url.Parse(req.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && rest.IsLoopback(u.Host)) {
		return rest.BadRequest("the issuer url must be an https URL")
	}
	if u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return rest.BadRequest("the issuer url has a host and a path, nothing else")
	}
	for _, other := range s.State.Issuers {
		if sameIssuer(other.URL, req.URL) {
			return rest.Conflict("an OIDC issuer with the URL '%s' is already registered", req.URL)
		}
	}
	return req.check()
}

func (req IssuerBody) check() error {
	if req.Name == nil || strings.TrimSpace(*req.Name) == "" {
		return rest.BadRequest("the issuer name is required")
	}
	if req.MaxExpiration != nil && *req.MaxExpiration < 0 {
		return rest.BadRequest("maxExpiration must not be negative")
	}
	if req.Thumbprints != nil {
		if len(*req.Thumbprints) > maxThumbprints {
			return rest.BadRequest("at most %d thumbprints", maxThumbprints)
		}
		for _, one := range *req.Thumbprints {
			if !thumbprint.MatchString(one) {
				return rest.BadRequest("'%s' is not a certificate thumbprint", one)
			}
		}
	}
	if !rest.Present(req.Keys) {
		return nil
	}
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal(req.Keys, &keys); err != nil || len(keys.Keys) == 0 {
		return rest.BadRequest("jwks is not a set of keys")
	}
	return nil
}

// sameIssuer compares addresses as the service does, which does not mind a slash at the end.
func sameIssuer(a, b string) bool { return strings.TrimRight(a, "/") == strings.TrimRight(b, "/") }

func issuerWith(c *core.Call, scope string) (*state.OIDCIssuer, error) {
	if err := c.RequireOrg(scope); err != nil {
		return nil, err
	}
	issuer, ok := c.Org.State.Issuers[c.Param("issuerId")]
	if !ok {
		return nil, rest.NotFound("oidc issuer '%s' not found", c.Param("issuerId"))
	}
	return issuer, nil
}

func readIssuer(c *core.Call, issuer *state.OIDCIssuer) (wireIssuer, error) {
	return wire(issuer), nil
}

func updateIssuer(c *core.Call, issuer *state.OIDCIssuer, req IssuerBody) (wireIssuer, error) {
	if err := req.check(); err != nil {
		return wireIssuer{}, err
	}
	change(issuer, req)
	issuer.Modified = c.Org.Now()
	c.Audit("oidc-issuer-updated", "Updated OIDC issuer %s", issuer.Name)
	return wire(issuer), nil
}

func deleteIssuer(c *core.Call, issuer *state.OIDCIssuer) error {
	delete(c.Org.State.Issuers, issuer.ID)
	c.Audit("oidc-issuer-deleted", "Deleted OIDC issuer %s", issuer.Name)
	return c.NoContent()
}

func regenerateThumbprints(c *core.Call, issuer *state.OIDCIssuer) (wireIssuer, error) {
	if issuer.Keys != nil {
		return wireIssuer{}, rest.BadRequest("issuer jwks are statically configured, can't regenerate thumbprints")
	}
	issuer.Thumbprints, issuer.Modified = thumbprintsOf(issuer.URL), c.Org.Now()
	c.Audit("oidc-issuer-updated", "Regenerated the thumbprints of OIDC issuer %s", issuer.Name)
	return wire(issuer), nil
}

// discovered is the part of an issuer's discovery document that the sandbox uses.
type discovered struct {
	Issuer  string `json:"issuer"`
	KeysURL string `json:"jwks_uri"`
}

// discover reads the discovery document of an issuer on this machine. The sandbox contacts no other machine: for an issuer
// elsewhere it takes the URL as the issuer's name, and [standInKeys] as its keys.
func discover(ctx context.Context, issuer string) (discovered, error) {
	if !onThisMachine(issuer) {
		return discovered{Issuer: issuer}, nil
	}
	var document discovered
	if err := fetchJSON(ctx, strings.TrimRight(issuer, "/")+discoveryLocation, &document); err != nil {
		return document, err
	}
	if !sameIssuer(document.Issuer, issuer) {
		return document, fmt.Errorf("it is of issuer %q", document.Issuer)
	}
	return document, nil
}

func onThisMachine(address string) bool {
	u, err := url.Parse(address)
	return err == nil && rest.IsLoopback(u.Host)
}

// Outbound makes the server's own calls. It has a transport of its own: test servers close the idle connections of the default
// transport when they end, which would interrupt these calls.
var Outbound = &http.Client{Transport: &http.Transport{}}

func fetchJSON(ctx context.Context, address string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	answer, err := Outbound.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", address, answer.Status)
	}
	return json.NewDecoder(http.MaxBytesReader(nil, answer.Body, maxFetched)).Decode(into)
}

// onIssuer finds what the path names for a caller who holds a scope on it.
var onIssuer = core.Scoped(issuerWith)
