package oidc

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// Google's limits for workload identity federation; see
// https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers.
const (
	// MaxGoogleSubject is in bytes.
	MaxGoogleSubject   = 127
	MaxGoogleCondition = 4096
	MaxGoogleAudience  = 256
)

// attributesPrefix starts the subject of every login that lists attributes, whatever the organization.
const attributesPrefix = "pulumi:environments:" + OrganizationLogin + ":"

// GoogleTrust is the input of [GoogleWorkloadIdentityFor]. Issuer defaults to [PulumiCloudIssuer]. Pool is the pool's resource
// name, `projects/<number>/locations/global/workloadIdentityPools/<id>`; without it there are no members.
type GoogleTrust struct {
	Subjects []string
	Audience string
	Issuer   string
	Pool     string
}

// GoogleWorkloadIdentity is the provider of a workload identity pool and the principals that it admits. The JSON is that of
// Google's API, apart from the principals, which are not part of the provider.
type GoogleWorkloadIdentity struct {
	OIDC               GoogleOIDC        `json:"oidc"`
	AttributeMapping   map[string]string `json:"attributeMapping"`
	AttributeCondition string            `json:"attributeCondition"`
	Principals         []GooglePrincipal `json:"-"`
}

// GoogleOIDC is the issuer that a provider accepts, and for which audiences.
type GoogleOIDC struct {
	IssuerURI        string   `json:"issuerUri"`
	AllowedAudiences []string `json:"allowedAudiences"`
}

// GooglePrincipal is one admitted subject: as the token has it, as Google has it after the mapping, and the member for
// bindings of IAM roles (empty without a pool).
type GooglePrincipal struct {
	Subject       string
	GoogleSubject string
	Member        string
}

// GoogleWorkloadIdentityFor writes the provider: the condition admits exactly the given subjects, and each subject is a
// principal of its own, so that a binding can name it.
//
// Google refuses a token whose google.subject exceeds 127 bytes. When a subject does, and all of them are logins with
// attributes, the mapping takes away the prefix that all such subjects share, whatever the organization; the condition
// still compares the whole subject. What is too long even then is refused.
//
// Errors are [problem.List] naming `subjects`, `subjects[i]`, `audience`, `issuer` and `pool`.
func GoogleWorkloadIdentityFor(t GoogleTrust) (GoogleWorkloadIdentity, error) {
	var wrong problem.List
	subjects := distinctExact(&wrong, "subjects", "subject", t.Subjects, namingOne(Inexact))
	wrong.AddReason("audience", atMost(MaxGoogleAudience, "Google")("audience", t.Audience))
	issuer := issuerURL(&wrong, t.Issuer)
	wrong.AddReason("pool", badPool(t.Pool))
	mapping, prefix := googleMapping(subjects)
	for i, subject := range t.Subjects {
		wrong.AddReason(fmt.Sprintf("subjects[%d]", i), googleTooLong(subject, prefix))
	}
	condition := googleCondition(subjects)
	if len(condition) > MaxGoogleCondition {
		wrong.AddReason("subjects", fmt.Sprintf("the attribute condition has %d characters with its %d subjects; Google allows %d. "+
			"List fewer allowed roots, users or operations, or split them over several providers", len(condition), len(subjects), MaxGoogleCondition))
	}
	if err := wrong.Err(); err != nil {
		return GoogleWorkloadIdentity{}, err
	}
	return GoogleWorkloadIdentity{
		OIDC:               GoogleOIDC{IssuerURI: issuer, AllowedAudiences: []string{t.Audience}},
		AttributeMapping:   map[string]string{"google.subject": mapping},
		AttributeCondition: condition,
		Principals:         googlePrincipals(subjects, prefix, t.Pool),
	}, nil
}

// googleMapping is the CEL expression for google.subject, and the prefix that it takes away. The organization stays: a
// pool may have providers for several, and google.subject is one space for the whole pool.
func googleMapping(subjects []string) (expression, prefix string) {
	short := true
	for _, subject := range subjects {
		short = short && len(subject) <= MaxGoogleSubject
	}
	if short {
		return "assertion.sub", ""
	}
	for _, subject := range subjects {
		if !strings.HasPrefix(subject, attributesPrefix) {
			return "assertion.sub", ""
		}
	}
	return "assertion.sub.extract(" + celString(attributesPrefix+"{subject}") + ")", attributesPrefix
}

func googleTooLong(subject, prefix string) string {
	length := len(strings.TrimPrefix(subject, prefix))
	if length <= MaxGoogleSubject {
		return ""
	}
	what := "subject"
	if prefix != "" {
		what = "subject without its constant prefix"
	}
	return fmt.Sprintf("the %s has %d bytes, and Google refuses tokens whose google.subject has more than %d. "+
		"The mapping has no shorter form that is as exact: shorten the names of the organization, project, environment or "+
		"stack, or pin fewer parts with a login of its own (%q)", what, length, MaxGoogleSubject, subject)
}

func googleCondition(subjects []string) string {
	quoted := make([]string, len(subjects))
	for i, subject := range subjects {
		quoted[i] = celString(subject)
	}
	if len(quoted) == 1 {
		return "assertion.sub == " + quoted[0]
	}
	return "assertion.sub in [" + strings.Join(quoted, ", ") + "]"
}

func googlePrincipals(subjects []string, prefix, pool string) []GooglePrincipal {
	principals := make([]GooglePrincipal, len(subjects))
	for i, subject := range subjects {
		mapped := strings.TrimPrefix(subject, prefix)
		principals[i] = GooglePrincipal{Subject: subject, GoogleSubject: mapped}
		if pool != "" {
			principals[i].Member = "principal://iam.googleapis.com/" + pool + "/subject/" + mapped
		}
	}
	return principals
}

// GooglePool is the resource name of a workload identity pool. All of Google's pools are in the location global.
func GooglePool(projectNumber, id string) string {
	return "projects/" + projectNumber + "/locations/global/workloadIdentityPools/" + id
}

var poolPattern = regexp.MustCompile(`^projects/[0-9]+/locations/global/workloadIdentityPools/[a-z0-9-]{4,32}$`)

func badPool(pool string) string {
	if pool == "" || poolPattern.MatchString(pool) {
		return ""
	}
	return fmt.Sprintf("%q is not the resource name of a workload identity pool, which looks like "+
		"projects/123456789012/locations/global/workloadIdentityPools/pulumi, with the project's number, not its id", pool)
}

// celString writes a text as a string literal of CEL: what is not printable ASCII is escaped by its code point; see
// https://github.com/google/cel-spec/blob/master/doc/langdef.md#string-and-bytes-values.
func celString(text string) string {
	var out strings.Builder
	out.WriteByte('\'')
	for _, r := range text {
		switch {
		case r == '\'' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r >= ' ' && r <= '~':
			out.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&out, `\U%08x`, r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	out.WriteByte('\'')
	return out.String()
}
