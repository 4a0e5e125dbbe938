package server

import (
	"net/http"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/clouds/aws"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
)

// cloneBox has bo, who may open and clone payments/prod, and a service that answers clones as the option says.
func cloneBox(t *testing.T, option string, gated bool) *box {
	t.Helper()
	b := newBox(t, "organization: acme\nusers: [{login: ana, role: admin}, {login: bo}, {login: cy}]\n"+
		"teams: [{name: payments, members: [bo]}]\n"+
		"environments: [{project: payments, environment: prod, definition: \"values: {password: {'fn::secret': hunter2}}\"}]\n")
	b.s.org.Options.Clone = option
	b.admin(http.MethodPatch, "/api/orgs/acme/teams/payments", map[string]any{"addEnvironmentPermission": map[string]any{
		"projectName": "payments", "envName": "prod", "permission": "open"}}).want(http.StatusNoContent)
	if gated {
		b.admin(http.MethodPost, "/api/change-gates/acme", map[string]any{
			"name": "open-prod", "enabled": true,
			"target": map[string]any{"entityType": "environment", "qualifiedName": "payments/prod", "actionTypes": []string{"open"}},
			"rule": map[string]any{
				"ruleType": "approval_required", "numApprovalsRequired": 1, "allowSelfApproval": false, "requireReapprovalOnChange": true,
				"eligibleApprovers": []any{map[string]any{"eligibilityType": "specific_user", "userLogin": "ana"}},
			},
		}).want(http.StatusCreated)
	}
	return b
}

func TestCloneCannotBypassAGate(t *testing.T) {
	t.Parallel()
	clone := map[string]any{"project": "payments", "name": "copy"}
	for _, test := range []struct {
		option string
		gated  bool
		status int
	}{
		{core.CloneChecked, true, http.StatusForbidden},
		{core.CloneChecked, false, http.StatusNoContent},
		{core.CloneUnchecked, true, http.StatusNoContent},
	} {
		b := cloneBox(t, test.option, test.gated)
		bo := b.user("bo")
		b.send(bo, http.MethodPost, escPath("payments/prod/clone"), clone).want(test.status)
		if test.status == http.StatusForbidden {
			b.opened(bo, "payments/copy").want(http.StatusNotFound).hides("hunter2")
		}
	}
}

func TestCloneTakesTheRightToOpen(t *testing.T) {
	t.Parallel()
	clone := map[string]any{"project": "payments", "name": "copy"}
	for option, status := range map[string]int{core.CloneChecked: http.StatusForbidden, core.CloneUnchecked: http.StatusNoContent} {
		b := cloneBox(t, option, false)
		role := decoded[struct{ ID string }](b.admin(http.MethodPost, "/api/orgs/acme/roles", map[string]any{
			"name": "cloner", "description": "", "resourceType": "global", "uxPurpose": "role",
			"details": map[string]any{"__type": "PermissionDescriptorAllow", "permissions": []string{
				"environment:create", "environment:read", "environment:clone"}},
		}).want(http.StatusOK)).ID
		b.admin(http.MethodPatch, "/api/orgs/acme/members/cy", map[string]any{"fgaRoleId": role}).want(http.StatusNoContent)
		b.send(b.user("cy"), http.MethodPost, escPath("payments/prod/clone"), clone).want(status)
	}
}

func TestCloneOptionIsChecked(t *testing.T) {
	t.Parallel()
	if _, err := New(core.Options{Clone: "perhaps"}); err == nil {
		t.Fatal("an unknown value is refused")
	}
}

// What `pulumi org role new` sends: neither purpose nor resource type.
func TestRoleNeedsNoPurposeAndNoResourceType(t *testing.T) {
	t.Parallel()
	b := newBox(t, "organization: acme\n")
	details := map[string]any{"__type": "PermissionDescriptorAllow", "permissions": []string{"stack:read"}}
	b.admin(http.MethodPost, "/api/orgs/acme/roles", map[string]any{"name": "reader", "description": "", "details": details}).
		want(http.StatusOK).says(`"uxPurpose":"role"`).says(`"resourceType":"global"`)
	b.admin(http.MethodPost, "/api/orgs/acme/roles?createPolicyAndRole=true",
		map[string]any{"name": "writer", "description": "", "details": details}).want(http.StatusOK).says(`"uxPurpose":"role"`)
}

// All official clients of ESC read a session at open//{session}.
func TestDoubledSlashes(t *testing.T) {
	t.Parallel()
	b := newBox(t, "organization: acme\nenvironments: [{project: p, environment: e, definition: \"values: {a: b}\"}]\n")
	session := decoded[struct{ ID string }](b.admin(http.MethodPost, escPath("p/e/open?duration=1h"), nil).want(http.StatusOK)).ID
	b.admin(http.MethodGet, escPath("p/e/open//"+session), nil).want(http.StatusOK).says(`"b"`)
}

func TestSettingsOfEnvironmentsTakeTheirScope(t *testing.T) {
	t.Parallel()
	b := cloneBox(t, core.CloneChecked, false)
	role := decoded[struct{ ID string }](b.admin(http.MethodPost, "/api/orgs/acme/roles", map[string]any{
		"name": "remover", "description": "", "resourceType": "global", "uxPurpose": "role",
		"details": map[string]any{"__type": "PermissionDescriptorAllow", "permissions": []string{"environment:read", "environment:delete"}},
	}).want(http.StatusOK)).ID
	b.admin(http.MethodPatch, "/api/orgs/acme/members/cy", map[string]any{"fgaRoleId": role}).want(http.StatusNoContent)
	b.send(b.user("cy"), http.MethodPatch, escPath("payments/prod/settings"), map[string]any{"deletionProtected": true}).
		want(http.StatusForbidden).says("environment_settings:update")
}

// A restored state with an ARN of another form is refused, and does not panic at the next login.
func TestOddARNsInAStateAreRefused(t *testing.T) {
	t.Parallel()
	for _, arn := range []string{"", "x", "arn:aws:iam", "arn:aws:iam::1:role/x", "a:b:c:d"} {
		cloud := aws.State{Providers: map[string]*aws.OIDCProvider{arn: {ARN: arn}}}
		if cloud.Check() == nil {
			t.Errorf("a provider %q is taken", arn)
		}
		cloud = aws.State{Roles: map[string]*aws.Role{arn: {ARN: arn}}}
		if cloud.Check() == nil {
			t.Errorf("a role %q is taken", arn)
		}
	}
}
