package graph_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// agent decides what an agent's tasks may do. Without a role, they may do what anybody may, and an administrator is somebody.
func (o *naiveOrg) agent(a naiveAssistant, scope string, e naiveEntity) string {
	if a.role == "" {
		return weaker(o.admin(e.kind, scope), "possible")
	}
	held := o.explicit(a.role, scope, e)
	if a.paused {
		return weaker(held, "possible")
	}
	return held
}

func claimsText(claims map[string]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		all = append(all, name+"="+claims[name])
	}
	if len(all) == 0 {
		return "any token"
	}
	return strings.Join(all, ", ")
}

// glob is a pattern of the service as an expression.
func glob(pattern string) *regexp.Regexp {
	var text strings.Builder
	for _, r := range pattern {
		switch r {
		case '*':
			text.WriteString(".*")
		case '?':
			text.WriteString(".?")
		case '.':
			text.WriteString(".")
		default:
			text.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return regexp.MustCompile("^(?s:" + text.String() + ")$")
}

// drawnTokens are all tokens that outside identities of the drawn organizations can have.
func drawnTokens() (all []map[string]string) {
	for _, sub := range []string{"", "main", "maixn", "pull", "other"} {
		for _, env := range []string{"", "prod", "dev"} {
			token := map[string]string{}
			if sub != "" {
				token["sub"] = sub
			}
			if env != "" {
				token["environment"] = env
			}
			all = append(all, token)
		}
	}
	return all
}

func (p naiveTrust) matches(token map[string]string) bool {
	for claim, pattern := range p.claims {
		if value, has := token[claim]; !has || !glob(pattern).MatchString(value) {
			return false
		}
	}
	return true
}

// outsider decides what any of the tokens gets that match what a policy asks for: each is tried.
func (o *naiveOrg) outsider(claims map[string]string, scope string, e naiveEntity) string {
	held := ""
	for _, token := range drawnTokens() {
		if (naiveTrust{claims: claims}).matches(token) {
			held = better(held, o.identity(token, claims, scope, e))
		}
	}
	return held
}

// identity is what one token gets by the policies that ask for certain claims.
func (o *naiveOrg) identity(token, claims map[string]string, scope string, e naiveEntity) string {
	held := ""
	for _, p := range o.policies {
		if p.deny || !maps.Equal(p.claims, claims) {
			continue
		}
		get := func(name string, admin bool, holds string) {
			if (p.name == "" || p.name == name || p.tokens == "team" && glob(p.name).MatchString(name)) && !o.denied(p.tokens, name, admin, token) {
				held = better(held, holds)
			}
		}
		switch p.tokens {
		case "organization":
			held := o.token(naiveToken{role: p.role}, scope, e)
			for _, other := range o.policies {
				if !other.deny && other.tokens == p.tokens && other.role != p.role && other.matches(token) {
					held = weaker(held, "possible") // which of the roles it has is not said
				}
			}
			get("", false, held)
			if p.admin {
				get("", true, o.token(naiveToken{admin: true}, scope, e))
			}
		case "team":
			for _, t := range o.teams {
				get(t.name, false, o.teamToken(t.name, scope, e))
			}
		case "personal":
			for _, u := range o.users {
				get(u.login, false, o.user(u.login, scope, e))
			}
		case "runner":
			get(p.name, false, weaker(o.admin(e.kind, scope), "possible")) // it runs what anybody starts
		}
	}
	return held
}

func (o *naiveOrg) denied(tokens, name string, admin bool, token map[string]string) bool {
	return slices.ContainsFunc(o.policies, func(p naiveTrust) bool {
		named := p.name == "" || p.name == name || p.tokens == "team" && glob(p.name).MatchString(name)
		return p.deny && p.tokens == tokens && named && p.matches(token)
	})
}
