package oidc

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// CheckAWSTrust returns what is wrong with the trust policy that a user brings for a login. It must admit every one of the
// login's own openings for certain, and no statement may admit anybody whom it does not name: each one that allows has to
// trust the account's provider for the issuer alone, and to compare audience and subject with exact values. Subjects beside
// the login's own may be those of other environments and stacks of the organization, named in full; any that is about this
// environment or stack must be one that the lock or the operations admit. The untrusted are examples of those that must be denied,
// by which people see what a pattern does. Without an accountID, which may not be known yet, only the statements are checked.
// Errors are [problem.List] without a property.
func CheckAWSTrust(document TrustDocument, accountID, issuer string, own, untrusted []Opening) error {
	wrong := document.checkStatements(accountID, issuer, own)
	if accountID == "" {
		return wrong.Err()
	}
	evaluate := func(o Opening) (Outcome, string) {
		return document.Evaluate(accountID, WebIdentity{Issuer: issuer, Subject: o.Subject, Audiences: []string{o.Audience}})
	}
	for _, opening := range own {
		if outcome, reason := evaluate(opening); outcome != Allowed {
			wrong.AddReason("", fmt.Sprintf("does not admit the login when it is %s, with the subject %s and the audience %s: %s",
				opening.How, opening.Subject, opening.Audience, reason))
			break
		}
	}
	for _, opening := range untrusted {
		if outcome, reason := evaluate(opening); outcome != Denied {
			wrong.AddReason("", fmt.Sprintf("also admits a login %s, with the subject %s and the audience %s: %s. List exact subjects under StringEquals",
				opening.How, opening.Subject, opening.Audience, reason))
			break
		}
	}
	return wrong.Err()
}

func (d TrustDocument) checkStatements(accountID, issuer string, own []Opening) problem.List {
	path, reason := tokenIssuerPath(issuer)
	if reason != "" {
		return problem.List{{Reason: reason}}
	}
	meant := expectation{issuer: path, account: accountID, own: own}
	var wrong problem.List
	for _, s := range d.statements {
		if s.deny {
			continue
		}
		if reason := meant.badPrincipal(s.principal); reason != "" {
			wrong.AddReason("", s.label+" "+reason)
			continue
		}
		if s.onlyDescribes() {
			continue
		}
		wrong.AddReason("", prefixed(s.label+" ", meant.badSubjects(d.exactly(s, path, "sub"))))
		wrong.AddReason("", prefixed(s.label+" ", meant.badAudiences(d.exactly(s, path, "aud"))))
	}
	return wrong
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// describingActions come with the assumption of a role, and do not allow it.
var describingActions = []string{"sts:tagsession", "sts:setsourceidentity"}

func (s statement) onlyDescribes() bool {
	return !s.notActions && !slices.ContainsFunc(s.actions, func(action string) bool {
		return !slices.Contains(describingActions, strings.ToLower(action))
	})
}

// exactly returns the values of a claim that a statement admits; ok is false if it does not restrict the claim to exact values.
// Several lists must all match.
func (d TrustDocument) exactly(s statement, issuer, claim string) (values []string, ok bool) {
	for _, c := range s.conditions {
		if !strings.EqualFold(c.key, issuer+":"+claim) || !c.exact(d.variables) {
			continue
		}
		if !ok {
			values, ok = slices.Clone(c.values), true
			continue
		}
		values = slices.DeleteFunc(values, func(v string) bool { return !slices.Contains(c.values, v) })
	}
	return values, ok
}

// exact reports whether the condition holds for a claim of exactly its values, and for nothing else: not for a token
// without the claim, either.
func (c condition) exact(variables bool) bool {
	o := c.operator
	if o.match == nil || o.negated || o.ifExists || o.set == "ForAllValues" || o.ignoresCase() {
		return false
	}
	return !slices.ContainsFunc(c.values, func(v string) bool {
		return o.likes() && strings.ContainsAny(v, "*?") || variables && strings.Contains(v, "${")
	})
}

// expectation is the tokens that a document must admit.
type expectation struct {
	issuer  string
	account string
	own     []Opening
}

const otherRole = "Give whom else it is for a role of their own"

func (e expectation) badPrincipal(p principal) string {
	switch {
	case p.negated:
		return "allows everybody but those under NotPrincipal. Name the account's OIDC provider under Principal.Federated"
	case p.anyone:
		return "trusts everybody, by the principal \"*\". Name the account's OIDC provider under Principal.Federated"
	case len(p.aws) > 0:
		return fmt.Sprintf("also trusts the AWS principals %s, whom no lock restrains. %s", list(p.aws), otherRole)
	case len(p.services) > 0 || len(p.canonical) > 0:
		return fmt.Sprintf("also trusts the services or users %s, whom no lock restrains. %s",
			list(slices.Concat(p.services, p.canonical)), otherRole)
	}
	for _, federated := range p.federated {
		parts := providerPattern.FindStringSubmatch(federated)
		switch {
		case parts == nil:
			return fmt.Sprintf("trusts %q, which is not the ARN of an OIDC provider. %s", federated, otherRole)
		case parts[3] != e.issuer:
			return fmt.Sprintf("also trusts the identity provider %s, and the tokens come from %s. %s", federated, e.issuer, otherRole)
		case e.account != "" && parts[2] != e.account:
			return fmt.Sprintf("trusts the identity provider %s, and the role is in the account %s", federated, e.account)
		}
	}
	return ""
}

const listExact = "List exact values under StringEquals"

func (e expectation) badSubjects(subjects []string, exact bool) string {
	if !exact {
		return fmt.Sprintf("does not compare %s:sub with exact values, so that others get in. %s", e.issuer, listExact)
	}
	for _, subject := range subjects {
		if reason := e.badSubject(subject); reason != "" {
			return fmt.Sprintf("admits the subject %q, which %s", subject, reason)
		}
	}
	return ""
}

func (e expectation) badSubject(subject string) string {
	if slices.ContainsFunc(e.own, func(o Opening) bool { return o.Subject == subject }) {
		return ""
	}
	named, ok := parseSubject(subject)
	switch {
	case Inexact("subject", subject) != "" || !ok:
		return "is not the exact subject of an environment or a stack. Remove it"
	case named.organization != e.organization():
		return fmt.Sprintf("is of another organization than %s. Remove it", e.organization())
	case len(named.environments) == 0 && named.stack == "":
		return "names no environment, so that every one has it. Add rootEnvironment.name and currentEnvironment.name to its attributes"
	}
	for _, opening := range e.own {
		mine, _ := parseSubject(opening.Subject)
		if mine.stack != "" && mine.stack == named.stack {
			return "is of an operation of this stack that is not among `operations`. Add the operation, or remove the subject"
		}
		if mine.current != "" && slices.Contains(named.environments, mine.current) {
			return "is of this environment, and its lock does not admit it. Remove it, or add whom it is for to the lock"
		}
	}
	return ""
}

func (e expectation) organization() string {
	if len(e.own) == 0 {
		return ""
	}
	return strings.ToLower(subjectOrganization(e.own[0].Subject))
}

func (e expectation) badAudiences(audiences []string, exact bool) string {
	if !exact {
		return fmt.Sprintf("does not compare %s:aud with exact values, so that tokens for others get in. %s", e.issuer, listExact)
	}
	organization := e.organization()
	possible := []string{ESCAudience(AWS, organization, ""), DeploymentAudience(organization)}
	for _, audience := range audiences {
		if !slices.Contains(possible, audience) {
			return fmt.Sprintf("admits the audience %q, and the tokens of %s for AWS have one of %s. Remove it", audience, organization, list(possible))
		}
	}
	return ""
}

// subjectParts is a parsed subject of Pulumi Cloud. environments are those that it names, current the one that holds the login,
// if it names it; stack is `project/stack`.
type subjectParts struct {
	organization string
	environments []string
	current      string
	stack        string
}

// parseSubject parses a subject as [ESCSubject] and [DeploymentSubjects] write it.
func parseSubject(subject string) (subjectParts, bool) {
	words := strings.Split(subject, ":")
	if len(words) < 4 || words[0] != "pulumi" || slices.Contains(words, "") {
		return subjectParts{}, false
	}
	parts := subjectParts{organization: words[3]}
	switch {
	case words[1] == "deploy" && len(words) == 12:
		parts.stack = words[5] + "/" + words[7]
		written, err := DeploymentSubjects(words[3], words[5], words[7], []Operation{Operation(words[9])})
		return parts, err == nil && written[0] == subject
	case words[1] != "environments":
		return subjectParts{}, false
	case words[2] == "org" && len(words) == 6 && words[4] == "env":
		parts.environments = words[5:]
		return parts, true
	case words[2] != OrganizationLogin || len(words)%2 != 0:
		return subjectParts{}, false
	}
	for i := 4; i < len(words); i += 2 {
		switch words[i] {
		case CurrentEnvironment:
			parts.current = words[i+1]
			parts.environments = append(parts.environments, words[i+1])
		case RootEnvironment:
			parts.environments = append(parts.environments, words[i+1])
		case UserLogin, OrganizationLogin:
		default:
			return subjectParts{}, false
		}
	}
	return parts, true
}
