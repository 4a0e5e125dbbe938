package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/usage"
)

// Input is what a review looks at.
type Input struct {
	Organization graph.Organization
	// Blind is what could not be read of it.
	Blind []graph.Blind
	// Usage is what the audit log shows of the window; nil without a log.
	Usage *usage.Log
	Now   time.Time
	// Sensitive are names of environments and stacks that are sensitive besides those that say so, as project/name.
	Sensitive []string
	// AllowedOpeners say who is expected to open an environment, by its name; any other opener is unexpected there.
	AllowedOpeners map[string]func(graph.PrincipalID) bool
	// Trust are trust documents of clouds.
	Trust []TrustDocument
	// Issuer is that of the environments' tokens; "" is Pulumi Cloud's.
	Issuer string
	// Temporary are memberships that were to end.
	Temporary    []Temporary
	Suppressions []Suppression
	// MinSeverity is the least severity that is reported; "" is Info.
	MinSeverity Severity
}

// TrustDocument is a trust document of a cloud, with the environment whose login it is to trust, "" for none.
type TrustDocument struct {
	Name        string // a file or another name, for people
	Kind        oidc.DocumentKind
	Document    string
	Environment string // project/name
	Want        oidc.Intent
}

// Temporary is a membership of a team that was to end.
type Temporary struct {
	Team, User string
	Until      time.Time
}

// Result is what a review found.
type Result struct {
	Findings   []Finding // worst first
	BySeverity map[Severity]int
	ByRule     map[string]int
	// Suppressed counts the findings that are accepted, and Ended are the suppressions whose time is over.
	Suppressed int
	Ended      []Ended
	// Blind is what could not be read or told, and what it could hide.
	Blind []graph.Blind
}

// Review finds what should be looked at in an organization. The same input gives the same findings, with the same ids.
func Review(in Input) Result {
	r := newReviewer(in)
	for _, find := range []func(){
		r.grants, r.opens, r.neverOpened, r.tokens, r.people, r.leftovers, r.broadDefaults, r.policies, r.trustDocuments, r.credentials, r.gates,
		r.escalated, r.openAgents,
	} {
		find()
	}
	var out Result
	out.Findings, out.Suppressed, out.Ended = suppress(sorted(r.found), in.Suppressions, in.Now)
	out.Findings = slices.DeleteFunc(out.Findings, func(f Finding) bool { return !f.Severity.AtLeast(cmp.Or(in.MinSeverity, Info)) })
	out.BySeverity, out.ByRule = map[Severity]int{}, map[string]int{}
	for _, f := range out.Findings {
		out.BySeverity[f.Severity]++
		out.ByRule[f.Rule]++
	}
	out.Blind = append(slices.Clone(in.Blind), r.blind...)
	return out
}

// reviewer gathers findings.
type reviewer struct {
	Input
	*graph.Index
	actors   *actors
	entities []graph.Resource
	found    []Finding
	blind    []graph.Blind
}

func newReviewer(in Input) *reviewer {
	r := &reviewer{Input: in, Index: graph.NewIndex(in.Organization)}
	for _, kind := range access.Kinds() {
		for _, t := range r.Input.Organization.Entities(kind) {
			full, _ := r.Entity(kind, t.Name)
			r.entities = append(r.entities, full)
		}
	}
	slices.SortStableFunc(r.entities, func(a, b graph.Resource) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name)) })
	r.actors = actorsOf(r.Index, in.Usage)
	r.blind = append(usageBlind(in.Usage), r.actors.unclear...)
	return r
}

// usageBlind is what the log does not show.
func usageBlind(log *usage.Log) []graph.Blind {
	if log == nil {
		return []graph.Blind{{What: "the audit log was not read", Hides: "who uses what they have: unused grants, opens, and environments that nobody opened"}}
	}
	var blind []graph.Blind
	if log.Damage.Lines > 0 {
		blind = append(blind, graph.Blind{
			What:  fmt.Sprintf("%d lines of the audit log: %s", log.Damage.Lines, log.Damage),
			Hides: "uses; no grant is reported as unused",
		})
	}
	for _, kind := range sortedKeys(log.Unattributed) {
		blind = append(blind, graph.Blind{
			What:  fmt.Sprintf("which entity %d events %s are about", log.Unattributed[kind], kind),
			Hides: "uses; grants that they may have used are not reported as unused",
		})
	}
	if kinds := sortedKeys(log.Unknown); len(kinds) > 0 {
		blind = append(blind, graph.Blind{What: "what events of these kinds use: " + strings.Join(kinds, ", "), Hides: "uses of scopes that they may take"})
	}
	return blind
}

// add finds something, with the severity of its rule.
func (r *reviewer) add(f Finding) {
	rule := ruleOf(f.Rule)
	f.ID = idOf(f.Rule, f.Principal, f.Entity)
	f.Severity, f.Risk = cmp.Or(f.Severity, rule.Severity), cmp.Or(f.Risk, rule.Risk)
	r.found = append(r.found, f)
}

// organization is the organization itself as the entity of a finding.
func (r *reviewer) organization() string { return "organization:" + r.Login }

func entityText(t graph.Resource) string { return t.Kind.Noun() + ":" + t.Name }

func principalText(p graph.PrincipalID) string { return string(p.Kind) + ":" + p.Name }

// sensitive reports whether an entity is, by what it says or what the user says.
func (r *reviewer) sensitive(t graph.Resource) bool {
	return t.Sensitive() || slices.ContainsFunc(r.Sensitive, func(name string) bool { return named(name, entityText(t)) })
}

// person names a login as a principal.
func (r *reviewer) person(login string) graph.PrincipalID {
	at := slices.IndexFunc(r.Users, func(u graph.User) bool { return logins.Same(u.Login, login) })
	if at >= 0 && r.Users[at].Service {
		return graph.PrincipalID{Kind: graph.ServicePrincipalKind, Name: r.Users[at].Login}
	}
	if at >= 0 {
		login = r.Users[at].Login
	}
	return graph.PrincipalID{Kind: graph.UserKind, Name: login}
}

// api is a call of the service as a command. The path is below /api/.
func api(method, path, body string) string {
	text := fmt.Sprintf("pulumi api --method %s %s", method, shellQuoted("/api/"+path))
	if body != "" {
		text += " --body " + shellQuoted(body)
	}
	return text
}

// shellQuoted is a word as a shell takes it literally.
func shellQuoted(word string) string {
	plain := func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_./:=@", c))
	}
	if word != "" && strings.IndexFunc(word, plain) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
