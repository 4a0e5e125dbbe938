package explained_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// tried are calls that take one scope each, and change nothing: on an entity, below its path.
var tried = map[access.EntityKind][]struct {
	scope, method, path string
	body                any
}{
	access.Environment: {
		{"environment:read", "GET", "/metadata", nil},
		{"environment:open", "POST", "/open", nil},
		{"environment:delete", "DELETE", "", nil}, // they are protected
		{"environment_settings:read", "GET", "/settings", nil},
		{"environment_tag:read", "GET", "/tags", nil},
	},
	access.Stack: {
		{"stack:read", "GET", "", nil},
		{"stack:export", "GET", "/export", nil},
		{"stack:encrypt", "POST", "/encrypt", map[string]any{"plaintext": "aHVzaA=="}},
	},
}

var triedPaths = map[access.EntityKind]string{access.Environment: "/api/esc/environments/acme/", access.Stack: "/api/stacks/acme/"}

var triedEntities = map[access.EntityKind][]string{
	access.Environment: {"payments/dev", "payments/made", "payments/prod", "web/prod"}, access.Stack: {"payments/prod", "web/prod"},
}

// world is a sandbox with people, teams, a role for each use, and everybody's tokens.
type explainedWorld struct {
	resourcetest.World
	rt     *rapid.T
	tokens map[graph.Holder]string
	roles  map[string]string // ids by name
}

const explainedSeed = `
organization: acme
users:
  - {login: ana, role: admin}
  - {login: bo}
  - {login: cy}
  - {login: di}
settings: {defaultEnvironmentPermission: %s, defaultStackPermission: %s}
roles:
  - {name: looks, scopes: ["environment:read", "stack:read"]}
  - {name: opens, scopes: ["environment:read", "environment:open", "stack:read"]}
  - name: tagged
    details:
      __type: PermissionDescriptorGroup
      entries:
        - __type: PermissionDescriptorCondition
          condition:
            __type: PermissionExpressionEqual
            left: {__type: PermissionExpressionTag, context: {__type: PermissionExpressionEnvironment}, key: tier}
            right: {__type: PermissionLiteralExpressionString, value: prod}
          subNode: {__type: PermissionDescriptorAllow, permissions: ["environment:read", "environment:open"]}
teams:
  - {name: t1, members: [%s], role: %s}
  - {name: t2, members: [%s]}
stacks:
  - {project: payments, stack: prod, owner: ana}
  - {project: web, stack: prod, owner: %s}
environments:
  - {project: payments, environment: dev, owner: ana, tags: {tier: dev}, deletionProtected: true}
  - {project: payments, environment: prod, owner: ana, tags: {tier: prod}, deletionProtected: true}
  - {project: web, environment: prod, owner: %s, tags: {tier: prod}, deletionProtected: true, definition: %q}
issuers: []
`

func pickOne[T any](rt *rapid.T, label string, from ...T) T {
	return rapid.SampledFrom(from).Draw(rt, label)
}

func pickSome(rt *rapid.T, label string, from ...string) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, len(from), rapid.ID[string]).Draw(rt, label)
}

func drawExplained(t *testing.T, rt *rapid.T) explainedWorld {
	t.Helper()
	seed := fmt.Sprintf(explainedSeed, pickOne(rt, "default", "none", "none", "read", "open"), pickOne(rt, "stack default", "none", "none", "read"),
		strings.Join(pickSome(rt, "in t1", "bo", "cy", "di"), ", "), pickOne(rt, "role of t1", `""`, "looks", "opens"),
		strings.Join(pickSome(rt, "in t2", "bo", "cy", "di"), ", "), pickOne(rt, "owner of the stack", "ana", "bo"),
		pickOne(rt, "owner of the environment", "ana", "bo"), pickOne(rt, "definition", "values: {}", "imports: [payments/prod]"))
	seed = strings.ReplaceAll(seed, "issuers: []\n", "")
	w := explainedWorld{World: resourcetest.New(t, seed), rt: rt, tokens: map[graph.Holder]string{}, roles: map[string]string{}}
	w.Explaining = 500
	for _, login := range []string{"ana", "bo", "cy", "di"} {
		w.addToken(graph.UserKind, login, map[string]any{"user": login})
	}
	for _, team := range []string{"t1", "t2"} {
		w.addToken(graph.TeamKind, team, map[string]any{"team": team})
	}
	var listed struct {
		Roles []struct{ ID, Name string }
	}
	require.NoError(rt, json.Unmarshal(w.Admin("GET", "/api/orgs/acme/roles?uxPurpose=role", nil), &listed))
	for _, role := range listed.Roles {
		w.roles[role.Name] = role.ID
	}
	return w
}

func (w explainedWorld) addToken(kind graph.Kind, name string, of map[string]any) {
	w.T.Helper()
	var made struct{ Token string }
	require.NoError(w.rt, json.Unmarshal(w.Admin("POST", "/_sandbox/tokens", of), &made))
	w.tokens[graph.Holder{PrincipalID: graph.PrincipalID{Kind: kind, Name: name}}] = made.Token
}

// use is a scope on an entity, in the hands of a principal.
type use struct {
	holder graph.Holder
	kind   access.EntityKind
	entity string
	scope  string
}

// admitted are the calls that the sandbox lets through, of everybody.
func (w explainedWorld) admitted() map[use]bool {
	w.T.Helper()
	all := map[use]bool{}
	for holder, token := range w.everybody() {
		for kind, calls := range tried {
			for _, entity := range triedEntities[kind] {
				for _, call := range calls {
					if token == "" {
						continue // nothing to call with
					}
					status, _ := w.Call(token, call.method, triedPaths[kind]+entity+call.path, call.body)
					refused := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}
					if call.path == "/open" {
						refused = append(refused, http.StatusBadRequest) // of what it imports
					}
					if holder.Kind == graph.OutsiderKind {
						holder.Team = "" // an identity may ask for a token of any team
					}
					if !slices.Contains(refused, status) {
						all[use{holder, kind, entity, call.scope}] = true
					}
				}
			}
		}
	}
	return all
}

// everybody are the tokens of everybody, those of deployments and of identities outside created again.
func (w explainedWorld) everybody() map[graph.Holder]string {
	w.T.Helper()
	all := map[graph.Holder]string{}
	for holder, token := range w.tokens {
		all[holder] = token
	}
	for _, stack := range triedEntities[access.Stack] {
		project, name, _ := strings.Cut(stack, "/")
		holder := graph.Holder{PrincipalID: graph.PrincipalID{Kind: graph.DeploymentKind, Name: stack}}
		status, answer := w.Call(w.Token, "POST", "/_sandbox/tokens", map[string]any{
			"deployment": map[string]any{"project": project, "stack": name, "operation": "update"},
		})
		var made struct{ Token string }
		if status == http.StatusOK {
			require.NoError(w.rt, json.Unmarshal(answer, &made))
		}
		all[holder] = made.Token
	}
	for _, branch := range []string{"main", "dev"} {
		holder := graph.Holder{PrincipalID: graph.PrincipalID{Kind: graph.OutsiderKind, Name: branch}}
		for _, team := range []string{"t1", "t2"} {
			holder.Team = team
			all[holder] = w.exchange(branch, team)
		}
	}
	return all
}

// exchange gives the token of a job on a branch for one of a team, "" where that is refused.
func (w explainedWorld) exchange(branch, team string) string {
	w.T.Helper()
	var minted struct{ Token string }
	require.NoError(w.rt, json.Unmarshal(w.Admin("POST", "/_sandbox/oidc/github/token", map[string]any{
		"claims": map[string]any{"sub": "repo:acme/app:ref:refs/heads/" + branch, "aud": "urn:pulumi:org:acme"},
	}), &minted))
	form := url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:token-exchange"}, "audience": {"urn:pulumi:org:acme"},
		"subject_token": {minted.Token}, "subject_token_type": {"urn:ietf:params:oauth:token-type:id_token"},
		"requested_token_type": {"urn:pulumi:token-type:access_token:team"}, "scope": {"team:" + team},
	}
	req, err := http.NewRequestWithContext(w.T.Context(), http.MethodPost, w.URL+"/api/oauth/token", strings.NewReader(form.Encode()))
	require.NoError(w.rt, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := servertest.Client.Do(req)
	require.NoError(w.rt, err)
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(w.rt, err)
	var answer struct {
		Token string `json:"access_token"`
	}
	_ = json.Unmarshal(raw, &answer) // a refusal has none
	return answer.Token
}

// read reads the organization as it is.
func (w explainedWorld) read() *graph.Index {
	w.T.Helper()
	organization, blind, err := survey.Of(w.Client(w.Token), "acme").Whole(w.T.Context(), survey.Options{Catalogue: access.NewCatalogue(nil)})
	require.NoError(w.rt, err)
	require.Empty(w.rt, blind)
	return graph.NewIndex(organization)
}

// What previews say is what the update does: every example is refused before the update and let through after it, or the other way round, and
// whoever the sandbox refuses before and lets through afterwards is in a line.
func TestExplainedChangesAreReal(t *testing.T) {
	t.Parallel()
	for _, program := range explainedPrograms {
		t.Run(program.kind, func(t *testing.T) {
			t.Parallel()
			gains, losses, silent := 0, 0, 0
			rapid.Check(t, func(rt *rapid.T) {
				w := drawExplained(t, rt)
				e := w.Resource(program.kind)
				if program.use != nil || program.once == "" && pickOne(rt, "exists", true, false) {
					require.NoError(rt, e.Up(program.draw(w, rt)))
					w.tryToken(e)
				}
				if program.use != nil {
					program.use(w, e)
				}
				inputs := program.draw(w, rt)
				e = anew(w.World, program.kind, e)
				if e.ID != "" && !e.Diff(inputs).HasChanges {
					return // and the engine asks nothing
				}
				before, was := w.read(), w.admitted()
				w.Reset()
				said := previewed(rt, e, inputs)
				require.Empty(rt, w.Writes(), "a preview writes nothing")
				require.NoError(rt, e.Up(inputs))
				w.tryToken(e)
				after, is := w.read(), w.admitted()

				differences := graph.Differences(before, after)
				for _, d := range differences[:min(len(differences), 20)] {
					require.Contains(rt, said, "  - "+d.Text(), "the preview says what the update does")
				}
				require.Equal(rt, min(len(differences), 20), strings.Count(said, "\n  - "), "the preview says nothing else: %s\n%v", said, differences)
				for _, d := range differences {
					w.try(d, was, is)
					if d.Gains {
						gains++
					} else {
						losses++
					}
				}
				if len(differences) == 0 {
					silent++
				}
				for _, turn := range []struct {
					gains        bool
					before, then map[use]bool
				}{{true, was, is}, {false, is, was}} {
					for one := range turn.then {
						if !turn.before[one] {
							require.True(rt, says(differences, one, turn.gains), "%+v, gains %t, is not said: %s", one, turn.gains, said)
						}
					}
				}
			})
			t.Logf("%d gains, %d losses, %d changes without either", gains, losses, silent)
			assert.Equal(t, program.once != "losses", gains > 0)
			assert.Equal(t, program.once != "gains", losses > 0)
		})
	}
}

// give gives the role that a resource makes to a team.
func (w explainedWorld) give(e *resourcetest.Engine) {
	w.T.Helper()
	role := e.State.Get("roleId").AsString()
	w.Admin("POST", "/api/orgs/acme/teams/"+pickOne(w.rt, "holder", "t1", "t2")+"/roles/"+role, nil)
}

// tryToken adds the token that a resource has made, if it makes tokens.
func (w explainedWorld) tryToken(e *resourcetest.Engine) {
	w.T.Helper()
	if name, makes := e.State.GetOk("tokenName"); makes {
		w.tokens[graph.Holder{PrincipalID: graph.PrincipalID{Kind: graph.TokenKind, Name: name.AsString()}}] = e.State.Get("value").AsString()
	}
}

// previewed is what a preview says who gains and who loses.
func previewed(rt *rapid.T, e *resourcetest.Engine, inputs map[string]any) string {
	e.Said()
	_, err := e.Preview(inputs)
	require.NoError(rt, err)
	for _, part := range strings.Split(e.Said(), "INFO: ") {
		if strings.HasPrefix(part, "with this change of the ") {
			return strings.SplitN(part, "\nWARN", 2)[0]
		}
	}
	return ""
}

// try compares a difference with what the sandbox let through.
func (w explainedWorld) try(d graph.Difference, was, is map[use]bool) {
	w.T.Helper()
	if d.Certainty != graph.Certain {
		return
	}
	refused, allowed := was, is
	if !d.Gains {
		refused, allowed = is, was
	}
	stronger, weaker := d.After, d.Before
	if !d.Gains {
		stronger, weaker = d.Before, d.After
	}
	for _, h := range d.Holders {
		for _, name := range d.Entities {
			for _, scope := range d.Scopes {
				one := use{h, d.Kind, name, scope}
				if _, known := w.tokens[h]; !known || !isTried(one) {
					continue
				}
				require.Equal(w.rt, stronger == graph.Usable, allowed[one], "%s: with the scope: %+v", d.Text(), one)
				require.Equal(w.rt, weaker == graph.Usable, refused[one], "%s: without the scope: %+v", d.Text(), one)
			}
		}
	}
}

func isTried(one use) bool {
	for _, call := range tried[one.kind] {
		if call.scope == one.scope && slices.Contains(triedEntities[one.kind], one.entity) {
			return true
		}
	}
	return false
}

// says reports whether one of the differences is about somebody's use.
func says(all []graph.Difference, one use, gains bool) bool {
	return slices.ContainsFunc(all, func(d graph.Difference) bool {
		return d.Gains == gains && d.Kind == one.kind && slices.Contains(d.Entities, one.entity) && slices.Contains(d.Scopes, one.scope) &&
			slices.ContainsFunc(d.Holders, func(h graph.Holder) bool {
				if one.holder.Kind == graph.OutsiderKind {
					return h.Kind == graph.OutsiderKind && (strings.HasSuffix(h.Name, "/"+one.holder.Name) || strings.HasSuffix(h.Name, "/*"))
				}
				return h == one.holder
			})
	})
}
