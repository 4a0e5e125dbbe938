package oidc

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
)

// WebIdentity is the part of an OIDC token that decisions depend on. Issuer is its URL (`iss`), Subject `sub`, Audiences `aud`.
// Claims are its further claims, as far as AWS has condition keys for them; nil means that they are not known.
type WebIdentity struct {
	Issuer    string
	Subject   string
	Audiences []string
	Claims    map[string][]string
}

// decision is whether one statement or condition applies to one token, and why.
type decision struct {
	applies truth
	why     string
}

// Decide reports whether the bearer certainly gets in: see [TrustDocument.Evaluate].
func (d TrustDocument) Decide(accountID string, id WebIdentity) (allowed bool, reason string) {
	outcome, reason := d.Evaluate(accountID, id)
	return outcome == Allowed, reason
}

// Evaluate decides whether AWS would let the bearer of the token assume the role, which belongs to accountID, through
// sts:AssumeRoleWithWebIdentity. It does not check the token's signature and expiry. Any statement that denies wins;
// without one that allows, the token is denied. What depends on more than the token (policy variables, keys and operators
// about anything else, claims that are not known) makes the outcome Unknown, unless it makes no difference. The reason is
// for people: which statement, which key, what was there and what was asked.
func (d TrustDocument) Evaluate(accountID string, id WebIdentity) (outcome Outcome, reason string) {
	provider, reason := identityProvider(accountID, id)
	if reason != "" {
		return Denied, reason
	}
	var granted, refused, unclear []string
	mayDeny := ""
	for _, s := range d.statements {
		v := d.evaluate(s, provider, id)
		switch {
		case s.deny && v.applies == yes:
			return Denied, "the trust policy denies it by " + s.label
		case s.deny && v.applies == maybe:
			mayDeny = fmt.Sprintf("the trust policy may deny it by %s, and this evaluator cannot tell: %s", s.label, v.why)
		case s.deny:
		case v.applies == yes:
			granted = append(granted, s.label)
		case v.applies == maybe:
			unclear = append(unclear, s.label+" may allow it, and this evaluator cannot tell: "+v.why)
		default:
			refused = append(refused, s.label+" does not allow it: "+v.why)
		}
	}
	switch {
	case mayDeny != "" && len(granted)+len(unclear) > 0:
		return Unknown, mayDeny
	case len(granted) > 0:
		return Allowed, "the trust policy allows it by " + strings.Join(granted, " and ")
	case len(unclear) > 0:
		return Unknown, "the trust policy refuses it as far as can be told: " + strings.Join(append(unclear, refused...), "; ")
	case len(refused) == 0:
		return Denied, "the trust policy allows nothing"
	}
	return Denied, "the trust policy refuses it: " + strings.Join(refused, "; ")
}

// provider is the identity provider of the account for the token's issuer. Its ARN's partition depends on the account.
type provider struct {
	path string
	arns []string
}

func identityProvider(accountID string, id WebIdentity) (provider, string) {
	if reason := arn.BadAccountID(accountID); reason != "" {
		return provider{}, reason
	}
	path, reason := tokenIssuerPath(id.Issuer)
	if reason != "" {
		return provider{}, "the token's " + reason
	}
	p := provider{path: path}
	for _, partition := range arn.Partitions() {
		p.arns = append(p.arns, "arn:"+partition+":iam::"+accountID+":oidc-provider/"+path)
	}
	return p, ""
}

func (d TrustDocument) evaluate(s statement, p provider, id WebIdentity) decision {
	if !s.coversAction() {
		return decision{no, fmt.Sprintf("its actions are %s, not %s", list(s.actions), webIdentityAction)}
	}
	covered := s.principal.covers(p)
	switch {
	case covered == no && s.principal.negated:
		return decision{no, fmt.Sprintf("NotPrincipal excludes %s, and the token comes from %s", s.principal, p.path)}
	case covered == no:
		return decision{no, fmt.Sprintf("it trusts %s, and the token comes from %s", s.principal, p.path)}
	}
	v := d.checkAll(s.conditions, p, id)
	if covered == maybe && v.applies != no {
		return decision{maybe, fmt.Sprintf("%s cannot be compared with the provider of %s", s.principal, p.path)}
	}
	return v
}

// checkAll names every condition that fails. One that fails for certain outweighs those that are unclear.
func (d TrustDocument) checkAll(conditions []condition, p provider, id WebIdentity) decision {
	var failed, unclear []string
	for _, c := range conditions {
		switch v := d.check(c, p, id); v.applies {
		case no:
			failed = append(failed, v.why)
		case maybe:
			unclear = append(unclear, v.why)
		case yes:
		}
	}
	switch {
	case len(failed) > 0:
		return decision{no, strings.Join(failed, ", and ")}
	case len(unclear) > 0:
		return decision{maybe, strings.Join(unclear, ", and ")}
	}
	return decision{applies: yes}
}

func (s statement) coversAction() bool { return s.covers(webIdentityAction) }

func (s statement) covers(action string) bool {
	covered := slices.ContainsFunc(s.actions, func(pattern string) bool {
		return like(strings.ToLower(pattern), strings.ToLower(action))
	})
	return covered != s.notActions
}

// covers returns whether the principal is the provider of a token. NotPrincipal certainly excludes what it names; whether it
// excludes principals of other kinds is not decided.
func (p principal) covers(idp provider) truth {
	named := truthOf(p.anyone)
	for _, text := range p.federated {
		named = max(named, idp.is(text))
	}
	if p.negated && (named == no && len(p.federated) < p.count || named == yes && slices.Contains(p.federated, "*")) {
		return maybe // AWS documents no "*" for identity providers
	}
	if p.negated {
		return named.not()
	}
	return named
}

// is compares with a federated principal. A text that is not the name of a provider may become one when a placeholder is filled
// in.
func (p provider) is(federated string) truth {
	switch {
	case slices.Contains(p.arns, federated), slices.Contains(builtInProviders, federated) && federated == p.path:
		return yes
	case slices.Contains(builtInProviders, federated), providerPattern.MatchString(federated), samlPattern.MatchString(federated):
		return no
	}
	if named, found := providerIssuer(federated); found && !hasPlaceholder(named) {
		return min(maybe, truthOf(named == p.path))
	}
	return maybe
}

func (p principal) String() string {
	if len(p.federated) == 0 {
		return "no identity provider"
	}
	return list(p.federated)
}

// check decides one condition. Keys are compared without regard to case.
func (d TrustDocument) check(c condition, p provider, id WebIdentity) decision {
	possible, reason := claim(c.key, p, id)
	if reason != "" {
		return decision{maybe, reason}
	}
	values := make([]truth, len(possible))
	for i, claims := range possible {
		values[i] = c.decide(d.variables, claims)
	}
	switch v := agreed(values...); {
	case v == yes:
		return decision{applies: yes}
	case v == no:
		return decision{no, fmt.Sprintf("%s is %s, and %s asks for %s", c.key, list(possible[len(possible)-1]), c.operator.text, list(c.values))}
	case c.operator.match == nil && !c.operator.isNull:
		return decision{maybe, fmt.Sprintf("%s on %s is not supported", c.operator.text, c.key)}
	case len(possible) > 1:
		return decision{maybe, fmt.Sprintf("it is not known whether AWS has the condition key %s", c.key)}
	}
	return decision{maybe, fmt.Sprintf("%s holds a policy variable, which is not supported", c.key)}
}

// samlKeys owns the keys that AWS has for sts:AssumeRoleWithSAML, and not for tokens.
const samlKeys = "saml"

// claim returns the possible values of a token under a condition key. AWS gives every provider its own keys, so another
// provider's key is absent; keys of services (`aws:`, `sts:`) are about the call, which is not known here.
func claim(key string, p provider, id WebIdentity) (possible [][]string, reason string) {
	cut := strings.LastIndex(key, ":")
	if cut < 0 {
		return nil, fmt.Sprintf("%q is not a condition key", key)
	}
	owner, name := strings.ToLower(key[:cut]), strings.ToLower(key[cut+1:])
	switch {
	case owner != strings.ToLower(p.path) && (isIssuerKey(owner) || owner == samlKeys):
		return [][]string{nil}, ""
	case owner != strings.ToLower(p.path):
		return nil, fmt.Sprintf("the condition key %q is not about the token, and is not supported", key)
	case name == "sub":
		return [][]string{nonEmpty(id.Subject)}, ""
	case name == "aud":
		return [][]string{nonEmpty(id.Audiences...)}, ""
	case name == "iss" && id.Claims["iss"] == nil:
		// AWS documents no such key, and whether it has one makes no difference to most conditions.
		return [][]string{nil, {id.Issuer}}, ""
	case id.Claims == nil:
		return nil, fmt.Sprintf("the condition key %q is not supported; supported are %s:aud and %s:sub", key, p.path, p.path)
	}
	for claim, values := range id.Claims {
		if strings.EqualFold(claim, name) {
			return [][]string{nonEmpty(values...)}, ""
		}
	}
	return [][]string{nil}, ""
}

func nonEmpty(values ...string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
}

// list formats values for a sentence. It is bounded: a policy may hold hundreds of subjects.
func list(values []string) string {
	const most = 5
	if len(values) == 0 {
		return "not there"
	}
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = strconv.Quote(value)
	}
	return shortlist.Joined(quoted, most, ", ", ", ")
}
