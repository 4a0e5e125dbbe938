package review_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
)

// Nothing is called unused where the log could not show its use.
func TestNothingIsUnusedThatTheLogCannotShow(t *testing.T) {
	t.Parallel()
	unused := func() review.Input {
		in := clean()
		triggers[review.UnusedGrant].change(&in)
		return in
	}
	assert.Contains(t, rulesOf(review.Review(unused())), review.UnusedGrant)
	for name, change := range map[string]func(*review.Input){
		"no log":        func(in *review.Input) { in.Usage = nil },
		"damaged lines": func(in *review.Input) { in.Usage.Read("export", strings.NewReader("{broken\n")) },
		"no entity": func(in *review.Input) {
			in.Usage.Add(audit.Event{Time: now, Kind: "environment-open", Description: "An environment was opened.", User: "bo"})
		},
		"an unknown token": func(in *review.Input) {
			in.Organization.Tokens = append(in.Organization.Tokens, graph.Token{ID: "t9", Name: "other", Team: "other", Created: now, Expires: now.Add(time.Hour)})
			in.Usage.Add(audit.Event{Time: now, Kind: "environment-open", Description: "Opened environment payments/prod", User: "team-account:7"})
		},
		"a token that was deleted": func(in *review.Input) {
			in.Usage.Add(audit.Event{Time: now, Kind: "environment-open", Description: "Opened environment payments/prod", User: "team-account:7",
				TokenID: "t0", TokenName: "before"})
		},
		"a token that was deleted, in a log without tokens": func(in *review.Input) {
			in.Organization.Tokens[0].Team = "other"
			in.Usage.Add(audit.Event{Time: now, Kind: "environment-open", Description: "Opened environment payments/prod", User: "team-account:7"})
		},
		"text that is not stored": func(in *review.Input) {
			in.Usage.Add(audit.Event{Time: now, Kind: "environment-open", Description: "Opened an anonymous environment", User: "bo"})
		},
		"an environment that was deleted": func(in *review.Input) { in.Usage.Add(opened("bo", "payments/deleted", now)) },
		"an environment of another name": func(in *review.Input) {
			in.Usage.Add(audit.Event{Time: now, Kind: "environment-read", Description: "Read environment acme/prod", User: "bo"})
		},
		"imports that cannot be told": func(in *review.Input) {
			importing(in, graph.Definition{Unreadable: "the service answered 403"})
			in.Usage.Add(opened("bo", "payments/app", now))
		},
	} {
		in := unused()
		change(&in)
		found := rulesOf(review.Review(in))
		assert.NotContains(t, found, review.UnusedGrant, name)
		assert.Contains(t, found, review.NoData, name)
	}
	in := unused()
	in.Usage.Add(audit.Event{Time: now, Kind: "environment-open", Description: "Opened environment payments/prod", User: "team-account:7", TokenName: "ci"})
	assert.NotContains(t, rulesOf(review.Review(in)), review.UnusedGrant, "the team's token used it")

	in = unused()
	importing(&in, graph.Definition{Imports: []graph.Reference{{Name: "payments/prod", Scope: "environment:open"}}})
	in.Usage.Add(opened("bo", "payments/app", now))
	found := rulesOf(review.Review(in))
	assert.NotContains(t, found, review.UnusedGrant, "opening what imports the environment takes an open of it")
	assert.NotContains(t, found, review.NoData)
	in = unused()
	in.Usage.Add(audit.Event{Time: now, Kind: "environment-open", Description: "Opened environment payments/prod", User: "acme", TokenID: "t0", TokenName: "ci"})
	assert.Contains(t, rulesOf(review.Review(in)), review.UnusedGrant, "a token of the organization is none of the team")
}

// What was used under the name that a stack had before is not taken for unused under the one that it has now.
func TestGrantsOnRenamedStacksAreNotOversized(t *testing.T) {
	t.Parallel()
	for _, renamed := range []bool{false, true} {
		in := clean()
		in.Organization.Teams[0].Stacks = map[string]graph.Held{"payments/prod": {Level: access.Write}}
		in.Usage.Add(audit.Event{Time: now, Kind: "stack-update-started", Description: "Started update 3 of stack payments/before", User: "bo"})
		want := review.OversizedGrant
		if renamed {
			in.Usage.Add(audit.Event{Time: now, Kind: "stack-renamed", Description: "Renamed stack payments/before to payments/prod", User: "ana"})
			want = review.NoData
		}
		found := review.Review(in)
		at := slices.IndexFunc(found.Findings, func(f review.Finding) bool { return f.Entity == "stack:payments/prod" })
		assert.Equal(t, want, found.Findings[at].Rule)
	}
}

// A level is not said to be too much where the log may hide what takes it.
func TestGrantsAreNotOversizedInALogWithGaps(t *testing.T) {
	t.Parallel()
	for _, damaged := range []bool{false, true} {
		in := clean()
		triggers[review.OversizedGrant].change(&in)
		if damaged {
			in.Usage.Read("export", strings.NewReader("{broken\n"))
		}
		assert.Equal(t, !damaged, slices.Contains(rulesOf(review.Review(in)), review.OversizedGrant))
	}
}

// importing adds payments/app, which the team opens, too.
func importing(in *review.Input, definition graph.Definition) {
	in.Organization.Environments = append(in.Organization.Environments, graph.Resource{
		Entity: access.Entity{Kind: access.Environment, ID: "e-app"}, Name: "payments/app", Owner: "ana", Definition: &definition,
	})
	in.Organization.Records["role-app"] = graph.Record{Name: "app", Assignable: true, Descriptor: onEnvironment("e-app", "environment:read", "environment:open")}
	in.Organization.Teams[0].Roles = append(in.Organization.Teams[0].Roles, "role-app")
}

// A token that replaces one of its name is not said to leave its role unused while the other one used it.
func TestRolesOfRotatedTokensAreNotUnused(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"deploy": review.NoData, "other": review.UnusedGrant} {
		in := clean()
		in.Organization.Tokens = append(in.Organization.Tokens,
			graph.Token{ID: "t3", Name: "deploy", Role: roleSet, Created: now, Expires: now.Add(time.Hour), LastUsed: now})
		in.Usage.Add(audit.Event{Time: now, Kind: "environment-open", Description: "Opened environment payments/prod", User: "acme", TokenID: "t2", TokenName: name})
		found := review.Review(in)
		assert.True(t, slices.ContainsFunc(found.Findings, func(f review.Finding) bool { return f.Rule == want && f.Principal == "token:deploy" }),
			"%s: %+v", name, found.Findings)
	}
}

// An environment that somebody may have opened by text that is not stored is not said to be never opened.
func TestNeverOpenedNeedsOpensThatAreTold(t *testing.T) {
	t.Parallel()
	in := clean()
	triggers[review.NeverOpened].change(&in)
	in.Usage.Add(audit.Event{Time: now, Kind: "environment-open", Description: "Opened an anonymous environment", User: "bo"})
	found := review.Review(in)
	assert.NotContains(t, rulesOf(found), review.NeverOpened)
	assert.Contains(t, fmt.Sprint(found.Blind), "not stored")
}
