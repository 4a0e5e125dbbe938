package server

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

// issuerRoutes lists those that fetch an issuer's discovery document as unlocked: the issuer may be one that this very
// server hosts.
func (s *org) issuerRoutes() []route {
	return []route{
		{pattern: "GET " + issuersPath, handle: inOrg("oidc_issuers:read", rest.Plain((*call).listIssuers))},
		{pattern: "POST " + issuersPath, handle: rest.Plain((*call).registerIssuer), unlocked: true},
		{pattern: "GET " + issuerPathOne, handle: rest.AnswerOn(onIssuer("oidc_issuers:read"), (*call).readIssuer)},
		{pattern: "PATCH " + issuerPathOne, handle: rest.JSONOn(onIssuer("oidc_issuers:update"), (*call).updateIssuer)},
		{pattern: "DELETE " + issuerPathOne, handle: rest.ActOn(onIssuer("oidc_issuers:delete"), (*call).deleteIssuer)},
		{pattern: "POST " + issuerPathOne + "/regenerate-thumbprints", handle: rest.AnswerOn(onIssuer("oidc_issuers:regenerate_thumbprints"), (*call).regenerateThumbprints)},
		{pattern: "GET " + authPoliciesPath + "/oidcissuers/{issuerId}", handle: rest.Plain((*call).readAuthPolicy)},
		{pattern: "PATCH " + authPoliciesPath + "/{policyId}", handle: inOrg("auth_policies:update", rest.JSONOn((*call).issuerByPolicy, (*call).updateAuthPolicy))},
		{pattern: "POST /api/oauth/token", handle: rest.ActOn((*call).exchangeRequest, (*call).exchangeToken), open: true, unlocked: true},
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

func (c *call) listIssuers() error {
	issuers := []wireIssuer{}
	for _, id := range rest.SortedKeys(c.s.state.Issuers) {
		issuers = append(issuers, wire(c.s.state.Issuers[id]))
	}
	return c.OK(map[string]any{"oidcIssuers": issuers})
}

type issuerBody struct {
	Name          *string         `json:"name"`
	URL           string          `json:"url"`
	Thumbprints   *[]string       `json:"thumbprints"`
	MaxExpiration *int64          `json:"maxExpiration"`
	Keys          json.RawMessage `json:"jwks"`
}

// registerIssuer runs without the lock, and takes it before and after it fetches the discovery document.
func (c *call) registerIssuer() error {
	var req issuerBody
	s := c.s
	if err := s.locked(func() error {
		if err := c.requireOrg("oidc_issuers:create"); err != nil {
			return err
		}
		if err := c.Decode(&req); err != nil {
			return err
		}
		return s.checkIssuer(req)
	}); err != nil {
		return err
	}
	named := req.URL
	if !rest.Present(req.Keys) {
		discovered, err := s.discover(c.Request.Context(), req.URL)
		if err != nil {
			return rest.BadRequest("the issuer's discovery document could not be read: %v", err)
		}
		named = discovered.Issuer
	}
	return s.locked(func() error {
		if err := s.checkIssuer(req); err != nil {
			return err // somebody was faster
		}
		return c.keepIssuer(req, named)
	})
}

func (c *call) keepIssuer(req issuerBody, named string) error {
	issuer := c.s.newIssuer(req, named)
	c.audit("oidc-issuer-registered", "Registered OIDC issuer %s (%s)", issuer.Name, issuer.URL)
	return c.OK(wire(issuer))
}

// newIssuer makes an issuer, whose tokens name it as named. It admits nobody.
func (s *org) newIssuer(req issuerBody, named string) *state.OIDCIssuer {
	now := s.now()
	issuer := &state.OIDCIssuer{
		ID: s.state.NewID("oidc-issuer", req.URL), PolicyID: s.state.NewID("auth-policy", req.URL), URL: req.URL, Issuer: named,
		Policies: []oidc.IssuerPolicy{oidc.DenyAll()}, Version: 1, Created: now, Modified: now, PolicyTime: now,
	}
	change(issuer, req)
	if req.Thumbprints == nil && issuer.Keys == nil {
		issuer.Thumbprints = thumbprintsOf(req.URL)
	}
	s.state.Issuers[issuer.ID] = issuer
	return issuer
}

// change takes over what a request says; what it leaves out stays.
func change(i *state.OIDCIssuer, req issuerBody) {
	rest.SetIf(&i.Name, req.Name)
	rest.SetIf(&i.Thumbprints, req.Thumbprints)
	rest.SetIf(&i.MaxExpiration, req.MaxExpiration)
	if rest.Present(req.Keys) {
		i.Keys = rest.Compact(req.Keys)
	}
	i.Thumbprints = rest.OrNone(i.Thumbprints)
}

// thumbprintsOf stands for those of the certificates at a host, which a sandbox does not contact. A plain http issuer
// has none.
func thumbprintsOf(issuer string) []string {
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" {
		return []string{}
	}
	sum := sha256.Sum256([]byte(u.Host))
	return []string{hex.EncodeToString(sum[:])}
}

var thumbprint = regexp.MustCompile(`^([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$`)

// checkIssuer checks a registration.
func (s *org) checkIssuer(req issuerBody) error {
	u, err := url.Parse(req.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Host)) {
		return rest.BadRequest("the issuer url must be an https URL")
	}
	if u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return rest.BadRequest("the issuer url has a host and a path, nothing else")
	}
	for _, other := range s.state.Issuers {
		if sameIssuer(other.URL, req.URL) {
			return rest.Conflict("an OIDC issuer with the URL '%s' is already registered", req.URL)
		}
	}
	return req.check()
}

func (req issuerBody) check() error {
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

func (c *call) issuerWith(scope string) (*state.OIDCIssuer, error) {
	if err := c.requireOrg(scope); err != nil {
		return nil, err
	}
	issuer, ok := c.s.state.Issuers[c.Param("issuerId")]
	if !ok {
		return nil, rest.NotFound("oidc issuer '%s' not found", c.Param("issuerId"))
	}
	return issuer, nil
}

func (c *call) readIssuer(issuer *state.OIDCIssuer) (wireIssuer, error) {
	return wire(issuer), nil
}

func (c *call) updateIssuer(issuer *state.OIDCIssuer, req issuerBody) (wireIssuer, error) {
	if err := req.check(); err != nil {
		return wireIssuer{}, err
	}
	change(issuer, req)
	issuer.Modified = c.s.now()
	c.audit("oidc-issuer-updated", "Updated OIDC issuer %s", issuer.Name)
	return wire(issuer), nil
}

func (c *call) deleteIssuer(issuer *state.OIDCIssuer) error {
	delete(c.s.state.Issuers, issuer.ID)
	c.audit("oidc-issuer-deleted", "Deleted OIDC issuer %s", issuer.Name)
	return c.NoContent()
}

func (c *call) regenerateThumbprints(issuer *state.OIDCIssuer) (wireIssuer, error) {
	if issuer.Keys != nil {
		return wireIssuer{}, rest.BadRequest("issuer jwks are statically configured, can't regenerate thumbprints")
	}
	issuer.Thumbprints, issuer.Modified = thumbprintsOf(issuer.URL), c.s.now()
	c.audit("oidc-issuer-updated", "Regenerated the thumbprints of OIDC issuer %s", issuer.Name)
	return wire(issuer), nil
}

// discovered is what is used of an issuer's discovery document.
type discovered struct {
	Issuer  string `json:"issuer"`
	KeysURL string `json:"jwks_uri"`
}

// discover reads an issuer's discovery document. The sandbox leaves its machine for nobody: an issuer elsewhere is taken
// as its address says, and the issuers that the sandbox hosts stand in for it (see standInKeys).
func (s *org) discover(ctx context.Context, issuer string) (discovered, error) {
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
	return err == nil && isLoopback(u.Host)
}

// outbound makes the server's own calls. It has a transport of its own: what shares the default one is cut off when
// somebody in the same process closes its idle connections, as every test server does that ends.
var outbound = &http.Client{Transport: &http.Transport{}}

func fetchJSON(ctx context.Context, address string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	answer, err := outbound.Do(req)
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
var onIssuer = scoped((*call).issuerWith)
