package audit

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/gates"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/ids"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

const (
	generatedDays = 90
	longestDays   = 3650
	refusedShare  = 0.1 // the share of attempts without access that are made and refused
	manyTries     = 50  // until an event is found that this organization could have
)

type generateAuditRequest struct {
	Events int    `json:"events"`
	Days   *int   `json:"days"` // default: generatedDays
	Seed   uint64 `json:"seed"`
}

// GenerateAudit adds events in the past: calls that the organization's people and machine tokens could have made with the access
// that they have now, and some that would have been refused. The same organization, time and seed give the same events.
func GenerateAudit(c *core.Call, req generateAuditRequest) (map[string]any, error) {
	days := generatedDays
	if req.Days != nil {
		days = *req.Days
	}
	if most := c.Org.Options.KeepEvents; req.Events < 1 || req.Events > most {
		return nil, rest.BadRequest("events is %d: give 1 to %d, which --keep-events raises", req.Events, most)
	}
	if days < 1 || days > longestDays {
		return nil, rest.BadRequest("days is %d: give 1 to %d", days, longestDays)
	}
	g := newGenerator(c.Org, req.Seed, days)
	h := c.Org.State.History
	h.Audit = append(h.Audit, g.events(req.Events)...)
	slices.SortStableFunc(h.Audit, func(a, b state.AuditEvent) int { return a.Time.Compare(b.Time) })
	h.Trim(c.Org.Options.KeepEvents)
	return map[string]any{"events": req.Events}, nil
}

// generator draws events.
type generator struct {
	s      *core.Org
	random *rand.Rand
	now    time.Time
	days   int
	actors []actingPrincipal
	runs   map[string]int // stack -> updates so far
}

// actingPrincipal is a principal that makes calls, with the decisions about it so far.
type actingPrincipal struct {
	authz.Principal
	decided map[[2]string]bool // entity and scope
	may     authz.Decider
	address string
}

// activity is something that a scope on an entity allows.
type activity struct {
	kind   access.EntityKind
	scope  string
	event  string
	format string
	weight int
}

var activities = []activity{
	{access.Environment, "environment:open", "environment-open", "Opened environment %s", 8},
	{access.Environment, "environment:open", "environment-read-open", "Read open environment %s", 6},
	{access.Environment, "environment:read", "environment-read", "Read environment %s", 4},
	{access.Environment, "environment:open", "environment-decrypted", "Decrypted environment %s", 1},
	{access.Stack, "stack:write", updateStarted, "Started update %d of stack %s", 6},
	{access.Stack, "stack:decrypt", "secret-decrypted", "Decrypted a secret of stack %s", 3},
	{access.Stack, "stack:export", "stack-exported", "Exported stack %s", 1},
}

const updateStarted = "stack-update-started"

func newGenerator(s *core.Org, seed uint64, days int) *generator {
	g := &generator{s: s, random: rand.New(rand.NewPCG(seed, uint64(days))), now: s.Now(), days: days, runs: map[string]int{}} //nolint:gosec // plausible, not secret
	for _, login := range rest.SortedKeys(s.State.Users) {
		if u := s.State.Users[login]; !u.Suspended {
			g.add(authz.Principal{Login: login, Name: u.Name, User: u, Token: &state.Token{Kind: state.PersonalToken, ID: ids.Fixed(u.ID, "token")}})
		}
	}
	for _, id := range rest.SortedKeys(s.State.Tokens) {
		if t := s.State.Tokens[id]; t.Kind != state.PersonalToken {
			if p, ok := s.Rules().PrincipalOf(t); ok {
				g.add(p)
			}
		}
	}
	return g
}

func (g *generator) add(p authz.Principal) {
	g.actors = append(g.actors, actingPrincipal{
		Principal: p, decided: map[[2]string]bool{}, may: g.s.Rules().For(p), address: fmt.Sprintf("192.0.2.%d", 1+len(g.actors)%254),
	})
}

// events draws exactly n of them.
func (g *generator) events(n int) []state.AuditEvent {
	var all []state.AuditEvent
	for len(all) < n {
		all = append(all, g.next()...)
	}
	return all[:n]
}

// next draws one call of a principal, allowed or refused. Some principals make many more calls than others.
func (g *generator) next() []state.AuditEvent {
	for range manyTries {
		actor := &g.actors[min(g.random.IntN(len(g.actors)), g.random.IntN(len(g.actors)))]
		if drawn := g.attempt(actor, g.activity()); drawn != nil {
			return drawn
		}
	}
	actor := &g.actors[0]
	return []state.AuditEvent{g.event(actor, "user-login", "%s logged in", actor.Login)}
}

func (g *generator) activity() activity {
	total := 0
	for _, a := range activities {
		total += a.weight
	}
	drawn := g.random.IntN(total)
	for _, a := range activities {
		if drawn -= a.weight; drawn < 0 {
			return a
		}
	}
	return activities[0]
}

// attempt returns the events of one call by an actor on an entity, nil for a call that is not logged.
func (g *generator) attempt(actor *actingPrincipal, a activity) []state.AuditEvent {
	name, entity, ok := g.entity(a.kind)
	if !ok {
		return nil
	}
	reads := string(a.kind) + ":read"
	if !actor.holds(reads, name, entity) {
		return nil // not found is not an event
	}
	gated := a.scope == "environment:open" && len(gates.GatesOn(g.s, name, state.ActionOpen)) > 0
	if !actor.holds(a.scope, name, entity) || gated {
		if g.random.Float64() > refusedShare {
			return nil
		}
		return []state.AuditEvent{g.refusal(actor, a, name, gated)}
	}
	if a.event != updateStarted {
		return []state.AuditEvent{g.event(actor, a.event, a.format, name)}
	}
	g.runs[name]++
	started := g.event(actor, a.event, a.format, g.runs[name], name)
	ended := g.event(actor, "stack-update-completed", "Completed update %d of stack %s: %s", g.runs[name], name, state.UpdateSucceeded)
	ended.Time = started.Time.Add(time.Duration(20+g.random.IntN(280)) * time.Second)
	if ended.Time.After(g.now) {
		return nil
	}
	return []state.AuditEvent{started, ended}
}

func (g *generator) entity(kind access.EntityKind) (string, access.Entity, bool) {
	if kind == access.Stack {
		names := state.StackKind.Names(g.s.State)
		if len(names) == 0 {
			return "", access.Entity{}, false
		}
		name := names[g.random.IntN(len(names))]
		return name, authz.Stack(g.s.State.Stacks[name]), true
	}
	names := state.EnvironmentKind.Names(g.s.State)
	if len(names) == 0 {
		return "", access.Entity{}, false
	}
	name := names[g.random.IntN(len(names))]
	return name, authz.Environment(g.s.State.Environments[name]), true
}

func (p *actingPrincipal) holds(scope, name string, e access.Entity) bool {
	key := [2]string{name, scope}
	if _, known := p.decided[key]; !known {
		p.decided[key] = p.may.Can(scope, e)
	}
	return p.decided[key]
}

func (g *generator) refusal(actor *actingPrincipal, a activity, name string, gated bool) state.AuditEvent {
	switch {
	case gated && actor.decided[[2]string{name, a.scope}]:
		return g.event(actor, "environment-unauthorized-open", "%s was refused: opening environment %s needs an approved open request",
			actor.Login, name)
	case a.kind == access.Stack:
		return g.event(actor, "auth-failure-stack-permission", "%s was refused: it needs %s on stack %s", actor.Login, a.scope, name)
	}
	return g.event(actor, core.RefusalEvent(a.scope), "%s was refused: it needs %s on environment %s", actor.Login, a.scope, name)
}

func (g *generator) event(actor *actingPrincipal, event, format string, args ...any) state.AuditEvent {
	e := core.NewAuditEvent(g.moment(), actor.Principal, event, fmt.Sprintf(format, args...))
	e.SourceIP = actor.address
	return e
}

// moment is a time in the past, more often than not in working hours.
func (g *generator) moment() time.Time {
	for range manyTries {
		at := g.now.Add(-time.Duration(g.random.Int64N(int64(g.days) * int64(24*time.Hour)))).Truncate(time.Millisecond)
		working := at.Weekday() != time.Saturday && at.Weekday() != time.Sunday && at.Hour() >= 7 && at.Hour() < 19
		if working || g.random.IntN(10) == 0 {
			return at
		}
	}
	return g.now.Add(-time.Second)
}
