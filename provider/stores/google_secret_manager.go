package stores

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// GoogleSecretManager is what is read from Google Secret Manager.
type GoogleSecretManager struct {
	Get map[string]GoogleSecret `pulumi:"get"`
}

// Annotate describes the store.
func (m *GoogleSecretManager) Annotate(a infer.Annotator) {
	a.SetToken("index", "GoogleSecretManager")
	a.Describe(m, "Secrets of Google Secret Manager, read when the environment is opened. They are secrets of the login's project: "+
		"ESC reads from no other.")
	a.Describe(&m.Get, "The secrets, by the names that the environment gives them: `password` is read as `${gcp.secrets.password}`. "+
		"How many there are must be known at preview where the service account is created.")
}

// GoogleSecret is one secret of a project.
type GoogleSecret struct {
	Name    string  `pulumi:"name"`
	Version *string `pulumi:"version,optional"`
}

// Annotate describes the secret.
func (s *GoogleSecret) Annotate(a infer.Annotator) {
	a.SetToken("index", "GoogleSecret")
	a.Describe(s, "A secret of Google Secret Manager.")
	a.Describe(&s.Name, "The secret's name in the project, such as `db-password`: its id, without `projects/.../secrets/`.")
	a.Describe(&s.Version, "The version to read: a number such as `3`, or an alias. Default: `latest`. The permission is on the secret, so it "+
		"covers every version. One that is pinned is not rotated with the secret, and when it is disabled or destroyed the environment does not open.")
}

// See https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.
var (
	googleSecretName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)
	googleVersion    = regexp.MustCompile(`^([1-9][0-9]*|[A-Za-z][A-Za-z0-9_-]{0,62})$`)
)

// Name is that of the block.
func (GoogleSecretManager) Name() string { return "googleSecretManager" }

// ESC is how an environment reads the secrets.
func (m GoogleSecretManager) ESC() esc.Store {
	get := entries(m.Get, func(secret GoogleSecret) map[string]any { return versioned(secret.Name, secret.Version) })
	return esc.Store{Cloud: "gcp", Name: "secrets", Provider: "gcp-secrets", Inputs: map[string]any{"access": get}}
}

// Check returns what Google would refuse, with paths inside the store.
func (m GoogleSecretManager) Check(string) problem.List {
	var problems problem.List
	if len(m.Get) == 0 {
		problems.Add("get", "name at least one secret to read")
	}
	for _, key := range slices.Sorted(maps.Keys(m.Get)) {
		secret := m.Get[key]
		if !googleSecretName.MatchString(secret.Name) {
			problems.Add("get."+key+".name", "%q is not the name of a secret: %s", secret.Name, whyNoGoogleSecret(secret.Name))
		}
		if secret.Version != nil && !googleVersion.MatchString(*secret.Version) {
			problems.Add("get."+key+".version", "%q is neither the number of a version, such as 3, nor an alias, such as latest", *secret.Version)
		}
	}
	return problems
}

// whyNoGoogleSecret says what to write instead of a name that Google does not take.
func whyNoGoogleSecret(name string) string {
	if parts := strings.Split(name, "/"); slices.Contains(parts, "versions") {
		return "it names a version. The permission to read is on the secret, for all of its versions: give the secret's id alone, and the " +
			"version in `version`"
	}
	return "Google takes up to 255 letters, digits, dashes and underscores"
}

// Names are the secrets that are read, whatever their version, sorted and without duplicates.
func (m GoogleSecretManager) Names() []string {
	var names []string
	for _, secret := range m.Get {
		names = append(names, secret.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Permit adds the secrets to those that the service account reads.
func (m GoogleSecretManager) Permit(all *Permissions) { all.Google = append(all.Google, m.Names()...) }

// OneByOne is true: the service account is a member of each secret.
func (GoogleSecretManager) OneByOne() bool { return true }

// GoogleSecretAccessor is the role that allows to read the value of a secret, and nothing else; see
// https://cloud.google.com/secret-manager/docs/access-control.
const GoogleSecretAccessor = "roles/secretmanager.secretAccessor"

// GoogleServiceAccount is a service account as a member in IAM.
func GoogleServiceAccount(email string) string { return "serviceAccount:" + email }

// GoogleDocument writes as JSON that the service account is a member of each secret of a project, for one that is made elsewhere.
func GoogleDocument(secrets []string, projectNumber, account string) (string, error) {
	type document struct {
		Resource string `json:"resource"`
		Role     string `json:"role"`
		Member   string `json:"member"`
	}
	written := make([]document, len(secrets))
	for i, name := range secrets {
		written[i] = document{
			Resource: "projects/" + projectNumber + "/secrets/" + name, Role: GoogleSecretAccessor, Member: GoogleServiceAccount(account),
		}
	}
	text, err := json.Marshal(written)
	return string(text), err
}
