package review

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// Suppression accepts findings for a time and a reason. An empty principal or entity is any; a name may be given without its kind.
type Suppression struct {
	Rule, Principal, Entity, Reason string
	Until                           time.Time
}

// matches reports whether the suppression is about a finding.
func (s Suppression) matches(f Finding) bool {
	return s.Rule == f.Rule && named(s.Principal, f.Principal) && named(s.Entity, f.Entity)
}

func named(wanted, is string) bool {
	_, name, _ := strings.Cut(is, ":")
	return wanted == "" || wanted == is || wanted == name
}

// String names what is suppressed.
func (s Suppression) String() string {
	text := s.Rule
	if s.Principal != "" {
		text += " of " + s.Principal
	}
	if s.Entity != "" {
		text += " on " + s.Entity
	}
	return text
}

// Ended is a suppression whose time is over. Findings says how many findings it no longer holds back.
type Ended struct {
	Suppression
	Findings int
}

// CheckSuppressions checks what a user wrote. Paths are below the list: `[0].rule`.
func CheckSuppressions(all []Suppression) problem.List {
	known := Rules()
	var wrong problem.List
	for i, s := range all {
		at := func(property string) string { return fmt.Sprintf("[%d].%s", i, property) }
		if !slices.ContainsFunc(known, func(r Rule) bool { return r.ID == s.Rule }) {
			wrong.AddReason(at("rule"), fmt.Sprintf("%q is not a rule of the review", s.Rule))
		}
		if strings.TrimSpace(s.Reason) == "" {
			wrong.AddReason(at("reason"), "is empty: say why the finding is accepted")
		}
		if s.Until.IsZero() {
			wrong.AddReason(at("until"), "is missing: a suppression ends")
		}
	}
	return wrong
}

// suppress leaves out the findings that are accepted at a time, and says in those whose acceptance has ended that it has.
func suppress(found []Finding, all []Suppression, now time.Time) (left []Finding, suppressed int, ended []Ended) {
	over := make([]Ended, 0, len(all))
	for _, s := range all {
		if !now.Before(s.Until) {
			over = append(over, Ended{Suppression: s})
		}
	}
	for _, f := range found {
		if slices.ContainsFunc(all, func(s Suppression) bool { return now.Before(s.Until) && s.matches(f) }) {
			suppressed++
			continue
		}
		for i := range over {
			if over[i].matches(f) {
				over[i].Findings++
				f.Evidence = append(slices.Clip(f.Evidence), fmt.Sprintf("it was accepted until %s: %s", over[i].Until.Format(time.RFC3339), over[i].Reason))
			}
		}
		left = append(left, f)
	}
	return left, suppressed, over
}
