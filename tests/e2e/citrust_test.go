package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/tests/harness"
)

const ciSeed = organization + `
teams: [{name: payments, members: [bo]}]
environments:
  - {project: payments, environment: prod, owner: ana, definition: "values: {password: {fn::secret: hunter2}}"}
  - {project: other, environment: prod, owner: ana, definition: "values: {password: {fn::secret: other}}"}
grants: [{team: payments, project: payments, environment: prod, permission: open}]
`

const ciProgram = `
resources:
  github:
    type: leastprivilege:CiTrust
    properties:
      provider: github
      url: %[1]s
      team: payments
      repositories:
        - {repository: acme/app, repositoryId: "2", ownerId: "1", branches: [main]}
        - {repository: acme/site, environments: [production]}
  gitlab:
    type: leastprivilege:CiTrust
    properties:
      provider: gitlab
      url: %[2]s
      team: payments
      maxExpiration: 30m
      projects:
        - {project: acme/app, projectId: "7", branches: [main], protected: true}
outputs:
  workflow: ${gitlab.workflow}
  subjects: ${github.subjects}
  issuer: ${github.issuerId}
`

// somebodyElse is a person with a home of their own and no login.
func (p *project) somebodyElse() harness.CLI {
	p.t.Helper()
	home, err := os.MkdirTemp(p.root, "home")
	require.NoError(p.t, err)
	return harness.NewCLI(p.root, home)
}

// exchangeLogin is `pulumi login` with a token of a CI system.
func (p *project) exchangeLogin(who harness.CLI, token string, flags ...string) (string, error) {
	p.t.Helper()
	return who.Run(p.t.Context(), append([]string{"login", p.sandbox.URL, "--oidc-token", token, "--oidc-org", "acme"}, flags...)...)
}

func githubJob(repository, id, at string) map[string]any {
	return map[string]any{
		"sub": "repo:" + repository + ":" + at, "repository": repository, "repository_id": id, "repository_owner_id": "1",
		"ref": "refs/heads/main", "event_name": "push",
	}
}

// A job that is trusted logs in with the real CLI and opens what its team may open; whatever only looks like it is refused.
func TestCiTrust(t *testing.T) {
	t.Parallel()
	p := newFolder(t, ciSeed)
	p.program(fmt.Sprintf(ciProgram, p.sandbox.CIURL("github"), p.sandbox.CIURL("gitlab")))
	p.stack()
	before := p.sandbox.State()
	warned := p.up()
	assert.Contains(t, warned, "trusted by name alone", "a name that can be recycled is a warning")
	assert.Contains(t, warned, "acme/site")
	assert.NotContains(t, strings.Split(warned, "trusted by name alone")[1], "acme/app")
	unchanged := p.calls(func() { p.up("--expect-no-changes") })
	assert.Zero(t, unchanged.Total, "%v", unchanged.Routes)
	p.refresh("--expect-no-changes")

	const main = "ref:refs/heads/main"
	immutable := githubJob("acme/app", "2", main)
	immutable["sub"] = "repo:acme@1/app@2:" + main
	for name, claims := range map[string]map[string]any{
		"the branch": githubJob("acme/app", "2", main), "the branch, with ids": immutable,
		"the environment": githubJob("acme/site", "9", "environment:production"),
	} {
		runner := p.somebodyElse()
		output, err := p.exchangeLogin(runner, p.sandbox.CIToken("github", claims), "--oidc-team", "payments")
		require.NoError(t, err, name)
		opened, err := runner.Run(t.Context(), "env", "open", "acme/payments/prod")
		require.NoError(t, err, "%s: %s", name, output)
		assert.Contains(t, opened, "hunter2", name)
		_, err = runner.Run(t.Context(), "env", "open", "acme/other/prod")
		require.Error(t, err, "%s: a team token opens what its team may open, and no more", name)
	}
	dev := githubJob("acme/app", "2", "ref:refs/heads/dev")
	dev["ref"] = "refs/heads/dev"
	look := immutable["sub"].(string)
	for name, refused := range map[string]struct {
		claims map[string]any
		flags  []string
	}{
		"another branch":           {dev, []string{"--oidc-team", "payments"}},
		"another repository":       {githubJob("acme/other", "3", main), []string{"--oidc-team", "payments"}},
		"a recycled name":          {githubJob("acme/app", "22", main), []string{"--oidc-team", "payments"}},
		"a look-alike":             {githubJob("acme/app-2", "2", main), []string{"--oidc-team", "payments"}},
		"a look-alike, with ids":   {map[string]any{"sub": strings.Replace(look, "@2:", "@22:", 1)}, []string{"--oidc-team", "payments"}},
		"a pull request":           {githubJob("acme/app", "2", "pull_request"), []string{"--oidc-team", "payments"}},
		"another environment":      {githubJob("acme/site", "9", "environment:staging"), []string{"--oidc-team", "payments"}},
		"an organization token":    {githubJob("acme/app", "2", main), nil},
		"a person's token":         {githubJob("acme/app", "2", main), []string{"--oidc-user", "ana"}},
		"a token of another issue": {map[string]any{"sub": "x", "iss": "https://gitlab.com"}, []string{"--oidc-team", "payments"}},
	} {
		runner := p.somebodyElse()
		output, err := p.exchangeLogin(runner, p.sandbox.CIToken("github", refused.claims), refused.flags...)
		require.Error(t, err, "%s logged in: %s", name, output)
		assert.Contains(t, output, "invalid_grant", name)
	}

	p.runSnippet()
	p.destroy()
	assert.Equal(t, string(before), string(p.sandbox.State()))
}

// runSnippet runs the script of the workflow that the component writes for GitLab, as a runner does.
func (p *project) runSnippet() {
	p.t.Helper()
	var pipeline struct {
		Pulumi struct {
			IDTokens map[string]map[string]string `yaml:"id_tokens"`
			Script   []string                     `yaml:"script"`
		} `yaml:"pulumi"`
	}
	require.NoError(p.t, yaml.Unmarshal([]byte(p.run("stack", "output", "workflow")), &pipeline))
	require.Len(p.t, pipeline.Pulumi.IDTokens, 1)
	script := filepath.Join(p.root, "script.sh")
	require.NoError(p.t, os.WriteFile(script, []byte("set -e\n"+strings.Join(pipeline.Pulumi.Script, "\n")), 0o600))
	for name, audience := range pipeline.Pulumi.IDTokens {
		for protected, admitted := range map[string]bool{"true": true, "false": false} {
			token := p.sandbox.CIToken("gitlab", map[string]any{
				"sub": "project_path:acme/app:ref_type:branch:ref:main", "aud": audience["aud"], "project_path": "acme/app", "project_id": "7",
				"ref_type": "branch", "ref": "main", "ref_protected": protected,
			})
			output, err := p.somebodyElse().With(name+"="+token).Execute(p.t.Context(), "bash", script)
			assert.Equal(p.t, admitted, err == nil, "protected %s: %s", protected, output)
			if admitted {
				assert.Contains(p.t, output, "team-account:", "pulumi whoami says whose token it is")
			}
		}
	}
}

// Somebody adds a policy in the console: the next update takes it away, and a preview says so before.
func TestOidcIssuerIsOwnedWhole(t *testing.T) {
	t.Parallel()
	p := newFolder(t, ciSeed)
	program := func(policies string) string {
		return fmt.Sprintf(`
resources:
  issuer:
    type: leastprivilege:OidcIssuer
    properties: {name: CI, url: %s, policies: %s}
outputs: {id: "${issuer.issuerId}"}
`, p.sandbox.CIURL("ci"), policies)
	}
	p.program(program("[{decision: allow, tokenType: team, team: payments, claims: {sub: good}}]"))
	p.stack()
	p.up()
	admitted := func(subject string) bool {
		_, err := p.exchangeLogin(p.somebodyElse(), p.sandbox.CIToken("ci", map[string]any{"sub": subject}), "--oidc-team", "payments")
		return err == nil
	}
	require.True(t, admitted("good"))
	require.False(t, admitted("bad"))

	issuer := p.only("OidcIssuer").Outputs["issuerId"].(string)
	policy := yamlObject(t, p.call("GET", "/api/orgs/acme/auth/policies/oidcissuers/"+issuer, nil))
	p.call("PATCH", "/api/orgs/acme/auth/policies/"+policy["id"].(string), map[string]any{"policies": append(policy["policies"].([]any), map[string]any{
		"decision": "allow", "tokenType": "team", "teamName": "payments", "authorizedPermissions": []string{}, "rules": map[string]any{"sub": "bad"},
	})})
	require.True(t, admitted("bad"))
	p.refresh()
	assert.Contains(t, p.preview(), "sub=bad", "a preview names what it would revoke")
	p.up()
	assert.False(t, admitted("bad"))
	assert.True(t, admitted("good"))

	p.program(program("[]"))
	p.up()
	assert.False(t, admitted("good"), "policies that were removed admit nobody")
	p.refresh("--expect-no-changes")
	p.run("state", "delete", p.only("OidcIssuer").URN, "--yes")
	p.run("import", "leastprivilege:index:OidcIssuer", "issuer", "acme/"+issuer, "--yes", "--non-interactive", "--protect=false", "--generate-code=false")
	p.up("--expect-no-changes")
}

func yamlObject(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var object map[string]any
	require.NoError(t, yaml.Unmarshal(text, &object))
	return object
}
