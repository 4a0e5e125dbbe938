package review

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/usage"
)

const (
	openScope        = "environment:open"
	openVersionScope = "environment_version:open"
	// habitTime and habitOpens are how much has to be known of a principal before something is unusual.
	habitTime  = 7 * 24 * time.Hour
	habitOpens = 10
	// shownAddresses is how many addresses a text names.
	shownAddresses = 5
)

// opens looks at who opened environments, or tried to.
func (r *reviewer) opens() {
	if r.Usage == nil {
		return
	}
	for _, use := range r.actors.all {
		if use.Kind == access.Environment && use.Used(openScope) {
			r.expected(use)
		}
	}
	for _, use := range r.actors.denied {
		r.refused(use)
	}
	for _, habits := range r.Usage.Habits() {
		r.habits(habits)
	}
}

// expected reports an open by somebody who is not allowed to, or does not hold it.
func (r *reviewer) expected(use usage.Use) {
	t, found := r.Entity(access.Environment, use.Entity)
	if !found {
		return // it was deleted, or its name cannot be told
	}
	who := r.actors.of(use.Actor)
	if len(who) == 0 { // a token that was deleted
		who = []actor{{PrincipalID: graph.PrincipalID{Kind: graph.TokenKind, Name: use.TokenName}}}
	}
	allows := r.AllowedOpeners[t.Name]
	var reasons []string
	for _, one := range who {
		switch {
		case allows != nil && !allows(one.PrincipalID):
			reasons = append(reasons, "it is not among the allowed openers")
		case allows == nil && !r.mayOpen(one, t):
			reasons = append(reasons, "nothing that it holds now lets it open the environment")
		default:
			return // one of those whom it may have been is expected
		}
	}
	r.add(Finding{
		Rule: UnexpectedOpen, Principal: r.actors.text(use.Actor), Entity: entityText(t), Evidence: append(evidence(use), reasons[0]),
		Fix: fmt.Sprintf("Ask who it was. Rotate what environment %s holds if nobody expected it, and say who may open it: allowedOpeners of "+
			"its ProductionEnvironment, or an AccessInvariant.", t.Name),
		Command: "pulumi env rotate " + shellQuoted(r.Login+"/"+t.Name),
	})
}

// mayOpen reports whether a principal holds an open, possibly: also by opening something that imports the environment.
func (r *reviewer) mayOpen(who actor, t graph.Resource) bool {
	held, known := r.Of(who.Kind, who.Name, t)
	if who.Kind == graph.TokenKind {
		held, known = r.ofToken(who.team, who.Name, t)
	}
	return known && (held.Holds(openScope) != "" || held.Holds(openVersionScope) != "")
}

// ofToken is what a token of a team, or of the organization, holds. Its name alone does not tell it from those of others.
func (r *reviewer) ofToken(team, name string, t graph.Resource) (graph.Access, bool) {
	at := slices.IndexFunc(r.Tokens, func(one graph.Token) bool { return one.Name == name && one.Team == team })
	if at < 0 {
		return graph.Access{}, false
	}
	return r.OfMachineToken(r.Tokens[at], t), true
}

// refused reports opens that were refused on sensitive environments.
func (r *reviewer) refused(use usage.Use) {
	t, found := r.Entity(access.Environment, use.Entity)
	if !found || !use.Used(openScope) || !r.sensitive(t) {
		return
	}
	r.add(Finding{
		Rule: RefusedOpen, Principal: r.actors.text(use.Actor), Entity: entityText(t), Evidence: evidence(use),
		Fix: fmt.Sprintf("Ask whether it is needed. If it is, grant it: %s. If not, look at what else this principal did.",
			entityRule(t, access.Open)),
		Command: fmt.Sprintf("pulumi org audit-log list --org %s --user %s", shellQuoted(r.Login), shellQuoted(use.Login)),
	})
}

// evidence is when, how often and from where.
func evidence(use usage.Use) []string {
	text := fmt.Sprintf("%d events, the first at %s, the last at %s", use.Count, use.First.UTC().Format(time.RFC3339), use.Last.UTC().Format(time.RFC3339))
	out := []string{text}
	if len(use.Addresses) > 0 {
		from := "from " + shortlist.Of(use.Addresses, shownAddresses)
		if use.More {
			from += " and others"
		}
		out = append(out, from)
	}
	return out
}

// habits reports opens at an hour or from an address that a principal never used before, once enough is known of it.
func (r *reviewer) habits(h usage.Habits) {
	who := r.actors.of(usage.Actor{Login: h.Login})
	if h.Count <= habitOpens || len(who) != 1 {
		return // of a machine identity, the log does not always say which token it was
	}
	unusual := map[string][]string{}
	note := func(first usage.Open, what string) {
		if first.Environment != "" && first.Time.Sub(h.First) >= habitTime {
			unusual[first.Environment] = append(unusual[first.Environment], first.Time.UTC().Format(time.RFC3339)+": "+what)
		}
	}
	for _, hour := range slices.Sorted(maps.Keys(h.ByHour)) {
		note(h.ByHour[hour], fmt.Sprintf("the first open between %02d:00 and %02d:00 UTC", hour, (hour+1)%24))
	}
	if !h.More {
		for _, address := range slices.Sorted(maps.Keys(h.ByAddress)) {
			if address != "" {
				note(h.ByAddress[address], "the first open from "+address)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(unusual)) {
		if t, found := r.Entity(access.Environment, name); found {
			r.add(Finding{
				Rule: UnusualOpen, Principal: r.actors.text(usage.Actor{Login: h.Login}), Entity: entityText(t),
				Evidence: append(unusual[name], fmt.Sprintf("%d opens by this principal since %s", h.Count, h.First.UTC().Format(time.RFC3339))),
				Fix:      "Ask whether it was them. If not, revoke their tokens and rotate what the environment holds.",
				Command:  "pulumi env rotate " + shellQuoted(r.Login+"/"+t.Name),
			})
		}
	}
}

// neverOpened reports environments with secrets or logins that nobody opened, nor anything that imports them.
func (r *reviewer) neverOpened() {
	if r.Usage == nil || r.Usage.Damage.Lines > 0 {
		return
	}
	if slices.ContainsFunc(r.actors.on[place{access.Environment, ""}], opens) {
		return // it may have been any
	}
	for _, t := range r.Environments {
		opened := slices.ContainsFunc(r.actors.on[place{access.Environment, t.Name}], opens)
		if t.Definition == nil || opened || len(t.Definition.Secrets)+len(t.Definition.Logins) == 0 {
			continue
		}
		r.add(Finding{
			Rule: NeverOpened, Entity: entityText(t),
			Evidence: []string{fmt.Sprintf("%d secrets and %d logins", len(t.Definition.Secrets), len(t.Definition.Logins)), r.window()},
			Fix:      fmt.Sprintf("Delete environment %s, or take its secrets and logins out, if nothing needs it.", t.Name),
			Command:  "pulumi env remove " + shellQuoted(r.Login+"/"+t.Name),
		})
	}
}
