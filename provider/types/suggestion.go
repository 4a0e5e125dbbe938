package types

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
)

// UnusedAccess are scopes on an entity that were not used.
type UnusedAccess struct {
	Entity string   `pulumi:"entity"`
	Scopes []string `pulumi:"scopes"`
}

// Annotate describes the access.
func (u *UnusedAccess) Annotate(a infer.Annotator) {
	a.Describe(u, "Scopes that a principal holds on an entity and did not use.")
	a.Describe(&u.Entity, "The entity, by kind and name: `environment:payments/prod`.")
	a.Describe(&u.Scopes, "The scopes, sorted. Those whose use leaves no event are not among them.")
}

// TimeWindow is a time from a beginning to an end.
type TimeWindow struct {
	Since string `pulumi:"since"`
	Until string `pulumi:"until"`
}

// Annotate describes the window.
func (w *TimeWindow) Annotate(a infer.Annotator) {
	a.Describe(w, "A time from a beginning to an end.")
	a.Describe(&w.Since, "The beginning, in RFC 3339.")
	a.Describe(&w.Until, "The end, in RFC 3339.")
}

// SuggestionConfidence says what a suggestion is founded on.
type SuggestionConfidence struct {
	Window TimeWindow `pulumi:"window"`
	Events int        `pulumi:"events"`
	Gaps   []string   `pulumi:"gaps"`
}

// Annotate describes the confidence.
func (c *SuggestionConfidence) Annotate(a infer.Annotator) {
	a.Describe(c, "What a suggestion is founded on.")
	a.Describe(&c.Window, "The time whose audit events were read. What is needed once a year may be outside of it.")
	a.Describe(&c.Events, "How many events of the principal the suggestion regards.")
	a.Describe(&c.Gaps, "What the log does not show, and what was done about it.")
}

// UnusedAccessOf translates what was not used.
func UnusedAccessOf(in []review.Unused) []UnusedAccess {
	out := make([]UnusedAccess, len(in))
	for i, one := range in {
		out[i] = UnusedAccess(one)
	}
	return out
}
