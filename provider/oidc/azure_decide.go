package oidc

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// AzureMismatch is the first part of a token, in the order in which Azure compares them, that no federated credential matches.
type AzureMismatch string

// The parts that Azure compares. AzureMatches means that the token is admitted, AzureNoCredential that the identity has no
// credentials.
const (
	AzureMatches      AzureMismatch = ""
	AzureNoCredential AzureMismatch = "credential"
	AzureIssuer       AzureMismatch = "issuer"
	AzureSubject      AzureMismatch = "subject"
	AzureAudience     AzureMismatch = "audience"
)

// DecideAzure says whether an identity with these federated credentials admits the bearer of the token: one credential
// must have its issuer, its subject and its audience, each compared character by character. A token with several
// audiences is refused, since Azure's rule for it is not documented. It does not check the token's signature and expiry.
func DecideAzure(credentials []AzureFederatedCredential, id WebIdentity) (AzureMismatch, string) {
	if len(credentials) == 0 {
		return AzureNoCredential, "the identity has no federated credentials"
	}
	left := narrowed(credentials, func(c AzureFederatedCredential) bool { return c.Issuer == id.Issuer })
	if len(left) == 0 {
		return AzureIssuer, fmt.Sprintf("no federated credential has the issuer %s", id.Issuer)
	}
	left = narrowed(left, func(c AzureFederatedCredential) bool { return c.Subject == id.Subject })
	if len(left) == 0 {
		return AzureSubject, fmt.Sprintf("no federated credential of issuer %s has the subject %s", id.Issuer, id.Subject)
	}
	left = narrowed(left, func(c AzureFederatedCredential) bool { return slices.Equal(c.Audiences, id.Audiences) })
	if len(left) == 0 {
		return AzureAudience, fmt.Sprintf("no federated credential of that subject has the audience %s", strings.Join(id.Audiences, ", "))
	}
	return AzureMatches, "federated credential " + left[0].Name + " admits it"
}

func narrowed(all []AzureFederatedCredential, keep func(AzureFederatedCredential) bool) []AzureFederatedCredential {
	var left []AzureFederatedCredential
	for _, one := range all {
		if keep(one) {
			left = append(left, one)
		}
	}
	return left
}

// ParseAzureFederatedCredentials reads one federated credential or a list of them, each flat or as ARM nests it
// (`name` beside `properties`), and refuses what Azure would. A flexible credential (`claimsMatchingExpression`) is refused
// too: user-assigned identities have none. Errors are [problem.List] with the place in the document.
func ParseAzureFederatedCredentials(document []byte) ([]AzureFederatedCredential, error) {
	type shape struct {
		azureShape
		Name string `json:"name"`
	}
	read, paths, err := objects[shape](document, "value")
	if err != nil {
		return nil, problem.List{{Reason: "the federated credentials cannot be read: " + err.Error()}}
	}
	var wrong problem.List
	credentials := make([]AzureFederatedCredential, len(read))
	for i, one := range read {
		properties := one.azureProperties
		if one.Properties != nil {
			properties = *one.Properties
		}
		if properties.Matching != nil {
			wrong.AddReason(paths[i]+"claimsMatchingExpression", "a managed identity has no flexible credentials; give subject")
		}
		credentials[i] = AzureFederatedCredential{
			Name: one.Name, Issuer: properties.Issuer, Subject: properties.Subject, Audiences: properties.Audiences,
		}
		wrong = append(wrong, credentials[i].check(paths[i])...)
	}
	return credentials, append(wrong, CheckAzureCredentials(credentials)...).Err()
}

var azureNamePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$`)

// check returns what Azure itself refuses. Azure accepts the literal `<yaml>` as a subject.
func (c AzureFederatedCredential) check(path string) problem.List {
	var wrong problem.List
	if !azureNamePattern.MatchString(c.Name) {
		wrong.AddReason(path+"name", fmt.Sprintf("%q is not a name: Azure takes 3 to %d letters, digits, - and _, a letter or digit first",
			c.Name, MaxAzureName))
	}
	_, reason := issuerPath(c.Issuer)
	wrong.AddReason(path+"issuer", reason)
	wrong.AddReason(path+"subject", badLength("subject", c.Subject, MaxAzureSubject))
	if len(c.Audiences) != 1 {
		wrong.AddReason(path+"audiences", fmt.Sprintf("Azure takes exactly one audience, and there are %d", len(c.Audiences)))
		return wrong
	}
	wrong.AddReason(path+"audiences[0]", badLength("audience", c.Audiences[0], MaxAzureAudience))
	return wrong
}

func badLength(what, value string, limit int) string {
	switch length := utf8.RuneCountInString(value); {
	case length == 0:
		return what + " is empty"
	case length > limit:
		return fmt.Sprintf("%s has %d characters; Azure allows %d", what, length, limit)
	}
	return ""
}

// CheckAzureCredentials returns why one identity cannot have all of these credentials: there are too many, two have one name
// (Azure's names know no case), or two have the same issuer and subject. The problems name no property.
func CheckAzureCredentials(credentials []AzureFederatedCredential) problem.List {
	var wrong problem.List
	if len(credentials) > MaxAzureCredentials {
		wrong.AddReason("", fmt.Sprintf("%d federated credentials; Azure allows %d for each identity", len(credentials), MaxAzureCredentials))
	}
	names, pairs := map[string]bool{}, map[[2]string]bool{}
	for _, c := range credentials {
		name, pair := strings.ToLower(c.Name), [2]string{c.Issuer, c.Subject}
		if names[name] {
			wrong.AddReason("", fmt.Sprintf("two federated credentials are named %s", c.Name))
		}
		if pairs[pair] {
			wrong.AddReason("", fmt.Sprintf("two federated credentials have the issuer %s and the subject %s", c.Issuer, c.Subject))
		}
		names[name], pairs[pair] = true, true
	}
	return wrong
}

// azureShape is a federated credential, flat or as ARM nests it.
type azureShape struct {
	azureProperties
	Properties *azureProperties `json:"properties"`
}

type azureProperties struct {
	Issuer    string   `json:"issuer"`
	Subject   string   `json:"subject"`
	Audiences []string `json:"audiences"`
	Matching  *struct {
		Value string `json:"value"`
	} `json:"claimsMatchingExpression"`
}
