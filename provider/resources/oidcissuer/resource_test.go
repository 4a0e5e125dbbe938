package oidcissuer_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

const (
	listIssuersRoute    = "GET /api/orgs/{orgName}/oidc/issuers"
	registerIssuerRoute = "POST /api/orgs/{orgName}/oidc/issuers"
	readIssuerRoute     = "GET /api/orgs/{orgName}/oidc/issuers/{issuerId}"
	changeIssuerRoute   = "PATCH /api/orgs/{orgName}/oidc/issuers/{issuerId}"
	deleteIssuerRoute   = "DELETE /api/orgs/{orgName}/oidc/issuers/{issuerId}"
	readPoliciesRoute   = "GET /api/orgs/{orgName}/auth/policies/oidcissuers/{issuerId}"
	writePoliciesRoute  = "PATCH /api/orgs/{orgName}/auth/policies/{policyId}"
)

// admits says whether a job with that subject gets a token of the team.
func admits(w resourcetest.World, subject string) bool {
	w.T.Helper()
	status, answer := w.Call("", http.MethodPost, "/api/oauth/token", resourcetest.Tree{
		"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "audience": "urn:pulumi:org:acme", "scope": "team:payments",
		"subject_token": w.CIToken("github", resourcetest.Tree{"sub": subject}), "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
		"requested_token_type": "urn:pulumi:token-type:access_token:team",
	})
	require.Contains(w.T, []int{200, 400}, status, "%s", answer)
	return status == 200
}

// livePolicies are the policies of the engine's issuer as the service has them.
func livePolicies(w resourcetest.World, e *resourcetest.Engine) cloud.AuthPolicy {
	w.T.Helper()
	var policy cloud.AuthPolicy
	path := "/api/orgs/acme/auth/policies/oidcissuers/" + e.State.Get("issuerId").AsString()
	require.NoError(w.T, json.Unmarshal(w.Admin("GET", path, nil), &policy))
	return policy
}

// rewritePolicies replaces the policies beside the provider.
func rewritePolicies(w resourcetest.World, e *resourcetest.Engine, all ...resourcetest.Tree) {
	w.T.Helper()
	w.Admin("PATCH", "/api/orgs/acme/auth/policies/"+livePolicies(w, e).ID, resourcetest.Tree{"policies": all})
}

func foreignPolicy(subject string) resourcetest.Tree {
	return resourcetest.Tree{
		"decision": "allow", "tokenType": "team", "teamName": "payments", "authorizedPermissions": []string{},
		"rules": resourcetest.Tree{"sub": subject, "aud": "urn:pulumi:org:acme"},
	}
}

func TestOidcIssuerLifecycle(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	before := string(w.State())
	e := w.Resource("OidcIssuer")
	inputs := resourcetest.IssuerInputs(w, resourcetest.Policies(resourcetest.TeamPolicy(resourcetest.MainBranch), resourcetest.TeamPolicy(resourcetest.OtherBranch), resourcetest.TeamPolicy(resourcetest.MainBranch)))

	w.Reset()
	preview, err := e.Preview(inputs)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{listIssuersRoute: 1}, w.Calls(), "a preview looks whether the URL is taken, and writes nothing")
	assert.Contains(t, resourcetest.Show(preview.Get("policies")), "urn:pulumi:org:acme", "the audience is pinned, and shown")
	assert.Empty(t, e.Said())

	w.Reset()
	require.NoError(t, e.Up(inputs))
	assert.Equal(t, map[string]int{registerIssuerRoute: 1, readPoliciesRoute: 2, writePoliciesRoute: 1}, w.Calls())
	assert.Equal(t, "acme/"+e.State.Get("issuerId").AsString(), e.ID)
	assert.Len(t, livePolicies(w, e).Policies, 2)
	assert.True(t, admits(w, resourcetest.MainBranch))
	assert.False(t, admits(w, resourcetest.MainBranch+"2"))

	w.Reset()
	e.Settled(inputs)
	require.NoError(t, e.Up(inputs))
	assert.Empty(t, e.Diff(resourcetest.IssuerInputs(w, map[string]any{"maxExpiration": "60m", "policies": []any{resourcetest.TeamPolicy(resourcetest.OtherBranch), resourcetest.TeamPolicy(resourcetest.MainBranch)}})).DetailedDiff,
		"another spelling of the same is the same")
	assert.Empty(t, w.Calls(), "a no-op makes no call")
	require.NoError(t, e.Refresh())
	assert.Equal(t, map[string]int{readIssuerRoute: 1, readPoliciesRoute: 1}, w.Calls())
	e.Settled(inputs)

	w.Reset()
	less := resourcetest.IssuerInputs(w, map[string]any{"name": "CI of acme", "policies": []any{resourcetest.TeamPolicy(resourcetest.OtherBranch)}})
	delete(less, "maxExpiration")
	assert.Equal(t, []string{"maxExpiration", "name", "policies"}, resourcetest.Changed(e.Diff(less)))
	_, err = e.Preview(less)
	require.NoError(t, err)
	assert.Equal(t, map[string]int{readPoliciesRoute: 1}, w.Calls())
	said := e.Said()
	assert.Contains(t, said, resourcetest.MainBranch)
	assert.NotContains(t, said, resourcetest.OtherBranch)
	w.Reset()
	require.NoError(t, e.Up(less))
	assert.Equal(t, map[string]int{changeIssuerRoute: 1, readPoliciesRoute: 2, writePoliciesRoute: 1}, w.Calls())
	assert.False(t, admits(w, resourcetest.MainBranch))
	assert.True(t, admits(w, resourcetest.OtherBranch))
	require.NoError(t, e.Refresh())
	e.Settled(less)

	w.Reset()
	require.NoError(t, e.Destroy())
	assert.Equal(t, map[string]int{readIssuerRoute: 1, deleteIssuerRoute: 1, listIssuersRoute: 1}, w.Calls())
	assert.Equal(t, before, string(w.State()))
}

// Taking policies away revokes them on the service, whichever way it is written.
func TestOidcIssuerWithoutPoliciesAdmitsNobody(t *testing.T) {
	t.Parallel()
	for name, none := range map[string]map[string]any{"omitted": {}, "empty": resourcetest.Policies()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, resourcetest.Granted)
			e := w.Resource("OidcIssuer")
			require.NoError(t, e.Up(resourcetest.IssuerInputs(w, none)))
			assert.False(t, admits(w, resourcetest.MainBranch))
			require.NoError(t, e.Refresh())
			e.Settled(resourcetest.IssuerInputs(w, none))

			require.NoError(t, e.Up(resourcetest.IssuerInputs(w, resourcetest.Policies(resourcetest.TeamPolicy(resourcetest.MainBranch)))))
			require.True(t, admits(w, resourcetest.MainBranch))
			require.NoError(t, e.Up(resourcetest.IssuerInputs(w, none)))
			assert.False(t, admits(w, resourcetest.MainBranch), "policies that were removed still admit")
			live := livePolicies(w, e).Policies
			require.Len(t, live, 1)
			assert.Equal(t, "deny", string(live[0].Decision))
			require.NoError(t, e.Refresh())
			e.Settled(resourcetest.IssuerInputs(w, none))
			assert.NotContains(t, resourcetest.Show(e.State.Get("policies")), "deny", "the deny reads as none")
		})
	}
}

func TestOidcIssuerDrift(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	e := w.Resource("OidcIssuer")
	inputs := resourcetest.IssuerInputs(w, resourcetest.Policies(resourcetest.TeamPolicy(resourcetest.MainBranch)))
	require.NoError(t, e.Up(inputs))
	path := "/api/orgs/acme/oidc/issuers/" + e.State.Get("issuerId").AsString()

	rewritePolicies(w, e, foreignPolicy(resourcetest.MainBranch), foreignPolicy("repo:stranger/app:ref:refs/heads/main"))
	_, err := e.Preview(resourcetest.IssuerInputs(w, map[string]any{"name": "new", "policies": []any{resourcetest.TeamPolicy(resourcetest.MainBranch)}}))
	require.NoError(t, err)
	assert.Contains(t, e.Said(), "repo:stranger/app", "a preview names what it would revoke, also before a refresh")
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"policies"}, resourcetest.Changed(e.Diff(inputs)))
	require.NoError(t, e.Up(inputs))
	assert.False(t, admits(w, "repo:stranger/app:ref:refs/heads/main"))

	w.Admin("PATCH", path, resourcetest.Tree{"name": "renamed", "maxExpiration": 60})
	require.NoError(t, e.Refresh())
	assert.Equal(t, "1m", e.State.Get("maxExpiration").AsString())
	assert.Equal(t, []string{"maxExpiration", "name"}, resourcetest.Changed(e.Diff(inputs)))
	require.NoError(t, e.Up(inputs))
	e.Settled(inputs)

	deny := foreignPolicy(resourcetest.MainBranch)
	deny["decision"] = "deny"
	rewritePolicies(w, e, foreignPolicy(resourcetest.MainBranch), deny)
	require.NoError(t, e.Refresh())
	assert.Equal(t, []string{"policies"}, resourcetest.Changed(e.Diff(inputs)), "a deny that somebody added is drift")
	require.NoError(t, e.Up(inputs))
	assert.True(t, admits(w, resourcetest.MainBranch))

	w.Admin("DELETE", path, nil)
	require.NoError(t, e.Refresh())
	assert.Empty(t, e.ID, "an issuer that was deleted reads as deleted")
}

func TestOidcIssuerGoneAndBlind(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	e := w.Resource("OidcIssuer")
	inputs := resourcetest.IssuerInputs(w, resourcetest.Policies(resourcetest.TeamPolicy(resourcetest.MainBranch)))
	require.NoError(t, e.Up(inputs))

	blind := w.With(w.TokenFor(servertest.Identity{User: "bo"}), "OidcIssuer")
	blind.ID, blind.Inputs, blind.State = e.ID, e.Inputs, e.State
	require.ErrorContains(t, blind.Refresh(), "oidc_issuers:read")
	require.Error(t, blind.Destroy())
	require.Error(t, blind.Up(resourcetest.IssuerInputs(w, resourcetest.Policies())))
	assert.True(t, admits(w, resourcetest.MainBranch), "a token that may not look changes nothing")

	w.Admin("DELETE", "/api/orgs/acme/oidc/issuers/"+e.State.Get("issuerId").AsString(), nil)
	err := e.Up(resourcetest.IssuerInputs(w, map[string]any{"name": "other", "policies": []any{}}))
	require.ErrorContains(t, err, "pulumi refresh")
	require.NoError(t, e.Destroy(), "what was deleted needs no delete")
}

func TestOidcIssuerImport(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	first := w.Resource("OidcIssuer")
	inputs := resourcetest.IssuerInputs(w, map[string]any{"policies": []any{resourcetest.TeamPolicy(resourcetest.MainBranch), map[string]any{
		"decision": "allow", "tokenType": "personal", "user": "bo", "claims": map[string]any{"sub": "x"},
	}}})
	require.NoError(t, first.Up(inputs))
	second := w.Resource("OidcIssuer")
	require.NoError(t, second.Adopt(first.ID))
	assert.Equal(t, resourcetest.Show(property.New(first.State)), resourcetest.Show(property.New(second.State)))
	assert.Empty(t, second.Diff(inputs).DetailedDiff)
	for _, id := range []string{"acme", "acme/a/b", "acme/"} {
		require.ErrorContains(t, w.Resource("OidcIssuer").Adopt(id), "organization/issuerId")
	}
}

func TestOidcIssuerThatExists(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	theirs := w.Resource("OidcIssuer")
	require.NoError(t, theirs.Up(resourcetest.IssuerInputs(w, resourcetest.Policies(resourcetest.TeamPolicy(resourcetest.OtherBranch)))))
	ours := w.Resource("OidcIssuer")
	inputs := resourcetest.IssuerInputs(w, map[string]any{"name": "ours", "policies": []any{resourcetest.TeamPolicy(resourcetest.MainBranch)}})

	_, err := ours.Preview(inputs)
	require.NoError(t, err)
	assert.Contains(t, ours.Said(), theirs.ID, "a preview says that the URL is taken")
	err = ours.Up(inputs)
	require.ErrorContains(t, err, "pulumi import")
	require.ErrorContains(t, err, theirs.ID)
	require.ErrorContains(t, err, "adopt: true")
	assert.Empty(t, ours.ID)
	assert.True(t, admits(w, resourcetest.OtherBranch), "nothing of theirs was touched")

	inputs["adopt"] = true
	_, err = ours.Preview(inputs)
	require.NoError(t, err)
	assert.Contains(t, ours.Said(), resourcetest.OtherBranch, "what an adoption would revoke is named")
	w.Reset()
	require.NoError(t, ours.Up(inputs))
	assert.Equal(t, map[string]int{
		listIssuersRoute: 1, changeIssuerRoute: 1, readPoliciesRoute: 3, writePoliciesRoute: 1,
	}, w.Calls())
	assert.Equal(t, theirs.ID, ours.ID)
	assert.False(t, admits(w, resourcetest.OtherBranch))
	assert.True(t, admits(w, resourcetest.MainBranch))
	ours.Settled(inputs)
	require.NoError(t, ours.Destroy())
	require.NoError(t, ours.Up(inputs), "with nothing to adopt it registers")
}

func TestOidcIssuerFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		faults  []servertest.Fault
		partial bool // the first update is a partial failure
	}{
		{name: "the answer of the registration is lost", faults: []servertest.Fault{{Match: registerIssuerRoute, Reset: "after"}}},
		{name: "the registration is lost", faults: []servertest.Fault{{Match: registerIssuerRoute, Reset: "before"}}},
		{name: "too many requests", faults: []servertest.Fault{{Match: writePoliciesRoute, Status: 429, Times: 2}}},
		{name: "the answer of the policies is lost", faults: []servertest.Fault{{Match: writePoliciesRoute, Reset: "after"}}},
		{name: "the policies are refused", faults: []servertest.Fault{{Match: writePoliciesRoute, Status: 500}}, partial: true},
		{name: "the policies cannot be read", faults: []servertest.Fault{{Match: readPoliciesRoute, Status: 500}}, partial: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, resourcetest.Granted)
			e := w.Resource("OidcIssuer")
			inputs := resourcetest.IssuerInputs(w, resourcetest.Policies(resourcetest.TeamPolicy(resourcetest.MainBranch)))
			for _, fault := range test.faults {
				w.Fault(fault)
			}
			err := e.Up(inputs)
			if test.partial {
				var unfinished *resourcetest.UnfinishedError
				require.ErrorAs(t, err, &unfinished)
				require.NotEmpty(t, e.ID, "what was registered is kept in state")
				assert.False(t, admits(w, resourcetest.MainBranch))
				require.NoError(t, e.Up(inputs), "the next update finishes it")
			} else {
				require.NoError(t, err)
			}
			assert.True(t, admits(w, resourcetest.MainBranch))
			var all struct {
				Issuers []cloud.OIDCIssuer `json:"oidcIssuers"`
			}
			require.NoError(t, json.Unmarshal(w.Admin("GET", "/api/orgs/acme/oidc/issuers", nil), &all))
			assert.Len(t, all.Issuers, 1, "nothing is made twice")
			require.NoError(t, e.Refresh())
			e.Settled(inputs)
		})
	}
}

// A service that says yes and changes nothing is found out.
func TestOidcIssuerReadsBack(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	e := w.Resource("OidcIssuer")
	require.NoError(t, e.Up(resourcetest.IssuerInputs(w, resourcetest.Policies(resourcetest.TeamPolicy(resourcetest.MainBranch)))))
	yes := `{"id": "x", "version": 1, "policies": []}`
	w.Fault(servertest.Fault{Match: writePoliciesRoute, Status: 200, Body: &yes})
	err := e.Up(resourcetest.IssuerInputs(w, resourcetest.Policies()))
	require.Error(t, err)
	assert.Contains(t, resourcetest.Show(e.State.Get("policies")), resourcetest.MainBranch, "what still admits stays in state")
	require.NoError(t, e.Up(resourcetest.IssuerInputs(w, resourcetest.Policies())))
	assert.False(t, admits(w, resourcetest.MainBranch))

	nothing := ""
	w.Fault(servertest.Fault{Match: deleteIssuerRoute, Status: 204, Body: &nothing})
	require.ErrorContains(t, e.Destroy(), "still there")
	require.NoError(t, e.Destroy())
}

func TestOidcIssuerReplaces(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	e := w.Resource("OidcIssuer")
	keys := string(w.Admin("GET", "/_sandbox/oidc/github/.well-known/jwks", nil))
	inputs := resourcetest.IssuerInputs(w, map[string]any{"jwks": keys})
	require.NoError(t, e.Up(inputs))
	require.NoError(t, e.Refresh())
	e.Settled(inputs)
	other := e.Diff(resourcetest.IssuerInputs(w, map[string]any{"url": w.CIURL("gitlab"), "jwks": keys}))
	assert.Equal(t, []string{"url"}, resourcetest.Changed(other))
	assert.False(t, other.DeleteBeforeReplace)
	fetched := e.Diff(resourcetest.IssuerInputs(w, nil))
	assert.Equal(t, []string{"jwks"}, resourcetest.Changed(fetched))
	assert.True(t, fetched.DeleteBeforeReplace, "two issuers cannot have one URL")
	assert.Empty(t, e.Diff(resourcetest.IssuerInputs(w, map[string]any{"url": w.CIURL("github") + "/", "jwks": keys})).DetailedDiff)
	changedKeys := resourcetest.IssuerInputs(w, map[string]any{"jwks": string(w.Admin("GET", "/_sandbox/oidc/gitlab/.well-known/jwks", nil))})
	assert.Equal(t, []string{"jwks"}, resourcetest.Changed(e.Diff(changedKeys)))
	require.NoError(t, e.Up(changedKeys))
	e.Settled(changedKeys)
}

// Two owners of one issuer revoke what the other admits, and nothing else would say so where both adopt it.
func TestOneOwnerPerOidcIssuer(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	one := w.Resource("OidcIssuer")
	second := *one
	other := &second
	other.URN = urn.New(other.URN.Stack(), other.URN.Project(), "", other.URN.Type(), "other")
	inputs := resourcetest.IssuerInputs(w, map[string]any{"adopt": true})
	assert.Empty(t, one.Failures(inputs))
	assert.Empty(t, one.Failures(inputs), "the same one again")
	same := resourcetest.IssuerInputs(w, map[string]any{"adopt": true, "url": w.CIURL("github") + "/"})
	failures := other.Failures(same)
	assert.Equal(t, []string{"url"}, keysOf(failures))
	assert.Contains(t, failures["url"], string(one.URN))
	assert.Empty(t, other.Failures(resourcetest.IssuerInputs(w, map[string]any{"url": w.CIURL("gitlab")})))
}

func TestOidcIssuerChecks(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.Granted)
	e := w.Resource("OidcIssuer")
	claims := func(c map[string]any) map[string]any {
		p := resourcetest.TeamPolicy("")
		p["claims"] = c
		return p
	}
	organization := func(more map[string]any) map[string]any {
		p := map[string]any{"decision": "allow", "tokenType": "organization", "claims": map[string]any{"sub": "x"}}
		maps.Copy(p, more)
		return p
	}
	at := func(url string, policy any) map[string]any {
		return map[string]any{"url": url, "policies": []any{policy}}
	}
	merge := func(one, other map[string]any) map[string]any {
		maps.Copy(one, other)
		return one
	}
	const github = "https://token.actions.githubusercontent.com"
	for name, test := range map[string]struct {
		inputs map[string]any
		want   []string
	}{
		"name":              {map[string]any{"name": " "}, []string{"name"}},
		"url":               {map[string]any{"url": "ci.example"}, []string{"url"}},
		"plain http":        {map[string]any{"url": "http://ci.example"}, []string{"url"}},
		"duration":          {map[string]any{"maxExpiration": "soon"}, []string{"maxExpiration"}},
		"part of a second":  {map[string]any{"maxExpiration": "1500ms"}, []string{"maxExpiration"}},
		"thumbprint":        {map[string]any{"thumbprints": []string{"AB:CD"}}, []string{"thumbprints[0]"}},
		"keys":              {map[string]any{"jwks": "hello"}, []string{"jwks"}},
		"a private key":     {map[string]any{"jwks": `{"keys": [{"kid": "a", "d": "secret"}]}`}, []string{"jwks"}},
		"wildcard":          {resourcetest.Policies(resourcetest.TeamPolicy("repo:acme/*")), []string{`policies[0].claims["sub"]`}},
		"a dot":             {resourcetest.Policies(resourcetest.TeamPolicy("repo:acme/my.app:ref:refs/heads/main")), []string{`policies[0].claims["sub"]`}},
		"bare":              {resourcetest.Policies(resourcetest.TeamPolicy("*")), []string{"policies[0].claims", `policies[0].claims["sub"]`}},
		"nothing pinned":    {resourcetest.Policies(claims(map[string]any{})), []string{"policies[0].claims"}},
		"another audience":  {resourcetest.Policies(claims(map[string]any{"sub": "x", "aud": "urn:pulumi:org:other"})), []string{`policies[0].claims["aud"]`}},
		"no role":           {resourcetest.Policies(organization(nil)), []string{"policies[0].roleId"}},
		"admin":             {resourcetest.Policies(organization(map[string]any{"admin": true})), []string{"policies[0].admin"}},
		"a role's whole id": {resourcetest.Policies(organization(map[string]any{"roleId": "acme/r"})), []string{"policies[0].roleId"}},
		"no team":           {resourcetest.Policies(map[string]any{"decision": "allow", "tokenType": "team", "claims": map[string]any{"sub": "x"}}), []string{"policies[0].team"}},
		"an unknown opt-in": {map[string]any{"allow": []string{"everything"}}, []string{"allow[0]"}},
		"insisted": {map[string]any{
			"allow": []string{"tokenWithoutRole", "wildcardInClaim", "bareWildcardSubject"}, "policies": []any{resourcetest.TeamPolicy("*"), resourcetest.TeamPolicy("a.*"), organization(nil)},
		}, nil},
		"runs of pull requests": {at(github, claims(map[string]any{"repository_id": "2", "ref": "refs/pull/7/merge"})), []string{"policies[0].claims"}},
		"refs, and those of pull requests": {
			merge(at(github, claims(map[string]any{"repository_id": "2", "ref": "refs/*"})), map[string]any{"allow": []string{"wildcardInClaim"}}), []string{"policies[0].claims"},
		},
		"runs of pull requests, acknowledged": {
			merge(at(github, claims(map[string]any{"sub": "repo:acme/app:pull_request"})), map[string]any{"allow": []string{"pullRequests"}}), nil,
		},
		"merge requests": {at("https://gitlab.com", claims(map[string]any{"project_id": "2", "pipeline_source": "merge_request_event"})), []string{"policies[0].claims"}},
		"any run of a pipeline of Buildkite": {
			at("https://agent.buildkite.com", claims(map[string]any{"organization_slug": "acme", "pipeline_slug": "web"})), []string{"policies[0].claims"},
		},
		"a claim that may keep them out": {at(github, claims(map[string]any{"repository_id": "2", "ref": "refs/heads/main", "environment": resourcetest.Unknown})), nil},
		"a broad claim of GitHub's":      {at(github, claims(map[string]any{"repository_owner_id": "1"})), []string{"policies[0].claims"}},
		"a broad claim of Entra's":       {at("https://login.microsoftonline.com/0a/v2.0", claims(map[string]any{"tid": "0a"})), []string{"policies[0].claims"}},
		"an unknown issuer's claim":      {at("https://ci.example", claims(map[string]any{"project_id": "7", "ref": "main"})), []string{"policies[0].claims"}},
		"a GitLab of one's own":          {merge(at("https://ci.example", claims(map[string]any{"project_id": "7", "ref": "main"})), map[string]any{"provider": "gitlab"}), nil},
		"a provider that is none":        {map[string]any{"provider": "jenkins"}, []string{"provider"}},
		"an unknown provider":            {merge(at("https://ci.example", claims(map[string]any{"project_id": "7", "ref": "main"})), map[string]any{"provider": resourcetest.Unknown}), nil},
		"more than an issuer takes":      {resourcetest.Policies(manyPolicies(41)...), []string{"policies"}},
		"as many as it takes":            {resourcetest.Policies(manyPolicies(40)...), nil},
		"the same many times":            {resourcetest.Policies(slices.Repeat(manyPolicies(1), 41)...), nil},
		"unknown subject":                {resourcetest.Policies(claims(map[string]any{"sub": resourcetest.Unknown})), nil},
		"unknown claims":                 {resourcetest.Policies(map[string]any{"decision": "allow", "tokenType": "team", "team": "payments", "claims": resourcetest.Unknown}), nil},
		"unknown team":                   {resourcetest.Policies(map[string]any{"decision": "allow", "tokenType": "team", "team": resourcetest.Unknown, "claims": map[string]any{"sub": "x"}}), nil},
		"unknown role":                   {resourcetest.Policies(organization(map[string]any{"roleId": resourcetest.Unknown})), nil},
		"unknown admin":                  {resourcetest.Policies(organization(map[string]any{"admin": resourcetest.Unknown})), nil},
		"unknown type":                   {resourcetest.Policies(map[string]any{"decision": "allow", "tokenType": resourcetest.Unknown, "team": "payments", "claims": map[string]any{"sub": "x"}}), nil},
		"unknown policies":               {map[string]any{"policies": resourcetest.Unknown}, nil},
		"unknown url":                    {map[string]any{"url": resourcetest.Unknown}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failures := e.Failures(resourcetest.IssuerInputs(w, test.inputs))
			assert.ElementsMatch(t, test.want, keysOf(failures), "%v", failures)
		})
	}
	w.Reset()
	_, err := e.Preview(resourcetest.IssuerInputs(w, map[string]any{"policies": resourcetest.Unknown, "url": resourcetest.Unknown}))
	require.NoError(t, err)
	assert.Empty(t, w.Calls())
}

func manyPolicies(n int) []any {
	all := make([]any, n)
	for i := range all {
		all[i] = resourcetest.TeamPolicy(fmt.Sprintf("repo:acme/app%d:ref:refs/heads/main", i))
	}
	return all
}

func keysOf(m map[string]string) []string {
	all := []string{}
	for key := range m {
		all = append(all, key)
	}
	return all
}
