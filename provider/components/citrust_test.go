package components_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

func texts(all ...string) property.Value {
	values := make([]property.Value, len(all))
	for i, one := range all {
		values[i] = text(one)
	}
	return list(values...)
}

// ciGitHub trusts one repository.
func ciGitHub(repository inputs, more inputs) inputs {
	made := inputs{"provider": text("github"), "team": text("payments"), "repositories": list(object(repository))}
	for name, value := range more {
		made[name] = value
	}
	return made
}

func TestCiTrust(t *testing.T) {
	t.Parallel()
	sub := func(subject string) inputs {
		return inputs{"decision": text("allow"), "tokenType": text("team"), "team": text("payments"), "claims": object(inputs{
			"aud": text("urn:pulumi:org:acme"), "sub": text(subject),
		})}
	}
	for name, test := range map[string]struct {
		inputs   inputs
		url      string
		subjects []string
		policies property.Value
		workflow string
	}{
		"github": {
			ciGitHub(inputs{"repository": text("acme/app"), "repositoryId": text("2"), "ownerId": text("1"), "environments": texts("prod")}, nil),
			"https://token.actions.githubusercontent.com",
			[]string{"repo:acme/app:environment:prod", "repo:acme@1/app@2:environment:prod"},
			list(object(inputs{"decision": text("allow"), "tokenType": text("team"), "team": text("payments"), "claims": object(inputs{
				"aud": text("urn:pulumi:org:acme"), "sub": text("repo:acme/app:environment:prod"),
				"repository_id": text("2"), "repository_owner_id": text("1"),
			})}), object(sub("repo:acme@1/app@2:environment:prod"))),
			"scope: team:payments",
		},
		"custom, by other claims": {
			inputs{
				"provider": text("custom"), "url": text("https://app.terraform.io"), "team": text("payments"),
				"claims": list(object(inputs{"terraform_workspace_id": text("ws-1"), "terraform_run_phase": text("apply")})),
			},
			"https://app.terraform.io", []string{"terraform_run_phase=apply, terraform_workspace_id=ws-1"},
			list(object(inputs{"decision": text("allow"), "tokenType": text("team"), "team": text("payments"), "claims": object(inputs{
				"aud": text("urn:pulumi:org:acme"), "terraform_workspace_id": text("ws-1"), "terraform_run_phase": text("apply"),
			})})),
			"pulumi login --oidc-token \"$OIDC_TOKEN\" --oidc-org acme",
		},
		"gitlab, self-managed": {
			inputs{
				"provider": text("gitlab"), "url": text("https://gitlab.acme.example"), "team": text("payments"),
				"projects": list(object(inputs{"project": text("acme/app"), "branches": texts("main")})),
			},
			"https://gitlab.acme.example", []string{"project_path:acme/app:ref_type:branch:ref:main"},
			list(object(sub("project_path:acme/app:ref_type:branch:ref:main"))),
			"pulumi login --oidc-token \"$PULUMI_OIDC_TOKEN\" --oidc-org acme --oidc-team payments",
		},
		"github, a team each": {
			inputs{"provider": text("github"), "repositories": list(
				object(inputs{"repository": text("acme/app"), "repositoryId": text("2"), "ownerId": text("1"), "environments": texts("prod"), "team": text("payments")}),
				object(inputs{"repository": text("acme/my.web"), "repositoryId": text("3"), "ownerId": text("1"), "tags": texts("v1"), "roleId": text("role-9")}),
			)},
			"https://token.actions.githubusercontent.com",
			[]string{"repo:acme/app:environment:prod", "repo:acme@1/app@2:environment:prod", "repo:acme/my.web:ref:refs/tags/v1", "repo:acme@1/my.web@3:ref:refs/tags/v1"},
			list(object(inputs{"decision": text("allow"), "tokenType": text("team"), "team": text("payments"), "claims": object(inputs{
				"aud": text("urn:pulumi:org:acme"), "sub": text("repo:acme/app:environment:prod"),
				"repository_id": text("2"), "repository_owner_id": text("1"),
			})}), object(sub("repo:acme@1/app@2:environment:prod")),
				object(inputs{"decision": text("allow"), "tokenType": text("organization"), "roleId": text("role-9"), "claims": object(inputs{
					"aud": text("urn:pulumi:org:acme"), "repository_id": text("3"), "repository_owner_id": text("1"), "sub": text("repo:acme/my.web:ref:refs/tags/v1"),
				})}),
				object(inputs{"decision": text("allow"), "tokenType": text("organization"), "roleId": text("role-9"), "claims": object(inputs{
					"aud": text("urn:pulumi:org:acme"), "repository_id": text("3"), "repository_owner_id": text("1"), "sub": text("repo:acme@1/my.web@3:ref:refs/tags/v1"),
				})})),
			"scope: team:payments",
		},
		"eks": {
			inputs{
				"provider": text("eks"), "url": text("https://oidc.eks.eu-west-1.amazonaws.com/id/A"), "team": text("payments"),
				"serviceAccounts": list(object(inputs{"namespace": text("ci"), "name": text("pulumi")})),
			},
			"https://oidc.eks.eu-west-1.amazonaws.com/id/A", []string{"system:serviceaccount:ci:pulumi"},
			list(object(sub("system:serviceaccount:ci:pulumi"))),
			"serviceAccountName: pulumi",
		},
		"custom, with a role": {
			inputs{
				"provider": text("custom"), "url": text("https://ci.example"), "roleId": text("role-9"),
				"claims": list(object(inputs{"sub": text("app")}), object(inputs{"sub": text("web")})),
			},
			"https://ci.example", []string{"app", "web"},
			list(object(inputs{"decision": text("allow"), "tokenType": text("organization"), "roleId": text("role-9"), "claims": object(inputs{
				"aud": text("urn:pulumi:org:acme"), "sub": text("app"),
			})}), object(inputs{"decision": text("allow"), "tokenType": text("organization"), "roleId": text("role-9"), "claims": object(inputs{
				"aud": text("urn:pulumi:org:acme"), "sub": text("web"),
			})})),
			"pulumi login --oidc-token \"$OIDC_TOKEN\" --oidc-org acme\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			made, err := e.construct("CiTrust", test.inputs, false)
			require.NoError(t, err)
			issuer := e.child("leastprivilege:index:OidcIssuer", "x").Inputs
			assert.Equal(t, test.url, issuer.Get("url").AsString())
			assert.Equal(t, "1h", issuer.Get("maxExpiration").AsString(), "short by default")
			assert.True(t, test.policies.Equals(issuer.Get("policies")), "got %v", issuer.Get("policies"))
			var subjects []string
			for _, subject := range made.State.Get("subjects").AsArray().All {
				subjects = append(subjects, subject.AsString())
			}
			assert.Equal(t, test.subjects, subjects)
			workflow := made.State.Get("workflow").AsString()
			assert.Contains(t, workflow, test.workflow)
			if !strings.HasPrefix(name, "custom") {
				require.NoError(t, yaml.Unmarshal([]byte(workflow), &map[string]any{}))
			}
			assert.Equal(t, "issuer-1", made.State.Get("issuerId").AsString())
		})
	}
}

// manyRepositories take two policies each.
func manyRepositories(n int) property.Value {
	all := make([]property.Value, n)
	for i := range all {
		all[i] = object(inputs{
			"repository": text(fmt.Sprintf("acme/app%d", i)), "branches": texts("main"), "repositoryId": text(fmt.Sprint(100 + i)), "ownerId": text("1"),
		})
	}
	return list(all...)
}

func TestBadCiTrust(t *testing.T) {
	t.Parallel()
	app := inputs{"repository": text("acme/app"), "branches": texts("main")}
	type bad struct {
		inputs inputs
		path   string
	}
	custom := func(url string, claims, more inputs) bad {
		made := inputs{"provider": text("custom"), "url": text(url), "team": text("t"), "claims": list(object(claims))}
		maps.Copy(made, more)
		return bad{made, "claims[0]"}
	}
	for name, test := range map[string]bad{
		"no provider that is known":          {ciGitHub(app, inputs{"provider": text("jenkins")}), "provider"},
		"a provider that is unknown":         {ciGitHub(app, inputs{"provider": unknown()}), "provider"},
		"team and role":                      {ciGitHub(app, inputs{"roleId": text("r")}), "team"},
		"a role's whole id":                  {inputs{"provider": text("github"), "roleId": text("acme/r"), "repositories": list(object(app))}, "roleId"},
		"one without a team":                 {inputs{"provider": text("github"), "repositories": list(object(app))}, "team"},
		"its own team and role":              {ciGitHub(inputs{"repository": text("acme/app"), "branches": texts("main"), "team": text("a"), "roleId": text("b")}, nil), "repositories[0].team"},
		"its own role's whole id":            {ciGitHub(inputs{"repository": text("acme/app"), "branches": texts("main"), "roleId": text("acme/b")}, nil), "repositories[0].roleId"},
		"its own pattern of teams":           {ciGitHub(inputs{"repository": text("acme/app"), "branches": texts("main"), "team": text("*")}, nil), "repositories[0].team"},
		"a pattern of teams":                 {ciGitHub(app, inputs{"team": text("pay*")}), "team"},
		"another system's":                   {ciGitHub(app, inputs{"projects": list(object(inputs{"project": text("a/b")}))}), "projects"},
		"nothing":                            {inputs{"provider": text("github"), "team": text("payments")}, "repositories"},
		"an empty list":                      {ciGitHub(app, inputs{"repositories": list()}), "repositories"},
		"no url":                             {inputs{"provider": text("eks"), "team": text("t"), "serviceAccounts": list(object(inputs{"namespace": text("a"), "name": text("b")}))}, "url"},
		"a url that is none":                 {ciGitHub(app, inputs{"url": text("github")}), "url"},
		"a repository without a place":       {ciGitHub(inputs{"repository": text("acme/app")}, nil), "repositories[0]"},
		"a repository without an owner":      {ciGitHub(inputs{"repository": text("app"), "branches": texts("main")}, nil), "repositories[0].repository"},
		"a dot":                              {ciGitHub(inputs{"repository": text("acme/my.app"), "branches": texts("main")}, nil), "repositories[0].repository"},
		"a pattern of branches":              {ciGitHub(inputs{"repository": text("acme/app"), "branches": texts("main", "release/*")}, nil), "repositories[0].branches[1]"},
		"a pattern in a claim":               {inputs{"provider": text("custom"), "url": text("https://ci.example"), "team": text("t"), "claims": list(object(inputs{"sub": text("a*")}))}, `claims[0]["sub"]`},
		"claims that name no workload":       {inputs{"provider": text("custom"), "url": text("https://ci.example"), "team": text("t"), "claims": list(object(inputs{"ref": text("a")}))}, "claims[0]"},
		"a broad claim of GitHub's":          custom("https://token.actions.githubusercontent.com", inputs{"repository_owner_id": text("1")}, nil),
		"a broad claim of Entra's":           custom("https://login.microsoftonline.com/0a/v2.0", inputs{"tid": text("0a"), "azp": text("1b")}, nil),
		"a repository of GitHub's whole":     custom("https://token.actions.githubusercontent.com", inputs{"repository_id": text("42")}, nil),
		"a claim of an unknown issuer":       custom("https://ci.example", inputs{"client_id": text("a")}, nil),
		"more policies than an issuer takes": {ciGitHub(app, inputs{"repositories": manyRepositories(21)}), "repositories"},
		"a GitLab project by its name":       {inputs{"provider": text("gitlab"), "team": text("t"), "projects": list(object(inputs{"project": text("app"), "branches": texts("main")}))}, "projects[0].project"},
		"a service account by a pattern":     {inputs{"provider": text("gke"), "url": text("https://container.googleapis.com/v1/x"), "team": text("t"), "serviceAccounts": list(object(inputs{"namespace": text("ci"), "name": text("*")}))}, "serviceAccounts[0].name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			_, err := e.construct("CiTrust", test.inputs, false)
			assert.Equal(t, []string{test.path}, failedPaths(t, err))
			assert.Empty(t, e.childNames())
		})
	}
	_, err := newEngine(t).construct("CiTrust", ciGitHub(app, inputs{"jwks": text(`{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}`)}), false)
	require.ErrorContains(t, err, "jwks: holds a private or symmetric key")
	converted, ok := rpcerror.FromError(err)
	require.True(t, ok)
	assert.Empty(t, namedPaths(converted), "the engine prints the value of what is named")
	for name, fine := range map[string]inputs{
		"insisted": ciGitHub(inputs{"repository": text("acme/my.app"), "branches": texts("release/*")}, inputs{"allow": texts("wildcardInClaim")}),
		"whole":    ciGitHub(inputs{"repository": text("acme/app")}, inputs{"allow": texts("bareWildcardSubject")}),
		"unknown":  ciGitHub(inputs{"repository": unknown(), "branches": list(unknown())}, inputs{"team": unknown()}),
		"unknown team of its own": {"provider": text("github"), "repositories": list(object(inputs{
			"repository": text("acme/app"), "branches": texts("main"), "team": unknown(),
		}))},
		"unknown opt-ins": ciGitHub(inputs{"repository": text("acme/app"), "branches": texts("release/*")},
			inputs{"allow": list(unknown())}),
		"a claim of an unknown issuer, acknowledged": custom("https://ci.example", inputs{"client_id": text("a")}, inputs{"allow": texts("bareWildcardSubject")}).inputs,
		"a claim of a known issuer":                  custom("https://app.terraform.io", inputs{"terraform_workspace_id": text("ws-1")}, nil).inputs,
		"a claim of an issuer that is not known yet": {"provider": text("custom"), "url": unknown(), "team": text("t"), "claims": list(object(inputs{"repository_id": text("42")}))},
		"unknown url": {"provider": text("custom"), "url": unknown(), "team": text("t"), "claims": list(object(inputs{"sub": unknown()}))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newEngine(t).construct("CiTrust", fine, true)
			require.NoError(t, err)
		})
	}
}
