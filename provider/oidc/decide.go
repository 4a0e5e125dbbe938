package oidc

import (
	"fmt"
	"slices"
	"strings"
)

// WebIdentity is what a token of an OIDC issuer says of its bearer. Issuer is its URL (`iss`), Subject `sub`,
// Audiences `aud`.
type WebIdentity struct {
	Issuer    string
	Subject   string
	Audiences []string
}

// verdict is what one statement says of one token.
type verdict struct {
	applies bool
	// unclear is set where the evaluator cannot decide; such a statement never grants and, if it denies, denies.
	unclear bool
	why     string
}

// Decide says whether AWS would let the bearer of the token assume the role, which belongs to accountID, through
// sts:AssumeRoleWithWebIdentity. The token's signature and expiry are not its business. Any statement that denies wins;
// without one that allows, the answer is no. What it cannot decide (NotPrincipal, policy variables, keys and operators
// about anything but the token) never grants. The reason is for people: which statement, which key, what was there
// and what was asked.
func (d TrustDocument) Decide(accountID string, id WebIdentity) (allowed bool, reason string) {
	provider, reason := identityProvider(accountID, id)
	if reason != "" {
		return false, reason
	}
	var granted, refused []string
	for _, s := range d.statements {
		v := d.judge(s, provider, id)
		switch {
		case s.deny && (v.applies || v.unclear):
			return false, denial(s, v)
		case s.deny:
		case v.applies:
			granted = append(granted, s.label)
		default:
			refused = append(refused, s.label+" does not allow it: "+v.why)
		}
	}
	switch {
	case len(granted) > 0:
		return true, "the trust policy allows it by " + strings.Join(granted, " and ")
	case len(refused) == 0:
		return false, "the trust policy allows nothing"
	}
	return false, "the trust policy refuses it: " + strings.Join(refused, "; ")
}

func denial(s statement, v verdict) string {
	if v.unclear {
		return fmt.Sprintf("the trust policy may deny it by %s, and this evaluator cannot tell: %s", s.label, v.why)
	}
	return fmt.Sprintf("the trust policy denies it by %s", s.label)
}

// provider is the identity provider of the account for the token's issuer. Its ARN's partition depends on the account.
type provider struct {
	path string
	arns []string
}

func identityProvider(accountID string, id WebIdentity) (provider, string) {
	if reason := badAccountID(accountID); reason != "" {
		return provider{}, reason
	}
	path, reason := issuerPath(id.Issuer)
	if reason != "" {
		return provider{}, "the token's " + reason
	}
	p := provider{path: path}
	for _, partition := range []string{"aws", "aws-cn", "aws-us-gov"} {
		p.arns = append(p.arns, "arn:"+partition+":iam::"+accountID+":oidc-provider/"+path)
	}
	return p, ""
}

func (d TrustDocument) judge(s statement, p provider, id WebIdentity) verdict {
	switch {
	case !s.coversAction():
		return verdict{why: fmt.Sprintf("its actions are %s, not %s", list(s.actions), webIdentityAction)}
	case s.principal.negated:
		return verdict{unclear: true, why: "NotPrincipal is not supported; name the provider under Principal.Federated"}
	case !s.principal.covers(p):
		return verdict{why: fmt.Sprintf("it trusts %s, and the token comes from %s", s.principal, p.path)}
	}
	return d.checkAll(s.conditions, p, id)
}

// checkAll names every condition that fails. One that fails for certain outweighs those that are unclear.
func (d TrustDocument) checkAll(conditions []condition, p provider, id WebIdentity) verdict {
	var failed, unclear []string
	for _, c := range conditions {
		switch v := d.check(c, p, id); {
		case v.unclear:
			unclear = append(unclear, v.why)
		case !v.applies:
			failed = append(failed, v.why)
		}
	}
	switch {
	case len(failed) > 0:
		return verdict{why: strings.Join(failed, ", and ")}
	case len(unclear) > 0:
		return verdict{unclear: true, why: strings.Join(unclear, ", and ")}
	}
	return verdict{applies: true}
}

func (s statement) coversAction() bool {
	covered := slices.ContainsFunc(s.actions, func(pattern string) bool {
		return like(strings.ToLower(pattern), strings.ToLower(webIdentityAction))
	})
	return covered != s.notActions
}

func (p principal) covers(idp provider) bool {
	return p.anyone || slices.ContainsFunc(p.federated, func(arn string) bool { return slices.Contains(idp.arns, arn) })
}

func (p principal) String() string {
	if len(p.federated) == 0 {
		return "no identity provider"
	}
	return list(p.federated)
}

// check decides one condition. Keys are compared without regard to case.
func (d TrustDocument) check(c condition, p provider, id WebIdentity) verdict {
	claims, reason := claim(c.key, p, id)
	if reason != "" {
		return verdict{unclear: true, why: reason}
	}
	if c.operator.match == nil && !c.operator.isNull {
		return verdict{unclear: true, why: fmt.Sprintf("%s on %s is not supported", c.operator.text, c.key)}
	}
	if d.variables && slices.ContainsFunc(c.values, func(v string) bool { return strings.Contains(v, "${") }) {
		return verdict{unclear: true, why: fmt.Sprintf("%s holds a policy variable, which is not supported", c.key)}
	}
	if c.operator.holds(c.values, claims) {
		return verdict{applies: true}
	}
	return verdict{why: fmt.Sprintf("%s is %s, and %s asks for %s", c.key, list(claims), c.operator.text, list(c.values))}
}

// claim is what the token says under a condition key. AWS gives every provider its own keys, so another provider's key
// is absent; keys of services (`aws:`, `sts:`) are about the call, of which nothing is known here.
func claim(key string, p provider, id WebIdentity) (values []string, reason string) {
	cut := strings.LastIndex(key, ":")
	if cut < 0 {
		return nil, fmt.Sprintf("%q is not a condition key", key)
	}
	owner, name := strings.ToLower(key[:cut]), strings.ToLower(key[cut+1:])
	switch {
	case owner != strings.ToLower(p.path) && strings.ContainsAny(owner, "./"):
		return nil, ""
	case owner != strings.ToLower(p.path):
		return nil, fmt.Sprintf("the condition key %q is not about the token, and is not supported", key)
	case name == "sub":
		return nonEmpty(id.Subject), ""
	case name == "aud":
		return nonEmpty(id.Audiences...), ""
	}
	return nil, fmt.Sprintf("the condition key %q is not supported; supported are %s:aud and %s:sub", key, p.path, p.path)
}

func nonEmpty(values ...string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
}

// list is for sentences, and bounded: a policy may hold hundreds of subjects.
func list(values []string) string {
	const most = 5
	if len(values) == 0 {
		return "not there"
	}
	quoted := make([]string, 0, most+1)
	for i, value := range values {
		if i == most {
			quoted = append(quoted, fmt.Sprintf("%d more", len(values)-most))
			break
		}
		quoted = append(quoted, fmt.Sprintf("%q", value))
	}
	return strings.Join(quoted, ", ")
}
