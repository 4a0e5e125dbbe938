package review_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/review"
)

// triggers are organizations that differ from the clean one in what a rule is about, with the principal and entity that it finds.
var triggers = map[string]struct {
	change            func(*review.Input)
	principal, entity string
}{
	review.UnusedGrant: {func(in *review.Input) { in.Usage = logOf(opened("ana", "payments/prod", now)) }, "team:payments", "role:openers"},
	review.OversizedGrant: {func(in *review.Input) {
		in.Organization.Records[roleSet] = graph.Record{Name: "openers", Assignable: true,
			Descriptor: onEnvironment("e-prod", access.LevelScopes(access.Environment, access.Admin)...)}
	}, "team:payments", "role:openers"},
	review.NoData: {func(in *review.Input) {
		in.Organization.Teams[0].Accounts = map[string]graph.Held{"aws": {Level: access.Read}}
	}, "team:payments", "account:aws"},
	review.UnexpectedOpen: {func(in *review.Input) {
		in.Usage = logOf(opened("bo", "payments/prod", now), opened("gone", "payments/prod", now))
	}, "user:gone", "environment:payments/prod"},
	review.RefusedOpen: {func(in *review.Input) {
		in.Usage = logOf(opened("bo", "payments/prod", now), refusedOpen("bo", "payments/prod"))
	}, "user:bo", "environment:payments/prod"},
	review.UnusualOpen: {func(in *review.Input) {
		var events []audit.Event
		for day := range 30 {
			events = append(events, opened("bo", "payments/prod", since.Add(time.Duration(24*day)*time.Hour)))
		}
		late := opened("bo", "payments/prod", now.Add(-3*time.Hour))
		late.SourceIP = "198.51.100.7"
		in.Usage = logOf(append(events, late)...)
	}, "user:bo", "environment:payments/prod"},
	review.NeverOpened: {func(in *review.Input) {
		in.Organization.Environments = append(in.Organization.Environments, graph.Resource{
			Entity: access.Entity{Kind: access.Environment, ID: "e-old"}, Name: "payments/old", Owner: "ana",
			Definition: &graph.Definition{Secrets: []graph.Secret{{Path: "key"}}},
		})
	}, "", "environment:payments/old"},
	review.TokenWithoutExpiry: {func(in *review.Input) { in.Organization.Tokens[0].Expires = time.Time{} }, "token:payments/ci", "team:payments"},
	review.TokenUnused: {func(in *review.Input) {
		in.Organization.Tokens[0].Created, in.Organization.Tokens[0].LastUsed = since.Add(-time.Hour), time.Time{}
	}, "token:payments/ci", "team:payments"},
	review.TokenAdmin: {func(in *review.Input) {
		in.Organization.Tokens = append(in.Organization.Tokens, graph.Token{ID: "t2", Name: "root", Admin: true, Created: now, Expires: now.Add(time.Hour)})
	}, "token:root", "organization:acme"},
	review.TokenWithoutRole: {func(in *review.Input) {
		in.Organization.Tokens = append(in.Organization.Tokens, graph.Token{ID: "t2", Name: "plain", Created: now, Expires: now.Add(time.Hour)})
	}, "token:plain", "organization:acme"},
	review.CreatorGrant: {func(in *review.Input) {
		in.Organization.Stacks[0].Direct = map[string]access.Level{"acme": access.Admin}
	}, "user:acme", "stack:payments/prod"},
	review.SingleAdmin: {func(in *review.Input) {
		in.Organization.Users = in.Organization.Users[1:]
		in.Organization.Environments[0].Owner, in.Organization.Accounts[0].Owner = "ada", "ada"
	}, "user:ada", "organization:acme"},
	review.DirectGrant: {func(in *review.Input) {
		in.Organization.Environments[0].Assigned = map[string][]string{"bo": {"set-read"}}
		in.Organization.Records["set-read"] = graph.Record{Name: "readers", Descriptor: access.Allowed{Permissions: []string{"environment:read"}}}
		in.Usage.Add(audit.Event{Time: now, Kind: "environment-read", Description: "Read environment payments/prod", User: "bo"})
	}, "user:bo", "environment:payments/prod"},
	review.BroadDefault: {func(in *review.Input) { in.Organization.Defaults.Environment = access.Open }, "organization:acme",
		"organization:acme defaultEnvironmentPermission"},
	review.WildcardPolicy: {func(in *review.Input) {
		policy := exactPolicy()
		policy.Rules = map[string]string{"aud": "urn:pulumi:org:acme", "sub": "repo:*"}
		in.Organization.Issuers = issuer(policy)
	}, "outsider:github: aud=urn:pulumi:org:acme, sub=repo:*", "issuer:github"},
	review.DeadPolicy: {func(in *review.Input) {
		deny := exactPolicy()
		deny.Decision, deny.Rules = oidc.Deny, map[string]string{}
		in.Organization.Issuers = issuer(exactPolicy(), deny)
	}, "", "issuer:github"},
	review.TeamTokenDefaults: {func(in *review.Input) {
		in.Organization.Restricted, in.Organization.Defaults.Stack = false, access.Read
	}, "team:payments", "organization:acme"},
	review.TrustMismatch: {func(in *review.Input) {
		subjects, err := oidc.ESCSubjects("acme", oidc.EnvironmentRef{Project: "payments", Name: "other"}, oidc.Lock{})
		if err != nil {
			panic(err)
		}
		document, err := oidc.AWSTrustPolicy(oidc.AWSTrust{Subjects: subjects, Audiences: []string{"aws:acme"}, AccountID: "123456789012"})
		if err != nil {
			panic(err)
		}
		in.Trust = []review.TrustDocument{{Name: "trust.json", Kind: oidc.AWSDocument, Document: document, Environment: "payments/prod",
			Want: oidc.Intent{AccountID: "123456789012"}}}
	}, "document:trust.json", "environment:payments/prod"},
	oidc.RulePullRequests: {func(in *review.Input) {
		in.Trust = []review.TrustDocument{{Name: "trust.json", Kind: oidc.AWSDocument, Document: `{"Version": "2012-10-17", "Statement": [` +
			`{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}, ` +
			`"Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com", ` +
			`"token.actions.githubusercontent.com:sub": "repo:acme/app:pull_request"}}}]}`}}
	}, "document:trust.json", "document:trust.json"},
	oidc.RuleAnyPrincipal: {func(in *review.Input) {
		in.Trust = []review.TrustDocument{{Name: "trust.json", Kind: oidc.AWSDocument, Document: `{"Version": "2012-10-17", "Statement": [` +
			`{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {` +
			`"api.pulumi.com/oidc:sub": "pulumi:deploy:org:acme:project:payments:stack:prod:operation:update:scope:write", "api.pulumi.com/oidc:aud": "acme"}}}]}`}}
	}, "document:trust.json", "document:trust.json"},
	review.StoredCredential: {func(in *review.Input) {
		in.Organization.Environments[0].Definition.Credentials = []graph.Credential{{Cloud: "aws", Path: "environmentVariables.AWS_SECRET_ACCESS_KEY"}}
	}, "", "environment:payments/prod"},
	review.GateRemovable: {func(in *review.Input) {
		gated(in, graph.Gate{Users: []string{"ana", "ada"}})
		in.Organization.Records[roleSet] = graph.Record{Name: "openers", Assignable: true,
			Descriptor: onEnvironment("e-prod", "environment:read", "environment:open", "change_gate:delete")}
	}, "user:bo", "environment:payments/prod"},
	review.GateUnreachable: {func(in *review.Input) { gated(in, graph.Gate{Approvals: 3, Users: []string{"ana", "ada"}}) }, "gate:open", "environment:payments/prod"},
	review.GateBlocksDeployments: {func(in *review.Input) {
		gated(in, graph.Gate{Users: []string{"ana", "ada"}})
		in.Organization.Stacks[0].Uses = []graph.Reference{{Name: "payments/prod", Scope: "environment:open"}}
		in.Organization.Deployments[0].ByGit = true
	}, "deployment:payments/prod", "environment:payments/prod"},
	review.Escalation: {func(in *review.Input) {
		in.Organization.Records["role-editors"] = graph.Record{Name: "editors", Assignable: true, Descriptor: access.Allowed{Permissions: []string{"role:update"}}}
		in.Organization.Users = append(in.Organization.Users, graph.User{Login: "cy", Role: "role-editors"})
		in.Usage.Add(audit.Event{Time: now, Kind: "custom-role-updated", Description: "Updated role editors", User: "cy"})
	}, "user:cy", "organization:acme"},
	review.AgentOpenDefault: {func(in *review.Input) {
		in.Organization.Records["role-agent"] = graph.Record{Name: "agent", Assignable: true, Descriptor: access.Allowed{Permissions: []string{"team:read"}}}
		in.Organization.Agents = []graph.Agent{{Name: "helper", Role: "role-agent", ApprovalMode: "manual", AllIntegrations: true}}
	}, "agent:helper", "organization:acme"},
	review.SuspendedWithAccess: {func(in *review.Input) {
		in.Organization.Users = append(in.Organization.Users, graph.User{Login: "di", Role: "role-member", Suspended: true})
		in.Organization.Teams[0].Members = append(in.Organization.Teams[0].Members, "di")
	}, "user:di", "organization:acme"},
	review.EmptyTeam: {func(in *review.Input) {
		in.Organization.Teams = append(in.Organization.Teams, graph.Team{Name: "empty"})
	}, "team:empty", "organization:acme"},
	review.UnheldRole: {func(in *review.Input) {
		in.Organization.Records["role-idle"] = graph.Record{Name: "idle", Assignable: true, Descriptor: access.Allowed{Permissions: []string{"team:update"}}}
	}, "role:idle", "organization:acme"},
	review.ExpiredMember: {func(in *review.Input) {
		in.Temporary = []review.Temporary{{Team: "payments", User: "bo", Until: now.Add(-time.Hour)}}
	}, "user:bo", "team:payments"},
}

// beside are findings that an organization cannot be without when a rule is triggered: an agent's use leaves no event that names it.
var beside = map[string][]string{review.AgentOpenDefault: {review.NoData}, review.GateRemovable: {review.Escalation}}

func TestCleanOrganizationTriggersNothing(t *testing.T) {
	t.Parallel()
	found := review.Review(clean())
	assert.Equal(t, []string{review.Admin, review.Admin}, rulesOf(found), "%+v", found.Findings)
	require.Len(t, found.Blind, 1)
	assert.Contains(t, found.Blind[0].Hides, "getEscalations lists the possible ones")
	in := clean()
	in.MinSeverity = review.Low
	assert.Empty(t, review.Review(in).Findings)
}

// rulesOf are the rules of findings, sorted.
func rulesOf(found review.Result) []string {
	var all []string
	for _, f := range found.Findings {
		all = append(all, f.Rule)
	}
	slices.Sort(all)
	return all
}

// Each rule has an organization that triggers it and no other rule.
func TestEachRuleIsTriggeredAlone(t *testing.T) {
	t.Parallel()
	for _, rule := range review.Rules() {
		if rule.ID == review.Admin { // the clean organization triggers it
			continue
		}
		trigger, known := triggers[rule.ID]
		if slices.Contains(oidc.Rules(), rule.ID) && !known {
			continue // TestLintFinds has them
		}
		if !assert.True(t, known, "rule %s has no organization", rule.ID) {
			continue
		}
		t.Run(rule.ID, func(t *testing.T) {
			t.Parallel()
			in := clean()
			trigger.change(&in)
			found := review.Review(in)
			others := slices.DeleteFunc(slices.Compact(rulesOf(found)), func(r string) bool {
				return r == review.Admin || slices.Contains(beside[rule.ID], r)
			})
			require.Equal(t, []string{rule.ID}, others, "%+v", found.Findings)
			at := slices.IndexFunc(found.Findings, func(f review.Finding) bool {
				return f.Rule == rule.ID && (trigger.principal == "" || f.Principal == trigger.principal) && f.Entity == trigger.entity
			})
			require.GreaterOrEqual(t, at, 0, "%+v", found.Findings)
			f := found.Findings[at]
			if rule.ID != review.Escalation {
				assert.Equal(t, rule.Severity, f.Severity)
			}
			assert.Regexp(t, "^[0-9a-f]{16}$", f.ID)
			assert.NotEmpty(t, f.Risk)
			assert.NotEmpty(t, f.Evidence)
			assert.NotEmpty(t, f.Fix)
			assert.Positive(t, found.ByRule[rule.ID])
			assert.Positive(t, found.BySeverity[f.Severity])
			again := clean()
			trigger.change(&again)
			assert.Equal(t, found, review.Review(again), "the same in every run")
		})
	}
	for id := range maps.Keys(triggers) {
		assert.True(t, slices.ContainsFunc(review.Rules(), func(r review.Rule) bool { return r.ID == id }), id)
	}
}

// A suppression holds a finding back until it ends; then the finding is back and says so.
func TestSuppressionsEnd(t *testing.T) {
	t.Parallel()
	for id, trigger := range triggers {
		for name, s := range map[string]review.Suppression{
			"the rule":     {Rule: id},
			"both":         {Rule: id, Principal: trigger.principal, Entity: trigger.entity},
			"without kind": {Rule: id, Principal: bare(trigger.principal), Entity: bare(trigger.entity)},
		} {
			s.Reason, s.Until = "accepted by ana", now.Add(time.Hour)
			in := clean()
			trigger.change(&in)
			in.Suppressions = []review.Suppression{s}
			accepted := review.Review(in)
			assert.False(t, slices.ContainsFunc(accepted.Findings, func(f review.Finding) bool {
				return f.Rule == id && (s.Principal == "" || f.Principal == trigger.principal)
			}), "%s %s", id, name)
			assert.GreaterOrEqual(t, accepted.Suppressed, 1, name)
			assert.Empty(t, accepted.Ended, name)

			in.Now = s.Until
			if id == review.TokenUnused || id == review.TokenWithoutExpiry {
				continue // what they find depends on the time
			}
			back := review.Review(in)
			assert.Contains(t, rulesOf(back), id, "%s %s", id, name)
			require.Len(t, back.Ended, 1, name)
			assert.GreaterOrEqual(t, back.Ended[0].Findings, 1, name)
			at := slices.IndexFunc(back.Findings, func(f review.Finding) bool {
				return f.Rule == id && (trigger.principal == "" || f.Principal == trigger.principal)
			})
			assert.Contains(t, strings.Join(back.Findings[at].Evidence, "; "), "accepted by ana", name)
		}
	}
	other := clean()
	triggers[review.EmptyTeam].change(&other)
	other.Suppressions = []review.Suppression{{Rule: review.EmptyTeam, Principal: "team:other", Reason: "r", Until: now.Add(time.Hour)}}
	assert.Contains(t, rulesOf(review.Review(other)), review.EmptyTeam, "another principal")
}

func bare(text string) string {
	_, name, _ := strings.Cut(text, ":")
	return name
}

func TestSuppressionsAreChecked(t *testing.T) {
	t.Parallel()
	wrong := review.CheckSuppressions([]review.Suppression{{Rule: "no-such-rule"}, {Rule: review.Admin, Reason: "r", Until: now}})
	var paths []string
	for _, p := range wrong {
		paths = append(paths, p.Path)
	}
	assert.Equal(t, []string{"[0].rule", "[0].reason", "[0].until"}, paths)
}

// A grant on a stack that only looks unused is not called so: looking at a stack leaves no event.
func TestGrantsOnStacksMayBeOversizedAndAreNotUnused(t *testing.T) {
	t.Parallel()
	for level, want := range map[access.Level]string{access.Write: review.OversizedGrant, access.Admin: review.OversizedGrant, access.Read: review.NoData} {
		in := clean()
		in.Organization.Teams[0].Stacks = map[string]graph.Held{"payments/prod": {Level: level}}
		found := review.Review(in)
		at := slices.IndexFunc(found.Findings, func(f review.Finding) bool { return f.Entity == "stack:payments/prod" })
		require.GreaterOrEqual(t, at, 0, level)
		assert.Equal(t, want, found.Findings[at].Rule, level)
	}
	in := clean()
	in.Organization.Teams[0].Stacks = map[string]graph.Held{"payments/prod": {Level: access.Write}}
	in.Usage.Add(audit.Event{Time: now, Kind: "stack-update-started", Description: "Started update 3 of stack payments/prod", User: "bo"})
	for _, f := range review.Review(in).Findings {
		assert.NotEqual(t, "stack:payments/prod", f.Entity, "write was used")
	}
}

// A login of a machine may be that of a deployment, which the log does not name: such an open is unexpected if no deployment may open it.
func TestOpensByDeploymentsAreNotUnexpected(t *testing.T) {
	t.Parallel()
	in := clean()
	in.Usage.Add(opened("stack-account:7", "payments/prod", now))
	assert.Contains(t, rulesOf(review.Review(in)), review.UnexpectedOpen)
	in.Organization.Deployments[0].Role = roleSet
	assert.NotContains(t, rulesOf(review.Review(in)), review.UnexpectedOpen)
}

func TestAllowedOpeners(t *testing.T) {
	t.Parallel()
	in := clean()
	in.AllowedOpeners = map[string]func(graph.PrincipalID) bool{"payments/prod": func(p graph.PrincipalID) bool { return p.Name != "bo" }}
	assert.Contains(t, rulesOf(review.Review(in)), review.UnexpectedOpen)
}

// What could not be read is in the answer, and no finding quotes a secret.
func TestBlindIsPassedOn(t *testing.T) {
	t.Parallel()
	in := clean()
	in.Blind = []graph.Blind{{What: "teams", Hides: "members"}}
	in.Usage.Read("export.csv", strings.NewReader("s3cret,\n"))
	found := review.Review(in)
	assert.Contains(t, found.Blind, graph.Blind{What: "teams", Hides: "members"})
	assert.Contains(t, fmt.Sprint(found.Blind), "export.csv:1")
	assert.NotContains(t, fmt.Sprint(found), "s3cret")
}
