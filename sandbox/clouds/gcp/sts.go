package gcp

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/googlecel"
)

// Lifetimes of the access tokens of service accounts; see
// https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken.
const (
	defaultLifetime = time.Hour
	maxLifetime     = 12 * time.Hour
)

// The roles that let a principal act as a service account.
var impersonators = []string{"roles/iam.workloadIdentityUser", "roles/iam.serviceAccountTokenCreator"}

var providerName = regexp.MustCompile(
	`^(projects/[0-9]+/locations/global/workloadIdentityPools/[a-z][a-z0-9-]{2,30}[a-z0-9])/providers/[a-z][a-z0-9-]{2,30}[a-z0-9]$`)

// ErrRefused marks what Google's security token service or its IAM refuses. The sandbox adds the reason, because its
// users are the ones who debug the trust.
var ErrRefused = errors.New("refused by Google")

// Session is one access token that was given out, without the token.
type Session struct {
	Provider       string    `json:"provider"`
	ServiceAccount string    `json:"serviceAccount"`
	Subject        string    `json:"subject"`
	GoogleSubject  string    `json:"googleSubject"`
	Principal      string    `json:"principal"`
	Audience       []string  `json:"audience"`
	Issued         time.Time `json:"issued"`
	Expires        time.Time `json:"expires"`

	token [sha256.Size]byte // what it hashes to
}

// LoginRequest is a token exchange and the impersonation of a service account after it. A zero Lifetime is the
// default, one hour.
type LoginRequest struct {
	Provider       string
	ServiceAccount string
	Token          string
	Lifetime       time.Duration
}

// Credentials are an access token. It works nowhere, and is handled as a secret all the same.
type Credentials struct {
	AccessToken string
	Expires     time.Time
}

// check refuses what Google would refuse when a provider is created.
func (p *Provider) check() error {
	if !providerName.MatchString(p.Name) {
		return fmt.Errorf("name: %q is not the resource name of a provider, which looks like "+
			"projects/123456789012/locations/global/workloadIdentityPools/pulumi/providers/payments-prod, with the project's number", p.Name)
	}
	if p.OIDC.IssuerURI == "" {
		return fmt.Errorf("oidc.issuerUri: is empty")
	}
	if err := googlecel.CheckMapping(p.AttributeMapping); err != nil {
		return fmt.Errorf("attributeMapping: %w", err)
	}
	if len(p.AttributeCondition) > oidc.MaxGoogleCondition {
		return fmt.Errorf("attributeCondition: has %d characters; Google allows %d", len(p.AttributeCondition), oidc.MaxGoogleCondition)
	}
	if err := googlecel.CheckCondition(p.AttributeCondition); err != nil {
		return fmt.Errorf("attributeCondition: %w", err)
	}
	return nil
}

// audiences are those that the provider accepts: without any, the provider's own name, with and without a scheme.
func (p *Provider) audiences() []string {
	if len(p.OIDC.AllowedAudiences) > 0 {
		return p.OIDC.AllowedAudiences
	}
	return []string{"//iam.googleapis.com/" + p.Name, "https://iam.googleapis.com/" + p.Name}
}

// Login exchanges a token for a federated identity, and that for an access token of a service account. A refusal wraps
// [ErrRefused] and says why.
func (c *Cloud) Login(request LoginRequest) (Credentials, error) {
	principal, claims, err := c.exchange(request.Provider, request.Token)
	if err != nil {
		return Credentials{}, err
	}
	if request.Lifetime == 0 {
		request.Lifetime = defaultLifetime
	}
	if err := c.impersonate(principal, request); err != nil {
		return Credentials{}, err
	}
	noise := make([]byte, 96)
	if _, err := rand.Read(noise); err != nil {
		return Credentials{}, fmt.Errorf("generating credentials: %w", err)
	}
	now, token := c.Host.Now().UTC(), "ya29."+base64.RawURLEncoding.EncodeToString(noise)
	c.Sessions = append(c.Sessions, Session{
		Provider:       request.Provider,
		ServiceAccount: request.ServiceAccount,
		Subject:        claims.Subject,
		GoogleSubject:  principal.subject,
		Principal:      principal.member(),
		Audience:       claims.Audience,
		Issued:         now,
		Expires:        now.Add(request.Lifetime),
		token:          sha256.Sum256([]byte(token)),
	})
	return Credentials{AccessToken: token, Expires: now.Add(request.Lifetime)}, nil
}

// exchange decides as Google's security token service: the provider, the token's signature, issuer, times and audience,
// the mapping, and the condition.
func (c *Cloud) exchange(name, token string) (principal, jwt.Claims, error) {
	refuse := func(code, format string, args ...any) (principal, jwt.Claims, error) {
		return principal{}, jwt.Claims{}, fmt.Errorf("%s: %w: %w", code, ErrRefused, fmt.Errorf(format, args...))
	}
	provider, found := c.State().Providers[name]
	if !found || provider.Disabled {
		return refuse("invalid_target", "The target service indicated by the \"audience\" parameters is invalid. This might either be "+
			"because the pool or provider is disabled or deleted or because it doesn't exist: the sandbox's Google has no provider %s "+
			"that is enabled; register it with POST /_sandbox/clouds/gcp/providers", name)
	}
	all := map[string]any{}
	claims, err := c.Host.Verify(token, &all)
	if err != nil {
		return refuse("invalid_grant", "%w", err)
	}
	if strings.TrimRight(provider.OIDC.IssuerURI, "/") != claims.Issuer {
		return refuse("invalid_grant", "The issuer in ID Token %s does not match the expected ones: %s", claims.Issuer, provider.OIDC.IssuerURI)
	}
	if !slices.ContainsFunc(provider.audiences(), claims.Audience.Contains) {
		return refuse("invalid_grant", "The audience in ID Token [%s] does not match the expected audience %s",
			strings.Join(claims.Audience, ", "), strings.Join(provider.audiences(), ", "))
	}
	mapped, err := googlecel.Map(provider.AttributeMapping, all)
	if err != nil {
		return refuse("unauthorized_client", "%w", err)
	}
	principal := newPrincipal(name, mapped)
	if len(principal.subject) == 0 || len(principal.subject) > oidc.MaxGoogleSubject {
		return refuse("invalid_request", "The size of mapped attribute google.subject exceeds the %d bytes limit, or is zero: "+
			"%q has %d. Either modify your attribute mapping or the incoming assertion", oidc.MaxGoogleSubject, principal.subject, len(principal.subject))
	}
	admitted, err := googlecel.Admits(provider.AttributeCondition, all, mapped)
	if err != nil || !admitted {
		return refuse("unauthorized_client", "The given credential is rejected by the attribute condition (subject %s, condition %s)%s",
			claims.Subject, provider.AttributeCondition, because(err))
	}
	return principal, claims, nil
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

// impersonate decides as iamcredentials.generateAccessToken, which words a service account that does not exist and one
// that may not be used alike.
func (c *Cloud) impersonate(principal principal, request LoginRequest) error {
	account, found := c.State().ServiceAccounts[request.ServiceAccount]
	reason := "the sandbox's Google has no such service account; register it with POST /_sandbox/clouds/gcp/service-accounts"
	if found {
		if account.admits(principal) {
			return checkLifetime(request.Lifetime, account.LongLifetime)
		}
		reason = fmt.Sprintf("no binding of %s on it names %s", strings.Join(impersonators, " or "), principal.member())
	}
	return fmt.Errorf("PERMISSION_DENIED: %w: Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist): %s: %s",
		ErrRefused, request.ServiceAccount, reason)
}

func checkLifetime(lifetime time.Duration, long bool) error {
	limit := defaultLifetime
	if long {
		limit = maxLifetime
	}
	if lifetime <= 0 || lifetime > limit {
		return fmt.Errorf("INVALID_ARGUMENT: %w: a lifetime of %s is not possible: the token of this service account lives at most %s "+
			"(%s with the organization policy constraint iam.allowServiceAccountCredentialLifetimeExtension)",
			ErrRefused, lifetime, limit, maxLifetime)
	}
	return nil
}
