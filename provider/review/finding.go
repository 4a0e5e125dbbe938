package review

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Severity is how bad a finding is.
type Severity string

// The severities, least first.
const (
	Info   Severity = "info"
	Low    Severity = "low"
	Medium Severity = "medium"
	High   Severity = "high"
)

// Severities are all of them, least first.
func Severities() []Severity { return []Severity{Info, Low, Medium, High} }

// AtLeast reports whether a severity is another one or worse.
func (s Severity) AtLeast(other Severity) bool {
	return slices.Index(Severities(), s) >= slices.Index(Severities(), other)
}

// Finding is something that should be looked at. Nothing in it is the value of a secret.
type Finding struct {
	// ID is the same in every run that finds the same: it is made of rule, principal and entity.
	ID       string
	Rule     string
	Severity Severity
	// Principal and Entity are written as kind:name, such as `team:payments` and `environment:payments/prod`.
	Principal, Entity string
	// Risk is what an attacker or an accident could do.
	Risk     string
	Evidence []string
	// Fix is the change that mends it, in the terms of this package, and Command the same as a command, "" where it takes a decision first.
	Fix, Command string
	// Corrected is the document, or the part of a program, as it is after the fix; "" where there is none.
	Corrected string
}

// idLength is how many hexadecimal digits an id has.
const idLength = 16

// idOf is the id of a finding.
func idOf(rule, principal, entity string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{rule, principal, entity}, "\x00")))
	return hex.EncodeToString(sum[:])[:idLength]
}

// sorted are findings by severity, worst first, then by rule, principal and entity; each once.
func sorted(all []Finding) []Finding {
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(slices.Index(Severities(), b.Severity)-slices.Index(Severities(), a.Severity), cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Principal, b.Principal), cmp.Compare(a.Entity, b.Entity))
	})
	known := map[string]bool{}
	return slices.DeleteFunc(all, func(f Finding) bool {
		twice := known[f.ID]
		known[f.ID] = true
		return twice
	})
}

// The rules, by the id that findings and suppressions have.
const (
	UnusedGrant           = "unused-grant"
	OversizedGrant        = "oversized-grant"
	NoData                = "no-data"
	UnexpectedOpen        = "unexpected-open"
	RefusedOpen           = "refused-open"
	UnusualOpen           = "unusual-open"
	NeverOpened           = "never-opened"
	TokenWithoutExpiry    = "token-without-expiry"
	TokenUnused           = "token-unused"
	TokenAdmin            = "token-admin"
	TokenWithoutRole      = "token-without-role"
	CreatorGrant          = "creator-grant"
	Admin                 = "admin"
	SingleAdmin           = "single-admin"
	DirectGrant           = "direct-grant"
	BroadDefault          = "broad-default"
	WildcardPolicy        = "wildcard-policy"
	DeadPolicy            = "dead-policy"
	TeamTokenDefaults     = "team-token-defaults"
	TrustMismatch         = "trust-mismatch"
	StoredCredential      = "stored-credential"
	GateRemovable         = "gate-removable"
	GateUnreachable       = "gate-unreachable"
	GateBlocksDeployments = "gate-blocks-deployments"
	Escalation            = "escalation"
	AgentOpenDefault      = "agent-open-default"
	SuspendedWithAccess   = "suspended-with-access"
	EmptyTeam             = "empty-team"
	UnheldRole            = "unheld-role"
	ExpiredMember         = "expired-member"
)
