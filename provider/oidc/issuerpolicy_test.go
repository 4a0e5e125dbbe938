package oidc

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

func teamPolicy(decision Decision, team string, rules map[string]string) IssuerPolicy {
	return IssuerPolicy{Decision: decision, TokenType: TeamToken, TeamName: team, AuthorizedPermissions: []string{}, Rules: rules}
}

func TestDecideExchange(t *testing.T) {
	t.Parallel()
	main := map[string]string{"sub": "repo:acme/app:ref:refs/heads/main"}
	organization := IssuerPolicy{Decision: Allow, TokenType: OrganizationToken, RoleID: "r1", Rules: main}
	admin := IssuerPolicy{Decision: Allow, TokenType: OrganizationToken, AuthorizedPermissions: []string{"admin"}, Rules: main}
	claims := map[string]any{
		"sub": "repo:acme/app:ref:refs/heads/main", "aud": []any{"x", "urn:pulumi:org:acme"}, "run_number": json.Number("7"),
		"kubernetes.io": map[string]any{"serviceaccount": map[string]any{"name": "ci"}}, "private": true, "size": 1e3,
	}
	payments := ExchangeRequest{TokenType: TeamToken, Name: "payments"}
	for name, test := range map[string]struct {
		policies []IssuerPolicy
		asked    ExchangeRequest
		want     bool
	}{
		"no policies":                 {nil, payments, false},
		"deny everything":             {[]IssuerPolicy{DenyAll()}, payments, false},
		"allowed":                     {[]IssuerPolicy{teamPolicy(Allow, "payments", main)}, payments, true},
		"another team":                {[]IssuerPolicy{teamPolicy(Allow, "web", main)}, payments, false},
		"a pattern of teams":          {[]IssuerPolicy{teamPolicy(Allow, "pay*", main)}, payments, true},
		"any team":                    {[]IssuerPolicy{teamPolicy(Allow, "", main)}, payments, true},
		"another type":                {[]IssuerPolicy{organization}, payments, false},
		"another subject":             {[]IssuerPolicy{teamPolicy(Allow, "payments", map[string]string{"sub": "x"})}, payments, false},
		"all claims must match":       {[]IssuerPolicy{teamPolicy(Allow, "payments", map[string]string{"sub": main["sub"], "ref": "x"})}, payments, false},
		"one audience of several":     {[]IssuerPolicy{teamPolicy(Allow, "payments", map[string]string{"aud": "urn:pulumi:org:acme"})}, payments, true},
		"a nested claim":              {[]IssuerPolicy{teamPolicy(Allow, "payments", map[string]string{`"kubernetes.io".serviceaccount.name`: "ci"})}, payments, true},
		"a nested claim, unquoted":    {[]IssuerPolicy{teamPolicy(Allow, "payments", map[string]string{`kubernetes.io.serviceaccount.name`: "ci"})}, payments, false},
		"an object is not a value":    {[]IssuerPolicy{teamPolicy(Allow, "payments", map[string]string{`"kubernetes.io"`: "*"})}, payments, false},
		"a number":                    {[]IssuerPolicy{teamPolicy(Allow, "payments", map[string]string{"run_number": "7", "size": "1000"})}, payments, true},
		"a boolean":                   {[]IssuerPolicy{teamPolicy(Allow, "payments", map[string]string{"private": "true"})}, payments, true},
		"an absent claim":             {[]IssuerPolicy{teamPolicy(Allow, "payments", map[string]string{"absent": "*"})}, payments, false},
		"deny beats allow":            {[]IssuerPolicy{teamPolicy(Allow, "payments", main), teamPolicy(Deny, "payments", main)}, payments, false},
		"deny first":                  {[]IssuerPolicy{teamPolicy(Deny, "payments", main), teamPolicy(Allow, "payments", main)}, payments, false},
		"a deny of another team":      {[]IssuerPolicy{teamPolicy(Deny, "web", nil), teamPolicy(Allow, "payments", main)}, payments, true},
		"a deny that does not match":  {[]IssuerPolicy{teamPolicy(Deny, "payments", map[string]string{"ref": "x"}), teamPolicy(Allow, "payments", main)}, payments, true},
		"organization":                {[]IssuerPolicy{organization}, ExchangeRequest{TokenType: OrganizationToken}, true},
		"admin of a role":             {[]IssuerPolicy{organization}, ExchangeRequest{TokenType: OrganizationToken, Admin: true}, false},
		"admin":                       {[]IssuerPolicy{admin}, ExchangeRequest{TokenType: OrganizationToken, Admin: true}, true},
		"deny applies to admin":       {[]IssuerPolicy{admin, DenyAll()}, ExchangeRequest{TokenType: OrganizationToken, Admin: true}, false},
		"a person":                    {[]IssuerPolicy{{Decision: Allow, TokenType: PersonalToken, UserLogin: "ana", Rules: main}}, ExchangeRequest{TokenType: PersonalToken, Name: "ana"}, true},
		"a person is not a pattern":   {[]IssuerPolicy{{Decision: Allow, TokenType: PersonalToken, UserLogin: "*", Rules: main}}, ExchangeRequest{TokenType: PersonalToken, Name: "ana"}, false},
		"a runner":                    {[]IssuerPolicy{{Decision: Allow, TokenType: RunnerToken, RunnerID: "r", Rules: main}}, ExchangeRequest{TokenType: RunnerToken, Name: "r"}, true},
		"an unknown type":             {[]IssuerPolicy{{Decision: Allow, TokenType: "x", Rules: main}}, ExchangeRequest{TokenType: "x"}, false},
		"an unknown decision is none": {[]IssuerPolicy{teamPolicy("maybe", "payments", main)}, payments, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := DecideExchange(test.policies, test.asked, claims)
			if got.Allowed != test.want || got.Reason == "" || got.Allowed && got.Policy == nil {
				t.Errorf("got %+v", got)
			}
		})
	}
	first := DecideExchange([]IssuerPolicy{organization, admin}, ExchangeRequest{TokenType: OrganizationToken}, claims)
	if first.Policy == nil || first.Policy.RoleID != "r1" {
		t.Errorf("of two policies that allow, got %+v", first.Policy)
	}
}

// The order of policies makes no difference to whether a token is given.
func TestDecideExchangeHasNoOrderProperty(t *testing.T) {
	t.Parallel()
	policy := rapid.Custom(func(t *rapid.T) IssuerPolicy {
		return teamPolicy(rapid.SampledFrom([]Decision{Allow, Deny}).Draw(t, "decision"), rapid.SampledFrom([]string{"a", "b", "*"}).Draw(t, "team"),
			map[string]string{"sub": rapid.SampledFrom([]string{"x", "y", "?"}).Draw(t, "sub")})
	})
	rapid.Check(t, func(t *rapid.T) {
		policies := rapid.SliceOfN(policy, 0, 5).Draw(t, "policies")
		shuffled := slices.Clone(policies)
		if len(policies) > 0 {
			shuffled = rapid.Permutation(policies).Draw(t, "order")
		}
		asked := ExchangeRequest{TokenType: TeamToken, Name: "a"}
		claims := map[string]any{"sub": "x"}
		if DecideExchange(policies, asked, claims).Allowed != DecideExchange(shuffled, asked, claims).Allowed {
			t.Fatalf("%v and %v decide differently", policies, shuffled)
		}
	})
}

func TestCheckIssuerPolicies(t *testing.T) {
	t.Parallel()
	audience := map[string]string{"aud": "urn:pulumi:org:acme"}
	pinned := with(audience, map[string]string{"sub": "repo:acme/app:ref:refs/heads/main"})
	pin := func(claim, value string) map[string]string { return with(audience, map[string]string{claim: value}) }
	role := func(rules map[string]string) IssuerPolicy {
		return IssuerPolicy{Decision: Allow, TokenType: OrganizationToken, RoleID: "r", Rules: rules}
	}
	all := IssuerOptIns{TokenWithoutRole: true, BareWildcardSubject: true, WildcardInClaim: true}
	for name, test := range map[string]struct {
		policy IssuerPolicy
		allow  IssuerOptIns
		want   string // property; "" is fine
	}{
		"team":                         {teamPolicy(Allow, "payments", pinned), IssuerOptIns{}, ""},
		"role":                         {role(pinned), IssuerOptIns{}, ""},
		"deny everything":              {DenyAll(), IssuerOptIns{}, ""},
		"no audience":                  {role(map[string]string{"sub": "x"}), all, `[0].claims["aud"]`},
		"another audience":             {role(map[string]string{"sub": "x", "aud": "urn:pulumi:org:other"}), all, `[0].claims["aud"]`},
		"audience only":                {role(audience), IssuerOptIns{}, "[0].claims"},
		"audience only, insisted":      {role(audience), IssuerOptIns{BareWildcardSubject: true}, ""},
		"bare wildcard":                {role(pin("sub", "*")), IssuerOptIns{WildcardInClaim: true}, "[0].claims"},
		"bare wildcard with a word":    {role(pin("sub", "repo:*")), IssuerOptIns{WildcardInClaim: true}, "[0].claims"},
		"bare wildcard, insisted":      {role(pin("sub", "*")), IssuerOptIns{BareWildcardSubject: true}, ""},
		"a branch is not a workload":   {role(pin("ref", "refs/heads/main")), IssuerOptIns{}, "[0].claims"},
		"wildcard":                     {role(pin("sub", "repo:acme/*")), IssuerOptIns{}, `[0].claims["sub"]`},
		"wildcard, the wrong opt-in":   {role(pin("sub", "repo:acme/*")), IssuerOptIns{BareWildcardSubject: true}, `[0].claims["sub"]`},
		"wildcard, insisted":           {role(pin("sub", "repo:acme/*")), IssuerOptIns{WildcardInClaim: true}, ""},
		"a dot":                        {role(pin("sub", "repo:acme/my.app:ref:refs/heads/main")), IssuerOptIns{}, `[0].claims["sub"]`},
		"a question mark":              {role(pin("sub", "a?")), IssuerOptIns{}, `[0].claims["sub"]`},
		"an empty value":               {role(pin("sub", "")), all, `[0].claims["sub"]`},
		"a broken name":                {role(pin(`"a`, "x")), all, `[0].claims["\"a"]`},
		"no role":                      {IssuerPolicy{Decision: Allow, TokenType: OrganizationToken, Rules: pinned}, IssuerOptIns{}, "[0].roleId"},
		"no role, insisted":            {IssuerPolicy{Decision: Allow, TokenType: OrganizationToken, Rules: pinned}, IssuerOptIns{TokenWithoutRole: true}, ""},
		"admin":                        {IssuerPolicy{Decision: Allow, TokenType: OrganizationToken, AuthorizedPermissions: []string{"admin"}, Rules: pinned}, IssuerOptIns{}, "[0].admin"},
		"admin and a role":             {IssuerPolicy{Decision: Allow, TokenType: OrganizationToken, RoleID: "r", AuthorizedPermissions: []string{"admin"}, Rules: pinned}, all, "[0].admin"},
		"admin of a team":              {IssuerPolicy{Decision: Allow, TokenType: TeamToken, TeamName: "t", AuthorizedPermissions: []string{"admin"}, Rules: pinned}, all, "[0].admin"},
		"no team":                      {teamPolicy(Allow, "", pinned), all, "[0].team"},
		"no user":                      {IssuerPolicy{Decision: Allow, TokenType: PersonalToken, Rules: pinned}, all, "[0].user"},
		"no runner":                    {IssuerPolicy{Decision: Allow, TokenType: RunnerToken, Rules: pinned}, all, "[0].runner"},
		"a team on another type":       {IssuerPolicy{Decision: Allow, TokenType: OrganizationToken, RoleID: "r", TeamName: "t", Rules: pinned}, all, "[0].team"},
		"a role on another type":       {IssuerPolicy{Decision: Allow, TokenType: TeamToken, RoleID: "r", TeamName: "t", Rules: pinned}, all, "[0].roleId"},
		"teams by a pattern":           {teamPolicy(Allow, "pay*", pinned), IssuerOptIns{}, "[0].team"},
		"teams by a pattern, insisted": {teamPolicy(Allow, "pay*", pinned), IssuerOptIns{WildcardInClaim: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, one := range problem.Of(CheckIssuerPolicies(AnyWorkloads, "acme", []IssuerPolicy{test.policy}, test.allow)) {
				got = append(got, one.Path)
			}
			if strings.Join(got, ",") != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
