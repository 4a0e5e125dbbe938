package contract

import (
	"strings"
)

// newerSamples are exchanges with a service that is newer than the document.
var newerSamples = []sample{
	{Name: "assignments", Method: "POST", URL: "/api/orgs/acme/assignments/list", Sent: `{}`, Status: 200, Said: `{}`},
	{Name: "assignment", Method: "POST", URL: "/api/orgs/acme/assignments/update", Sent: `{}`, Status: 200, Said: `{}`},
	{Name: "role on a set of values", Method: "POST", URL: "/api/orgs/acme/roles", Sent: strings.ReplaceAll(newRole, equalTo, inSet), Status: 200,
		Said: strings.ReplaceAll(roleRecord, allowed, `"details": {"__type": "PermissionDescriptorCondition", "condition": {`+inSet+`}, "subNode": {"__type": "PermissionDescriptorAllow", "permissions": []}}`)},
	{Name: "scopes in a new group", Method: "GET", URL: "/api/orgs/acme/roles/scopes", Status: 200,
		Said: `{"stack": [{"name": "Delivery pipelines", "scopes": [{"name": "pipeline:retry", "metadata": {"description": ""}}]}]}`},
	{Name: "agents", Method: "GET", URL: "/api/preview/agents/acme/definitions", Status: 200, Said: `{}`},
	{Name: "agent", Method: "GET", URL: "/api/preview/agents/acme/definitions/a1", Status: 200, Said: `{}`},
	{Name: "service principals", Method: "GET", URL: "/api/orgs/acme/members?type=service-principal", Status: 200,
		Said: `{"members": [{"user": {"name": "Robot", "githubLogin": "robot", "avatarUrl": "", "servicePrincipalKind": "user-defined"}, "role": "member", "created": "2026-01-02T03:04:05Z", "knownToPulumi": true, "virtualAdmin": false, "links": {"self": ""}, "fgaRole": {"id": "f1", "name": "Builder", "modifiedAt": "2026-01-02T03:04:05Z"}}]}`},
	{Name: "gate with a scope that is new", Method: "POST", URL: "/api/change-gates/acme", Sent: newerGate, Status: 201, Said: newerGateRecord},
	{Name: "settings with new features", Method: "GET", URL: "/api/orgs/acme/metadata", Status: 200, Said: newerMetadata},
	{Name: "settings changed", Method: "PATCH", URL: "/api/orgs/acme", Sent: `{"setMembersCanCreateTeams": false, "setPermissionMode": "restricted"}`, Status: 200, Said: newerMetadata},
	{Name: "stack metadata with an id", Method: "GET", URL: "/api/stacks/acme/payments/dev/metadata", Status: 200,
		Said: `{"id": "s1", "orgName": "acme", "projectName": "payments", "stackName": "dev", "ownedBy": ` + someone + `,
			"notificationSettings": {"notifyUpdateSuccess": false, "notifyUpdateFailure": false}}`},
	{Name: "environment metadata with a subject", Method: "GET", URL: "/api/esc/environments/acme/payments/prod/metadata", Status: 200,
		Said: `{"id": "e1", "ownedBy": ` + someone + `, "oidcSubjectV2": "pulumi:org:o1:env:e1"}`},
	{Name: "members, suspended ones as well", Method: "GET", URL: "/api/orgs/acme/members?type=backend&includeSuspended=true", Status: 200,
		Said: `{"members": [{"user": ` + someone + `, "role": "member", "created": "2026-01-02T03:04:05Z", "knownToPulumi": true, "virtualAdmin": false, "links": {"self": ""}, "fgaRole": {"id": "f1", "name": "Member", "modifiedAt": "2026-01-02T03:04:05Z"}, "suspended": true, "followsDefaultRole": true}]}`},
	{Name: "member with a stored role", Method: "POST", URL: "/api/orgs/acme/members/sue", Sent: `{"role": "reader"}`, Status: 200,
		Said: `{"user": ` + someone + `, "role": "member", "created": "2026-01-02T03:04:05Z", "knownToPulumi": true, "virtualAdmin": false, "links": {"self": ""}, "fgaRole": {"id": "f1", "name": "Reader", "modifiedAt": "2026-01-02T03:04:05Z"}, "followsDefaultRole": true}`},
	{Name: "member changed to a stored role", Method: "PATCH", URL: "/api/orgs/acme/members/sue", Sent: `{"role": "builder"}`, Status: 204},
	{Name: "gate on policy exceptions", Method: "POST", URL: "/api/change-gates/acme", Sent: `{` + exceptionsTarget + `}}`, Status: 201, Said: exceptionsGate},
	{Name: "gate on policy exceptions, changed", Method: "PUT", URL: "/api/change-gates/acme/g1", Sent: `{` + exceptionsTarget + `}}`, Status: 200, Said: exceptionsGate},
	{Name: "gate on policy exceptions, read", Method: "GET", URL: "/api/change-gates/acme/g1", Status: 200, Said: exceptionsGate},
	{Name: "gates on policy exceptions", Method: "GET", URL: "/api/change-gates/acme?entityType=policy_exceptions", Status: 200,
		Said: `{"gates": [` + exceptionsGate + `], "continuationToken": ""}`},
}

// A gate on policy exceptions: what is sent of it, and how it is answered.
const (
	exceptionsTarget = `"name": "x", "enabled": true, "rule": {"ruleType": "approval_required", "numApprovalsRequired": 1, "allowSelfApproval": false,
		"requireReapprovalOnChange": true, "eligibleApprovers": []}, "target": {"entityType": "policy_exceptions", "qualifiedName": "acme", "actionTypes": ["create"]`
	exceptionsGate = `{"id": "g1", ` + exceptionsTarget + `, "entityInfo": {"entityType": "policy_exceptions", "organization": "acme"}}}`
)

// A condition of the sample role, and one on a set in its place.
const (
	equalTo = `"__type": "PermissionExpressionEqual",
				"left": {"__type": "PermissionExpressionEnvironment"},
				"right": {"__type": "PermissionLiteralExpressionEnvironment", "identity": "7d1f"}`
	inSet = `"__type": "PermissionExpressionIn",
				"target": {"__type": "PermissionExpressionEnvironment"},
				"values": {"__type": "PermissionSetExpressionEnvironment", "identities": ["7d1f", "9a2b"]}`
	allowed = `"details": {"__type": "PermissionDescriptorAllow", "permissions": ["stack:read"]}`
)

const someone = `{"name": "Sue", "githubLogin": "sue", "avatarUrl": ""}`

// newerMetadata has one feature that the document does not have, and not the two that were removed.
var newerMetadata = `{"id": "o1", "created": "2026-01-02T03:04:05Z", "kind": "pulumi", "product": "business-critical", "locked": "not-locked", "userRole": "admin", "permissionMode": "restricted",
	"defaultStackPermission": 0, "defaultEnvironmentPermission": "none", "defaultAccountPermission": 0,
	"membersCanCreateStacks": true, "membersCanDeleteStacks": true, "membersCanTransferStacks": true, "membersCanCreateTeams": true, "membersCanCreateAccounts": true,
	"preferredVCS": "none", "memberCount": 1, "stackCount": 0, "environmentCount": 0, "accountCount": 0, "auditLogsEnabled": true, "webhooksEnabled": false,
	"aiEnablement": "disabled", "neoEnabled": false, "neoAgentDisabled": false, "neoApprovalMode": "manual", "neoCLIExplanationsDisabled": false,
	"neoTaskSharingMode": "none", "naturalLanguageSearchDisabled": false, "insightsTrialUsingPolicy": false,
	"features": {` + flags(`entityUserAssignmentsEnabled agentIntegrationCatalogEnabled agentPoolRegistrationEnabled agentScheduledTasksEnabled aiAgentsEnabled
		aleEnabled approvalsEnabled auditLogUIFilteringEnabled auditLogsEnabled bitbucketVCSEnabled bringYourOwnKeyEnabled cliIntegrationCatalogEnabled
		crossGuardEnabled customRoleCondition customRolesEnabled customTemplatesEnabled customVCSEnabled dependencyCachingEnabled deployEnabled
		discoveredStacksEnabled driftDetectionEnabled environmentRevisionTagsEnabled environmentSecretRotationEnabled environmentsEnabled
		environmentsRestoreEnabled escOnboardingAzureOAuthClientEnabled escOnboardingEnabled escOnboardingGcpOAuthClientEnabled escOnboardingV2Enabled
		fixDriftWithNeoEnabled ghAppDetailedDiffEnabled gitHubEnterpriseIntegrationEnabled iacCloudImportEnabled insightsAutoPolicyPacksEnabled
		insightsMonetizationEnabled integrationAssistantEnabled legacyDeploymentsOrgToken neoByokEnabled neoTaskSharingEnabled nlpSearchEnabled
		pangeaAccountsScanPageEnabled policyIssueManagementEnabled policyManagementV2Enabled propertySearchUIEnabled resourceExportEnabled
		resourceSearchEnabled restoreStacksEnabled scimEnabled selfHostedDeploymentsEnabled selfServeIDPRemoval serviceBackedConfigEnabled
		themingEnabled webhooksEnabled`) + `}}`

func flags(names string) string {
	var all []string
	for _, name := range strings.Fields(names) {
		all = append(all, `"`+name+`": false`)
	}
	return strings.Join(all, ", ")
}

// newerGate is approved by holders of a scope that the document does not list.
const newerGate = `{"name": "n", "enabled": true, "target": {"entityType": "environment", "qualifiedName": "payments/prod", "actionTypes": ["open"]},
	"rule": {"ruleType": "approval_required", "numApprovalsRequired": 1, "allowSelfApproval": false, "requireReapprovalOnChange": true,
	"eligibleApprovers": [{"eligibilityType": "has_permission_on_target", "permission": "environment:close"}]}}`

const newerGateRecord = `{"id": "g1", "name": "n", "enabled": true, "target": {"entityType": "environment", "qualifiedName": "payments/prod", "actionTypes": ["open"],
	"entityInfo": {"entityType": "environment", "project": "payments", "name": "prod"}},
	"rule": {"ruleType": "approval_required", "numApprovalsRequired": 1, "allowSelfApproval": false, "requireReapprovalOnChange": true,
	"eligibleApprovers": [{"eligibilityType": "has_permission_on_target", "permission": "environment:close"}]}}`
