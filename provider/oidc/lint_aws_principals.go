package oidc

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// organizationKeys are condition keys about the caller that tokens of identity providers do not have, so that they deny them.
var organizationKeys = []string{"aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn"}

// awsAnyone checks a principal that is everybody. Conditions can restrict it to the principals of AWS that they name.
func (l *linter) awsAnyone(path string, s statement, variables bool) {
	for _, c := range s.conditions {
		if !slices.Contains(organizationKeys, strings.ToLower(c.key)) || c.decide(variables, nil) != no || !c.bounds(variables) {
			continue
		}
		l.add(RuleAnyPrincipal, Medium, path, fmt.Sprintf("The principal is \"*\", and only %s says who is meant: everybody with it who may call "+
			"sts:AssumeRole can assume the role.", c.key), "Name the exact roles under Principal.AWS.")
		return
	}
	l.add(RuleAnyPrincipal, High, path, "The principal is \"*\", everybody: tokens of any identity provider, and with "+
		"sts:AssumeRole any account, can assume the role.", nameProvider)
}

// bounds reports whether the condition leaves only callers of the accounts or organizations that its values name.
func (c condition) bounds(variables bool) bool {
	if c.operator.negated || c.operator.isNull || len(c.values) == 0 {
		return false
	}
	return !slices.ContainsFunc(c.values, func(value string) bool {
		return variables && strings.Contains(value, "${") || !accountBound.MatchString(value)
	})
}

// accountBound begins values that belong to one account or organization.
var accountBound = regexp.MustCompile(`^(o-[a-z0-9]+(/|$)|[0-9]{12}$|arn:[a-z-]+:(iam|sts)::[0-9]{12}:)`)

var (
	accountPrincipal = regexp.MustCompile(`^([0-9]{12}|arn:[a-z-]+:iam::([0-9]{12}|[^:]*):root)$`)
	exactPrincipal   = regexp.MustCompile(`^arn:[a-z-]+:(iam::[0-9]{12}:(role|user)/[^*?${}<>]+|sts::[0-9]{12}:(assumed-role|federated-user)/[^*?${}<>]+)$`)
	servicePrincipal = regexp.MustCompile(`^[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com|amazonaws\.eu|aws\.internal|` +
		`c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)$`)
)

// awsPrincipals checks the principals that are not identity providers, whatever they may do with the role.
func (l *linter) awsPrincipals(path string, p principal) {
	for _, name := range p.aws {
		switch {
		case exactPrincipal.MatchString(name):
		case accountPrincipal.MatchString(name):
			l.add(RuleAccountPrincipal, Medium, path+".AWS", fmt.Sprintf("%q is a whole account: every user and role in it that may call "+
				"sts:AssumeRole can assume the role.", name), "Name the exact role under Principal.AWS.")
		case strings.ContainsAny(name, "*?"):
			l.patternPrincipal(path+".AWS", name, "Name the exact role under Principal.AWS.")
		default:
			l.notChecked(path+".AWS", name, "an account, a role or a user of AWS", Medium)
		}
	}
	for _, name := range p.services {
		switch {
		case servicePrincipal.MatchString(name):
		case strings.ContainsAny(name, "*?"):
			l.patternPrincipal(path+".Service", name, "Name the exact service under Principal.Service.")
		default:
			l.notChecked(path+".Service", name, "a service of AWS", Medium)
		}
	}
	for _, name := range p.canonical {
		l.notChecked(path+".CanonicalUser", name, "a principal that a role can trust", Medium)
	}
}

func (l *linter) patternPrincipal(path, name, fix string) {
	l.add(RuleAnyPrincipal, High, path, fmt.Sprintf("%q is a pattern, and stands for many or, to AWS, for nobody.", name), fix)
}

func (l *linter) notChecked(path, name, what string, severity Severity) {
	l.add(RuleNotChecked, severity, path, fmt.Sprintf("%q is not recognized as %s: whom it admits is not checked here.", name, what),
		"Give the document as it is applied, without placeholders, and look at this part yourself.")
}

func (l *linter) awsFederated(path string, s statement) {
	for _, name := range s.principal.federated {
		switch _, found := s.issuerOf(name); {
		case found:
		case patternIssuer(name):
			l.patternPrincipal(path, name, nameProvider)
		case samlPattern.MatchString(name):
			l.add(RuleNotChecked, Low, path, fmt.Sprintf("%q is a provider of SAML: whom it admits is not checked here.", name),
				"Look at the users of the provider yourself, and at who may assume the role with it.")
		default:
			l.notChecked(path, name, "an identity provider", Low)
		}
	}
}
