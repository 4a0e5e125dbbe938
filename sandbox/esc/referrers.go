package esc

import (
	"cmp"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/gates"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

type wireReferrer struct {
	Environment *wireEnvironmentReferrer `json:"environment,omitempty"`
	Stack       *wireStackReferrer       `json:"stack,omitempty"`
	Account     *wireAccountReferrer     `json:"insightsAccount,omitempty"`
}

type wireEnvironmentReferrer struct {
	Project  string `json:"project"`
	Name     string `json:"name"`
	Revision int    `json:"revision"`
}

type wireStackReferrer struct {
	Project string `json:"project"`
	Stack   string `json:"stack"`
	Version int    `json:"version"`
}

type wireAccountReferrer struct {
	Name string `json:"accountName"`
}

// maxReferrers is the largest page of referrers.
const maxReferrers = 500

// namedReferrer is a referrer and the version by which it names the environment.
type namedReferrer struct {
	version  string
	referrer wireReferrer
}

// listReferrers answers with what uses an environment, by the version that each names: the latest text of other
// environments, stacks that keep their configuration in it, and accounts. It shows only what the caller may see.
func listReferrers(c *core.Call, e *state.Environment) (map[string]any, error) {
	size, err := positive(c, "count", maxReferrers)
	if err != nil {
		return nil, err
	}
	if size > maxReferrers {
		return nil, rest.BadRequest("count must be between 1 and %d", maxReferrers)
	}
	entries, next, err := rest.Page(referrers(c, e), c.Query("continuationToken"), size)
	if err != nil {
		return nil, err
	}
	byVersion := map[string][]wireReferrer{}
	for _, entry := range entries {
		byVersion[entry.version] = append(byVersion[entry.version], entry.referrer)
	}
	answer := map[string]any{"referrers": byVersion}
	if next != "" {
		answer["continuationToken"] = next
	}
	return answer, nil
}

func referrers(c *core.Call, e *state.Environment) []namedReferrer {
	var all []namedReferrer
	for _, key := range rest.SortedKeys(c.Org.State.Environments) {
		other := c.Org.State.Environments[key]
		if !c.Org.Rules().Can(c.Caller, "environment:read", authz.Environment(other)) {
			continue
		}
		for _, version := range importsOf(other, e) {
			all = append(all, namedReferrer{version, wireReferrer{Environment: &wireEnvironmentReferrer{
				Project: other.Project, Name: other.Name, Revision: other.Latest().Number,
			}}})
		}
	}
	for _, key := range rest.SortedKeys(c.Org.State.Stacks) {
		st := c.Org.State.Stacks[key]
		if version, uses := names(st.Environment, e); uses && c.Org.Rules().Can(c.Caller, "stack:read", authz.Stack(st)) {
			all = append(all, namedReferrer{version, wireReferrer{Stack: &wireStackReferrer{
				Project: st.Project, Stack: st.Name, Version: st.Version,
			}}})
		}
	}
	for _, name := range rest.SortedKeys(c.Org.State.Accounts) {
		a := c.Org.State.Accounts[name]
		if version, uses := names(a.Environment, e); uses && c.Org.Rules().Can(c.Caller, "insights_account:read", authz.Account(a)) {
			all = append(all, namedReferrer{version, wireReferrer{Account: &wireAccountReferrer{Name: name}}})
		}
	}
	return all
}

// importsOf lists the versions by which e's latest text imports another environment.
func importsOf(e *state.Environment, other *state.Environment) []string {
	var versions []string
	for _, name := range gates.ImportNames(e, e.Definition) {
		if name.EnvironmentRef == other.Ref() {
			versions = append(versions, cmp.Or(name.Version, environments.LatestRevision))
		}
	}
	return versions
}

// names reports whether text names an environment, and at which version.
func names(text string, e *state.Environment) (version string, yes bool) {
	name, err := environments.ParseImportName(text)
	if err != nil || name.EnvironmentRef != e.Ref() {
		return "", false
	}
	return cmp.Or(name.Version, environments.LatestRevision), true
}
