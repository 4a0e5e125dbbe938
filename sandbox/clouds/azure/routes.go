package azure

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/ids"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// Routes implements [clouds.Cloud].
func (c *Cloud) Routes() []rest.Route {
	return []rest.Route{
		{Pattern: "POST /_sandbox/clouds/azure/identities", Handle: rest.JSON(c.putIdentity)},
		{Pattern: "GET /_sandbox/clouds/azure/identities", Handle: rest.Plain(c.listIdentities)},
		{Pattern: "DELETE /_sandbox/clouds/azure/identities", Handle: rest.Plain(c.deleteIdentity)},
		{Pattern: "POST /_sandbox/clouds/azure/credentials", Handle: rest.JSON(c.putCredentials)},
		{Pattern: "GET /_sandbox/clouds/azure/credentials", Handle: rest.AnswerOn(c.queriedIdentity, c.listCredentials)},
		{Pattern: "DELETE /_sandbox/clouds/azure/credentials", Handle: rest.Plain(c.deleteCredentials)},
		{Pattern: "POST /_sandbox/clouds/azure/role-assignments", Handle: rest.JSON(c.putRoleAssignment)},
		{Pattern: "GET /_sandbox/clouds/azure/role-assignments", Handle: rest.Plain(c.listRoleAssignments)},
		{Pattern: "DELETE /_sandbox/clouds/azure/role-assignments", Handle: rest.Plain(c.deleteRoleAssignment)},
		{Pattern: "POST /_sandbox/clouds/azure/secrets", Handle: rest.JSON(c.putSecret)},
		{Pattern: "DELETE /_sandbox/clouds/azure/secrets", Handle: rest.Plain(c.deleteSecret)},
		{Pattern: "GET /_sandbox/clouds/azure/sessions", Handle: rest.Plain(c.ListSessions)},
	}
}

// identityRequest names an identity.
type identityRequest struct {
	ClientID    string `json:"clientId"`
	TenantID    string `json:"tenantId"`
	PrincipalID string `json:"principalId"`
}

func (r *identityRequest) normalize() error {
	var err error
	if r.ClientID, err = canonicalID("clientId", r.ClientID); err != nil {
		return err
	}
	r.TenantID, err = canonicalID("tenantId", r.TenantID)
	return err
}

// putIdentity registers an identity before it has credentials, as a managed identity is made.
func (c *Cloud) putIdentity(_ *rest.Call, request identityRequest) (*Identity, error) {
	if err := request.normalize(); err != nil {
		return nil, err
	}
	principal, err := canonicalID("principalId", cmp.Or(request.PrincipalID, ids.Fixed("azure", "principal", request.ClientID)))
	if err != nil {
		return nil, err
	}
	identity, err := c.identity(request)
	if err != nil {
		return nil, err
	}
	identity.PrincipalID = principal
	c.State().Identities[identity.ClientID] = identity
	return identity, nil
}

// identity finds an identity, or makes one that is not registered yet.
func (c *Cloud) identity(request identityRequest) (*Identity, error) {
	identity, found := c.State().Identities[request.ClientID]
	if !found {
		return &Identity{ClientID: request.ClientID, TenantID: request.TenantID, Credentials: map[string]oidc.AzureFederatedCredential{}}, nil
	}
	if identity.TenantID != request.TenantID {
		return nil, rest.Conflict("identity %s is in tenant %s", identity.ClientID, identity.TenantID)
	}
	return identity, nil
}

func (c *Cloud) listIdentities(r *rest.Call) error {
	return r.OK(map[string]any{"identities": clouds.Values(c.State().Identities)})
}

func (c *Cloud) deleteIdentity(r *rest.Call) error {
	identity, err := c.queriedIdentity(r)
	if err != nil {
		return err
	}
	delete(c.State().Identities, identity.ClientID)
	return r.NoContent()
}

func (c *Cloud) queriedIdentity(r *rest.Call) (*Identity, error) {
	id := strings.ToLower(r.Query("clientId"))
	identity, found := c.State().Identities[id]
	if !found {
		return nil, rest.NotFound("the sandbox's Azure has no identity '%s'", id)
	}
	return identity, nil
}

type putCredentialsRequest struct {
	identityRequest
	Credentials json.RawMessage `json:"credentials"`
	Audience    string          `json:"audience"`
	oidc.AzureFederatedCredential
}

// putCredentials takes federated credentials in either of two forms. `credentials`, a list or text that holds one,
// is everything that the identity trusts. One credential beside the identity's ids is added, or replaces that of its name.
func (c *Cloud) putCredentials(_ *rest.Call, request putCredentialsRequest) (*Identity, error) {
	if err := request.normalize(); err != nil {
		return nil, err
	}
	identity, err := c.identity(request.identityRequest)
	if err != nil {
		return nil, err
	}
	if request.Credentials != nil {
		all, err := readCredentials("credentials", clouds.Document(request.Credentials))
		if err != nil {
			return nil, err
		}
		if err := identity.replace(all); err != nil {
			return nil, err
		}
	} else if err := identity.addFrom(request.AzureFederatedCredential, request.Audience); err != nil {
		return nil, err
	}
	c.State().Identities[identity.ClientID] = identity
	return identity, nil
}

// addFrom adds one credential as a request writes it: the audience may stand alone.
func (i *Identity) addFrom(one oidc.AzureFederatedCredential, audience string) error {
	if audience != "" {
		one.Audiences = append(one.Audiences, audience)
	}
	document, err := json.Marshal(one)
	if err != nil {
		return err
	}
	read, err := readCredentials("credential", document)
	if err != nil {
		return err
	}
	return i.add(read[0])
}

func readCredentials(where string, document json.RawMessage) ([]oidc.AzureFederatedCredential, error) {
	read, err := oidc.ParseAzureFederatedCredentials(document)
	if err != nil {
		return nil, rest.BadRequest("%v", problem.Of(err).Under(where))
	}
	return read, nil
}

func (c *Cloud) listCredentials(_ *rest.Call, identity *Identity) (map[string]any, error) {
	return map[string]any{"credentials": append([]oidc.AzureFederatedCredential{}, identity.All()...)}, nil
}

// deleteCredentials deletes the credential that ?name= names, or all of the identity. An identity that is there only
// for its credentials goes with the last one.
func (c *Cloud) deleteCredentials(r *rest.Call) error {
	identity, err := c.queriedIdentity(r)
	if err != nil {
		return err
	}
	if name := r.Query("name"); name != "" {
		key := strings.ToLower(name)
		if _, found := identity.Credentials[key]; !found {
			return rest.NotFound("identity '%s' has no federated credential '%s'", identity.ClientID, name)
		}
		delete(identity.Credentials, key)
	} else {
		clear(identity.Credentials)
	}
	if len(identity.Credentials) == 0 && identity.PrincipalID == "" {
		delete(c.State().Identities, identity.ClientID)
	}
	return r.NoContent()
}
