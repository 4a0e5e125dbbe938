package server

import (
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// callerRule lists the kinds of token that may call routes, before any scope is checked. Routes is a route's pattern, or the
// beginning of several ending in "*"; a method of "*" is every method.
type callerRule struct {
	routes string
	kinds  []state.TokenKind
	why    string // completes "... may not call it: "
}

var (
	everyKind = []state.TokenKind{state.PersonalToken, state.OrganizationToken, state.TeamToken, state.DeploymentToken}
	people    = []state.TokenKind{state.PersonalToken}
)

// callerRules is the whole table: the first rule that matches decides, and a route that none matches is a bug that stops the
// server from starting. Routes that need no token, and those that take an update's lease, are not in it.
var callerRules = []callerRule{
	{"POST /api/orgs/{orgName}/tokens", people, "a machine cannot create organization tokens"},
	{"DELETE /api/orgs/{orgName}/tokens/{tokenId}", people, "a machine cannot delete organization tokens"},
	{"* /api/user/tokens*", people, "only people have personal tokens"},
	{"POST /api/user/organizations/{orgName}/default", people, "only people have a default organization"},
	{"GET /api/user", everyKind, ""},
	{"GET /api/user/organizations/default", everyKind, ""},
	{"GET /api/user/stacks", everyKind, ""},
	{"* /api/orgs/{orgName}*", everyKind, ""},
	{"* /api/stacks/{orgName}*", everyKind, ""},
	{"* /api/console/*", everyKind, ""},
	{"* /api/esc/*", everyKind, ""},
	{"* /api/change-gates/{orgName}*", everyKind, ""},
	{"* /api/change-requests/{orgName}*", everyKind, ""},
	{"* /api/preview/*", everyKind, ""},
}

// ruleFor finds the rule of a route.
func ruleFor(pattern string) (callerRule, bool) {
	method, path, _ := strings.Cut(pattern, " ")
	i := slices.IndexFunc(callerRules, func(r callerRule) bool {
		of, routes, _ := strings.Cut(r.routes, " ")
		start, open := strings.CutSuffix(routes, "*")
		return (of == "*" || of == method) && (routes == path || open && strings.HasPrefix(path, start))
	})
	if i < 0 {
		return callerRule{}, false
	}
	return callerRules[i], true
}

// withCallers checks that there is a rule for each route.
func withCallers(routes []core.Route) []core.Route {
	for _, rt := range routes {
		if _, ok := ruleFor(rt.Pattern); !ok && !rt.Open && !rt.Lease {
			panic("no rule says who may call " + rt.Pattern)
		}
	}
	return routes
}

// checkKind refuses kinds of tokens that may not call the route, whatever they are granted.
func checkKind(c *core.Call) error {
	if c.Route.Open || c.Route.Lease {
		return nil
	}
	rule, _ := ruleFor(c.Route.Pattern)
	if slices.Contains(rule.kinds, c.Caller.Token.Kind) {
		return nil
	}
	c.Audit("auth-failure-organization-role", "%s was refused: %s", c.Caller.Login, rule.why)
	return rest.Forbidden("%s token: %s", c.Caller.Token.Kind, rule.why)
}
