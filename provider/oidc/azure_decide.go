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
	// AzureUnclear is for tokens that a flexible credential may admit, and nobody can tell from what is known.
	AzureUnclear AzureMismatch = "unclear"
)

// EvaluateAzure is [DecideAzure] with its third value.
func EvaluateAzure(credentials []AzureFederatedCredential, id WebIdentity) (Outcome, string) {
	mismatch, reason := DecideAzure(credentials, id)
	switch mismatch {
	case AzureMatches:
		return Allowed, reason
	case AzureUnclear:
		return Unknown, reason
	case AzureNoCredential, AzureIssuer, AzureSubject, AzureAudience:
	}
	return Denied, reason
}

// DecideAzure says whether an identity with these federated credentials admits the bearer of the token: one credential
// must have its issuer, its subject and its audience, each compared character by character. A flexible credential has an
// expression in place of the subject; what Azure would decide by one is not always known, and then the answer is
// [AzureUnclear], unless another credential admits the token. A token with several audiences is refused, since Azure's rule for it
// is not documented. It does not check the token's signature and expiry.
func DecideAzure(credentials []AzureFederatedCredential, id WebIdentity) (AzureMismatch, string) {
	if len(credentials) == 0 {
		return AzureNoCredential, "the identity has no federated credentials"
	}
	left := narrowed(credentials, func(c AzureFederatedCredential) bool { return c.Issuer == id.Issuer })
	if len(left) == 0 {
		return AzureIssuer, fmt.Sprintf("no federated credential has the issuer %s", id.Issuer)
	}
	left = narrowed(left, func(c AzureFederatedCredential) bool { holds, _ := c.admits(id); return holds != no })
	if len(left) == 0 {
		return AzureSubject, fmt.Sprintf("no federated credential of issuer %s has the subject %s", id.Issuer, id.Subject)
	}
	left = narrowed(left, func(c AzureFederatedCredential) bool { return slices.Equal(c.Audiences, id.Audiences) })
	if len(left) == 0 {
		return AzureAudience, fmt.Sprintf("no federated credential of that subject has the audience %s", strings.Join(id.Audiences, ", "))
	}
	for _, c := range left {
		if holds, _ := c.admits(id); holds == yes {
			return AzureMatches, "federated credential " + c.Name + " admits it"
		}
	}
	_, why := left[0].admits(id)
	return AzureUnclear, fmt.Sprintf("federated credential %s may admit it, and this evaluator cannot tell: %s", left[0].Name, why)
}

// admits compares a token's subject, or its claims with the expression that stands in place of the subject.
func (c AzureFederatedCredential) admits(id WebIdentity) (truth, string) {
	if c.Matching != nil {
		return c.Matching.parse().evaluate(id)
	}
	return truthOf(c.Subject == id.Subject), ""
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
// (`name` beside `properties`), and refuses what Azure would. An expression is not evaluated here: what of it is not understood, is
// [AzureUnclear] in decisions. Errors are [problem.List] with the place in the document.
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
		credentials[i] = AzureFederatedCredential{
			Name: one.Name, Issuer: properties.Issuer, Subject: properties.Subject, Audiences: properties.Audiences,
			Matching: properties.Matching,
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
	switch {
	case c.Matching == nil:
		wrong.AddReason(path+"subject", badLength("subject", c.Subject, MaxAzureSubject))
	case c.Subject != "":
		wrong.AddReason(path+"claimsMatchingExpression", "stands beside subject; Azure takes one of them")
	default:
		wrong.AddReason(path+"claimsMatchingExpression.value", badLength("expression", c.Matching.Value, MaxAzureSubject))
	}
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
	names, pairs := map[string]bool{}, map[string]bool{}
	for _, c := range credentials {
		whom := "the subject " + c.Subject
		if c.Matching != nil {
			whom = "the expression " + c.Matching.Value
		}
		name, pair := strings.ToLower(c.Name), c.Issuer+" and "+whom
		if names[name] {
			wrong.AddReason("", fmt.Sprintf("two federated credentials are named %s", c.Name))
		}
		if pairs[pair] {
			wrong.AddReason("", "two federated credentials have the issuer "+pair)
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
	Issuer    string         `json:"issuer"`
	Subject   string         `json:"subject"`
	Audiences []string       `json:"audiences"`
	Matching  *AzureMatching `json:"claimsMatchingExpression"`
}
