package review_test

import (
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/usage"
)

var (
	now   = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	since = now.Add(-90 * 24 * time.Hour)
)

const roleSet = "role-openers"

// clean is an organization in which nothing is to be found, but who administers it: two administrators, a team that opens production by a
// role and does, and a token that is used and expires.
func clean() review.Input {
	prod := graph.Resource{
		Entity: access.Entity{Kind: access.Environment, ID: "e-prod", Tags: map[string]string{"tier": "production"}}, Name: "payments/prod", Owner: "ana",
		Definition: &graph.Definition{
			Logins:  []graph.Login{{Cloud: "aws", Identity: "arn:aws:iam::123456789012:role/prod", Path: "aws.login"}},
			Secrets: []graph.Secret{{Path: "db.password"}},
		},
	}
	o := graph.Organization{
		Login: "acme", Catalogue: access.NewCatalogue(nil), AdminRole: "role-admin", MemberRole: "role-member", Restricted: true,
		Records: map[string]graph.Record{
			"role-admin":  {Name: "Admin", Identifier: "admin", Assignable: true, Descriptor: access.Group{}},
			"role-member": {Name: "Member", Identifier: "member", Assignable: true, Descriptor: access.Group{}},
			roleSet:       {Name: "openers", Assignable: true, Descriptor: onEnvironment("e-prod", "environment:read", "environment:open")},
		},
		Users: []graph.User{
			{Login: "ana", Role: "role-admin"}, {Login: "ada", Role: "role-admin"}, {Login: "bo", Role: "role-member"},
		},
		Teams:        []graph.Team{{Name: "payments", Members: []string{"bo"}, Roles: []string{roleSet}}},
		Tokens:       []graph.Token{{ID: "t1", Name: "ci", Team: "payments", Created: now.Add(-24 * time.Hour), Expires: now.Add(24 * time.Hour), LastUsed: now}},
		Stacks:       []graph.Resource{{Entity: access.Entity{Kind: access.Stack, ID: "s-prod"}, Name: "payments/prod"}},
		Environments: []graph.Resource{prod},
		Accounts:     []graph.Resource{{Entity: access.Entity{Kind: access.Account, ID: "a-aws"}, Name: "aws", Owner: "ana"}},
		Deployments:  []graph.Deployment{{Stack: "payments/prod"}},
	}
	return review.Input{Organization: o, Usage: logOf(opened("bo", "payments/prod", now.Add(-time.Hour))), Now: now}
}

// onEnvironment is a rule on one environment.
func onEnvironment(id string, scopes ...string) access.Descriptor {
	return on(access.Environment, id, scopes...)
}

func on(kind access.EntityKind, id string, scopes ...string) access.Descriptor {
	return access.Condition{
		Condition: access.Equal{Left: access.Context{Kind: kind}, Right: access.LiteralEntity{Kind: kind, Identity: id}},
		SubNode:   access.Allowed{Permissions: scopes},
	}
}

func logOf(events ...audit.Event) *usage.Log {
	log := usage.New("acme", since, now)
	for _, e := range events {
		log.Add(e)
	}
	return log
}

func opened(login, environment string, at time.Time) audit.Event {
	return audit.Event{Time: at, Kind: "environment-open", Description: "Opened environment " + environment, User: login, SourceIP: "192.0.2.1"}
}

func refusedOpen(login, environment string) audit.Event {
	return audit.Event{Time: now.Add(-time.Hour), Kind: "environment-unauthorized-open",
		Description: login + " was refused: it needs environment:open on environment " + environment, User: login, SourceIP: "192.0.2.9"}
}

// gated is payments/prod with an open gate.
func gated(in *review.Input, gate graph.Gate) {
	gate.Action = "open"
	in.Organization.Environments[0].Gated = []string{"open"}
	in.Organization.Environments[0].Gates = []graph.Gate{gate}
}

func exactPolicy() oidc.IssuerPolicy {
	return oidc.IssuerPolicy{Decision: oidc.Allow, TokenType: oidc.TeamToken, TeamName: "payments", AuthorizedPermissions: []string{},
		Rules: map[string]string{"aud": "urn:pulumi:org:acme", "sub": "repo:acme/payments:environment:prod", "repository_id": "17", "repository_owner_id": "4"}}
}

func issuer(policies ...oidc.IssuerPolicy) []graph.Issuer {
	return []graph.Issuer{{ID: "i1", Name: "github", URL: "https://token.actions.githubusercontent.com", Policies: policies}}
}
