package usage

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
)

// Act is what an event did: it used one of the scopes on an entity of the kind. One that was refused may not say which scope it took.
type Act struct {
	Kind   access.EntityKind
	Scopes []string // any of these
}

// events are the kinds of audit events that use a scope. Scopes that are joined by a bar are such of which any may have been used.
var events = map[access.EntityKind]map[string]string{
	access.Environment: {
		"environment-open":                         "environment:open|environment_version:open",
		"environment-read-open":                    "environment:open|environment_version:open",
		"environment-decrypted":                    "environment:open|environment_version:open",
		"environment-oidc-token-issued":            "environment:open|environment_version:open",
		"environment-revision-tag-open":            "environment_version:open",
		"environment-draft-open":                   "environment:open",
		"environment-draft-read-open":              "environment:open",
		"environment-read":                         "environment:read|environment_version:read",
		"environment-revision-tag-read":            "environment_version:read",
		"environment-updated":                      "environment:write",
		"environment-deleted":                      "environment:delete",
		"environment-cloned":                       "environment:clone",
		"environment-rotated":                      "environment:rotate",
		"environment-tag-created":                  "environment_tag:create",
		"environment-tag-updated":                  "environment_tag:update",
		"environment-tag-deleted":                  "environment_tag:delete",
		"environment-revision-tag-created":         "environment_version:create",
		"environment-revision-tag-updated":         "environment_version:update",
		"environment-revision-tag-update":          "environment_version:update",
		"environment-revision-tag-deleted":         "environment_version:delete",
		"environment-revision-tag-delete":          "environment_version:delete",
		"environment-revision-retracted":           "environment_version:retract",
		"environment-schedule-created":             "environment_schedule:create",
		"environment-schedule-updated":             "environment_schedule:update|environment_schedule:pause|environment_schedule:resume",
		"environment-schedule-deleted":             "environment_schedule:delete",
		"environment-deletion-protection-enabled":  "environment_settings:update",
		"change-gate-created":                      "change_gate:create",
		"change-gate-updated":                      "change_gate:update",
		"change-gate-deleted":                      "change_gate:delete",
		"environment-deletion-protection-disabled": "environment_settings:update",
	},
	access.Stack: {
		"stack-update-started":                   "stack:write",
		"stack-update-completed":                 "stack:write",
		"stack-update-canceled":                  "stack:cancel_update",
		"stack-exported":                         "stack:export",
		"stack-imported":                         "stack:import",
		"stack-outputs-read":                     "stack:read",
		"stack-provider-open":                    "stack:read",
		"secret-decrypted":                       "stack:decrypt",
		"secrets-batch-decrypted":                "stack:decrypt",
		"stack-deleted":                          "stack:delete",
		"stack-renamed":                          "stack:rename",
		"stack-transferred-to-organization":      "stack:transfer",
		"stack-collaborator-added":               "stack_access:update",
		"stack-collaborator-removed":             "stack_access:update",
		"stack-collaborator-permissions-changed": "stack_access:update",
		"deployment-settings-role-updated":       "stack_deployment_settings:write",
		"scheduled-deployment-created":           "stack_schedule:create",
		"scheduled-deployment-updated":           "stack_schedule:update|stack_schedule:pause|stack_schedule:resume",
		"scheduled-deployment-deleted":           "stack_schedule:delete",
	},
	access.Account: {
		"cloud-account-deleted":                 "insights_account:delete",
		"cloud-account-updated":                 "insights_account:update",
		"cloud-account-tags-updated":            "insights_account:update",
		"cloud-account-scan-started":            "insights_account:scan",
		"cloud-account-scan-canceled":           "insights_account_scan:cancel",
		"cloud-account-scheduled-scans-paused":  "insights_account_scan:pause",
		"cloud-account-scheduled-scans-resumed": "insights_account_scan:resume",
	},
	access.Organization: {
		"environment-cloned":                           "environment:create",
		"stack-created":                                "stack:create",
		"stack-created-from-template":                  "stack:create",
		"environment-created":                          "environment:create",
		"environment-restored":                         "environment:restore_deleted",
		"cloud-account-created":                        "insights_account:create",
		"team-created":                                 "team:create|github_team:create",
		"team-updated":                                 "team:update",
		"team-deleted":                                 "team:delete",
		"team-token-created":                           "team:create_token",
		"team-token-deleted":                           "team:delete_token",
		"organization-token-created":                   "org_token:create",
		"organization-token-deleted":                   "org_token:delete",
		"custom-role-created":                          "role:create",
		"custom-role-updated":                          "role:update",
		"custom-role-deleted":                          "role:delete",
		"member-added":                                 "org_member:add",
		"member-removed":                               "org_member:delete",
		"member-role-changed":                          "org_member:update|org_member:set_admin",
		"organization-invite-sent":                     "invites:create",
		"organization-settings-changed":                "organization:update",
		"organization-deployment-default-role-updated": "organization:update",
		"organization-backend-changed":                 "organization:change_backend",
		"organization-deployments-paused":              "deployments:pause",
		"organization-deployments-resumed":             "deployments:resume",
		"oidc-issuer-registered":                       "oidc_issuers:create",
		"oidc-issuer-updated":                          "oidc_issuers:update|oidc_issuers:regenerate_thumbprints",
		"oidc-issuer-deleted":                          "oidc_issuers:delete",
		"authorization-policy-updated":                 "auth_policies:update",
		"saml-configuration-updated":                   "saml:update",
		"policy-group-created":                         "policy_groups:create",
		"policy-group-updated":                         "policy_groups:update",
		"policy-group-deleted":                         "policy_groups:delete",
		"policy-pack-created":                          "policy_pack:create",
		"policy-pack-deleted":                          "policy_pack:delete",
		"policy-pack-enabled":                          "policy_groups:update",
		"policy-pack-disabled":                         "policy_groups:update",
		"agent-task-created":                           "agent_task:create",
		"agent-task-updated":                           "agent_task:contribute|agent_task:manage",
		"agent-task-shared":                            "agent_task:manage",
		"agent-task-unshared":                          "agent_task:manage",
		"deployment-runner-pool-created":               "agent_pool:create",
		"deployment-runner-pool-deleted":               "agent_pool:delete",
		"service-created":                              "services:create",
		"service-updated":                              "services:write|services:admin",
		"service-deleted":                              "services:admin|services:write",
	},
}

// refusals are the kinds of events of attempts that were refused; so are all that begin with auth-failure-.
var refusals = map[string]Act{
	"environment-unauthorized-open":  {access.Environment, []string{openScope}},
	"auth-failure-environment":       {Kind: access.Environment},
	"auth-failure-stack-permission":  {Kind: access.Stack},
	"auth-failure-cloud-account":     {Kind: access.Account},
	"auth-failure-organization-role": {Kind: access.Organization},
	"auth-failure-scim-access-token": {Kind: access.Organization},
	"oidc-issuer-validation-failed":  {Kind: access.Organization},
	"user-login-failed":              {Kind: access.Organization},
}

// withoutScope are the kinds of events that take no scope in the organization.
var withoutScope = []string{
	"user-login", "user-added-new-identity-to-their-account", "organization-invite-accepted", "organization-token-created-for-oidc-issuer",
	"team-token-created-for-oidc-issuer", "personal-token-created-for-oidc-issuer", "deployment-runner-token-created-for-oidc-issuer",
	"neo-slack-identity-connected", "neo-slack-identity-disconnected",
}

const (
	openScope        = "environment:open"
	openVersionScope = "environment_version:open"
)

// ScopesOf are what an event of a kind did, nil for a kind that takes no scope, or that this version does not know. Cloning takes a
// scope on the environment and one in the organization.
func ScopesOf(event string) []Act { return actsByEvent()[current(event)] }

var actsByEvent = sync.OnceValue(func() map[string][]Act {
	all := map[string][]Act{}
	for _, kind := range access.Kinds() {
		for event, scopes := range events[kind] {
			all[event] = append(all[event], Act{kind, strings.Split(scopes, "|")})
		}
	}
	return all
})

// EventKinds are the kinds of events that use a scope, sorted.
func EventKinds() []string { return slices.Sorted(maps.Keys(actsByEvent())) }

// Shows reports whether using a scope on entities of a kind leaves an event.
func Shows(kind access.EntityKind, scope string) bool {
	if kind == access.Stack && scope == "stack:read" {
		return false // only reading outputs by a reference does
	}
	for _, scopes := range events[kind] {
		if slices.Contains(strings.Split(scopes, "|"), scope) {
			return true
		}
	}
	return false
}

// current is the kind by the name that events have today.
func current(event string) string {
	if rest, old := strings.CutPrefix(event, "insights-account-"); old {
		return "cloud-account-" + rest
	}
	if event == "auth-failure-insights-account" {
		return "auth-failure-cloud-account"
	}
	return event
}

// attempted says what was attempted by an event that was refused, false for one that was not.
func attempted(e audit.Event) ([]Act, bool) {
	kind := current(e.Kind)
	if act, known := refusals[kind]; known {
		return []Act{act}, true
	}
	if !e.Refused && !strings.HasPrefix(kind, "auth-failure-") {
		return nil, false
	}
	return ScopesOf(kind), true
}
