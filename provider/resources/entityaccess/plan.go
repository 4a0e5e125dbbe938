package entityaccess

import (
	"errors"
	"fmt"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// step is one call that changes what one principal holds.
type step struct {
	from, to *grant // nil is nothing
	lowers   bool   // takes something away, and gives nothing
	own      bool   // the caller's own way to administer the entity
	foreign  bool   // from is not what this resource granted
	beside   bool   // an assignment did not replace what the collaborator holds
}

func (s step) takes() bool { return s.to == nil || s.lowers }

// about is the grant that the step is about.
func (s step) about() grant {
	if s.from != nil {
		return *s.from
	}
	return *s.to
}

// line says what the step changes, for people.
func (s step) line(n names) string {
	about := s.about()
	text := about.String() + ": "
	switch {
	case s.from == nil:
		text += n.text(s.to.held)
	case s.to == nil:
		text += n.text(s.from.held)
	default:
		text += fmt.Sprintf("%s becomes %s", n.text(s.from.held), n.text(s.to.held))
	}
	if s.from != nil && s.from.origin != "" {
		text += ", the grant of " + s.from.origin
	}
	if s.foreign {
		text += " (this resource did not grant it)"
	}
	return text
}

func (s step) change(n names) types.EntityGrantChange {
	about := s.about()
	out := types.EntityGrantChange{}
	if about.who.team {
		out.Team = &about.name
	} else {
		out.User = &about.name
	}
	if s.from != nil {
		out.Holds = new(n.text(s.from.held))
	}
	if s.to != nil {
		out.Becomes = new(n.text(s.to.held))
	}
	return out
}

// aims are what a run makes of the grants: the desired ones on the axes that the program names, and less of what this resource
// granted on those that it names no more.
type aims struct {
	kind    access.EntityKind
	desired grants
	own     grants // that this resource granted
	named   axes
}

// plan returns the steps from the actual grants to the desired ones. What takes away comes before what gives, and the
// caller's own way to administer the entity goes last: without it the rest could perhaps not be done.
func (a aims) plan(actual grants, mine func(grant) bool) []step {
	var takes, gives, last []step
	add := func(s step) {
		s.foreign = s.from != nil && !a.own.holds(*s.from)
		switch {
		case !s.takes():
			gives = append(gives, s)
		case mine(*s.from):
			s.own = true
			last = append(last, s)
		default:
			takes = append(takes, s)
		}
	}
	for _, now := range actual.sorted() {
		next, keeps := a.desired[now.who]
		switch {
		case !a.named.of(now.who):
			if a.own.holds(now) {
				add(step{from: &now})
			}
		case !keeps:
			add(step{from: &now})
		case now.held != next.held:
			add(step{from: &now, to: &next, lowers: now.held.lowers(a.kind, next.held)})
		}
	}
	for _, next := range a.desired.sorted() {
		if _, has := actual[next.who]; !has && a.named.of(next.who) {
			add(step{to: &next})
		}
	}
	return slices.Concat(takes, gives, last)
}

// changedSince are the grants on axes that the program names no more, which this resource made and somebody has changed since.
func (a aims) changedSince(actual grants) []grant {
	var out []grant
	for _, now := range actual.sorted() {
		if _, recorded := a.own[now.who]; recorded && !a.named.of(now.who) && !a.own.holds(now) {
			out = append(out, now)
		}
	}
	return out
}

// after are the grants once the step is done.
func (s step) after(g grants) {
	if s.to == nil {
		delete(g, s.from.who)
		return
	}
	g[s.to.who] = *s.to
}

// split are what steps take away and what they give.
func split(steps []step) (takes, gives []step) {
	for _, s := range steps {
		if s.takes() {
			takes = append(takes, s)
		} else {
			gives = append(gives, s)
		}
	}
	return takes, gives
}

func lines(steps []step, n names) []string {
	var out []string
	for _, s := range steps {
		out = append(out, s.line(n))
	}
	return out
}

func changes(steps []step, n names) []types.EntityGrantChange {
	out := []types.EntityGrantChange{}
	for _, s := range steps {
		out = append(out, s.change(n))
	}
	return out
}

// diff compares what is granted with the desired access. An unknown input counts as a difference.
func diff(state State, desired Args, unknowns []string) (p.DiffResponse, error) {
	d := kit.NewDifferences(unknowns)
	d.Add(kit.OrganizationProperty, ptr.Value(desired.Organization) != state.Organization, p.UpdateReplace)
	d.Add("stack", ptr.Value(desired.Stack) != ptr.Value(state.Stack), p.UpdateReplace)
	d.Add("environment", ptr.Value(desired.Environment) != ptr.Value(state.Environment), p.UpdateReplace)
	d.Add("account", ptr.Value(desired.Account) != ptr.Value(state.Account), p.UpdateReplace)
	replaces := len(d.Found) > 0
	if err := refuseQuietMove(state, desired, unknowns); err != nil {
		return p.DiffResponse{}, err
	}
	known, _ := desired.decided(unknowns)
	before, malformedBefore := state.Args.grants()
	next, malformed := known.grants()
	own, malformedOwn := grantsOf(state.Granted.Users, state.Granted.Teams)
	if err := errors.Join(malformedBefore, malformed, malformedOwn); err != nil {
		return p.DiffResponse{}, fmt.Errorf("what is granted on %s cannot be compared: %w", state.entity(), err)
	}
	same := func(team bool) bool {
		// What somebody else granted, a refresh found and the program says now is recorded as granted by an update.
		return sameGrants(before.onAxis(team), next.onAxis(team)) && (desired.reports() || state.reports() || own.holdsAll(next.onAxis(team)))
	}
	addAxis(d, "users", state.Users != nil, desired.Users != nil, same(false))
	addAxis(d, "teams", state.Teams != nil, desired.Teams != nil, same(true))
	d.Add("mode", desired.reports() != state.reports(), p.Update)
	d.Add("onForeign", desired.OnForeign.Refuses() != state.OnForeign.Refuses(), p.Update)
	d.Add("allow", !sameOptIns(ptr.Value(state.Allow), ptr.Value(desired.Allow)), p.Update)
	response := d.Response()
	response.DeleteBeforeReplace = replaces // what the old one grants goes before the new one grants anything
	return response, nil
}

// refuseQuietMove refuses to move to another entity in mode report, which changes nothing, where the move would take away what this resource
// granted on the entity of before.
func refuseQuietMove(state State, desired Args, unknowns []string) error {
	moves := desired.entity() != state.entity() || ptr.Value(desired.Organization) != state.Organization
	unknown := kit.Op{Unknowns: unknowns}.Unknown("stack", "environment", "account", "mode", kit.OrganizationProperty)
	if !moves || unknown || !desired.reports() || state.reports() || len(state.Granted.Users)+len(state.Granted.Teams) == 0 {
		return nil
	}
	return fmt.Errorf("mode: report changes nothing, but moving to another entity in the same update would take away what this resource granted on %s. "+
		"Update twice: set mode: report there first, and those grants stay; or move first, and they are taken away", state.entity())
}

// addAxis compares one axis. One that the program stops naming is a difference until nothing of this resource is left on it.
func addAxis(d kit.Differences, property string, had, has, same bool) {
	d.Add(property, had != has || !same, kit.ChangeKind(had, has))
}

func sameOptIns(a, b []types.OptIn) bool {
	return slices.Equal(slices.Compact(slices.Sorted(slices.Values(a))), slices.Compact(slices.Sorted(slices.Values(b))))
}
