package review

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/usage"
)

// granted is a grant whose use is asked about: what it gives, on which entities.
type granted struct {
	holder holders
	entity string // as the finding has it
	text   string
	// parts are what it gives on each entity.
	parts []part
	// fix takes the grant away, and command the same.
	fix, command string
	// lower is how a weaker level is written, "" where the grant has no level.
	lower func(level access.Level) string
	// builtin says that only the service's own levels can be granted like this.
	builtin bool
}

type part struct {
	on     graph.Resource
	scopes []string
}

// grants looks for grants of which nothing, or less, was used.
func (r *reviewer) grants() {
	for _, g := range slices.Concat(r.teamGrants(), r.assignments(), r.heldRoles()) {
		r.unused(g)
	}
}

// unused reports a grant of which nothing was used, or nothing above a weaker level, or whose use cannot be told; true if any of it was.
func (r *reviewer) unused(g granted) bool {
	total := used{scopes: map[string]bool{}}
	hidden := "" // what of the grant leaves no event
	for _, p := range g.parts {
		u := r.actors.by(g.holder, p.on, p.scopes)
		total.uses = append(total.uses, u.uses...)
		if u.perhaps != "" {
			total.perhaps = u.perhaps
		}
		for scope := range u.scopes {
			total.scopes[scope] = true
		}
		if scope := silent(p.on.Kind, p.scopes); scope != "" {
			hidden = scope
		}
	}
	evidence := []string{g.text, r.window()}
	switch {
	case len(g.parts) == 0:
		return false
	case len(total.uses) > 0:
		r.oversized(g, total)
		return true
	case total.perhaps != "":
		r.add(Finding{Rule: NoData, Principal: principalText(g.holder.PrincipalID), Entity: g.entity, Evidence: append(evidence, total.perhaps),
			Fix: "Read a log that shows it: " + total.perhaps + "."})
	case hidden != "" && r.showsAny(g):
		if !r.oversized(g, total) {
			r.silentGrant(g, hidden, evidence)
		}
	case hidden != "":
		r.silentGrant(g, hidden, evidence)
	default:
		r.add(Finding{Rule: UnusedGrant, Principal: principalText(g.holder.PrincipalID), Entity: g.entity,
			Evidence: append(evidence, "nothing of it was used"), Fix: g.fix, Command: g.command})
	}
	return false
}

func (r *reviewer) silentGrant(g granted, hidden string, evidence []string) {
	r.add(Finding{Rule: NoData, Principal: principalText(g.holder.PrincipalID), Entity: g.entity,
		Evidence: append(evidence, "the audit log has no event for the use of "+hidden),
		Fix:      "Ask who holds it whether it is needed. The audit log cannot tell."})
}

// window is the time that the log is about, as evidence.
func (r *reviewer) window() string {
	if r.Usage == nil {
		return "no audit log"
	}
	text := fmt.Sprintf("%d events", r.Usage.Events)
	if !r.Usage.Since.IsZero() {
		text += " since " + r.Usage.Since.UTC().Format(time.RFC3339)
	}
	return text
}

// mainReads are the scopes for looking at an entity.
var mainReads = map[access.EntityKind]string{access.Stack: "stack:read", access.Account: "insights_account:read"}

// silent is a scope of a grant whose use leaves no event although it is of use by itself, "" for none. Reading an environment is an event,
// and so whoever looks at what belongs to one shows.
func silent(kind access.EntityKind, scopes []string) string {
	if kind == access.Environment {
		if slices.ContainsFunc(scopes, func(scope string) bool { return usage.Shows(kind, scope) }) {
			return ""
		}
	}
	if read := mainReads[kind]; read != "" {
		if slices.Contains(scopes, read) {
			return read
		}
	}
	for _, scope := range scopes {
		if !usage.Shows(kind, scope) {
			return scope
		}
	}
	return ""
}

func (r *reviewer) showsAny(g granted) bool {
	return slices.ContainsFunc(g.parts, func(p part) bool {
		return slices.ContainsFunc(p.scopes, func(scope string) bool { return usage.Shows(p.on.Kind, scope) })
	})
}

// oversized reports a level above what was used, where a weaker one has all that was used and all that leaves no event.
func (r *reviewer) oversized(g granted, total used) bool {
	if g.lower == nil || total.perhaps != "" {
		return false
	}
	on := g.parts[0].on
	held := r.strongest(on.Kind, g.parts[0].scopes)
	need := sortedKeys(total.scopes)
	if read := mainReads[on.Kind]; read != "" {
		need = append(need, read)
	}
	permissions := access.Permissions(on.Kind)
	if g.builtin {
		permissions = access.Levels(on.Kind)
	}
	enough := r.LevelOf(on, need, permissions)
	if held == access.None || enough == "" || slices.Index(permissions, enough) >= slices.Index(permissions, held) {
		return false
	}
	of := "nothing that the log shows"
	if len(total.scopes) > 0 {
		of = strings.Join(sortedKeys(total.scopes), ", ")
	}
	r.add(Finding{
		Rule: OversizedGrant, Principal: principalText(g.holder.PrincipalID), Entity: g.entity,
		Evidence:  []string{g.text, r.window(), fmt.Sprintf("%s is held, and %s was used", held, of)},
		Fix:       fmt.Sprintf("Lower the permission to %s: what was used takes no more.", enough),
		Corrected: g.lower(enough),
	})
	return true
}

// strongest is the strongest level that scopes have as a whole, none if there is none.
func (r *reviewer) strongest(kind access.EntityKind, scopes []string) access.Level {
	var held graph.Access
	for _, scope := range scopes {
		held.Grant(scope, 0)
	}
	return r.Level(held, kind)
}

// entityRule is how a rule about one entity is written in an access block.
func entityRule(t graph.Resource, level access.Level) string {
	if t.Kind == access.Account {
		return fmt.Sprintf("accounts: [{account: %s, permission: %s}]", t.Name, level)
	}
	project, name, _ := strings.Cut(t.Name, "/")
	return fmt.Sprintf("%ss: [{project: %s, %s: %s, permission: %s}]", t.Kind.Noun(), project, t.Kind.Noun(), name, level)
}
