package cloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

const (
	teamBody = `{"name":"payments","displayName":"Payments","description":"pays"}`
	ourTeam  = `{"name":"payments","displayName":"Payments","description":"pays","kind":"pulumi",
		"members":[{"githubLogin":"ana","role":"admin"}],"stacks":[],"environments":[],"accounts":[]}`

	rules     = `{"__type":"PermissionDescriptorAllow","permissions":["stack:read"]}`
	rulesAway = ` { "permissions" : ["stack:read"], "__type" : "PermissionDescriptorAllow" } ` // the same, written otherwise
	roleBody  = `{"name":"deployer","description":"deploys","resourceType":"global","uxPurpose":"role","details":` + rules + `}`
	compose   = `{"__type":"PermissionDescriptorCompose","permissionDescriptors":["policy-1"]}`
	ourRole   = `{"id":"role-1","name":"deployer","description":"deploys","uxPurpose":"role","details":` + compose + `}`
	ourPolicy = `{"id":"policy-1","name":"deployer","uxPurpose":"policy","details":` + rulesAway + `}`

	teamCreate = "POST /api/orgs/acme/teams/pulumi"
	teamRead   = "GET /api/orgs/acme/teams/payments"
	roleCreate = "POST /api/orgs/acme/roles?createPolicyAndRole=true"
	roleList   = "GET /api/orgs/acme/roles?uxPurpose=role"
	policyRead = "GET /api/orgs/acme/roles/policy-1"
	envCreate  = "POST /api/esc/environments/acme"
	envRead    = "GET /api/esc/environments/acme/payments/prod"
)

func createTeam(ctx context.Context, c *cloud.Client) (string, error) {
	made, err := c.CreateTeam(ctx, "acme", "payments", "Payments", "pays")
	return made.Name, err
}

func createRole(ctx context.Context, c *cloud.Client) (string, error) {
	made, err := c.CreatePolicyAndRole(ctx, "acme", roleInput())
	return made.ID, err
}

func createEnvironment(ctx context.Context, c *cloud.Client) (string, error) {
	_, err := c.CreateEnvironment(ctx, "acme", "payments", "prod")
	return "", err
}

func roleInput() cloud.RoleInput {
	return cloud.RoleInput{
		Name: "deployer", Description: "deploys", ResourceType: "global", Purpose: cloud.PurposeRole,
		Details: json.RawMessage(rules),
	}
}

func TestCreateOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	lost := func(call, body string) exchange { return exchange{call: call, body: body, broken: "before"} }
	taken := func(call string) exchange {
		return exchange{call: call, status: 409, answer: refusal(409, "Conflict: exists")}
	}
	absent := func(call string) exchange {
		return exchange{call: call, status: 404, answer: refusal(404, "Not Found")}
	}
	ok := func(call, answer string) exchange { return exchange{call: call, answer: answer} }
	read := func(text, revision string) exchange {
		return exchange{call: envRead, answer: text, header: map[string]string{"Pulumi-ESC-Revision": revision}}
	}
	roles := func(roles string) exchange { return ok(roleList, `{"roles":[`+roles+`]}`) }
	envBody := `{"project":"payments","name":"prod"}`

	tests := []struct {
		name      string
		create    func(context.Context, *cloud.Client) (string, error)
		exchanges []exchange
		want      string
		wantErr   error
	}{
		{
			name: "a team that was made is found", create: createTeam, want: "payments",
			exchanges: []exchange{lost(teamCreate, teamBody), ok(teamRead, ourTeam)},
		},
		{
			name: "a team whose answer broke off is found", create: createTeam, want: "payments",
			exchanges: []exchange{
				{call: teamCreate, status: 201, broken: "within", answer: `{"name":`}, ok(teamRead, ourTeam),
			},
		},
		{
			name: "a team whose answer made no sense is found", create: createTeam, want: "payments",
			exchanges: []exchange{{call: teamCreate, answer: "<html>"}, ok(teamRead, ourTeam)},
		},
		{
			name: "a team that a gateway hid is found", create: createTeam, want: "payments",
			exchanges: []exchange{{call: teamCreate, status: 504, answer: "<html>"}, ok(teamRead, ourTeam)},
		},
		{
			name: "a team that was not made is made", create: createTeam, want: "payments",
			exchanges: []exchange{lost(teamCreate, teamBody), absent(teamRead), {call: teamCreate, body: teamBody, status: 201, answer: ourTeam}},
		},
		{
			name: "a team that lands after it was looked for is found", create: createTeam, want: "payments",
			exchanges: []exchange{lost(teamCreate, teamBody), absent(teamRead), taken(teamCreate), ok(teamRead, ourTeam)},
		},
		{
			name: "another description is somebody else's team", create: createTeam, wantErr: cloud.ErrConflict,
			exchanges: []exchange{
				lost(teamCreate, teamBody), ok(teamRead, `{"name":"payments","displayName":"Payments","description":"theirs","kind":"pulumi"}`),
				taken(teamCreate), ok(teamRead, `{"name":"payments","displayName":"Payments","description":"theirs","kind":"pulumi"}`),
			},
		},
		{
			name: "a team that is in use is somebody else's", create: createTeam, wantErr: cloud.ErrConflict,
			exchanges: []exchange{
				lost(teamCreate, teamBody),
				ok(teamRead, `{"name":"payments","displayName":"Payments","description":"pays","kind":"pulumi","roleIds":["r"]}`),
				taken(teamCreate),
				ok(teamRead, `{"name":"payments","displayName":"Payments","description":"pays","kind":"pulumi",
					"members":[{"githubLogin":"ana"},{"githubLogin":"bo"}]}`),
			},
		},
		{
			name: "a team of the identity provider is somebody else's", create: createTeam, wantErr: cloud.ErrConflict,
			exchanges: []exchange{
				lost(teamCreate, teamBody), ok(teamRead, `{"name":"payments","displayName":"Payments","description":"pays","kind":"scim"}`),
				taken(teamCreate), ok(teamRead, `{"name":"payments","displayName":"Payments","description":"pays","kind":"scim"}`),
			},
		},
		{
			name: "a name that is taken at once is not looked at", create: createTeam, wantErr: cloud.ErrConflict,
			exchanges: []exchange{taken(teamCreate)},
		},
		{
			name: "a refusal is not looked at", create: createTeam, wantErr: cloud.ErrForbidden,
			exchanges: []exchange{{call: teamCreate, status: 403, answer: refusal(403, "no")}},
		},
		{
			name: "a look-up that fails is told", create: createTeam, wantErr: cloud.ErrForbidden,
			exchanges: []exchange{lost(teamCreate, teamBody), {call: teamRead, status: 403, answer: refusal(403, "no")}},
		},
		{
			name: "a role is found through its policy", create: createRole, want: "role-1",
			exchanges: []exchange{
				lost(roleCreate, roleBody), roles(`{"id":"role-0","name":"other","description":"deploys"},` + ourRole), ok(policyRead, ourPolicy),
			},
		},
		{
			name: "a role that was not made is made", create: createRole, want: "role-1",
			exchanges: []exchange{lost(roleCreate, roleBody), roles(""), {call: roleCreate, body: roleBody, answer: ourRole}},
		},
		{
			name: "a role that lands after it was looked for is found", create: createRole, want: "role-1",
			exchanges: []exchange{lost(roleCreate, roleBody), roles(""), taken(roleCreate), roles(ourRole), ok(policyRead, ourPolicy)},
		},
		{
			name: "other rules are somebody else's role", create: createRole, wantErr: cloud.ErrConflict,
			exchanges: []exchange{
				lost(roleCreate, roleBody), roles(ourRole), ok(policyRead, `{"id":"policy-1","name":"deployer","details":{"__type":"PermissionDescriptorAllow"}}`),
				taken(roleCreate), roles(ourRole), ok(policyRead, `{"id":"policy-1","name":"deployer","details":{"__type":"PermissionDescriptorAllow"}}`),
			},
		},
		{
			name: "another description is somebody else's role", create: createRole, wantErr: cloud.ErrConflict,
			exchanges: []exchange{
				lost(roleCreate, roleBody), roles(`{"id":"role-9","name":"deployer","description":"","uxPurpose":"role","details":` + compose + `}`),
				taken(roleCreate), roles(""),
			},
		},
		{
			name: "an environment that was made is found", create: createEnvironment,
			exchanges: []exchange{lost(envCreate, envBody), read("", "1")},
		},
		{
			name: "an environment that a 500 hid is found", create: createEnvironment,
			exchanges: []exchange{{call: envCreate, status: 500, answer: refusal(500, "oops")}, read("", "1")},
		},
		{
			name: "a 500 that made nothing is told", create: createEnvironment, wantErr: cloud.ErrUnknownOutcome,
			exchanges: []exchange{{call: envCreate, status: 500, answer: refusal(500, "oops")}, absent(envRead)},
		},
		{
			name: "a success that made nothing is tried again", create: createEnvironment,
			exchanges: []exchange{{call: envCreate}, absent(envRead), absent(envRead), {call: envCreate}, read("", "1")},
		},
		{
			name: "an environment that was not made is made", create: createEnvironment,
			exchanges: []exchange{lost(envCreate, envBody), absent(envRead), {call: envCreate, body: envBody}, read("", "1")},
		},
		{
			name: "an environment with a definition is somebody else's", create: createEnvironment, wantErr: cloud.ErrConflict,
			exchanges: []exchange{lost(envCreate, envBody), read("values: {}", "2"), taken(envCreate), read("values: {}", "2")},
		},
		{
			name: "an environment with a history is somebody else's", create: createEnvironment, wantErr: cloud.ErrConflict,
			exchanges: []exchange{
				lost(envCreate, envBody), read("", "4"),
				taken(envCreate), read("", "4"),
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := test.create(t.Context(), scripted(t, test.exchanges...))
			if test.wantErr != nil {
				require.ErrorIs(t, err, test.wantErr)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestCreateGivesUp(t *testing.T) {
	t.Parallel()
	var exchanges []exchange
	for range 5 {
		exchanges = append(exchanges,
			exchange{call: teamCreate, status: 503}, exchange{call: teamRead, status: 404, answer: refusal(404, "Not Found")})
	}
	_, err := createTeam(t.Context(), scripted(t, exchanges...))
	require.ErrorIs(t, err, cloud.ErrUnknownOutcome)
	require.NotErrorIs(t, err, cloud.ErrNotFound, "a look-up that finds nothing is not a failure of the create")
}

func TestCreateIsFoundAfterTheLastTry(t *testing.T) {
	t.Parallel()
	var exchanges []exchange
	for range 4 {
		exchanges = append(exchanges, exchange{call: teamCreate, status: 503}, exchange{call: teamRead, status: 404, answer: refusal(404, "Not Found")})
	}
	exchanges = append(exchanges, exchange{call: teamCreate, status: 503}, exchange{call: teamRead, answer: ourTeam})
	name, err := createTeam(t.Context(), scripted(t, exchanges...))
	require.NoError(t, err)
	assert.Equal(t, "payments", name)
}

func TestCancelledCreateIsLookedFor(t *testing.T) {
	t.Parallel()
	cancelled := errors.New("interrupted by the user")
	for _, made := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			client, service := timed(t, func(_ int, r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPost {
					cancel(cancelled)
					return nil, errors.New("connection reset by peer")
				}
				if made {
					return answer(200, ourTeam)
				}
				return answer(404, "")
			})
			name, err := createTeam(ctx, client)
			assert.Len(t, service.at, 2, "one create, one look-up")
			assert.Zero(t, time.Since(service.start), "no waiting")
			if made {
				require.NoError(t, err)
				assert.Equal(t, "payments", name)
				return
			}
			require.ErrorIs(t, err, cancelled)
			require.ErrorIs(t, err, cloud.ErrUnknownOutcome, "the create itself is told, too")
		})
	}
}

func TestReplaceDefinition(t *testing.T) {
	t.Parallel()
	const (
		write = "PATCH /api/esc/environments/acme/payments/prod"
		text  = "values: {a: 1}"
	)
	definition := func(text, etag string) exchange {
		return exchange{call: envRead, answer: text, header: map[string]string{"ETag": etag, "Pulumi-ESC-Revision": "3"}}
	}
	wrote := exchange{call: write, answer: "{}", header: written}
	stale := exchange{call: write, status: 409, answer: refusal(409, "the environment has changed since it was read")}
	tests := []struct {
		name      string
		exchanges []exchange
		wantErr   error
	}{
		{name: "at once", exchanges: []exchange{wrote}},
		{name: "landed", exchanges: []exchange{{call: write, broken: "before"}, definition(text, "new")}},
		{name: "not landed", exchanges: []exchange{{call: write, broken: "before"}, definition("", "old"), wrote}},
		{
			name:      "a text that looks like it, but was there before",
			exchanges: []exchange{{call: write, broken: "before"}, definition(text, "old"), wrote},
		},
		{name: "landed late", exchanges: []exchange{{call: write, status: 504}, definition("", "old"), stale, definition(text, "new")}},
		{name: "stale", exchanges: []exchange{stale}, wantErr: cloud.ErrConflict},
		{
			name: "somebody else was faster", wantErr: cloud.ErrConflict,
			exchanges: []exchange{{call: write, broken: "before"}, definition("theirs", "new"), stale, definition("theirs", "new")},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := scripted(t, test.exchanges...).ReplaceDefinition(t.Context(), "acme", "payments", "prod", text, "old",
				func(stored string) bool { return stored == text })
			require.ErrorIs(t, err, test.wantErr)
		})
	}
}

func TestPolicyOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		purpose cloud.Purpose
		details string
		want    string
	}{
		{name: "console style", purpose: cloud.PurposeRole, details: compose, want: "policy-1"},
		{name: "policy", purpose: cloud.PurposePolicy, details: compose},
		{name: "two records", purpose: cloud.PurposeRole, details: `{"__type":"PermissionDescriptorCompose","permissionDescriptors":["a","b"]}`},
		{name: "none", purpose: cloud.PurposeRole, details: `{"__type":"PermissionDescriptorCompose","permissionDescriptors":[]}`},
		{name: "inline", purpose: cloud.PurposeRole, details: rules},
		{name: "no JSON", purpose: cloud.PurposeRole, details: "?"},
	}
	for _, test := range tests {
		id, ok := cloud.PolicyOf(cloud.Role{Purpose: test.purpose, Details: json.RawMessage(test.details)})
		assert.Equal(t, test.want, id, test.name)
		assert.Equal(t, test.want != "", ok, test.name)
	}
}
