package azure

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// Secret is a secret of a Key Vault, with its versions, oldest first. Values are sealed.
type Secret struct {
	VaultID  string          `json:"vaultId"` // resource id of the vault
	Name     string          `json:"name"`
	Versions []SecretVersion `json:"versions"`
}

type SecretVersion struct {
	Version string `json:"version"` // 32 hexadecimal digits
	Value   string `json:"value"`
}

var (
	vaultID     = regexp.MustCompile(`(?i)^/subscriptions/[0-9a-f-]{36}/resourceGroups/[^/]+/providers/Microsoft\.KeyVault/vaults/[a-z][a-z0-9-]{1,22}[a-z0-9]$`)
	secretName  = regexp.MustCompile(`^[0-9A-Za-z-]{1,127}$`)
	versionName = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// id is the secret's resource id, in the one case by which it is found.
func (s Secret) id() string { return strings.ToLower(s.VaultID + "/secrets/" + s.Name) }

// vault is the vault's name, which no other vault of Azure has.
func (s Secret) vault() string {
	return strings.ToLower(s.VaultID[strings.LastIndex(s.VaultID, "/")+1:])
}

func (s Secret) check() error {
	switch {
	case !vaultID.MatchString(s.VaultID):
		return rest.BadRequest("vaultId: %q is not the resource id of a Key Vault", s.VaultID)
	case !secretName.MatchString(s.Name):
		return rest.BadRequest("name: %q is not the name of a secret: up to 127 letters, digits and dashes", s.Name)
	}
	return nil
}

type putSecretRequest struct {
	Secret
	Value   string `json:"value"`
	Version string `json:"version"` // default: made from the name and how many there are
}

// putSecret registers a secret, or a new version of one.
func (c *Cloud) putSecret(_ *rest.Call, request putSecretRequest) (map[string]string, error) {
	if err := request.check(); err != nil {
		return nil, err
	}
	secrets := c.State().Secrets
	for _, other := range secrets {
		if other.vault() == request.vault() && !strings.EqualFold(other.VaultID, request.VaultID) {
			return nil, rest.Conflict("VaultAlreadyExists: the vault name '%s' is already in use, by %s", request.vault(), other.VaultID)
		}
	}
	secret, found := secrets[request.id()]
	if !found {
		secret = &Secret{VaultID: request.VaultID, Name: request.Name}
	}
	version := cmp.Or(request.Version, DefaultVersion(request.id(), len(secret.Versions)))
	if !versionName.MatchString(version) || secret.version(version) != nil {
		return nil, rest.BadRequest("version: %q is not 32 hexadecimal digits, or is there already", version)
	}
	secret.Versions = append(secret.Versions, SecretVersion{Version: version, Value: c.Host.Seal(request.Value)})
	secrets[secret.id()] = secret
	return map[string]string{"id": fmt.Sprintf("https://%s.vault.azure.net/secrets/%s/%s", secret.vault(), secret.Name, version)}, nil
}

// DefaultVersion is the version that a secret of a resource id gets when it has n already and none is asked for.
func DefaultVersion(id string, n int) string {
	hash := sha256.Sum256(fmt.Appendf(nil, "%s %d", id, n))
	return hex.EncodeToString(hash[:16])
}

// version finds a version; "" is the latest. It is nil if there is none.
func (s Secret) version(version string) *SecretVersion {
	i := len(s.Versions) - 1
	if version != "" {
		i = slices.IndexFunc(s.Versions, func(v SecretVersion) bool { return v.Version == version })
	}
	if i < 0 {
		return nil
	}
	return &s.Versions[i]
}

func (c *Cloud) deleteSecret(r *rest.Call) error {
	id := Secret{VaultID: r.Query("vaultId"), Name: r.Query("name")}.id()
	if _, found := c.State().Secrets[id]; !found {
		return rest.NotFound("the sandbox's Azure has no secret '%s'", id)
	}
	delete(c.State().Secrets, id)
	return r.NoContent()
}

// secretReaders are the built-in roles that allow to read the value of a secret. Owner and Contributor do not: what a
// vault holds does not depend on who manages it. See https://learn.microsoft.com/azure/key-vault/general/rbac-guide.
var secretReaders = []string{
	"4633458b-17de-408a-b874-0445c86b69e6", // Key Vault Secrets User
	"b86a8fe4-44ce-4948-aee5-eccb2c155cd7", // Key Vault Secrets Officer
	"00482a5a-887f-4fb3-b363-3b7fe8e74483", // Key Vault Administrator
}

// read decides as Key Vault does: whether the identity holds a role that allows it, at the secret or above it, and only
// then whether there is such a secret.
func (c *Cloud) read(identity *Identity, vault, name, version string) (string, error) {
	id, found := c.resourceOf(vault)
	if !found {
		return "", fmt.Errorf("no such host: %s.vault.azure.net: the sandbox's Azure has no vault of that name; register its secrets with "+
			"POST /_sandbox/clouds/azure/secrets", vault)
	}
	asked := Secret{VaultID: id, Name: name}
	if !c.State().mayRead(identity, asked.id()) {
		return "", fmt.Errorf("ForbiddenByRbac: Caller is not authorized to perform action on resource. Action: "+
			"'Microsoft.KeyVault/vaults/secrets/getSecret/action'. Resource: '%s/secrets/%s'. Identity %s holds no role there that allows it",
			id, name, identity.ClientID)
	}
	secret, found := c.State().Secrets[asked.id()]
	if !found {
		return "", fmt.Errorf("SecretNotFound: A secret with (name/id) %s was not found in this key vault", name)
	}
	held := secret.version(version)
	if held == nil {
		return "", fmt.Errorf("SecretNotFound: A secret with (name/id) %s/%s was not found in this key vault", name, version)
	}
	return c.Host.Unseal(held.Value)
}

func (c *Cloud) resourceOf(name string) (string, bool) {
	for _, key := range rest.SortedKeys(c.State().Secrets) {
		if secret := c.State().Secrets[key]; secret.vault() == strings.ToLower(name) {
			return secret.VaultID, true
		}
	}
	return "", false
}

// mayRead reports whether an identity may read a secret. A role that is assigned at a resource applies to everything below it.
func (a *State) mayRead(identity *Identity, id string) bool {
	for _, assignment := range a.Assignments {
		scope := strings.ToLower(strings.TrimRight(assignment.Scope, "/"))
		if identity.PrincipalID != "" && assignment.PrincipalID == identity.PrincipalID &&
			slices.Contains(secretReaders, assignment.role()) && (id == scope || strings.HasPrefix(id, scope+"/")) {
			return true
		}
	}
	return false
}
