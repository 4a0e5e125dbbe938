package oidc

import "errors"

// TrustDocument is a trust policy that was read, ready to decide.
type TrustDocument struct{}

// WebIdentity is what a token of an OIDC issuer says of its bearer.
type WebIdentity struct {
	Issuer    string
	Subject   string
	Audiences []string
}

// ParseAWSTrustPolicy reads the trust policy of a role.
func ParseAWSTrustPolicy(doc []byte) (TrustDocument, error) {
	return TrustDocument{}, errors.New("not implemented")
}

// Decide says whether the role of accountID may be assumed with the token, and why or why not.
func (d TrustDocument) Decide(accountID string, id WebIdentity) (allowed bool, reason string) {
	return false, "not implemented"
}
