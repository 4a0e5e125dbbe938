package server

import (
	"encoding/json"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	problems "github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// azureControlRoutes set up the sandbox's Azure.
func (s *Server) azureControlRoutes() []route {
	return []route{
		{pattern: "POST /_sandbox/clouds/azure/identities", handle: rest.JSON((*call).putAzureIdentity)},
		{pattern: "GET /_sandbox/clouds/azure/identities", handle: rest.Plain((*call).listAzureIdentities)},
		{pattern: "DELETE /_sandbox/clouds/azure/identities", handle: rest.Plain((*call).deleteAzureIdentity)},
		{pattern: "POST /_sandbox/clouds/azure/credentials", handle: rest.JSON((*call).putAzureCredentials)},
		{pattern: "GET /_sandbox/clouds/azure/credentials", handle: rest.AnswerOn((*call).queriedIdentity, (*call).listAzureCredentials)},
		{pattern: "DELETE /_sandbox/clouds/azure/credentials", handle: rest.Plain((*call).deleteAzureCredentials)},
		{pattern: "POST /_sandbox/clouds/azure/role-assignments", handle: rest.JSON((*call).putAzureRoleAssignment)},
		{pattern: "GET /_sandbox/clouds/azure/role-assignments", handle: rest.Plain((*call).listAzureRoleAssignments)},
		{pattern: "DELETE /_sandbox/clouds/azure/role-assignments", handle: rest.Plain((*call).deleteAzureRoleAssignment)},
		{pattern: "POST /_sandbox/clouds/azure/secrets", handle: rest.JSON((*call).putAzureSecret)},
		{pattern: "DELETE /_sandbox/clouds/azure/secrets", handle: rest.Plain((*call).deleteAzureSecret)},
		{pattern: "GET /_sandbox/clouds/azure/sessions", handle: rest.Plain((*call).listAzureSessions)},
	}
}

// azureIdentityRequest names an identity.
type azureIdentityRequest struct {
	ClientID    string `json:"clientId"`
	TenantID    string `json:"tenantId"`
	PrincipalID string `json:"principalId"`
}

func (r *azureIdentityRequest) normalize() error {
	var err error
	if r.ClientID, err = azureID("clientId", r.ClientID); err != nil {
		return err
	}
	r.TenantID, err = azureID("tenantId", r.TenantID)
	return err
}

// putAzureIdentity registers an identity before it has credentials, as a managed identity is made.
func (c *call) putAzureIdentity(request azureIdentityRequest) (*azureIdentity, error) {
	if err := request.normalize(); err != nil {
		return nil, err
	}
	principal, err := azureID("principalId", firstNonEmpty(request.PrincipalID, fixedID("azure", "principal", request.ClientID)))
	if err != nil {
		return nil, err
	}
	identity, err := c.s.azureIdentity(request)
	if err != nil {
		return nil, err
	}
	identity.PrincipalID = principal
	c.s.st.Clouds.Azure.Identities[identity.ClientID] = identity
	return identity, nil
}

// azureIdentity finds an identity, or makes one that is not registered yet.
func (s *Server) azureIdentity(request azureIdentityRequest) (*azureIdentity, error) {
	identity, found := s.st.Clouds.Azure.Identities[request.ClientID]
	if !found {
		return &azureIdentity{ClientID: request.ClientID, TenantID: request.TenantID, Credentials: map[string]oidc.AzureFederatedCredential{}}, nil
	}
	if identity.TenantID != request.TenantID {
		return nil, rest.Conflict("identity %s is in tenant %s", identity.ClientID, identity.TenantID)
	}
	return identity, nil
}

func (c *call) listAzureIdentities() error {
	identities := []*azureIdentity{}
	for _, id := range sortedKeys(c.s.st.Clouds.Azure.Identities) {
		identities = append(identities, c.s.st.Clouds.Azure.Identities[id])
	}
	return c.OK(map[string]any{"identities": identities})
}

func (c *call) deleteAzureIdentity() error {
	identity, err := c.queriedIdentity()
	if err != nil {
		return err
	}
	delete(c.s.st.Clouds.Azure.Identities, identity.ClientID)
	return c.NoContent()
}

func (c *call) queriedIdentity() (*azureIdentity, error) {
	id := strings.ToLower(c.Query("clientId"))
	identity, found := c.s.st.Clouds.Azure.Identities[id]
	if !found {
		return nil, rest.NotFound("the sandbox's Azure has no identity '%s'", id)
	}
	return identity, nil
}

type putAzureCredentialsRequest struct {
	azureIdentityRequest
	Credentials json.RawMessage `json:"credentials"`
	Audience    string          `json:"audience"`
	oidc.AzureFederatedCredential
}

// putAzureCredentials takes federated credentials in either of two forms. `credentials`, a list or text that holds one,
// is everything that the identity trusts. One credential beside the identity's ids is added, or replaces that of its name.
func (c *call) putAzureCredentials(request putAzureCredentialsRequest) (*azureIdentity, error) {
	if err := request.normalize(); err != nil {
		return nil, err
	}
	identity, err := c.s.azureIdentity(request.azureIdentityRequest)
	if err != nil {
		return nil, err
	}
	if request.Credentials != nil {
		all, err := readAzureCredentials("credentials", policyDocument(request.Credentials))
		if err != nil {
			return nil, err
		}
		if err := identity.replace(all); err != nil {
			return nil, err
		}
	} else if err := identity.addFrom(request.AzureFederatedCredential, request.Audience); err != nil {
		return nil, err
	}
	c.s.st.Clouds.Azure.Identities[identity.ClientID] = identity
	return identity, nil
}

// addFrom adds one credential as a request writes it: the audience may stand alone.
func (i *azureIdentity) addFrom(one oidc.AzureFederatedCredential, audience string) error {
	if audience != "" {
		one.Audiences = append(one.Audiences, audience)
	}
	document, err := json.Marshal(one)
	if err != nil {
		return err
	}
	read, err := readAzureCredentials("credential", document)
	if err != nil {
		return err
	}
	return i.add(read[0])
}

func readAzureCredentials(where string, document json.RawMessage) ([]oidc.AzureFederatedCredential, error) {
	read, err := oidc.ParseAzureFederatedCredentials(document)
	if err != nil {
		return nil, rest.BadRequest("%v", problems.Of(err).Under(where))
	}
	return read, nil
}

func (c *call) listAzureCredentials(identity *azureIdentity) (map[string]any, error) {
	return map[string]any{"credentials": append([]oidc.AzureFederatedCredential{}, identity.credentials()...)}, nil
}

// deleteAzureCredentials deletes the credential that ?name= names, or all of the identity. An identity that is there only
// for its credentials goes with the last one.
func (c *call) deleteAzureCredentials() error {
	identity, err := c.queriedIdentity()
	if err != nil {
		return err
	}
	if name := c.Query("name"); name != "" {
		key := strings.ToLower(name)
		if _, found := identity.Credentials[key]; !found {
			return rest.NotFound("identity '%s' has no federated credential '%s'", identity.ClientID, name)
		}
		delete(identity.Credentials, key)
	} else {
		clear(identity.Credentials)
	}
	if len(identity.Credentials) == 0 && identity.PrincipalID == "" {
		delete(c.s.st.Clouds.Azure.Identities, identity.ClientID)
	}
	return c.NoContent()
}

// listAzureSessions answers with the identities that were logged in to, oldest first, without tokens.
func (c *call) listAzureSessions() error {
	return c.OK(map[string]any{"sessions": append([]azureSession{}, c.s.esc.azureSessions...)})
}
