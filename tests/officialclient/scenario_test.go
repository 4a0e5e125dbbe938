package officialclient

import (
	"slices"
	"strings"
)

const scene = `
organization: acme
users: [{login: ana, role: admin}, {login: bo}, {login: cy}, {login: robot, servicePrincipal: user-defined, role: builder}]
agents: [{name: all}, {name: some, approvalMode: balanced, integrations: [datadog]}]
teams: [{name: payments, members: [bo]}]
stacks: [{project: payments, stack: dev}, {project: payments, stack: old}]
environments:
  - {project: payments, environment: dev, definition: "values: {a: {'fn::rotate::password': {inputs: {length: 20}}}}", tags: {tier: dev}}
  - {project: payments, environment: prod, definition: "values: {a: 1}"}
  - {project: payments, environment: old, definition: "values: {a: 1}"}
accounts: [{account: aws, environment: payments/dev, tags: {tier: dev}}]
`

// steps call every operation of the sandbox at least once.
var steps = slices.Concat(
	unscopedSteps, memberSteps, teamSteps, roleSteps, entitySteps, tokenSteps, gateSteps, environmentSteps, stackSteps,
	updateSteps("preview"), updateSteps("refresh"), updateSteps("update"), updateSteps("destroy"),
	updateHistorySteps, deploymentSteps, accountSteps, issuerSteps, deletionSteps,
)

var unscopedSteps = []step{
	{call: "Capabilities"},
	{call: "Version"},
	{call: "FetchRestSpecification"},
	{call: "GetCurrentUser"},
	{call: "UpdateDefaultOrganization acme"},
	{call: "GetDefaultOrganization"},
	{call: "GetOrganization acme"},
	{call: "GetOrganizationMetadata acme"},
	{call: "UpdateOrganizationSettings acme", body: `{"setDefaultEnvironmentPermission": "none", "setMembersCanCreateTeams": false, "setMaxAccessTokenExpiryDays": 0}`},
	{call: "ListUserStacks"},
}

var memberSteps = []step{
	{call: "AddOrganizationMember acme di", body: `{"role": "member"}`},
	{call: "UpdateOrganizationMember acme di", body: `{"role": "admin"}`},
	{call: "ListOrganizationMembers acme _ true"},
	{call: "ListOrganizationMembers acme _ _ service-principal", keep: "kind=members.0.user.servicePrincipalKind"},
	{call: "ListAgentDefinitions acme", keep: "agent=definitions.0.id"},
	{call: "GetAgentDefinition acme ${agent}"},
	{call: "GetOrganizationMemberTeams acme bo"},
	{call: "DeleteOrganizationMember acme di"},
}

var teamSteps = []step{
	{call: "CreatePulumiTeam acme", body: `{"name": "made", "displayName": "Made", "description": "for a test"}`},
	{call: "ListTeams acme"},
	{call: "UpdateTeam acme made", body: `{"memberAction": "add", "member": "bo"}`},
	{call: "UpdateTeam acme made", body: `{"newDisplayName": "Changed", "newDescription": "changed"}`},
	{call: "UpdateTeam acme made", body: `{"addStackPermission": {"projectName": "payments", "stackName": "dev", "permission": 101}}`},
	{call: "UpdateTeam acme made", body: `{"addEnvironmentPermission": {"projectName": "payments", "envName": "dev", "permission": "open", "maxOpenDuration": "1h0m0s"}}`},
	{call: "UpdateTeamStackPermissions acme payments dev made", body: `{"permissions": 102}`},
	{call: "UpdateTeamInsightsAccountPermissions acme aws made", body: `{"permissions": 1}`},
	{call: "GetTeam acme made"},
	{call: "ListStackTeams acme payments dev"},
	{call: "ListInsightsAccountTeams acme aws"},
	{call: "UpdateTeam acme made", body: `{"removeEnvironment": {"projectName": "payments", "envName": "dev"}}`},
	{call: "UpdateTeam acme made", body: `{"removeStack": {"projectName": "payments", "stackName": "dev"}}`},
}

var roleSteps = []step{
	{call: "ListAvailableScopes acme"},
	{
		call: "CreateRole acme _", keep: "set=id",
		body: `{"name": "open-only", "description": "", "resourceType": "environment", "uxPurpose": "set", "details": {
			"__type": "PermissionDescriptorAllow", "permissions": ["environment:read", "environment:open"]}}`,
	},
	{
		call: "CreateRole acme true", keep: "role=id",
		body: `{"name": "deployer", "description": "deploys", "resourceType": "global", "uxPurpose": "role", "details": {
			"__type": "PermissionDescriptorGroup", "entries": [
				{"__type": "PermissionDescriptorAllow", "permissions": ["stack:read"]},
				{"__type": "PermissionDescriptorCondition",
				 "condition": {"__type": "PermissionExpressionEqual",
					"left": {"__type": "PermissionExpressionTag", "context": {"__type": "PermissionExpressionEnvironment"}, "key": "tier"},
					"right": {"__type": "PermissionLiteralExpressionString", "value": "dev"}},
				 "subNode": {"__type": "PermissionDescriptorCompose", "permissionDescriptors": ["${set}"]}},
				{"__type": "PermissionDescriptorCondition",
				 "condition": {"__type": "PermissionExpressionIn",
					"target": {"__type": "PermissionExpressionTag", "context": {"__type": "PermissionExpressionStack"}, "key": "tier"},
					"values": {"__type": "PermissionSetExpressionString", "values": ["dev", "test"]}},
				 "subNode": {"__type": "PermissionDescriptorAllow", "permissions": ["stack:write", "pipeline:dispatch"]}}]}}`,
	},
	{call: "ListRolesByOrgIDAndUXPurpose acme _ role"},
	{call: "ListRolesByOrgIDAndUXPurpose acme _ policy"},
	{call: "ListRolesByOrgIDAndUXPurpose acme _ set"},
	{call: "GetRole acme ${role}"},
	{call: "UpdateRole acme ${role}", body: `{"description": "changed"}`},
	{call: "UpdateTeamRoles acme made ${role}"},
	{call: "ListTeamRoles acme made"},
	{call: "ListTeamsWithRole acme ${role}"},
	{call: "UpdateOrganizationMember acme cy", body: `{"fgaRoleId": "${role}"}`},
	{call: "ListUsersWithRole acme ${role}"},
	{call: "ListOrganizationMembers acme"},
	{call: "UpdateOrganizationDefaultRole acme ${role}"},
	{call: "AddOrganizationMember acme fay", body: `{"role": "reader"}`},
	{call: "AddOrganizationMember acme gus", body: `{"role": "member"}`},
	{call: "ListOrganizationMembers acme"},
	{call: "UpdateOrganizationSettings acme", body: `{"setPermissionMode": "restricted"}`},
	{call: "GetOrganizationMetadata acme"},
	{call: "UpdateOrganizationSettings acme", body: `{"setPermissionMode": "permissive"}`},
	{call: "GetOrganizationMetadata acme"},
}

// assignmentSteps are on each kind of entity: a person gets a built-in set, then a custom one, and nothing in the end.
func assignmentSteps(context, id, set string) []step {
	on := `"context": {"__type": "` + context + `"}, "id": "` + id + `"`
	return []step{
		{call: "UpdateEntityAssignment acme", body: `{` + on + `, "userId": "bo", "permissionSetId": "` + set + `"}`},
		{call: "ListEntityAssignments acme", body: `{` + on + `}`},
		{call: "UpdateEntityAssignment acme", body: `{` + on + `, "userId": "bo"}`},
		{call: "ListEntityAssignments acme", body: `{` + on + `}`},
	}
}

var entitySteps = slices.Concat(
	[]step{
		{call: "GetStack acme payments dev", keep: "stack=id"},
		{call: "GetEnvironmentMetadata_esc_environments acme payments dev", keep: "environment=id"},
		{call: "ReadAccount acme aws", keep: "account=id"},
	},
	assignmentSteps("PermissionExpressionEnvironment", "${environment}", "${set}"),
	[]step{{call: "ListEntityAssignments acme", body: `{"context": {"__type": "PermissionExpressionStack"}, "id": "${stack}"}`, keep: "stackSet=availablePermissionSets.0.id"}},
	assignmentSteps("PermissionExpressionStack", "${stack}", "${stackSet}"),
	[]step{{call: "ListEntityAssignments acme", body: `{"context": {"__type": "PermissionExpressionInsightsAccount"}, "id": "${account}"}`, keep: "accountSet=availablePermissionSets.0.id"}},
	assignmentSteps("PermissionExpressionInsightsAccount", "${account}", "${accountSet}"),
)

var tokenSteps = []step{
	{call: "CreateOrgToken acme _", body: `{"name": "ci", "description": "d", "expires": 0, "admin": false, "roleID": "${role}"}`, keep: "orgToken=id"},
	{call: "CreateOrgToken acme _", body: `{"name": "root", "description": "", "expires": 0, "admin": true}`},
	{call: "ListOrgTokensWithRole acme ${role}"},
	{call: "ListOrgTokens acme"},
	{call: "DeleteOrgToken acme ${orgToken}"},
	{call: "CreateTeamToken acme payments _", body: `{"name": "team-ci", "description": "d", "expires": 0}`, keep: "teamToken=id"},
	{call: "ListTeamTokens acme payments"},
	{call: "DeleteTeamToken acme payments ${teamToken}"},
	{call: "CreatePersonalToken _", body: `{"description": "d", "expires": 0}`, keep: "personalToken=id"},
	{call: "ListPersonalTokens"},
	{call: "DeletePersonalToken ${personalToken}"},
}

var gateSteps = []step{
	{
		call: "CreateGate acme", keep: "gate=id",
		body: `{"name": "open prod", "enabled": true, "target": {"entityType": "environment", "qualifiedName": "payments/prod", "actionTypes": ["open"]},
			"rule": {"ruleType": "approval_required", "numApprovalsRequired": 1, "allowSelfApproval": true, "requireReapprovalOnChange": false,
				"eligibleApprovers": [{"eligibilityType": "team_member", "teamName": "payments"}, {"eligibilityType": "specific_user", "userLogin": "ana"},
					{"eligibilityType": "has_permission_on_target", "permission": "environment:write"}]}}`,
	},
	{call: "ReadGate acme ${gate}"},
	{call: "ListGates acme environment payments/prod"},
	{
		call: "UpdateGate acme ${gate}",
		body: `{"name": "open prod", "enabled": true, "target": {"entityType": "environment", "qualifiedName": "payments/prod", "actionTypes": ["open"]},
			"rule": {"ruleType": "approval_required", "numApprovalsRequired": 1, "allowSelfApproval": true, "requireReapprovalOnChange": false,
				"eligibleApprovers": [{"eligibilityType": "specific_user", "userLogin": "ana"}]}}`,
	},
	{
		call: "CreateGate acme",
		body: `{"name": "update prod", "enabled": true, "target": {"entityType": "environment", "qualifiedName": "payments/prod", "actionTypes": ["update"]},
			"rule": {"ruleType": "approval_required", "numApprovalsRequired": 1, "allowSelfApproval": true, "requireReapprovalOnChange": false,
				"eligibleApprovers": [{"eligibilityType": "specific_user", "userLogin": "ana"}]}}`,
	},
	{
		call: "CreateGate acme", keep: "exceptions=id",
		body: `{"name": "exceptions", "enabled": true, "target": {"entityType": "policy_exceptions", "qualifiedName": "acme", "actionTypes": ["create"]},
			"rule": {"ruleType": "approval_required", "numApprovalsRequired": 1, "allowSelfApproval": true, "requireReapprovalOnChange": false,
				"eligibleApprovers": [{"eligibilityType": "specific_user", "userLogin": "ana"}]}}`,
	},
	{call: "ReadGate acme ${exceptions}"},
	{call: "ListGates acme policy_exceptions _"},
	{call: "CreateOpenEnvironmentRequest acme payments prod", body: `{"grantExpirationSeconds": 3600, "accessDurationSeconds": 600}`, keep: "request=changeRequests.0.changeRequestId"},
	{call: "ReadOpenEnvironmentRequest acme payments prod ${request}"},
	{call: "UpdateOpenEnvironmentRequest acme payments prod ${request}", body: `{"grantExpirationSeconds": 7200, "accessDurationSeconds": 600}`},
	{call: "Update acme ${request}", body: `{"description": "an incident"}`},
	{call: "Submit acme ${request}", body: `{"description": "an incident"}`},
	{call: "AddComment acme ${request}", body: `{"comment": "why?"}`},
	{call: "Approve acme ${request}", body: `{"revisionNumber": 1, "comment": "fine"}`},
	{call: "Unapprove acme ${request}", body: `{"comment": "wait"}`},
	{call: "Approve acme ${request}", body: `{"revisionNumber": 1}`},
	{call: "Get acme ${request}"},
	{call: "ListEvents acme ${request}"},
	{call: "List_change_requests acme"},
	{call: "Apply acme ${request}"},
	{call: "CreateEnvironmentDraft acme payments prod", send: "values: {a: 2}", keep: "draft=changeRequestId"},
	{call: "ReadEnvironmentDraft acme payments prod ${draft}", plain: true},
	{call: "UpdateEnvironmentDraft acme payments prod ${draft}", send: "values: {a: 3}"},
	{call: "OpenEnvironmentDraft acme payments prod ${draft}"},
	{call: "Get acme ${draft}"},
	{call: "List_change_requests acme"},
	{call: "Close acme ${draft}", body: `{"comment": "no"}`},
	{call: "ListEvents acme ${draft}"},
	{call: "DeleteGate acme ${gate}"},
}

var environmentSteps = []step{
	{call: "CreateEnvironment_esc_environments acme", body: `{"project": "payments", "name": "made"}`},
	{call: "ListEnvironments_esc"},
	{call: "ListOrgEnvironments_esc acme"},
	{call: "UpdateEnvironment_esc_environments acme payments made", body: "values: {a: 1, b: {'fn::secret': hush}}"},
	{call: "UpdateEnvironment_esc_environments acme payments made", body: "values: {a: 2, b: {'fn::secret': hush}}"},
	{call: "ReadEnvironment_esc_environments acme payments made", plain: true},
	{call: "DecryptEnvironment_esc_environments acme payments made", plain: true},
	{call: "GetEnvironmentMetadata_esc_environments acme payments made"},
	{call: "GetEnvironmentSettings acme payments made"},
	{call: "PatchEnvironmentSettings acme payments made", body: `{"deletionProtected": false}`},
	{call: "CheckEnvironment_esc_environments acme payments made"},
	{call: "OpenEnvironment_esc_environments acme payments made", keep: "session=id"},
	{call: "ReadOpenEnvironment_esc_environments acme payments made ${session}"},
	{call: "CheckYAML_esc acme", body: "values: {a: 1}"},
	{call: "OpenYAML_esc acme", send: "values: {a: 1}", keep: "anonymous=id"},
	{call: "ReadAnonymousOpenEnvironment_esc acme ${anonymous}"},
	{call: "ListEnvironmentRevisions_esc_environments acme payments made"},
	{call: "ReadEnvironment_esc_environments_versions acme payments made 2", plain: true},
	{call: "DecryptEnvironment_esc_environments_versions acme payments made 2", plain: true},
	{call: "CheckEnvironment_esc_environments_versions acme payments made 2"},
	{call: "OpenEnvironment_esc_environments_versions acme payments made 2"},
	{call: "CreateRevisionTag_esc_environments_versions_tags acme payments made", body: `{"name": "v1", "revision": 1}`},
	{call: "UpdateRevisionTag_esc_environments acme payments made v1", body: `{"revision": 2}`},
	{call: "ReadRevisionTag_esc_environments acme payments made v1"},
	{call: "ListRevisionTags_esc_environments_versions acme payments made"},
	{call: "ListRevisionTags_esc_environments_versions2 acme payments made 2"},
	{call: "DeleteRevisionTag_esc_environments acme payments made v1"},
	{call: "CreateEnvironmentTag_esc_environments acme payments made", body: `{"name": "tier", "value": "dev"}`},
	{call: "UpdateEnvironmentTag_esc_environments acme payments made tier", body: `{"currentTag": {"value": "dev"}, "newTag": {"name": "tier", "value": "prod"}}`},
	{call: "GetEnvironmentTag_esc_environments acme payments made tier"},
	{call: "ListEnvironmentTags_esc_environments acme payments made"},
	{call: "ListAllEnvironmentTags_esc acme"},
	{call: "DeleteEnvironmentTag_esc_environments acme payments made tier"},
	{call: "CloneEnvironment acme payments made", body: `{"project": "payments", "name": "copy", "version": 2, "preserveEnvironmentTags": true}`},
	{call: "EncryptEnvironmentSecrets acme payments made", body: `{"plaintexts": ["aHVzaA=="]}`, keep: "sealed=ciphertexts.0"},
	{call: "DecryptEnvironmentSecrets acme payments made", body: `{"ciphertexts": ["${sealed}"]}`},
	{call: "RotateEnvironment acme payments dev", body: `{"paths": []}`},
	{call: "ListEnvironmentSecretRotationHistory acme payments dev"},
	{call: "ListEnvironmentReferrers_esc_environments acme payments dev"},
	{call: "ReassignEnvironmentOwnership acme payments made", body: `{"name": "Bo", "githubLogin": "bo", "avatarUrl": ""}`},
	{call: "DeleteEnvironment_esc_environments acme payments copy"},
	{call: "ListDeletedEnvironments acme", keep: "deleted=environments.0.deletedAt"},
	{call: "RestoreEnvironment acme", body: `{"project": "payments", "name": "copy", "deletionTimestamp": "${deleted}"}`},
}

var stackSteps = []step{
	{call: "CreateStack acme payments", body: `{"stackName": "made", "tags": {"tier": "dev"}}`},
	{call: "GetStack acme payments made"},
	{call: "GetStackMetadata acme payments made"},
	{call: "ListUserStacks"},
	{call: "AddStackTag acme payments made", body: `{"name": "squad", "value": "a"}`},
	{call: "UpdateStackTag acme payments made squad", body: `{"name": "squad", "value": "b"}`},
	{call: "DeleteStackTag acme payments made squad"},
	{call: "UpdateStackTags acme payments made", body: `{"tier": "dev"}`},
	{call: "UpdateStackConfig acme payments made", body: `{"environment": "payments/dev"}`},
	{call: "GetStackConfig acme payments made"},
	{call: "DeleteStackConfig acme payments made"},
	{call: "ListStackPermissions acme payments made"},
	{call: "DeleteStackPermission acme payments made ana"},
	{call: "ReassignStackOwnership acme payments made", body: `{"name": "Bo", "githubLogin": "bo", "avatarUrl": ""}`},
	{call: "EncryptValue acme payments made", body: `{"plaintext": "aHVzaA=="}`, keep: "value=ciphertext"},
	{call: "DecryptValue acme payments made", body: `{"ciphertext": "${value}"}`},
	{call: "BatchDecryptValue acme payments made", body: `{"ciphertexts": ["${value}"]}`},
	{call: "LogOnlyDecryptValue acme payments made", body: `{"secretName": "password", "commandName": "pulumi config"}`},
	{call: "LogOnlyBatchDecryptValue acme payments made", body: `{"commandName": "pulumi config"}`},
	{call: "ExportStack acme payments made"},
	{call: "ImportStack acme payments made", body: `{"version": 3, "deployment": {"manifest": {"time": "2026-01-02T03:04:05Z", "magic": "", "version": ""}}}`},
	{call: "RenameStack acme payments made", body: `{"newName": "renamed", "newProject": "payments"}`},
}

const sentProgram = `{"name": "payments", "runtime": "yaml", "main": "", "description": "", "config": {"payments:region": {"string": "eu", "secret": false, "object": false}},
	"metadata": {"message": "first", "environment": {"git.head": "abc"}},
	"options": {"localPolicyPackPaths": [], "color": "raw", "dryRun": false, "parallel": 1, "showConfig": false,
		"showReplacementSteps": false, "showNames": false, "summary": false, "debug": false}}`

// updateSteps are the calls of an update of a kind, which is canceled once and completed once.
func updateSteps(kind string) []step {
	name := strings.ToUpper(kind[:1]) + kind[1:]
	on := " acme payments dev ${update}"
	all := []step{
		{call: "CreateUpdateFor" + name + " acme payments dev", body: sentProgram, keep: "update=updateID"},
		{call: "StartUpdateFor" + name + on, body: `{"journalVersion": 1}`, keep: "lease=token"},
		{call: "CancelUpdate_" + kind + on},
		{call: "CreateUpdateFor" + name + " acme payments dev", body: sentProgram, keep: "update=updateID"},
		{call: "StartUpdateFor" + name + on, body: `{}`, keep: "lease=token"},
		{call: "RenewUpdateLease_" + kind + on, body: `{"token": "${lease}", "duration": 300}`, token: "update-token ${lease}", keep: "lease=token"},
		{call: "RecordEngineEvent_" + kind + on, body: `{"sequence": 0, "timestamp": 1, "stdoutEvent": {"message": "hello", "color": "raw"}}`, token: "update-token ${lease}"},
		{call: "RecordEngineEventBatch_" + kind + on, token: "update-token ${lease}", body: `{"events": [
			{"sequence": 1, "timestamp": 1, "preludeEvent": {"config": {"payments:region": "eu"}}},
			{"sequence": 2, "timestamp": 2, "summaryEvent": {"maybeCorrupt": false, "durationSeconds": 1, "resourceChanges": {"create": 1}, "policyPacks": {}, "isPreview": false}}]}`},
	}
	if kind != "preview" {
		all = append(all, step{
			call: "PatchUpdateCheckpoint_" + kind + on, token: "update-token ${lease}",
			body: `{"isInvalid": false, "version": 3, "deployment": {"manifest": {"time": "2026-01-02T03:04:05Z", "magic": "", "version": ""}}}`,
		})
	}
	return append(all,
		step{call: "CompleteUpdate_" + kind + on, body: `{"status": "succeeded"}`, token: "update-token ${lease}"},
		step{call: "GetUpdateStatusFor" + name + on},
	)
}

var updateHistorySteps = []step{
	{call: "ExportStack acme payments dev"},
	{call: "ExportStackAtVersion acme payments dev 1"},
	{call: "GetStackUpdates acme payments dev"},
	{call: "GetStackUpdates acme payments dev service 1 10"},
	{call: "GetLatestStackUpdate acme payments dev"},
	{call: "GetLatestStackPreviews acme payments dev"},
	{call: "GetStackUpdate acme payments dev 1"},
}

var deploymentSteps = []step{
	{call: "EncryptDeploymentSettingsSecret acme payments dev", body: `{"secret": "hidden"}`},
	{call: "PatchDeploymentSettings acme payments dev", body: `{"operationContext": {"role": {"id": "${role}"}, "environmentVariables": {"TOKEN": {"secret": "hidden"}, "REGION": "eu"}}}`},
	{call: "GetDeploymentSettings acme payments dev"},
	{call: "ReplaceDeploymentSettings acme payments dev", body: `{"operationContext": {"environmentVariables": {"REGION": "us"}}}`},
	{call: "DeleteDeploymentSettings acme payments dev"},
}

var accountSteps = []step{
	{call: "CreateAccount acme made", body: `{"provider": "aws", "environment": "payments/dev"}`},
	{call: "UpdateAccount acme made", body: `{"environment": "payments/prod"}`},
	{call: "SetInsightAccountTags acme made", body: `{"tags": {"tier": "dev"}}`},
	{call: "GetInsightAccountTags acme made"},
	{call: "ReadAccount acme made"},
	{call: "ListAccounts acme"},
	{call: "ReassignAccountOwnership acme made", body: `{"name": "Bo", "githubLogin": "bo", "avatarUrl": ""}`},
	{call: "ListEnvironmentReferrers_esc_environments acme payments prod"},
}

var issuerSteps = []step{
	{call: "RegisterOidcIssuer acme", body: `{"name": "second", "url": "${second}", "maxExpiration": 7200}`, keep: "issuer=id"},
	{call: "UpdateOidcIssuer acme ${issuer}", body: `{"name": "renamed"}`},
	{call: "GetOidcIssuer acme ${issuer}"},
	{call: "RegenerateThumbprints acme ${issuer}"},
	{call: "List_orgs_oidc_issuers acme"},
	{call: "GetAuthPolicy acme ${issuer}", keep: "policy=id"},
	{
		call: "UpdateAuthPolicy acme ${policy}",
		body: `{"policies": [{"decision": "allow", "tokenType": "team", "teamName": "payments", "authorizedPermissions": [], "rules": {"sub": "repo:acme/app:*"}},
			{"decision": "allow", "tokenType": "organization", "roleID": "${role}", "authorizedPermissions": [], "rules": {"sub": "repo:acme/infra:*"}}]}`,
	},
	{
		call: "Token",
		body: `{"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "audience": "urn:pulumi:org:acme", "scope": "team:payments",
			"subject_token_type": "urn:ietf:params:oauth:token-type:id_token", "requested_token_type": "urn:pulumi:token-type:access_token:team",
			"subject_token": "${idToken}"}`,
	},
	{call: "DeleteOidcIssuer acme ${issuer}"},
}

var deletionSteps = []step{
	{call: "ListAuditLogEventsHandlerV1 acme _ _ _ _ 9999999999"},
	{call: "ListAuditLogEventsHandlerV2 acme"},
	{call: "DeleteTeamRole acme made ${role}"},
	{call: "DeleteTeam acme made"},
	{call: "DeleteRole acme ${role} true"},
	{call: "DeleteAccount acme made"},
	{call: "DeleteStack acme payments renamed true"},
}
