package oidc

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// MaxGoogleLifetime is how long an access token of a service account can live. More than an hour takes an organization
// policy; see https://cloud.google.com/iam/docs/create-short-lived-credentials-direct.
const MaxGoogleLifetime = 12 * time.Hour

// The forms of Google's names; see
// https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools/create and
// https://cloud.google.com/iam/docs/service-accounts-create.
var (
	googleProjectNumber  = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)
	googlePoolID         = regexp.MustCompile(`^[a-z][a-z0-9-]{2,30}[a-z0-9]$`)
	googleServiceAccount = regexp.MustCompile(`^[A-Za-z0-9._-]+@[a-z0-9.:-]+\.gserviceaccount\.com$`)
	googleAccountID      = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	googleProjectID      = regexp.MustCompile(`^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	googleRole           = regexp.MustCompile(`^(roles|(projects|organizations)/[^/]+/roles)/[A-Za-z0-9_.]+$`)
)

// BadGoogleProject says why a text is not the number of a project; "" if it is.
func BadGoogleProject(number string) string {
	if googleProjectNumber.MatchString(number) {
		return ""
	}
	return fmt.Sprintf("%q is not the number of a project, such as 123456789012; a project's id is something else: "+
		"`gcloud projects describe ID` shows both", number)
}

// BadGooglePoolID says why a text is not the id of a workload identity pool, or of a provider in one; "" if it is.
func BadGooglePoolID(id string) string {
	switch {
	case !googlePoolID.MatchString(id):
		return fmt.Sprintf("%q is not an id that Google takes here: 4 to 32 lower-case letters, digits and dashes, a letter first "+
			"and no dash last", id)
	case strings.HasPrefix(id, "gcp-"):
		return fmt.Sprintf("%q starts with gcp-, which Google keeps for itself", id)
	}
	return ""
}

// BadGoogleServiceAccount says why a text is not the email address of a service account; "" if it is.
func BadGoogleServiceAccount(email string) string {
	if googleServiceAccount.MatchString(email) {
		return ""
	}
	return fmt.Sprintf("%q is not the email address of a service account, such as deploy@acme-prod.iam.gserviceaccount.com", email)
}

// BadGoogleAccountID says why a text is not the id of a service account, the part before the @; "" if it is.
func BadGoogleAccountID(id string) string {
	if googleAccountID.MatchString(id) {
		return ""
	}
	return fmt.Sprintf("%q is not an id that Google takes here: 6 to 30 lower-case letters, digits and dashes, a letter first and "+
		"no dash last", id)
}

// BadGoogleProjectID says why a text is not the id of a project; "" if it is.
func BadGoogleProjectID(id string) string {
	if googleProjectID.MatchString(id) {
		return ""
	}
	return fmt.Sprintf("%q is not the id of a project, such as acme-prod; its number goes into projectNumber", id)
}

// BadGoogleRole says why a text is not the name of a role; "" if it is.
func BadGoogleRole(role string) string {
	if googleRole.MatchString(role) {
		return ""
	}
	return fmt.Sprintf("%q is not a role, such as roles/storage.objectViewer or projects/acme-prod/roles/deployer", role)
}

// BadGoogleLifetime says why an access token cannot live that long; "" if it can.
func BadGoogleLifetime(d time.Duration) string {
	if d <= 0 || d > MaxGoogleLifetime || d%time.Second != 0 {
		return fmt.Sprintf("%s is not a whole number of seconds, and at most 12h, which is the longest that Google's access tokens live", d)
	}
	return ""
}

var notInGoogleID = regexp.MustCompile(`[^a-z0-9]+`)

// Longest ids; see the forms above.
const (
	MaxGooglePoolID    = 32
	MaxGoogleAccountID = 30
)

// GoogleID makes an id of at most limit characters for a provider or a service account from names of Pulumi's: what Google
// would refuse becomes a dash. An id that does not say all that the names say gets a hash of them, so that different names
// have different ids.
func GoogleID(limit int, names ...string) string {
	whole := strings.Join(names, "-")
	ambiguous := len(names) > 1 && strings.Count(whole, "-") >= len(names) // a-b and c read like a and b-c
	id := strings.Trim(notInGoogleID.ReplaceAllString(strings.ToLower(whole), "-"), "-")
	if id == whole && len(id) <= limit && len(id) >= 6 && id[0] > '9' && !strings.HasPrefix(id, "gcp-") && !ambiguous {
		return id
	}
	if id == "" || id[0] <= '9' || strings.HasPrefix(id+"-", "gcp-") {
		id = "p-" + id
	}
	hash := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	return strings.Trim(id[:min(len(id), limit-9)], "-") + "-" + hex.EncodeToString(hash[:4])
}
