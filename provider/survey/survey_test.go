package survey_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const seed = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: cy, role: openers}, {login: di, role: none}, {login: ed, role: none}, {login: sue, suspended: true}]
roles:
  - {name: openers, scopes: ["environment:read", "environment:open", "environment_version:open"]}
  - {name: none, scopes: ["team:read"]}
teams:
  - {name: payments, members: [bo, sue]}
  - {name: web, members: [di], role: openers}
stacks: [{project: payments, stack: prod, owner: ana}, {project: web, stack: prod, owner: bo}]
environments:
  - {project: payments, environment: prod, definition: "imports: [payments/base]", owner: ana}
  - {project: payments, environment: base, definition: "values: {a: b}", owner: ana}
  - {project: payments, environment: dev, definition: "values: {a: b}", owner: ana, tags: {tier: development}}
accounts: [{account: aws, owner: ana, tags: {tier: production, empty: ""}}]
grants:
  - {team: payments, project: payments, environment: prod, permission: open}
  - {team: payments, project: payments, environment: dev, permission: write}
  - {team: payments, account: aws, permission: read}
gates:
  - {project: payments, environment: base, approvers: {teams: [web]}, allowSelfApproval: true}
`

type fixture struct {
	*servertest.Running
	t      *testing.T
	client *cloud.Client
	survey *survey.Survey
}

func start(t *testing.T, text string) fixture {
	t.Helper()
	sandbox := servertest.Start(t, server.Options{Organization: "acme", Seed: []byte(text)})
	return as(t, sandbox, sandbox.Token)
}

func as(t *testing.T, sandbox *servertest.Running, token string) fixture {
	t.Helper()
	client, err := cloud.New(cloud.Config{URL: sandbox.URL, Token: token})
	require.NoError(t, err)
	return fixture{sandbox, t, client, survey.Of(client, "acme")}
}

func question(kind access.EntityKind, name string) survey.Question {
	return survey.Question{Kind: kind, Name: name, Options: survey.Options{Catalogue: access.NewCatalogue(nil)}}
}

func (f fixture) ask(scope string, q survey.Question) (graph.Answer, []graph.Blind) {
	f.t.Helper()
	answer, blind, err := f.survey.WhoCan(f.t.Context(), scope, q)
	require.NoError(f.t, err)
	return answer, blind
}

func (f fixture) openers(environment string) string {
	f.t.Helper()
	answer, _ := f.ask("environment:open", question(access.Environment, environment))
	return names(answer.Principals)
}

func names(principals []graph.Principal) string {
	var all []string
	for _, p := range principals {
		name := string(p.Kind) + " " + p.Name
		if p.Certainty != graph.Certain {
			name += "?"
		}
		all = append(all, name)
	}
	return strings.Join(all, ", ")
}

// calls are those that something makes.
func (f fixture) calls(do func()) servertest.Log {
	f.t.Helper()
	f.Reset()
	do()
	return f.Requests()
}

func TestAccountWithTags(t *testing.T) {
	t.Parallel()
	f := start(t, seed)
	resource, _, err := f.survey.Resource(t.Context(), access.Account, "aws")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"tier": "production", "empty": ""}, resource.Tags)
	answer, blind := f.ask("insights_account:read", question(access.Account, "aws"))
	assert.Equal(t, "user ana, user bo, team payments", names(answer.Principals))
	assert.Empty(t, blind)
}

// A role, a permission set and a policy may have one name; answers are the same each time.
func TestAnswersDoNotFlip(t *testing.T) {
	t.Parallel()
	first := start(t, seed)
	sandbox := first.Running
	for purpose, of := range map[cloud.Purpose]string{cloud.PurposeSet: "stack", cloud.PurposePolicy: "global"} {
		_, err := first.client.CreateRole(t.Context(), "acme", cloud.RoleInput{
			Name: "openers", ResourceType: of, Purpose: purpose,
			Details: []byte(`{"__type": "PermissionDescriptorAllow", "permissions": ["stack:read"]}`),
		})
		require.NoError(t, err)
	}
	for range 20 {
		f := as(t, sandbox, sandbox.Token)
		assert.Equal(t, "user ana, user cy, user di, team web", f.openers("payments/prod"))
	}
}

// Opening takes opening the imports; whoever may not is blocked, and gates on imports count.
func TestImportsAndTheirGates(t *testing.T) {
	t.Parallel()
	f := start(t, seed)
	answer, blind := f.ask("environment:open", question(access.Environment, "payments/prod"))
	assert.Empty(t, blind)
	assert.Equal(t, "user bo, team payments", names(answer.Blocked))
	assert.Equal(t, []string{"payments/base"}, answer.Blocked[0].Missing)
	for _, p := range answer.Principals {
		assert.True(t, p.Gated, p.Name)
		assert.Equal(t, p.Name == "di", p.SelfApproval, "%s: a member of the approving team may approve their own request", p.Name)
	}
	version, _ := f.ask("environment_version:open", question(access.Environment, "payments/base"))
	require.NotEmpty(t, version.Principals)
	assert.True(t, version.Principals[0].Gated, "a gate on opening guards revisions as well")
	held, _, err := f.survey.Effective(t.Context(), graph.UserKind, "bo", question(access.Environment, "payments/prod"))
	require.NoError(t, err)
	assert.Equal(t, []string{"payments/base"}, held.MissingImports)
}

// Without the tags of an import, nobody is said to be unable to open it: a role may grant that by tags.
func TestImportWhoseTagsAreNotVisible(t *testing.T) {
	t.Parallel()
	f := start(t, `
organization: acme
users: [{login: ana, role: admin}, {login: di}]
roles: [{name: tagged, details: `+byTags+`}]
teams: [{name: web, members: [di], role: tagged}]
environments:
  - {project: p, environment: app, definition: "imports: [p/base]", owner: ana, tags: {tier: dev}}
  - {project: p, environment: base, definition: "", owner: ana, tags: {tier: dev}}
`)
	f.ask("environment:read", question(access.Environment, "p/app")) // which reads the tags of p/app alone
	f.Fault(servertest.Fault{Match: "GET /api/esc/environments/{orgName}/{projectName}/{envName}/tags", Status: http.StatusForbidden})
	answer, blind := f.ask("environment:open", question(access.Environment, "p/app"))
	assert.Equal(t, "user ana?, user di?, team web?", names(answer.Principals))
	assert.Empty(t, answer.Blocked)
	assert.Equal(t, []graph.Blind{{What: "tags of environment p/base, which p/app imports", Hides: "who may open it"}}, blind)
	assert.Equal(t, "user ana, user di, team web", f.openers("p/app"), "what was refused is asked for again")
}

// Whoever creates something with a token holds it by an identity that is on no list; suspended members hold nothing.
func TestPrincipalsMissingFromListsAreFound(t *testing.T) {
	t.Parallel()
	f := start(t, seed)
	token := f.TokenFor(servertest.Identity{Organization: true, Admin: true})
	status, said := f.Call(token, http.MethodPost, "/api/stacks/acme/made", map[string]any{"stackName": "here"})
	require.Equal(t, http.StatusOK, status, string(said))
	direct, err := f.client.Collaborators(t.Context(), "acme", "made", "here")
	require.NoError(t, err)
	require.Len(t, direct, 1)
	answer, _ := f.ask("stack:delete", question(access.Stack, "made/here"))
	assert.Contains(t, names(answer.Principals), "user "+direct[0].User.Login)
	assert.NotContains(t, f.openers("payments/dev"), "sue")
}

// Lists are short for whoever administers nothing, which the answer says.
func TestShortListsAreBlindSpots(t *testing.T) {
	t.Parallel()
	sandbox := start(t, seed).Running
	for _, login := range []string{"bo", "di"} {
		f := as(t, sandbox, sandbox.TokenFor(servertest.Identity{User: login}))
		for kind, name := range map[access.EntityKind]string{access.Environment: "payments/dev", access.Stack: "web/prod"} {
			scope := map[access.EntityKind]string{access.Environment: "environment:read", access.Stack: "stack:read"}[kind]
			q := question(kind, name)
			q.AllDeployments = true
			_, blind, err := f.survey.WhoCan(t.Context(), scope, q)
			assert.True(t, err != nil || len(blind) > 0, "%s on %s: a short answer without a word", login, name)
		}
	}
}

// A member's role that no list has, and one without a name, may be any.
func TestUnknownRolesMayGrantAnything(t *testing.T) {
	t.Parallel()
	for _, role := range []string{`"hidden"`, `""`} {
		f := start(t, seed)
		body := `{"members": [{"user": {"githubLogin": "eve", "name": "Eve", "avatarUrl": ""}, "role": "member", "fgaRole": {"id": "1", "name": ` + role +
			`, "modifiedAt": "2026-01-01T00:00:00Z"}, "created": "2026-01-01T00:00:00Z", "knownToPulumi": true, "virtualAdmin": false, "links": {"self": ""}}]}`
		f.Fault(servertest.Fault{Match: "GET /api/orgs/{orgName}/members", Times: 1, Status: http.StatusOK, Body: &body})
		answer, blind := f.ask("environment:open", question(access.Environment, "payments/dev"))
		assert.Contains(t, names(answer.Principals), "user eve?")
		assert.True(t, slices.ContainsFunc(blind, func(b graph.Blind) bool { return strings.Contains(b.What, "eve") }))
	}
}

// The organization's own records say what a built-in permission set holds.
func TestLivePermissionSetsDecide(t *testing.T) {
	t.Parallel()
	f := start(t, seed)
	answer, _ := f.ask("environment_settings:read", question(access.Environment, "payments/dev"))
	assert.Contains(t, names(answer.Principals), "team payments", "the sandbox has it in Environment Read, the documentation in no set")
}

// Scopes that the user adds are held by administrators.
func TestAdditionalScopes(t *testing.T) {
	t.Parallel()
	f := start(t, seed)
	q := question(access.Environment, "payments/dev")
	q.Catalogue = access.NewCatalogue([]string{"environment:fly"})
	answer, _ := f.ask("environment:fly", q)
	assert.Equal(t, "user ana", names(answer.Principals))
}

// What a token, a team or a deployment with the role Member has is not documented.
func TestExplicitMemberIsPossible(t *testing.T) {
	t.Parallel()
	f := start(t, strings.Replace(seed, "users:", "settings: {defaultEnvironmentPermission: open}\nusers:", 1))
	roles, err := f.client.Roles(t.Context(), "acme", cloud.PurposeRole)
	require.NoError(t, err)
	member := roles[slices.IndexFunc(roles, func(r cloud.Role) bool { return r.DefaultIdentifier == "member" })].ID
	_, err = f.client.CreateOrganizationToken(t.Context(), "acme", member, cloud.TokenInput{Name: "explicit"})
	require.NoError(t, err)
	_, err = f.client.MergeDeploymentSettings(t.Context(), "acme", "web", "prod", &member, nil)
	require.NoError(t, err)
	q := question(access.Environment, "payments/dev")
	q.Deployments = []string{"web/prod"}
	answer, _ := f.ask("environment:open", q)
	assert.Contains(t, names(answer.Principals), "token explicit?")
	assert.Contains(t, names(answer.Principals), "deployment web/prod?")
	at := slices.IndexFunc(answer.Principals, func(p graph.Principal) bool { return p.Name == "explicit" })
	assert.Contains(t, strings.Join(answer.Principals[at].Paths[0].StepTexts(), " > "), "possible: whether a token with the role Member has")
}

func large(teams, environments, stacks int) string {
	var text strings.Builder
	text.WriteString("organization: acme\nusers: [{login: ana, role: admin}, {login: bo}]\nteams:\n")
	for i := range teams {
		fmt.Fprintf(&text, "  - {name: team%d, members: [bo]}\n", i)
	}
	text.WriteString("environments:\n")
	for i := range environments {
		fmt.Fprintf(&text, "  - {project: p, environment: e%d, definition: \"values: {}\", owner: ana}\n", i)
	}
	text.WriteString("stacks:\n")
	for i := range stacks {
		fmt.Fprintf(&text, "  - {project: p, stack: s%d, owner: ana}\n", i)
	}
	text.WriteString("grants:\n")
	for i := range min(teams, environments) {
		fmt.Fprintf(&text, "  - {team: team%d, project: p, environment: e%d, permission: open}\n", i, i)
	}
	return text.String()
}

// One question costs a call for each team and a few more; twenty hardly cost more than one.
func TestBudgets(t *testing.T) {
	t.Parallel()
	const teams, environments, stacks = 200, 500, 2000
	sandbox := start(t, large(teams, environments, stacks)).Running
	f := as(t, sandbox, sandbox.Token)
	one := f.calls(func() { f.openers("p/e0") })
	assert.LessOrEqual(t, one.Total, teams+40)
	same := f.calls(func() {
		for range 19 {
			f.openers("p/e0")
		}
	})
	assert.Zero(t, same.Total)

	all := as(t, sandbox, sandbox.Token)
	ask := func(i int) {
		q := question(access.Environment, fmt.Sprintf("p/e%d", i))
		q.AllDeployments = true
		all.ask("environment:open", q)
	}
	first := all.calls(func() { ask(0) })
	more := all.calls(func() {
		for i := range 19 {
			ask(i + 1)
		}
	})
	assert.LessOrEqual(t, float64(first.Total+more.Total), 1.05*float64(first.Total), "%d, then %d", first.Total, more.Total)
}

// Twenty questions about twenty environments that different teams hold cost, after the first one, what no list of the service
// has: for each environment its metadata, which alone says whether it is gated, what people were assigned there, and its definition, which alone says what it
// imports; for each newly met team that holds the scope, its tokens, which are listed for one team at a time.
func TestCostOfTwentyQuestions(t *testing.T) {
	t.Parallel()
	const teams, more, base = 200, 19, 13 // settings, five lists of records, three rosters, the list of teams, the organization's tokens, agents, issuers
	const metadata, definition, tokens, assigned = "GET /api/esc/environments/{orgName}/{projectName}/{envName}/metadata",
		"GET /api/esc/environments/{orgName}/{projectName}/{envName}", "GET /api/orgs/{orgName}/teams/{teamName}/tokens",
		"POST /api/orgs/{orgName}/assignments/list"
	plain := large(teams, 500, 2000)
	for name, c := range map[string]struct {
		seed         string
		environments int // that the first question meets
		holding      int // teams that the first question meets
		more         map[string]int
	}{
		"an environment for each team": {plain, 1, 1, map[string]int{metadata: more, definition: more, tokens: more, assigned: more}},
		"all import one environment": {
			strings.ReplaceAll(plain, `"values: {}"`, `"imports: [q/base]"`) + "  - {team: team0, project: q, environment: base, permission: open}\n",
			2, 1, map[string]int{metadata: more, definition: more, tokens: more, assigned: more},
		},
		"all teams hold the scope": {
			strings.Replace(plain, "users:", "settings: {defaultEnvironmentPermission: open}\nusers:", 1),
			1, teams, map[string]int{metadata: more, definition: more, assigned: more},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, strings.Replace(c.seed, "environments:\n", "environments:\n  - {project: q, environment: base, definition: \"\", owner: ana}\n", 1))
			first := f.calls(func() { f.openers("p/e0") })
			assert.Equal(t, base+teams+3*c.environments+c.holding, first.Total, "%v", first.Routes)
			next := f.calls(func() {
				for i := range more {
					f.openers(fmt.Sprintf("p/e%d", i+1))
				}
			})
			assert.Equal(t, c.more, next.Routes)
			t.Logf("one question %d calls, %d more %d, together %.3f x one", first.Total, more, next.Total, float64(first.Total+next.Total)/float64(first.Total))
			if c.holding == 1 {
				assert.LessOrEqual(t, first.Total, teams+40)
			}
		})
	}
}

// A role of a grammar that this version does not know is said to be so, and the answer has everything else: its holders possibly
// hold the scope, and nobody else is less certain for it.
func TestARoleThatCannotBeReadIsABlindSpot(t *testing.T) {
	t.Parallel()
	f := start(t, seed)
	status, said := f.Call(f.Token, http.MethodGet, "/api/orgs/acme/roles?uxPurpose=role", nil)
	require.Equal(t, http.StatusOK, status)
	newer := regexp.MustCompile(`("name":"openers".*?"details":)\{[^}]*\}`).ReplaceAllString(string(said),
		`$1{"__type":"PermissionDescriptorCondition","condition":{"__type":"PermissionExpressionBetween"},"subNode":{"__type":"PermissionDescriptorAllow","permissions":["environment:open"]}}`)
	require.NotEqual(t, string(said), newer)
	f.Fault(servertest.Fault{Match: "GET /api/orgs/{orgName}/roles", Body: &newer, Times: 5})
	answer, blind := f.ask("environment:open", question(access.Environment, "payments/dev"))
	assert.Equal(t, "user ana, user bo, user cy?, user di?, team payments, team web?", names(answer.Principals))
	require.NotEmpty(t, blind)
	assert.Contains(t, blind[0].What, `role "openers" grants what this version cannot read`)
	assert.Contains(t, blind[0].What, "PermissionExpressionBetween")
	assert.Equal(t, "what its holders may do", blind[0].Hides)
}

// An identity of automation that the organization made is on a roster of its own, and in the answer under its own kind.
func TestServicePrincipalsAreInTheAnswer(t *testing.T) {
	t.Parallel()
	f := start(t, strings.NewReplacer(
		"users: [", "users: [{login: robot, servicePrincipal: user-defined, role: openers}, {login: idle, servicePrincipal: user-defined, role: none}, ",
		"members: [bo, sue]", "members: [bo, sue, idle]",
	).Replace(seed))
	assert.Equal(t, "user ana, user bo, user cy, user di, servicePrincipal idle, servicePrincipal robot, team payments, team web", f.openers("payments/dev"))
	assert.Equal(t, "user ana, user cy, user di, servicePrincipal robot, team web", f.openers("payments/prod"))
	_, blind := f.ask("environment:open", question(access.Environment, "payments/dev"))
	assert.Empty(t, blind)
	f.Fault(servertest.Fault{Match: "GET /api/orgs/{orgName}/members", Times: 3, Status: http.StatusForbidden})
	hidden := as(t, f.Running, f.Token)
	_, blind = hidden.ask("environment:open", question(access.Environment, "payments/dev"))
	require.NotEmpty(t, blind)
	assert.Contains(t, fmt.Sprint(blind), "the service principals of the organization")
}
