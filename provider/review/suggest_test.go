package review_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/usage"
)

// does is something that a principal can do: the event that it leaves, and all scopes that it takes on the entity. It stands here a second
// time on purpose, apart from the table of package usage.
type does struct {
	event, text string
	kind        access.EntityKind
	takes       []string
}

var doings = []does{
	{"environment-open", "Opened environment %s", access.Environment, []string{"environment:read", "environment:open"}},
	{"environment-read", "Read environment %s", access.Environment, []string{"environment:read"}},
	{"environment-updated", "Updated environment %s", access.Environment, []string{"environment:read", "environment:write"}},
	{"environment-tag-created", "Created tag x of environment %s", access.Environment, []string{"environment:read", "environment_tag:create"}},
	{"stack-update-started", "Started update 1 of stack %s", access.Stack, []string{"stack:read", "stack:write", "stack:encrypt"}},
	{"stack-exported", "Exported stack %s", access.Stack, []string{"stack:read", "stack:export"}},
	{"secret-decrypted", "Decrypted a secret of stack %s", access.Stack, []string{"stack:read", "stack:decrypt"}},
	{"cloud-account-scan-started", "Started a scan of account %s", access.Account, []string{"insights_account:read", "insights_account:scan"}},
	{"custom-role-created", "Created role x", access.Organization, []string{"role:create"}},
}

// drawnTeam is an organization with a team that holds levels on entities and a role, and what its member did with that.
func drawnTeam(t *rapid.T) (review.Input, map[string][]does) {
	in := clean()
	in.Organization.Stacks = nil
	in.Organization.Environments = nil
	in.Organization.Accounts = nil
	team := graph.Team{Name: "drawn", Members: []string{"cy"}, Stacks: map[string]graph.Held{}, Environments: map[string]graph.Held{}, Accounts: map[string]graph.Held{}}
	in.Organization.Users = append(in.Organization.Users, graph.User{Login: "cy", Role: "role-member"})
	did := map[string][]does{}
	in.Usage = usage.New("acme", since, now)
	level := func(kind access.EntityKind) access.Level {
		return rapid.SampledFrom(access.Levels(kind)).Draw(t, "level")
	}
	do := func(kind access.EntityKind, name string, held []string) {
		for _, one := range doings {
			takes := one.takes
			mayDo := one.kind == kind && !slices.ContainsFunc(takes, func(scope string) bool { return !slices.Contains(held, scope) })
			if !mayDo || !rapid.Bool().Draw(t, "does "+one.event) {
				continue
			}
			text := one.text
			if kind != access.Organization {
				text = fmt.Sprintf(text, name)
			}
			in.Usage.Add(audit.Event{Time: now.Add(-time.Hour), Kind: one.event, Description: text, User: "cy"})
			at := string(kind) + " " + name
			did[at] = append(did[at], one)
		}
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "entities") {
		name := fmt.Sprintf("p/e%d", i)
		in.Organization.Environments = append(in.Organization.Environments, graph.Resource{Entity: access.Entity{Kind: access.Environment, ID: "e" + name}, Name: name, Owner: "ana"})
		in.Organization.Stacks = append(in.Organization.Stacks, graph.Resource{Entity: access.Entity{Kind: access.Stack, ID: "s" + name}, Name: name})
		account := fmt.Sprintf("account-%d", i)
		in.Organization.Accounts = append(in.Organization.Accounts, graph.Resource{Entity: access.Entity{Kind: access.Account, ID: account}, Name: account, Owner: "ana"})
		held := graph.Held{Level: level(access.Environment)}
		team.Environments[name] = held
		do(access.Environment, name, access.LevelScopes(access.Environment, held.Level))
		held = graph.Held{Level: level(access.Stack)}
		team.Stacks[name] = held
		do(access.Stack, name, access.LevelScopes(access.Stack, held.Level))
		held = graph.Held{Level: level(access.Account)}
		team.Accounts[account] = held
		do(access.Account, account, access.LevelScopes(access.Account, held.Level))
	}
	if rapid.Bool().Draw(t, "role") {
		in.Organization.Records["role-drawn"] = graph.Record{Name: "drawn", Assignable: true, Descriptor: access.Allowed{Permissions: []string{"role:create", "team:read"}}}
		team.Roles = []string{"role-drawn"}
		do(access.Organization, "", []string{"role:create", "team:read"})
	}
	in.Organization.Teams = append(in.Organization.Teams, team)
	return in, did
}

// allows evaluates an access naively: by its rules as they are written.
func allows(a access.Access, kind access.EntityKind, name, scope string) bool {
	if kind == access.Organization {
		return slices.Contains(a.Scopes, scope)
	}
	for _, rule := range a.Rules(kind) {
		named := rule.Name
		if kind != access.Account {
			named = rule.Project + "/" + rule.Name
		}
		if named != name {
			continue
		}
		if slices.Contains(rule.Scopes, scope) || rule.Permission != "" && slices.Contains(access.LevelScopes(kind, rule.Permission), scope) {
			return true
		}
	}
	return false
}

// refuses counts what of what was done an access would have refused.
func refuses(a access.Access, did map[string][]does) int {
	refused := 0
	for at, all := range did {
		kind, name := access.EntityKind(""), ""
		for _, k := range access.Kinds() {
			if len(at) > len(k) && at[:len(k)+1] == string(k)+" " {
				kind, name = k, at[len(k)+1:]
			}
		}
		for _, one := range all {
			if slices.ContainsFunc(one.takes, func(scope string) bool { return !allows(a, kind, name, scope) }) {
				refused++
			}
		}
	}
	return refused
}

// A suggestion refuses nothing that was done, each of its rules is needed, and it gives nothing that is not held.
func TestSuggestionsAreSoundAndMinimal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in, did := drawnTeam(t)
		found, known := review.Suggest(in, graph.PrincipalID{Kind: graph.TeamKind, Name: "drawn"})
		require.True(t, known)
		a := found.Access
		assert.Zero(t, refuses(a, did), "%+v", a)
		rules := 0
		for _, kind := range []access.EntityKind{access.Stack, access.Environment, access.Account} {
			for i := range a.Rules(kind) {
				rules++
				less := a
				dropped := slices.Delete(slices.Clone(a.Rules(kind)), i, i+1)
				switch kind {
				case access.Stack:
					less.Stacks = dropped
				case access.Environment:
					less.Environments = dropped
				default:
					less.Accounts = dropped
				}
				assert.Positive(t, refuses(less, did), "rule %d of %s is not needed: %+v", i, kind, a)
			}
		}
		for i := range a.Scopes {
			less := a
			less.Scopes = slices.Delete(slices.Clone(a.Scopes), i, i+1)
			assert.Positive(t, refuses(less, did), "scope %s", a.Scopes[i])
		}
		if len(did) == 0 {
			assert.True(t, a.IsEmpty())
		}
		team := in.Organization.Teams[len(in.Organization.Teams)-1]
		for kind, held := range map[access.EntityKind]map[string]graph.Held{access.Stack: team.Stacks, access.Environment: team.Environments, access.Account: team.Accounts} {
			for name, one := range held {
				for _, scope := range in.Organization.Catalogue.Scopes(kind) {
					if allows(a, kind, name, scope) {
						assert.Contains(t, access.LevelScopes(kind, one.Level), scope, "%s on %s is not held", scope, name)
					}
				}
			}
		}
		for _, u := range found.Unused {
			for _, scope := range u.Scopes {
				assert.NotContains(t, fmt.Sprint(did[u.Entity]), " "+scope+" ")
			}
		}
	})
}

// What the log cannot show is said, and not taken for unused.
func TestSuggestionsSayTheirGaps(t *testing.T) {
	t.Parallel()
	in := clean()
	in.Organization.Teams[0].Accounts = map[string]graph.Held{"aws": {Level: access.Read}}
	found, _ := review.Suggest(in, graph.PrincipalID{Kind: graph.TeamKind, Name: "payments"})
	assert.Equal(t, 1, found.Events)
	assert.Equal(t, []access.Rule{{Selector: access.Selector{Project: "payments", Name: "prod"}, Grant: access.Grant{Scopes: []string{"environment:open", "environment:read"}}}},
		found.Access.Environments)
	assert.Contains(t, fmt.Sprint(found.Gaps), "no event for the use of insights_account:read")

	in.Usage = nil
	found, _ = review.Suggest(in, graph.PrincipalID{Kind: graph.TeamKind, Name: "payments"})
	assert.Len(t, found.Access.Accounts, 1, "without a log everything is kept")
	assert.Contains(t, fmt.Sprint(found.Gaps), "the audit log was not read")

	in = clean()
	in.Organization.Deployments[0].Role = roleSet
	found, _ = review.Suggest(in, graph.PrincipalID{Kind: graph.DeploymentKind, Name: "payments/prod"})
	assert.Len(t, found.Access.Environments, 1, "of deployments everything is kept")
	assert.Contains(t, fmt.Sprint(found.Gaps), "which stack's deployment")
	_, known := review.Suggest(in, graph.PrincipalID{Kind: graph.TeamKind, Name: "nobody"})
	assert.False(t, known)
}

// What an opened environment imports is needed as well.
func TestSuggestionsOpenWhatIsImported(t *testing.T) {
	t.Parallel()
	in := clean()
	in.Organization.Environments[0].Definition.Imports = []graph.Reference{{Name: "shared/base", Scope: "environment:open"}}
	in.Organization.Environments = append(in.Organization.Environments, graph.Resource{
		Entity: access.Entity{Kind: access.Environment, ID: "e-base"}, Name: "shared/base", Owner: "ana", Definition: &graph.Definition{},
	})
	in.Organization.Teams[0].Environments = map[string]graph.Held{"shared/base": {Level: access.Open}}
	found, _ := review.Suggest(in, graph.PrincipalID{Kind: graph.TeamKind, Name: "payments"})
	require.Len(t, found.Access.Environments, 2)
	assert.True(t, allows(found.Access, access.Environment, "shared/base", "environment:open"))
	assert.False(t, allows(found.Access, access.Environment, "shared/base", "environment:clone"))
}

// An organization's token and a team's may have one name.
func TestSuggestionsTellTokensOfOneNameApart(t *testing.T) {
	t.Parallel()
	in := clean()
	in.Organization.Records["role-readers"] = graph.Record{Name: "readers", Assignable: true, Descriptor: onEnvironment("e-prod", "environment:read")}
	in.Organization.Tokens = append(in.Organization.Tokens, graph.Token{ID: "t2", Name: "ci", Role: "role-readers", Created: now, Expires: now.Add(time.Hour)})
	in.Usage.Add(audit.Event{Time: now, Kind: "environment-read", Description: "Read environment payments/prod", User: "acme", TokenID: "t2", TokenName: "ci"})
	in.Usage.Add(audit.Event{Time: now, Kind: "environment-open", Description: "Opened environment payments/prod", User: "team-account:1", TokenID: "t1", TokenName: "ci"})
	found, _ := review.Suggest(in, graph.PrincipalID{Kind: graph.TokenKind, Name: "ci"})
	assert.Equal(t, 1, found.Events)
	assert.True(t, allows(found.Access, access.Environment, "payments/prod", "environment:read"))
	assert.False(t, allows(found.Access, access.Environment, "payments/prod", "environment:open"))
	assert.NotContains(t, rulesOf(review.Review(in)), review.UnexpectedOpen)
}
