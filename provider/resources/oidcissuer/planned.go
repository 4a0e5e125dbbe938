package oidcissuer

import (
	"context"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// plannedAccess is what identities outside get once the policies are written. An issuer whose URL changes is another one: that the one
// before it is deleted is not told, as of other deletions.
func plannedAccess(_ context.Context, op kit.Op, _ *State, desired Args) (string, graph.Changes) {
	organization := ptr.Value(desired.Organization)
	if op.Unknown("organization", "name", "url", "policies") {
		return organization, graph.Changes{{Unknown: []graph.Blind{{
			What: "the policies of issuer " + desired.Name, Hides: "identities outside that get tokens",
		}}}}
	}
	policies := written(policiesOf(desired.Policies))
	return organization, graph.Changes{{Organization: func(o graph.Organization) graph.Organization {
		o.Issuers = slices.Clone(o.Issuers)
		at := slices.IndexFunc(o.Issuers, func(i graph.Issuer) bool { return cloud.SameIssuerURL(i.URL, desired.URL) })
		if at < 0 {
			at = len(o.Issuers)
			o.Issuers = append(o.Issuers, graph.Issuer{URL: desired.URL})
		}
		o.Issuers[at].Name, o.Issuers[at].Policies, o.Issuers[at].Unreadable = desired.Name, policies, ""
		return o
	}}}
}
