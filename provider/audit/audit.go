// Package audit selects audit events: those about an entity, and those that match a question. It is pure; package cloud reads
// the events.
package audit

import (
	"slices"
	"strings"
	"time"
)

// Event is one entry of an organization's audit log. Its ids are listed at
// https://www.pulumi.com/docs/administration/security-compliance/audit-logs/.
type Event struct {
	Time        time.Time
	Kind        string // kebab-case id, such as environment-open
	Description string // an English sentence, the only place that names the entity
	User        string // login; a synthetic one for machine identities
	UserName    string
	SourceIP    string
	TokenID     string
	TokenName   string
	Refused     bool // authorization failed
	NeededAdmin bool // the act needed an administrator of the organization
}

// Query selects events. A zero field selects all.
type Query struct {
	Organization string   // whose name may stand before an entity's
	Kinds        []string // any of these
	Entity       string   // mentioned by this name
	Since, Until time.Time
}

// Matches reports whether the query selects an event.
func (q Query) Matches(e Event) bool {
	return (len(q.Kinds) == 0 || slices.Contains(q.Kinds, e.Kind)) &&
		(q.Since.IsZero() || !e.Time.Before(q.Since)) && (q.Until.IsZero() || !e.Time.After(q.Until)) &&
		(q.Entity == "" || Mentions(e.Description, q.Organization, q.Entity))
}

// Mentions reports whether a description names an entity: `payments/prod` is mentioned by "Opened environment
// payments/prod." and by "... acme/payments/prod@3", and not by "... payments/prod-eu" or "... old-payments/prod". The
// service has no field for the entity, so its sentences have to be read.
func Mentions(description, organization, entity string) bool {
	for at := 0; entity != "" && at < len(description); {
		found := strings.Index(description[at:], entity)
		if found < 0 {
			return false
		}
		start := at + found
		if startsName(description[:start], organization) && endsName(description[start+len(entity):]) {
			return true
		}
		at = start + 1
	}
	return false
}

// startsName reports whether a name can start after what is before it: nothing that belongs to a name, or the
// organization's name alone.
func startsName(before, organization string) bool {
	if qualified, ok := strings.CutSuffix(before, organization+"/"); ok && organization != "" {
		before = qualified
	}
	return before == "" || !partOfName(before[len(before)-1])
}

// endsName reports whether a name can end before what is after it. A full stop that ends a sentence ends a name too.
func endsName(after string) bool {
	after = strings.TrimLeft(after, ".")
	return after == "" || !partOfName(after[0])
}

func partOfName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_./", c) >= 0
}
