// Package googleid checks and makes the ids and names of Google Cloud. Each Bad function returns why a text is not one, and "" if
// it is.
package googleid

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// MaxLifetime is how long an access token of a service account can live. More than an hour takes an organization
// policy; see https://cloud.google.com/iam/docs/create-short-lived-credentials-direct.
const MaxLifetime = 12 * time.Hour

// The forms of Google's names; see
// https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools/create and
// https://cloud.google.com/iam/docs/service-accounts-create.
var (
	projectNumber  = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)
	poolID         = regexp.MustCompile(`^[a-z][a-z0-9-]{2,30}[a-z0-9]$`)
	serviceAccount = regexp.MustCompile(`^[A-Za-z0-9._-]+@[a-z0-9.:-]+\.gserviceaccount\.com$`)
	accountID      = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	projectID      = regexp.MustCompile(`^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	roleName       = regexp.MustCompile(`^(roles|(projects|organizations)/[^/]+/roles)/[A-Za-z0-9_.]+$`)
)

// BadProject returns why a text is not the number of a project; "" if it is.
func BadProject(number string) string {
	if projectNumber.MatchString(number) {
		return ""
	}
	return fmt.Sprintf("%q is not the number of a project, such as 123456789012; a project's id is something else: "+
		"`gcloud projects describe ID` shows both", number)
}

// BadPoolID returns why a text is not the id of a workload identity pool, or of a provider in one; "" if it is.
func BadPoolID(id string) string {
	switch {
	case !poolID.MatchString(id):
		return fmt.Sprintf("%q is not an id that Google takes here: 4 to 32 lower-case letters, digits and dashes, a letter first "+
			"and no dash last", id)
	case strings.HasPrefix(id, "gcp-"):
		return fmt.Sprintf("%q starts with gcp-, which Google keeps for itself", id)
	}
	return ""
}

// BadServiceAccount returns why a text is not the email address of a service account; "" if it is.
func BadServiceAccount(email string) string {
	if serviceAccount.MatchString(email) {
		return ""
	}
	return fmt.Sprintf("%q is not the email address of a service account, such as deploy@acme-prod.iam.gserviceaccount.com", email)
}

// BadAccountID returns why a text is not the id of a service account, the part before the @; "" if it is.
func BadAccountID(id string) string {
	if accountID.MatchString(id) {
		return ""
	}
	return fmt.Sprintf("%q is not an id that Google takes here: 6 to 30 lower-case letters, digits and dashes, a letter first and "+
		"no dash last", id)
}

// BadProjectID returns why a text is not the id of a project; "" if it is.
func BadProjectID(id string) string {
	if projectID.MatchString(id) {
		return ""
	}
	return fmt.Sprintf("%q is not the id of a project, such as acme-prod; its number goes into projectNumber", id)
}

// BadRole returns why a text is not the name of a role; "" if it is.
func BadRole(role string) string {
	if roleName.MatchString(role) {
		return ""
	}
	return fmt.Sprintf("%q is not a role, such as roles/storage.objectViewer or projects/acme-prod/roles/deployer", role)
}

// BadLifetime returns why an access token cannot live that long; "" if it can.
func BadLifetime(d time.Duration) string {
	if d <= 0 || d > MaxLifetime || d%time.Second != 0 {
		return fmt.Sprintf("%s is not a whole number of seconds, and at most 12h, which is the longest that Google's access tokens live", d)
	}
	return ""
}

var notInID = regexp.MustCompile(`[^a-z0-9]+`)

// Longest ids; see the forms above.
const (
	MaxPoolID    = 32
	MaxAccountID = 30
)

// ID makes an id of at most limit characters for a provider or a service account from names of Pulumi's: what Google
// would refuse becomes a dash. An id that does not say all that the names say gets a hash of them, so that different names
// have different ids.
func ID(limit int, names ...string) string {
	whole := strings.Join(names, "-")
	ambiguous := len(names) > 1 && strings.Count(whole, "-") >= len(names) // a-b and c read like a and b-c
	id := strings.Trim(notInID.ReplaceAllString(strings.ToLower(whole), "-"), "-")
	if id == whole && len(id) <= limit && len(id) >= 6 && id[0] > '9' && !strings.HasPrefix(id, "gcp-") && !ambiguous {
		return id
	}
	if id == "" || id[0] <= '9' || strings.HasPrefix(id+"-", "gcp-") {
		id = "p-" + id
	}
	hash := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	return strings.Trim(id[:min(len(id), limit-9)], "-") + "-" + hex.EncodeToString(hash[:4])
}
