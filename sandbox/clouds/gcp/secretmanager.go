package gcp

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// Secret is a secret of Secret Manager and the IAM policy on it. Versions are numbered from 1; values are sealed.
type Secret struct {
	Name     string   `json:"name"` // projects/NUMBER/secrets/ID
	Versions []string `json:"versions"`
	Bindings Policy   `json:"bindings"`
}

var secretName = regexp.MustCompile(`^projects/[0-9]+/secrets/[A-Za-z0-9_-]{1,255}$`)

func (s *Secret) check() error {
	if !secretName.MatchString(s.Name) {
		return fmt.Errorf("name: %q is not the resource name of a secret, which looks like projects/123456789012/secrets/db-password, with "+
			"the project's number", s.Name)
	}
	return s.Bindings.check()
}

// secretShown is a secret without its values.
type secretShown struct {
	Name     string `json:"name"`
	Versions int    `json:"versions"`
	Bindings Policy `json:"bindings"`
}

type putSecretRequest struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// putSecret registers a secret, or a new version of one.
func (c *Cloud) putSecret(_ *rest.Call, request putSecretRequest) (map[string]string, error) {
	secrets := c.State().Secrets
	secret, found := secrets[request.Name]
	if !found {
		secret = &Secret{Name: request.Name}
	}
	if err := secret.check(); err != nil {
		return nil, rest.BadRequest("%v", err)
	}
	secret.Versions = append(secret.Versions, c.Host.Seal(request.Value))
	secrets[secret.Name] = secret
	return map[string]string{"name": secret.Name + "/versions/" + strconv.Itoa(len(secret.Versions))}, nil
}

func (c *Cloud) listSecrets(r *rest.Call) error {
	shown := []secretShown{}
	for _, secret := range clouds.Values(c.State().Secrets) {
		shown = append(shown, secretShown{Name: secret.Name, Versions: len(secret.Versions), Bindings: secret.Bindings})
	}
	return r.OK(map[string]any{"secrets": shown})
}

func (c *Cloud) deleteSecret(r *rest.Call) error {
	return deleteNamed(r, c.State().Secrets, "secret", r.Query("name"))
}

// secretReaders are the roles that allow to read the value of a secret. Those that manage or view secrets do not. See
// https://cloud.google.com/secret-manager/docs/access-control.
var secretReaders = []string{"roles/secretmanager.secretAccessor", "roles/secretmanager.admin"}

// accessSecret decides as Secret Manager does: whose access token it is, whether a binding on the secret lets them read it,
// and only then whether there is such a version. What holds for a whole project is not decided here.
func (c *Cloud) accessSecret(token, name, version string) (string, error) {
	i := slices.IndexFunc(c.Sessions, func(s Session) bool { return s.token == sha256.Sum256([]byte(token)) })
	if i < 0 || !c.Host.Now().Before(c.Sessions[i].Expires) {
		return "", fmt.Errorf("UNAUTHENTICATED: %w: Request had invalid authentication credentials. Expected OAuth 2 access token: it has "+
			"expired, or the sandbox's Google never gave it out", ErrRefused)
	}
	version = cmp.Or(version, "latest")
	member := "serviceAccount:" + c.Sessions[i].ServiceAccount
	secret, found := c.State().Secrets[name]
	if !found || !secret.Bindings.grants(secretReaders, member) {
		reason := fmt.Sprintf("no binding of %s on it names %s", secretReaders[0], member)
		if !found {
			reason = "the sandbox's Google has no such secret; register it with POST /_sandbox/clouds/gcp/secrets"
		}
		return "", fmt.Errorf("PERMISSION_DENIED: %w: Permission 'secretmanager.versions.access' denied for resource '%s/versions/%s' (or it may "+
			"not exist): %s", ErrRefused, name, version, reason)
	}
	n := len(secret.Versions)
	if version != "latest" {
		given, err := strconv.Atoi(version)
		if err != nil || given < 1 || given > n {
			return "", fmt.Errorf("NOT_FOUND: Secret Version [%s/versions/%s] not found", name, version)
		}
		n = given
	}
	if n == 0 {
		return "", fmt.Errorf("NOT_FOUND: Secret [%s] not found or has no versions", name)
	}
	return c.Host.Unseal(secret.Versions[n-1])
}

// Policy is the IAM policy on a resource.
type Policy []Binding

// grants reports whether a member has one of the roles.
func (p Policy) grants(roles []string, members ...string) bool {
	return slices.ContainsFunc(p, func(b Binding) bool {
		return slices.Contains(roles, b.Role) &&
			slices.ContainsFunc(b.Members, func(member string) bool { return slices.Contains(members, member) })
	})
}

func (p Policy) check() error {
	for i, binding := range p {
		if !strings.HasPrefix(binding.Role, "roles/") && !strings.Contains(binding.Role, "/roles/") {
			return fmt.Errorf("bindings[%d].role: %q is not a role, which looks like roles/iam.workloadIdentityUser", i, binding.Role)
		}
		for j, member := range binding.Members {
			if !memberForm.MatchString(member) {
				return fmt.Errorf("bindings[%d].members[%d]: %q is not a member, which looks like "+
					"principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/pulumi/subject/NAME", i, j, member)
			}
		}
	}
	return nil
}

// Bind adds one member to a role, and unbind removes it. Bindings stay sorted and empty ones are removed, so that the policy after
// both is the one before.
func (p *Policy) Bind(role, member string) {
	p.unbind(role, member)
	i := slices.IndexFunc(*p, func(b Binding) bool { return b.Role == role })
	if i < 0 {
		*p = append(*p, Binding{Role: role, Members: []string{member}})
	} else {
		(*p)[i].Members = append((*p)[i].Members, member)
		slices.Sort((*p)[i].Members)
	}
	slices.SortFunc(*p, func(x, y Binding) int { return strings.Compare(x.Role, y.Role) })
}

// unbind reports whether the member had the role.
func (p *Policy) unbind(role, member string) bool {
	had := false
	for i := range *p {
		if b := &(*p)[i]; b.Role == role && slices.Contains(b.Members, member) {
			had = true
			b.Members = slices.DeleteFunc(slices.Clone(b.Members), func(m string) bool { return m == member })
		}
	}
	*p = slices.DeleteFunc(*p, func(b Binding) bool { return len(b.Members) == 0 })
	if len(*p) == 0 {
		*p = nil
	}
	return had
}
