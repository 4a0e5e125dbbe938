package oidc

import (
	"encoding/json"
	"fmt"
	"slices"
)

// TrustDocument is a parsed trust policy: see [TrustDocument.Decide].
type TrustDocument struct{ awsDocument[statement] }

type statement struct {
	parsedStatement
	principal principal
}

// principal is the principals of a statement: anyone, or by kind the identity providers, principals of AWS, and services.
type principal struct {
	anyone    bool
	federated []string
	aws       []string
	services  []string
	canonical []string
	count     int  // of the names of all kinds
	negated   bool // NotPrincipal: everybody but these
}

// ParseAWSTrustPolicy reads the trust policy of a role, by the grammar of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html. It refuses what AWS refuses when the
// role is written: unknown elements and operators, a resource, no statement. The error names the path, as in
// `Statement[0].Condition.StringEqual`.
func ParseAWSTrustPolicy(doc []byte) (TrustDocument, error) {
	if !json.Valid(doc) {
		var ignored any
		return TrustDocument{}, fmt.Errorf("the trust policy is not JSON: %w", json.Unmarshal(doc, &ignored))
	}
	document, err := parseAWSDocument[statement](doc)
	if err != nil {
		return TrustDocument{}, fmt.Errorf("the trust policy is not valid: %w", err)
	}
	return TrustDocument{document}, nil
}

func (s *statement) setOwn(element member) (err error) {
	switch element.key {
	case "Principal", "NotPrincipal":
		s.principal, err = parsePrincipal(element.value)
		s.principal.negated = element.key == "NotPrincipal"
	case "Resource", "NotResource":
		err = fmt.Errorf("a trust policy has no resource: the role is it")
	default:
		err = fmt.Errorf("unknown element")
	}
	return afterColon(err)
}

func (*statement) complete(present map[string]bool) error {
	if present["Principal"] == present["NotPrincipal"] {
		return fmt.Errorf(": there must be one of Principal and NotPrincipal")
	}
	return nil
}

func parsePrincipal(raw json.RawMessage) (principal, error) {
	if isKind(raw, '"') {
		text, err := oneText(raw)
		if err == nil && text != "*" {
			err = fmt.Errorf("expected an object or \"*\", found %q", text)
		}
		return principal{anyone: true}, err
	}
	kinds, err := members(raw)
	if err != nil {
		return principal{}, err
	}
	var parsed principal
	for _, kind := range kinds {
		names, err := texts(kind.value)
		if err != nil {
			return principal{}, fmt.Errorf("%s: %w", kind.key, err)
		}
		switch kind.key {
		case "Federated":
			parsed.federated = names
		case "AWS":
			parsed.aws = names
		case "Service":
			parsed.services = names
		case "CanonicalUser":
			parsed.canonical = names
		default:
			return principal{}, fmt.Errorf("%s: unknown kind of principal", kind.key)
		}
		parsed.count += len(names)
	}
	// For AWS "*" is the same as a principal of "*": anyone, a federated identity included.
	parsed.anyone = slices.Contains(parsed.aws, "*") || slices.Contains(parsed.federated, "*")
	return parsed, nil
}
