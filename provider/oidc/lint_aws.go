package oidc

import (
	"fmt"
	"slices"
	"strings"
)

func (l *linter) aws(document []byte) {
	parsed, err := ParseAWSTrustPolicy(document)
	if err != nil {
		l.invalid("", err)
		return
	}
	for i, s := range parsed.statements {
		if s.deny || !s.coversAction() {
			continue
		}
		l.site = awsSite{statement: i}
		l.awsStatement(i, s)
	}
}

func (l *linter) awsStatement(index int, s statement) {
	path := fmt.Sprintf("Statement[%d]", index)
	switch {
	case s.principal.negated:
		l.add(RuleNotPrincipal, High, path+".NotPrincipal", "NotPrincipal allows everybody but those listed: any other identity provider "+
			"or account can assume the role.", "Name the account's OIDC provider under Principal.Federated.")
		return
	case s.principal.anyone:
		l.add(RuleAnyPrincipal, High, path+".Principal", "The principal is \"*\", everybody: tokens of any identity provider, and with "+
			"sts:AssumeRole any account, can assume the role.", "Name the account's OIDC provider under Principal.Federated.")
		return
	}
	for _, arn := range s.principal.federated {
		if issuer, reason := providerPath(arn); reason == "" {
			l.site = awsSite{statement: index, issuer: strings.ToLower(issuer)}
			l.awsProvider(path+".Condition", strings.ToLower(issuer), s.conditions)
		}
	}
}

// awsProvider looks at what a statement asks of one issuer's tokens. Keys are compared without regard to case.
func (l *linter) awsProvider(path, issuer string, conditions []condition) {
	var subjects []string
	pinned := map[string]bool{}
	for _, c := range conditions {
		claim, about := strings.CutPrefix(strings.ToLower(c.key), issuer+":")
		if !about || claim != "sub" && claim != "aud" || c.operator.match == nil || c.operator.negated {
			continue
		}
		pinned[claim] = true
		if claim == "sub" {
			subjects = append(subjects, c.values...)
		}
	}
	if !pinned["sub"] {
		l.missingSubject(path, pinned["aud"])
	}
	if !pinned["aud"] {
		l.missingAudience(path)
	}
	for _, c := range conditions {
		at := path + "." + c.operator.text + "." + c.key
		switch claim, _ := strings.CutPrefix(strings.ToLower(c.key), issuer+":"); {
		case c.operator.match == nil || c.operator.negated:
		case claim == "sub":
			l.awsOperator(at, c.operator)
			l.awsSubject(at, c)
		case claim == "aud":
			l.awsOperator(at, c.operator)
			l.awsAudience(at, c, ours(subjects) || issuer == strings.TrimPrefix(PulumiCloudIssuer, "https://"))
		}
	}
}

func (l *linter) awsOperator(path string, o operator) {
	if o.set == "ForAllValues" {
		l.add(RuleForAllValues, High, path, "ForAllValues holds when the key is absent, and this key has one value: a token without the "+
			"claim passes.", "Use StringEquals without a set operator.")
	}
	if o.ifExists {
		l.add(RuleIfExists, Medium, path, "IfExists holds when the key is absent: a token without the claim passes.",
			"Use StringEquals without IfExists.")
	}
}

func (l *linter) awsSubject(path string, c condition) {
	for _, value := range c.values {
		if c.operator.likes() && strings.ContainsAny(value, "*?") {
			l.wildcardSubject(path, value)
			l.subject(path, value)
			continue
		}
		l.exactSubject(path, value)
	}
}

func (l *linter) awsAudience(path string, c condition, pulumi bool) {
	if c.operator.likes() {
		l.add(RuleAudienceLike, Medium, path, "The audience is compared as a pattern, though it is one exact text: a wildcard in it, now or "+
			"later, accepts tokens that were made for other organizations or services.", "Use StringEquals. "+audienceFix)
	}
	for _, value := range c.values {
		if pulumi && !(c.operator.likes() && strings.ContainsAny(value, "*?")) {
			l.audience(AWS, path, value)
		}
	}
}

// ignoresCase says whether the operator takes letters of either case.
func (o operator) ignoresCase() bool {
	return strings.HasSuffix(strings.TrimSuffix(o.text, "IfExists"), "IgnoreCase")
}

// likes says whether the operator takes wildcards.
func (o operator) likes() bool {
	return slices.Contains(strings.Split(strings.TrimSuffix(o.text, "IfExists"), ":"), "StringLike")
}
