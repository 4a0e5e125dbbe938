package types

import (
	"github.com/pulumi/pulumi-go-provider/infer"
)

// TemporaryMember is somebody who belongs to a team for a time.
type TemporaryMember struct {
	User  string `pulumi:"user"`
	Until string `pulumi:"until"`
}

// Annotate describes the member.
func (v *TemporaryMember) Annotate(a infer.Annotator) {
	a.Describe(v, "Somebody who belongs to a team for a time.")
	a.Describe(&v.User, "The person's login.")
	a.Describe(&v.Until, "When the membership ends, as RFC 3339: `2026-11-25T18:00:00Z`. From then on an update removes the member, and "+
		"never adds them.")
}
