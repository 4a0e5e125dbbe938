package components_test

import (
	"regexp"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type inputs = map[string]property.Value

// Bad inputs are refused before a child is registered, with the path as the user wrote it.
func TestBadInputs(t *testing.T) {
	t.Parallel()
	stack := func(rule inputs) inputs {
		return inputs{"name": text("payments"), "access": object(inputs{"stacks": list(object(rule))})}
	}
	env := prodEnvironment
	tests := []struct {
		name, component, path string
		inputs                inputs
	}{
		{"neither access nor role", "ScopedTeam", "access", inputs{"name": text("payments")}},
		{"both access and role", "ScopedTeam", "access", inputs{
			"name": text("p"), "roleId": text("r"), "access": object(inputs{"scopes": list(text("audit_logs:read"))}),
		}},
		{"empty access", "ScopedTeam", "access", inputs{"name": text("p"), "access": object(inputs{})}},
		{"misspelled scope", "ScopedTeam", "access.stacks[0].scopes[0]",
			stack(inputs{"project": text("p"), "stack": text("s"), "scopes": list(text("stack:raed"))})},
		{"unknown permission", "ScopedTeam", "access.stacks[0].permission",
			stack(inputs{"project": text("p"), "stack": text("s"), "permission": text("open")})},
		{"stack admin for people", "ScopedTeam", "access.stacks[0].permission",
			stack(inputs{"project": text("p"), "stack": text("s"), "permission": text("admin")})},
		{"existing team with members", "ScopedTeam", "members", inputs{
			"name": text("p"), "roleId": text("r"), "existing": property.New(true), "members": list(text("bo")),
		}},
		{"role with a slash", "ScopedTeam", "roleId", inputs{"name": text("p"), "roleId": text("acme/123")}},
		{"tags through entities", "ScopedTeam", "access.stacks[0].tags", inputs{
			"name": text("p"), "grantThrough": text("entity"),
			"access": object(inputs{"stacks": list(object(inputs{
				"tags": object(inputs{"tier": text("dev")}), "permission": text("read"),
			}))}),
		}},
		{"team name with a slash", "ScopedTeam", "name", inputs{"name": text("a/b"), "roleId": text("r")}},
		{"unknown existing", "ScopedTeam", "existing", inputs{"name": text("p"), "roleId": text("r"), "existing": unknown()}},

		{"token that never expires", "ScopedTeam", "token.expiresIn", inputs{
			"name": text("p"), "roleId": text("r"), "token": object(inputs{"expiresIn": text("0s")}),
		}},
		{"token that rotates at once", "ScopedTeam", "token.rotateBefore", inputs{
			"name": text("p"), "roleId": text("r"), "token": object(inputs{"expiresIn": text("7d"), "rotateBefore": text("7d")}),
		}},
		{"unknown default", "OrganizationBaseline", "defaults.environmentPermission", inputs{
			"defaults": object(inputs{"environmentPermission": text("admin")}),
		}},
		{"expiry of half a day", "OrganizationBaseline", "machineTokenMaxExpiry", inputs{"machineTokenMaxExpiry": text("12h")}},
		{"default role with a slash", "OrganizationBaseline", "defaultRoleId", inputs{"defaultRoleId": text("acme/1")}},

		{"environment name with a slash", "ProductionEnvironment", "name", inputs{"project": text("p"), "name": text("a/b")}},
		{"root without form", "ProductionEnvironment", "lock.allowedRoots[0]", inputs{
			"project": text("p"), "name": text("e"), "lock": object(inputs{"allowedRoots": list(text("a/b/c"))}),
		}},
		{"wildcard user", "ProductionEnvironment", "lock.users[0]", inputs{
			"project": text("p"), "name": text("e"), "lock": object(inputs{"users": list(text("*"))}),
		}},
		{"malformed ARN", "ProductionEnvironment", "aws.roleArn",
			env(inputs{"create": property.New(false), "roleArn": text("arn:aws:s3:::bucket")})},
		{"no way to the role", "ProductionEnvironment", "aws.roleArn", env(inputs{"create": property.New(false)})},
		{"two ways to the role", "ProductionEnvironment", "aws.roleArn", env(inputs{
			"create": property.New(false), "roleArn": text("arn:aws:iam::123456789012:role/r"), "roleName": text("r"),
		})},
		{"policies on an existing role", "ProductionEnvironment", "aws.managedPolicyArns", env(inputs{
			"create": property.New(false), "roleArn": text("arn:aws:iam::123456789012:role/r"), "managedPolicyArns": list(),
		})},
		{"ARN of a role to create", "ProductionEnvironment", "aws.roleArn",
			env(inputs{"roleArn": text("arn:aws:iam::123456789012:role/r"), "accountId": text("123456789012")})},
		{"no OIDC provider", "ProductionEnvironment", "aws.oidcProviderArn", env(inputs{})},
		{"short account", "ProductionEnvironment", "aws.accountId", env(inputs{"accountId": text("123")})},
		{"bad duration", "ProductionEnvironment", "aws.duration",
			env(inputs{"accountId": text("123456789012"), "duration": text("soon")})},
		{"short duration", "ProductionEnvironment", "aws.duration",
			env(inputs{"accountId": text("123456789012"), "duration": text("10m")})},
		{"unknown create", "ProductionEnvironment", "aws.create", env(inputs{"create": unknown()})},
		{"too many roots for AWS", "ProductionEnvironment", "lock", inputs{
			"project": text("payments"), "name": text("prod"),
			"lock": object(inputs{"allowedRoots": manyRoots(60)}),
			"aws":  object(inputs{"create": property.New(false), "roleArn": text("arn:aws:iam::123456789012:role/r")}),
		}},

		{"both role and access", "DeploymentRoleAssignment", "roleId", inputs{
			"project": text("p"), "stack": text("s"), "roleId": text("r"),
			"access": object(inputs{"scopes": list(text("audit_logs:read"))}),
		}},
		{"unknown operation", "DeploymentRoleAssignment", "oidc.operations[0]", inputs{
			"project": text("p"), "stack": text("s"), "roleId": text("r"),
			"oidc": object(inputs{"operations": list(text("apply"))}),
		}},
		{"role id with a slash", "DeploymentRoleAssignment", "roleId", inputs{
			"project": text("p"), "stack": text("s"), "roleId": text("acme/123"),
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			_, err := e.construct(test.component, test.inputs, true)
			require.Error(t, err)
			assert.Contains(t, failedPaths(t, err), test.path, "%v", err)
			assert.Empty(t, e.childNames(), "a child was registered")
		})
	}
}

func manyRoots(n int) property.Value {
	roots := make([]property.Value, n)
	for i := range roots {
		roots[i] = text("project/environment-" + string(rune('a'+i%26)) + string(rune('a'+i/26)))
	}
	return list(roots...)
}

func failedPaths(t *testing.T, err error) []string {
	t.Helper()
	var status interface{ Error() string }
	require.ErrorAs(t, err, &status)
	converted, ok := rpcerror.FromError(err)
	if !ok {
		t.Fatalf("not an error with property paths: %v", err)
	}
	paths := namedPaths(converted)
	for _, told := range toldPaths.FindAllStringSubmatch(converted.Message(), -1) {
		paths = append(paths, told[1])
	}
	return paths
}

// toldPaths are those of secret values, which stand in the message: the engine prints the value of what a detail names.
var toldPaths = regexp.MustCompile(`\n\t\t- (\S+): `)

func namedPaths(err *rpcerror.Error) []string {
	var paths []string
	for _, detail := range err.InputPropertiesErrors() {
		paths = append(paths, detail.PropertyPath)
	}
	return paths
}

// Nothing besides the own stack is an access; nothing at all is none.
func TestDeploymentAccessToTheOwnStackAlone(t *testing.T) {
	t.Parallel()
	build := func(more inputs) inputs {
		in := inputs{"project": text("p"), "stack": text("s"), "access": object(inputs{})}
		for key, value := range more {
			in[key] = value
		}
		return in
	}
	for name, access := range map[string]property.Value{
		"empty": object(inputs{}), "empty lists": object(inputs{"stacks": list()}), "none": object(inputs{"organization": text("none")}),
	} {
		e := newEngine(t)
		_, err := e.construct("DeploymentRoleAssignment", build(inputs{"access": access}), false)
		require.NoError(t, err, name)
		assert.Equal(t, list(object(inputs{"project": text("p"), "stack": text("s"), "permission": text("write")})),
			plainOf(e.child(roleType, "x").Inputs.Get("access").AsMap().Get("stacks")), name)
		assert.Equal(t, text("role-1"), plainOf(e.child("leastprivilege:index:DeploymentRole", "x").Inputs.Get("roleId")), name)
	}
	_, err := newEngine(t).construct("DeploymentRoleAssignment", build(inputs{"includeOwnStack": property.New(false)}), true)
	require.Error(t, err)
	assert.Contains(t, failedPaths(t, err), "access")
}

// A component takes the opt-ins that it knows, and gives each child those that the child knows.
func TestComponentsKnowTheirOptIns(t *testing.T) {
	t.Parallel()
	scoped := func(allow ...string) inputs {
		return inputs{"name": text("p"), "allow": texts(allow...), "access": object(inputs{"scopes": texts("audit_logs:read")})}
	}
	e := newEngine(t)
	_, err := e.construct("ScopedTeam", scoped("openOnAll", "stackAdminForPeople", "lockOut"), false)
	require.NoError(t, err)
	assert.Equal(t, texts("lockOut"), plainOf(e.child(teamType, "x").Inputs.Get("allow")))
	assert.Equal(t, texts("lockOut", "stackAdminForPeople"), plainOf(e.child(teamAccessType, "x").Inputs.Get("allow")))
	for name, in := range map[string]inputs{
		"ScopedTeam": scoped("wildcardInClaim"), "OrganizationBaseline": {"allow": texts("openOnAll")},
		"TieredAccess": {"teams": list(tieredTeam("a", nil)), "allow": texts("openOnAll")},
		"CiTrust":      ciGitHub(inputs{"repository": text("acme/app"), "branches": texts("main")}, inputs{"allow": texts("lockOut")}),
	} {
		_, err := newEngine(t).construct(name, in, true)
		require.Error(t, err, name)
		assert.Contains(t, failedPaths(t, err), "allow[0]", name)
	}
}

// A level that is made of scopes cannot be granted on a single entity, and the failure says why.
func TestViewIsGrantedThroughRolesAlone(t *testing.T) {
	t.Parallel()
	build := func(through string) inputs {
		return inputs{
			"name": text("p"), "grantThrough": text(through),
			"access": object(inputs{"stacks": list(object(inputs{"project": text("p"), "stack": text("s"), "permission": text("view")}))}),
		}
	}
	_, err := newEngine(t).construct("ScopedTeam", build("role"), true)
	require.NoError(t, err)
	_, err = newEngine(t).construct("ScopedTeam", build("entity"), true)
	require.Error(t, err)
	assert.Contains(t, failedPaths(t, err), "access.stacks[0].permission")
	converted, _ := rpcerror.FromError(err)
	assert.Contains(t, converted.InputPropertiesErrors()[0].Reason, "made of scopes")
}

// Opting in by name, and values that are not known yet, are not refused.
func TestGoodInputs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, component string
		inputs          inputs
	}{
		{"opted-in admin", "ScopedTeam", inputs{
			"name": text("p"), "allow": list(text("stackAdminForPeople")),
			"access": object(inputs{"stacks": list(object(inputs{
				"project": text("p"), "stack": text("s"), "permission": text("admin"),
			}))}),
		}},
		{"unknown project", "ScopedTeam", inputs{
			"name":   text("p"),
			"access": object(inputs{"stacks": list(object(inputs{"project": unknown(), "stack": text("s"), "permission": text("read")}))}),
		}},
		{"unknown access", "ScopedTeam", inputs{"name": unknown(), "access": unknown()}},
		{"unknown role", "ProductionEnvironment", prodEnvironment(inputs{"create": property.New(false), "roleArn": unknown()})},
		{"unknown name", "ProductionEnvironment", inputs{"project": text("p"), "name": unknown()}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := newEngine(t).construct(test.component, test.inputs, true)
			assert.NoError(t, err)
		})
	}
}

// Entity by entity, the team gets the grants themselves and no role.
func TestGrantThroughEntity(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	answer, err := e.construct("ScopedTeam", inputs{
		"name": text("payments"), "grantThrough": text("entity"),
		"access": object(inputs{
			"stacks": list(object(inputs{"project": text("p"), "stack": text("s"), "permission": text("write")})),
			"environments": list(object(inputs{
				"project": text("p"), "environment": text("e"), "permission": text("open"), "maxOpenDuration": text("30m"),
			})),
		}),
	}, false)
	require.NoError(t, err)
	granted := e.child("leastprivilege:index:TeamAccess", "x").Inputs
	assert.False(t, granted.Get("roleIds").IsArray(), "roles are left alone")
	assert.Equal(t, list(object(inputs{"project": text("p"), "stack": text("s"), "permission": text("write")})), granted.Get("stacks"))
	assert.Equal(t, list(object(inputs{
		"project": text("p"), "environment": text("e"), "permission": text("open"), "maxOpenDuration": text("30m"),
	})), granted.Get("environments"))
	assert.Equal(t, list(), granted.Get("accounts"))
	assert.NotContains(t, e.childNames(), "leastprivilege:index:Role x")
	assert.True(t, answer.State.Get("roleId").IsNull())
}
