// Package second_test holds the sandbox's access rules and the answers of packages survey and graph against an evaluator
// that shares nothing with them: it is written from the description of the service, and reads raw answers of the service.
// Organizations are drawn at random; each decision is tried by a call with a token of the principal.
package second_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
)

// envVar says how many organizations are drawn; without it a few, always the same.
const envVar = "LEASTPRIVILEGE_LAW_ORGANIZATIONS"

func TestMain(m *testing.M) {
	flag.Parse()
	set := func(name, value string) {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	if n := os.Getenv(envVar); n != "" {
		set("rapid.checks", n)
	} else {
		set("rapid.checks", "40")
		set("rapid.seed", "1")
	}
	os.Exit(m.Run())
}

// counts of what was tried.
var counts struct {
	organizations, lists atomic.Int64
	calls, answers       tally
}

// tally counts decisions.
type tally [3]atomic.Int64

func (t *tally) String() string {
	return fmt.Sprintf("%d allowed, %d denied, %d left open by the description", t[allowed].Load(), t[denied].Load(), t[unknown].Load())
}

func TestThreeEvaluatorsAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := drawOrganization(rt)
		b := start(rt, o)
		l := law{sandbox: b, drawn: o, world: b.world(o), survey: b.survey(o)}
		l.callers = l.principals(o)
		counts.organizations.Add(1)
		for _, p := range l.callers {
			l.tries(p)
			l.sees(p)
		}
		l.answers()
	})
	t.Logf("%d organizations, %d lists; calls: %s; answers: %s",
		counts.organizations.Load(), counts.lists.Load(), counts.calls.String(), counts.answers.String())
}

// law is one organization: as a sandbox, as the evaluator reads it, and as the product does.
type law struct {
	sandbox
	drawn   drawn
	world   world
	survey  surveyed
	callers []caller
}

// fails ends a draw, and shows the organization.
func (l law) fails(format string, args ...any) {
	l.t.Helper()
	o := l.drawn
	text, err := json.Marshal(obj{"records": o.records, "deleted": o.deleted, "settings": o.settings, "default role": o.defaultRole,
		"deployment role": o.deploymentRole, "users": o.users, "teams": o.teams, "stacks": o.stacks,
		"environments": o.environments, "accounts": o.accounts, "tokens": o.tokens, "reading": o.reading})
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Fatalf("%s\nin the organization %s", fmt.Sprintf(format, args...), text)
}

// caller is a principal with a token of its own.
type caller struct {
	principal
	token string
}

// principals are everybody who can ask. Suspended people have tokens that do not work.
func (l law) principals(o drawn) []caller {
	var all []caller
	add := func(p principal, token obj) { all = append(all, l.caller(p, token)) }
	for _, login := range sortedKeys(o.users) {
		add(principal{kind: "user", name: login, login: login}, obj{"user": login})
	}
	for _, name := range sortedKeys(o.teams) {
		add(principal{kind: "team", name: name}, obj{"team": name})
	}
	for _, name := range sortedKeys(o.stacks) {
		if l.world.refusesDeployment(name) {
			continue
		}
		project, s := projectAndName(name)
		add(principal{kind: "deployment", name: name}, obj{"deployment": obj{"project": project, "stack": s, "operation": "update"}})
	}
	for _, name := range sortedKeys(o.tokens) {
		p, token := l.machineToken(name, o.tokens[name])
		add(p, token)
	}
	return all
}

func (l law) machineToken(name string, t obj) (principal, obj) {
	if of := text(t["team"]); of != "" {
		return principal{kind: "token", name: name, team: of}, obj{"team": of}
	}
	role := text(t["role"])
	if role != "" {
		role = l.world.named(role)
	}
	return principal{kind: "token", name: name, admin: t["admin"] == true, role: role},
		obj{"organization": true, "admin": t["admin"] == true, "role": role}
}

// caller makes a token, and asks the service as whom it acts.
func (l law) caller(p principal, of obj) caller {
	c := caller{p, l.token(of)}
	status, answer := l.send(c.token, "GET", "/api/user", nil)
	var me struct{ GithubLogin string }
	if status == 200 && json.Unmarshal(answer, &me) == nil {
		c.login = me.GithubLogin
	}
	return c
}

func (p principal) String() string { return fmt.Sprintf("%s %q", p.kind, p.name) }

// tries makes a few calls on each entity.
func (l law) tries(p caller) {
	for _, on := range l.world.entities {
		few := rapid.SliceOfN(rapid.SampledFrom(acts[on.kind]), 3, 3).Draw(l.t, "acts")
		for _, a := range few {
			l.try(p, a, on)
		}
	}
}

func (l law) try(p caller, a act, on entity) {
	l.t.Helper()
	expected := l.world.lets(p.principal, a, on)
	status, answer := l.send(p.token, a.method, a.pathOn(on), a.body)
	counts.calls[expected].Add(1)
	if expected != unknown && a.let(status) != (expected == allowed) {
		l.fails("%s: %s %s, which takes %s: status %d (%s), the evaluator says %s", p, a.method, a.pathOn(on), a.scope, status, answer, expected)
	}
}

// sees reads the lists, which show exactly what may be read.
func (l law) sees(p caller) {
	l.t.Helper()
	for _, kind := range []string{stack, environment, account} {
		of := lists[kind]
		status, raw := l.send(p.token, "GET", of.path, nil)
		var answer map[string]any
		if json.Unmarshal(raw, &answer) != nil || status != 200 && status != 401 && status != 403 {
			l.fails("%s: GET %s: status %d: %s", p, of.path, status, raw)
		}
		shown := namesIn(answer, of.field, of.name)
		counts.lists.Add(1)
		for _, on := range l.world.entities {
			if expected := l.world.decide(p.principal, of.scope, on); on.kind == kind && expected != unknown &&
				slices.Contains(shown, on.name) != (expected == allowed) {
				l.fails("%s: GET %s shows %q; the evaluator says that %s on %s is %s", p, of.path, shown, of.scope, on.name, expected)
			}
		}
	}
}

func namesIn(answer map[string]any, field string, parts []string) []string {
	var names []string
	for _, entry := range nodes(answer[field]) {
		var name []string
		for _, part := range parts {
			name = append(name, text(entry[part]))
		}
		names = append(names, strings.Join(name, "/"))
	}
	return names
}

// surveyed is the organization as the product reads it.
type surveyed struct {
	survey *survey.Survey
	index  *graph.Index
}

func (b sandbox) survey(o drawn) surveyed {
	b.t.Helper()
	client, err := cloud.New(cloud.Config{URL: b.url, Token: b.admin})
	if err != nil {
		b.t.Fatal(err)
	}
	s := survey.Of(client, orgLogin)
	read, _, err := s.Organization(b.t.Context(), survey.Options{Catalogue: access.NewCatalogue(nil), AllDeployments: true,
		TeamTokens: sortedKeys(o.teams)})
	if err != nil {
		b.t.Fatal(err)
	}
	return surveyed{s, graph.NewIndex(read)}
}

// answers asks the product who holds each scope on each entity. What is certain must be certain by the evaluator as well, and
// what it calls open at least possible.
func (l law) answers() {
	l.t.Helper()
	w := l.world
	w.outside = true
	for _, on := range w.entities {
		resource, _, err := l.survey.survey.Resource(l.t.Context(), access.EntityKind(on.kind), on.name)
		if err != nil {
			l.t.Fatal(err)
		}
		asked := slices.Compact(slices.Sorted(slices.Values(scopes[on.kind])))
		for _, scope := range asked {
			said := map[string]graph.Principal{}
			for _, p := range l.survey.index.WhoCan(scope, resource).Principals {
				said[fmt.Sprintf("%s %q", p.Kind, p.Name)] = p
			}
			for _, p := range l.callers {
				l.compare(p.principal, scope, on, w.decide(p.principal, scope, on), said[p.String()])
			}
		}
	}
}

var answerOf = map[decision]graph.Certainty{denied: "", unknown: graph.Possible, allowed: graph.Certain}

func (l law) compare(p principal, scope string, on entity, expected decision, said graph.Principal) {
	l.t.Helper()
	counts.answers[expected].Add(1)
	if said.Certainty != answerOf[expected] {
		var via [][]string
		for _, path := range said.Paths {
			via = append(via, path.StepTexts())
		}
		l.fails("who can %s on %s %s: %s is %q (%q, %q), the evaluator says %s", scope, on.kind, on.name, p, said.Certainty, said.Doubt, via, expected)
	}
}
