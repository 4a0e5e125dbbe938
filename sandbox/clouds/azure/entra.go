package azure

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// sessionLifetime is how long an access token of Entra is good for; callers cannot choose it.
const sessionLifetime = time.Hour

// ErrRefused is Entra's error for a client that could not prove who it is. The sandbox adds the reason after
// Entra's own words, because its users are the ones who debug the credentials.
var ErrRefused = errors.New("invalid_client")

// Session is one identity that was logged in to, without its token.
type Session struct {
	ClientID       string    `json:"clientId"`
	TenantID       string    `json:"tenantId"`
	SubscriptionID string    `json:"subscriptionId"`
	Subject        string    `json:"subject"`
	Audience       []string  `json:"audience"`
	SignedIn       time.Time `json:"signedIn"`
	Expires        time.Time `json:"expires"`
}

// SignInRequest is a request for a token by client assertion: the OAuth 2.0 client credentials grant at
// login.microsoftonline.com/<tenant>/oauth2/v2.0/token.
type SignInRequest struct {
	ClientID       string
	TenantID       string
	SubscriptionID string
	Token          string
}

// SignIn logs in to an identity, and adds the session.
func (c *Cloud) SignIn(request SignInRequest) error {
	now := c.Host.Now()
	_, claims, err := c.authenticate(request)
	if err != nil {
		return err
	}
	c.Sessions = append(c.Sessions, Session{
		ClientID:       strings.ToLower(request.ClientID),
		TenantID:       strings.ToLower(request.TenantID),
		SubscriptionID: request.SubscriptionID,
		Subject:        claims.Subject,
		Audience:       claims.Audience,
		SignedIn:       now.UTC(),
		Expires:        now.Add(sessionLifetime).UTC(),
	})
	return nil
}

// authenticate decides as Entra does: the token's signature and times, the identity in its tenant, and the identity's
// federated credentials, in this order. A refusal wraps [ErrRefused] and says why.
func (c *Cloud) authenticate(request SignInRequest) (*Identity, jwt.Claims, error) {
	claims, err := c.Host.Verify(request.Token)
	if err != nil {
		return nil, claims, fmt.Errorf("%w: AADSTS50027: JWT token is invalid or malformed: %w", ErrRefused, err)
	}
	identity, err := c.decide(request, oidc.WebIdentity{Issuer: claims.Issuer, Subject: claims.Subject, Audiences: claims.Audience})
	return identity, claims, err
}

func (c *Cloud) decide(request SignInRequest, caller oidc.WebIdentity) (*Identity, error) {
	identity, found := c.State().Identities[strings.ToLower(request.ClientID)]
	if !found || !strings.EqualFold(identity.TenantID, request.TenantID) {
		return nil, fmt.Errorf("%w: AADSTS700016: Application with identifier '%s' was not found in the directory '%s'; "+
			"register it with POST /_sandbox/clouds/azure/credentials", ErrRefused, request.ClientID, request.TenantID)
	}
	mismatch, reason := oidc.DecideAzure(identity.All(), caller)
	if mismatch == oidc.AzureMatches {
		return identity, nil
	}
	return nil, fmt.Errorf("%w: %s. Check your federated identity credential Subject, Audience and Issuer against the presented "+
		"assertion: identity %s: %s", ErrRefused, words(mismatch, caller), request.ClientID, reason)
}

// words is Entra's error for a token that no federated credential matches; see
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
func words(mismatch oidc.AzureMismatch, caller oidc.WebIdentity) string {
	const none = "No matching federated identity record found for presented assertion"
	switch mismatch {
	case oidc.AzureIssuer:
		return fmt.Sprintf("AADSTS700211: %s issuer '%s'", none, caller.Issuer)
	case oidc.AzureAudience:
		return fmt.Sprintf("AADSTS700212: %s audience '%s'", none, strings.Join(caller.Audiences, ", "))
	case oidc.AzureSubject:
		return fmt.Sprintf("AADSTS700213: %s subject '%s'", none, caller.Subject)
	case oidc.AzureMatches, oidc.AzureNoCredential, oidc.AzureUnclear:
	}
	return fmt.Sprintf("AADSTS70021: %s. Assertion Issuer: '%s'. Assertion Subject: '%s'. Assertion Audience: '%s'",
		none, caller.Issuer, caller.Subject, strings.Join(caller.Audiences, ", "))
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// canonicalID brings an id of Azure's into its one form: ids are GUIDs, whose case does not matter.
func canonicalID(what, id string) (string, error) {
	lower := strings.ToLower(id)
	if !guid.MatchString(lower) {
		return "", rest.BadRequest("%s: %q is not a GUID such as 11111111-2222-3333-4444-555555555555", what, id)
	}
	return lower, nil
}

// All are the credentials of the identity, by name.
func (i *Identity) All() []oidc.AzureFederatedCredential {
	var all []oidc.AzureFederatedCredential
	for _, name := range rest.SortedKeys(i.Credentials) {
		all = append(all, i.Credentials[name])
	}
	return all
}

// replace sets the identity's credentials, or returns why Azure would refuse them together.
func (i *Identity) replace(all []oidc.AzureFederatedCredential) error {
	if wrong := oidc.CheckAzureCredentials(all); len(wrong) > 0 {
		return rest.BadRequest("%v", wrong)
	}
	i.Credentials = map[string]oidc.AzureFederatedCredential{}
	for _, one := range all {
		i.Credentials[strings.ToLower(one.Name)] = one
	}
	return nil
}

// add puts one credential beside the others; one of the same name is replaced, as in Azure.
func (i *Identity) add(one oidc.AzureFederatedCredential) error {
	others := slices.DeleteFunc(i.All(), func(c oidc.AzureFederatedCredential) bool { return strings.EqualFold(c.Name, one.Name) })
	return i.replace(append(others, one))
}
