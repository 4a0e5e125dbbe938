package graph

import (
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// passes is how one of the principal's identities gets past the gates of an action without anybody else. nil is an administrator that it came
// to be, who may be the principal itself, and removes gates.
func (r *reached) passes(before chain, who *identity, at *spot, action string) (chain, bool) {
	if !slices.Contains(at.resource.Gated, action) {
		return before, true
	}
	var found best
	if who != nil {
		found.keep(r.approves(before, who, at, action))
	}
	step := Performed{Act: RemoveGate, Kind: access.Environment, On: at.resource.Name, Text: "remove the gate of " + at.resource.Name}
	for _, i := range r.identities {
		for _, scope := range []string{"change_gate:update", "change_gate:delete"} {
			c, can := r.holdsAt(before, i, scope, at)
			found.keep(c.then(step.by(i)), can)
			// A scope that is held in the organization is for all environments, and finding a gate takes reading the environment.
			c, can = r.bare(before, i, scope, r.itself)
			if !can {
				continue
			}
			reads, can := r.bare(c, i, "environment:read", at)
			found.keep(reads.then(step.by(i)), can && reads.doubt == c.doubt)
			found.keep(c.but("the environment may not certainly be read").then(step.by(i)), !r.certain)
		}
	}
	if r.all != nil {
		found.keep(before.and(*r.all).then(step.by(&identity{name: "an administrator"})), true)
	}
	return found.chain, found.can
}

// approves is how the principal gives every approval itself. What another identity of its own asks for is not its own request.
func (r *reached) approves(before chain, who *identity, at *spot, action string) (chain, bool) {
	self := r.identities[0]
	other := who != self
	if r.self.Kind != UserKind || !self.person || other && r.certain {
		return chain{}, false
	}
	known := false
	for _, gate := range at.resource.Gates {
		if gate.Action != action {
			continue
		}
		known = true
		if !gate.SelfApproval && !other || gate.Approvals > 1 {
			return chain{}, false
		}
		var can bool
		if before, can = r.eligible(before, self, gate, at); !can {
			return chain{}, false
		}
	}
	if other {
		before = before.but("whether one may approve what one asked for with a token is not documented")
	}
	if !known {
		before = before.but("who approves at the gate is not known")
	}
	return before.then(Performed{Act: ApproveSelf, Kind: access.Environment, On: at.resource.Name, Text: "approve the request for " + at.resource.Name}),
		known || !r.certain
}

func (r *reached) eligible(before chain, self *identity, gate Gate, at *spot) (chain, bool) {
	var found best
	found.keep(before, slices.Contains(gate.Users, r.self.Name))
	for _, h := range self.has {
		for _, team := range gate.Teams {
			found.keep(before.and(h.chain), slices.Contains(h.teams, team))
		}
	}
	for _, scope := range gate.PermissionsOn {
		found.keep(r.bare(before, self, scope, at))
	}
	return found.chain, found.can
}
