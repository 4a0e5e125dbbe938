package arn

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// AWS's limits on a session; see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html.
const (
	MinSession     = 15 * time.Minute
	MaxSession     = 12 * time.Hour
	MaxSessionName = 64 // characters
)

// The forms of IAM's names; see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html.
var (
	accountID   = regexp.MustCompile(`^[0-9]{12}$`)
	role        = regexp.MustCompile(`^` + Prefix + `iam::[0-9]{12}:role/` + pathAndName)
	policy      = regexp.MustCompile(`^` + Prefix + `iam::([0-9]{12}|aws):policy/` + pathAndName)
	inAccount   = regexp.MustCompile(`^` + Prefix + `iam::([0-9]{12}):`)
	inSession   = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]*$`)
	outOfName   = regexp.MustCompile(`[^A-Za-z0-9_+=,.@-]`)
	placeholder = regexp.MustCompile(`\$\{[^}]*\}`)
)

const pathAndName = `([\x21-\x7e]+/)?[A-Za-z0-9_+=,.@-]+$`

// BadAccountID returns why a text is not the id of an account; "" if it is.
func BadAccountID(id string) string {
	if accountID.MatchString(id) {
		return ""
	}
	return fmt.Sprintf("%q is not an AWS account id, which has 12 digits", id)
}

// BadRole returns why a text is not the ARN of a role; "" if it is.
func BadRole(text string) string {
	if role.MatchString(text) {
		return ""
	}
	return fmt.Sprintf("%q is not the ARN of a role, which looks like arn:aws:iam::123456789012:role/NAME", text)
}

// BadPolicy returns why a text is not the ARN of a policy; "" if it is.
func BadPolicy(text string) string {
	if policy.MatchString(text) {
		return ""
	}
	return fmt.Sprintf("%q is not the ARN of a policy, which looks like arn:aws:iam::aws:policy/NAME or "+
		"arn:aws:iam::123456789012:policy/NAME", text)
}

// Account is the account that an ARN of IAM is in, and the account's partition.
func Account(text string) (partition, account string, ok bool) {
	parts := inAccount.FindStringSubmatch(text)
	if parts == nil {
		return "", "", false
	}
	return parts[1], parts[2], true
}

// BadSessionName returns why AWS would refuse a session's name; "" if it would not. A name may hold placeholders, `${...}`, which
// somebody fills in: what stands beside them is checked.
func BadSessionName(name string) string {
	literal := placeholder.ReplaceAllString(name, "")
	switch length := utf8.RuneCountInString(literal); {
	case name == "":
		return "must not be empty: leave it out"
	case length > MaxSessionName:
		return fmt.Sprintf("has %d characters, placeholders apart, and AWS takes at most %d: shorten it", length, MaxSessionName)
	case literal == name && length < 2:
		return fmt.Sprintf("%q has fewer than the 2 characters that AWS asks for", name)
	case !inSession.MatchString(literal):
		return fmt.Sprintf("%q has characters that AWS refuses: use letters, digits, any of _+=,.@- and placeholders such as "+
			"${deployment.version}", name)
	}
	return ""
}

// SessionName makes the name of a session from other names: what AWS would refuse becomes a dash, and what is past its limit
// is cut.
func SessionName(names ...string) string {
	text := outOfName.ReplaceAllString(strings.Join(names, "-"), "-")
	return text[:min(len(text), MaxSessionName)]
}
