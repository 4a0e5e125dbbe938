package oidc

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// Azure's limits for the federated credentials of a user-assigned managed identity; see
// https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations.
const (
	MaxAzureCredentials = 20
	MaxAzureSubject     = 600
	MaxAzureAudience    = 600
	MaxAzureName        = 120
)

// AzureTrust is the input of [AzureFederatedCredentials]. Issuer defaults to [PulumiCloudIssuer].
type AzureTrust struct {
	Subjects []string
	Audience string
	Issuer   string
}

// AzureFederatedCredential is one federated credential: Azure admits a token whose issuer, subject and audience are
// these, compared character by character. A flexible one has Matching in place of Subject; this package writes none. Name is
// unique within the identity. The JSON is Azure's own.
type AzureFederatedCredential struct {
	Name      string         `json:"name"`
	Issuer    string         `json:"issuer"`
	Subject   string         `json:"subject,omitempty"`
	Audiences []string       `json:"audiences"`
	Matching  *AzureMatching `json:"claimsMatchingExpression,omitempty"`
}

// AzureFederatedCredentials lists one credential for each distinct subject, in the order given: Azure compares one
// subject for equality, so several need several. A credential's name depends on its subject alone, so that adding or
// taking away a subject leaves the others where they are. Errors are [problem.List] naming `subjects`, `subjects[i]`,
// `audience` and `issuer`.
func AzureFederatedCredentials(t AzureTrust) ([]AzureFederatedCredential, error) {
	var wrong problem.List
	subjects := distinctExact(&wrong, "subjects", "subject", t.Subjects, namingOne(atMost(MaxAzureSubject, "Azure")))
	wrong.AddReason("audience", atMost(MaxAzureAudience, "Azure")("audience", t.Audience))
	issuer := issuerURL(&wrong, t.Issuer)
	if len(subjects) > MaxAzureCredentials {
		wrong.AddReason("subjects", fmt.Sprintf("%d subjects need as many federated credentials; Azure allows %d for each identity. "+
			"List fewer allowed roots, users or operations, or split them over several identities", len(subjects), MaxAzureCredentials))
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	credentials := make([]AzureFederatedCredential, len(subjects))
	for i, subject := range subjects {
		credentials[i] = AzureFederatedCredential{
			Name: azureName(subject), Issuer: issuer, Subject: subject, Audiences: []string{t.Audience},
		}
	}
	return credentials, nil
}

var notInAzureName = regexp.MustCompile(`[^A-Za-z0-9]+`)

// azureName keeps to Azure's rules for names (3 to 120 letters, digits, `-` and `_`, a letter or digit first). The
// readable part is the end of the subject, which tells stacks, environments and users apart; the hash keeps subjects
// apart that read the same, such as a.b and a-b, or that differ in case only.
func azureName(subject string) string {
	hash := sha256.Sum256([]byte(subject))
	suffix := "-" + hex.EncodeToString(hash[:6])
	readable := strings.Trim(notInAzureName.ReplaceAllString(subject, "-"), "-")
	if over := len(readable) + len(suffix) - MaxAzureName; over > 0 {
		readable = strings.TrimLeft(readable[over:], "-")
	}
	return strings.TrimPrefix(readable+suffix, "-")
}
