package provider_test

// accessBase is an access that uses every property of every kind of rule.
const accessBase = `{
  "organization": "readOnly", "scopes": ["audit_logs:read", "team:read"],
  "stacks": [
    {"project": "payments", "stack": "dev", "permission": "write"}, {"tags": {"tier": "dev"}, "scopes": ["stack:read", "stack:list"]},
    {"identity": "s-1", "permission": "read"}, {"project": "payments", "stack": "qa", "permissionSet": "set-1"}
  ],
  "environments": [
    {"project": "payments", "environment": "dev", "permission": "open", "maxOpenDuration": "30m"},
    {"tags": {"tier": "dev"}, "scopes": ["environment:read", "environment:list"]}, {"all": true, "permission": "read"},
    {"identity": "e-1", "permission": "read"}, {"project": "payments", "environment": "qa", "permissionSet": "set-2"}
  ],
  "accounts": [
    {"account": "aws-dev", "permission": "read"}, {"tags": {"tier": "dev"}, "scopes": ["insights_account:read"]},
    {"identity": "a-1", "permission": "read"}, {"account": "aws-qa", "permissionSet": "set-3"}
  ]
}`

// gatedAccessBase is one whose environments can be gated.
const gatedAccessBase = `{
  "organization": "readOnly", "scopes": ["audit_logs:read"],
  "stacks": [
    {"project": "payments", "stack": "dev", "permission": "write"}, {"tags": {"tier": "dev"}, "scopes": ["stack:read"]},
    {"all": true, "permission": "read"}, {"identity": "s-1", "permission": "read"}, {"project": "payments", "stack": "qa", "permissionSet": "set-1"}
  ],
  "environments": [
    {"project": "payments", "environment": "dev", "permission": "open", "maxOpenDuration": "30m"},
    {"project": "payments", "environment": "keys", "scopes": ["environment:read", "environment:open"]},
    {"tags": {"tier": "dev"}, "permission": "read"}, {"all": true, "permission": "read"}, {"identity": "e-1", "permission": "read"}
  ],
  "accounts": [
    {"account": "aws-dev", "permission": "read"}, {"tags": {"tier": "dev"}, "scopes": ["insights_account:read"]},
    {"all": true, "permission": "read"}, {"identity": "a-1", "permission": "read"}, {"account": "aws-qa", "permissionSet": "set-3"}
  ]
}`

const azureBase = `{"tenantId": "11111111-1111-4111-8111-111111111111", "subscriptionId": "22222222-2222-4222-8222-222222222222",
  "resourceGroupName": "rg", "location": "westeurope", "identityName": "prod", "tags": {"tier": "prod"}`

const azureExisting = `{"create": false, "tenantId": "11111111-1111-4111-8111-111111111111", "subscriptionId": "22222222-2222-4222-8222-222222222222",
  "clientId": "33333333-3333-4333-8333-333333333333"}`

const azureRoles = `, "roleAssignments": [{"roleDefinitionId": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
  "scope": "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/rg"}]`

const gcpBase = `{"project": "acme-prod", "projectNumber": "123456789012", "createPool": true, "workloadPoolId": "pulumi", "providerId": "pulumi-prod",
  "serviceAccountId": "pulumi-prod", "tokenLifetime": "1h"`

const gcpExisting = `{"create": false, "project": "acme-prod", "projectNumber": "123456789012", "workloadPoolId": "pulumi", "providerId": "pulumi-prod",
  "serviceAccount": "pulumi-prod@acme-prod.iam.gserviceaccount.com"}`

const awsBase = `{"createOidcProvider": true, "oidcAudiences": ["aws:acme"], "roleName": "prod", "path": "/pulumi/",
  "permissionsBoundary": "arn:aws:iam::123456789012:policy/boundary", "managedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
  "inlinePolicies": {"own": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::b/*\"}]}"},
  "duration": "1h", "sessionName": "session", "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"], "tags": {"tier": "prod"}, "trustPolicyLimit": 4096}`

const awsExisting = `{"create": false, "roleArn": "arn:aws:iam::123456789012:role/r"}`

const approvalBase = `{"approvers": {"teams": ["security"], "users": ["cy"], "permission": "environment:write"}, "requiredApprovals": 1,
  "allowSelfApproval": false, "requireReapprovalOnChange": true, "enabled": true}`

const environmentBase = `"organization": "acme", "project": "payments", "name": "prod", "values": {"host": "db"}, "imports": ["shared/base"],
  "environmentVariables": {"HOST": "db"}, "pulumiConfig": {"payments:host": "db"}, "lock": {"allowedRoots": ["payments/root"], "users": ["bo"]},
  "tags": {"tier": "prod"}, "deletionProtected": true, "onUnexpectedOpener": "warn", "includeIndirect": true,
  "allowedOpeners": {"users": ["bo"], "teams": ["ops"], "tokens": ["ops/ci"], "deployments": ["payments/prod"], "roles": ["Admin"]}, "openApproval": ` + approvalBase + `, "updateApproval": ` + approvalBase

const teamBase = `"organization": "acme", "name": "web", "displayName": "Web", "roleName": "web role"`

const rightsBase = `{"stacks": "read", "environments": "open", "accounts": "read", "maxOpenDuration": "30m"}`

const scopedRights = `{"stackScopes": ["stack:read"], "environmentScopes": ["environment:read"], "accountScopes": ["insights_account:read"]}`

const setRights = `{"stackPermissionSet": "set-1", "environmentPermissionSet": "set-2", "accountPermissionSet": "set-3"}`

// componentBases are valid inputs of every component. Together they use every input.
var componentBases = map[string][]string{
	"ScopedTeam": {
		`{` + teamBase + `, "description": "d", "members": ["bo"], "admins": ["ana"], "allow": ["lockOut"], "grantThrough": "role", "access": ` + accessBase + `,
		  "token": {"expiresIn": "30d", "rotateBefore": "7d"}}`,
		`{"name": "web", "roleId": "role-1", "existing": true}`,
		`{"name": "web", "roleId": "role-1", "unmanagedMembers": true}`,
		`{"name": "web", "allow": ["openOnAll", "stackAdminForPeople"], "access": {
		  "stacks": [{"all": true, "permission": "admin"}], "environments": [{"all": true, "permission": "open"}], "accounts": [{"all": true, "permission": "read"}]}}`,
		`{"name": "web", "grantThrough": "entity", "access": {"stacks": [{"project": "p", "stack": "s", "permission": "write"}],
		  "environments": [{"project": "p", "environment": "e", "permission": "open", "maxOpenDuration": "30m"}], "accounts": [{"account": "a", "permission": "read"}]}}`,
	},
	"BreakGlass": {
		`{` + teamBase + `, "description": "d", "members": [{"user": "bo", "until": "2030-03-02T00:00:00Z"}], "allow": ["lockOut"], "access": ` + gatedAccessBase + `,
		  "maxOpenDuration": "1h", "approvers": {"teams": ["security"], "users": ["cy"]}, "requiredApprovals": 1, "requireReapprovalOnChange": true}`,
		`{"name": "web", "access": {"environments": [{"project": "p", "environment": "e", "permission": "open"}]}, "maxOpenDuration": "1h",
		  "approvers": {"permission": "environment:write"}}`,
	},
	"CiTrust": {
		`{"organization": "acme", "provider": "github", "name": "ci", "maxExpiration": "1h", "adopt": false, "allow": ["wildcardInClaim"], "team": "web",
		  "thumbprints": ["0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"], "repositories": [
		  {"repository": "acme/app", "ownerId": "1", "repositoryId": "2", "branches": ["main"], "team": "ci"},
		  {"repository": "acme/app", "ownerId": "1", "repositoryId": "2", "tags": ["v1"]},
		  {"repository": "acme/app", "ownerId": "1", "repositoryId": "2", "environments": ["prod"], "roleId": "role-1"},
		  {"repository": "acme/app", "ownerId": "1", "repositoryId": "2", "pullRequests": true},
		  {"repository": "acme/web", "ownerId": "1", "repositoryId": "3", "branches": ["main"], "subjectClaims": ["repo", "context", "ref"]},
		  {"repository": "acme/web", "ownerId": "1", "repositoryId": "3", "branches": ["main"], "claims": {"job_workflow_ref": "acme/app/deploy@main"}}]}`,
		`{"provider": "gitlab", "roleId": "role-1", "projects": [{"project": "acme/app", "projectId": "1", "branches": ["main"], "protected": true},
		  {"project": "acme/app", "projectId": "1", "tags": ["v1"], "team": "web"}, {"project": "acme/app", "projectId": "1", "environments": ["prod"], "roleId": "r"}]}`,
		`{"provider": "eks", "url": "https://oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF0123456789ABCDEF0123456789", "team": "web", "serviceAccounts": [
		  {"namespace": "ci", "name": "deploy", "uid": "11111111-1111-4111-8111-111111111111", "team": "ci"}, {"namespace": "ci", "name": "other", "roleId": "r"}]}`,
		`{"provider": "github", "team": "web", "repositories": [{"repository": "acme/app", "branches": ["main"], "workflows": ["acme/wf/.github/workflows/a.yml@refs/heads/main"]}]}`,
		`{"provider": "kubernetes", "url": "https://k8s.example.com", "team": "web", "serviceAccounts": [{"namespace": "ci", "name": "deploy"}]}`,
		`{"provider": "aws", "url": "https://0a1b.tokens.sts.global.api.aws", "team": "web", "awsRoles": [{"roleArn": "arn:aws:iam::123456789012:role/ci", "team": "ci"},
		  {"roleArn": "arn:aws:iam::123456789012:role/cd", "roleId": "r"}]}`,
		`{"provider": "azureDevOps", "url": "https://vstoken.dev.azure.com/0a1b2c3d-1111-4222-8333-444455556666", "team": "web", "azurePipelines": [
		  {"projectId": "0a1b2c3d-1111-4222-8333-444455556666", "pipelineId": "7", "branches": ["main"], "team": "ci"},
		  {"organization": "acme", "project": "app", "pipeline": "deploy", "tags": ["v1"], "roleId": "r"}]}`,
		`{"provider": "bitbucket", "url": "https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc", "team": "web", "bitbucketRepositories": [
		  {"repositoryUuid": "0a1b2c3d-1111-4222-8333-444455556666", "branches": ["main"], "team": "ci"}, {"repositoryUuid": "0a1b2c3d-1111-4222-8333-444455556666", "environments": ["0a1b2c3d-1111-4222-8333-444455556667"], "roleId": "r"}]}`,
		`{"provider": "buildkite", "team": "web", "buildkitePipelines": [{"organizationId": "0a1b2c3d-1111-4222-8333-444455556666", "pipelineId": "0a1b2c3d-1111-4222-8333-444455556667", "branches": ["main"], "team": "ci"},
		  {"organization": "acme", "pipeline": "app", "tags": ["v1"], "roleId": "r"}]}`,
		`{"provider": "circleci", "url": "https://oidc.circleci.com/org/0a1b2c3d-1111-4222-8333-444455556666", "team": "web", "circleProjects": [
		  {"projectId": "0a1b2c3d-1111-4222-8333-444455556666", "branches": ["main"], "team": "ci"}, {"projectId": "0a1b2c3d-1111-4222-8333-444455556666", "tags": ["v1"], "roleId": "r"}, {"projectId": "0a1b2c3d-1111-4222-8333-444455556666", "contexts": ["0a1b2c3d-1111-4222-8333-444455556667"]}]}`,
		`{"provider": "custom", "url": "https://ci.example.com", "team": "web", "jwks": "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\",\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}]}", "claims": [{"sub": "job-1"}]}`,
	},
	"DeploymentRoleAssignment": {
		`{"organization": "acme", "project": "payments", "stack": "prod", "roleName": "deploys", "includeOwnStack": true, "onForeign": "warn", "allow": ["openOnAll"],
		  "access": ` + accessBase + `, "oidc": {"operations": ["preview", "update"], "aws": ` + awsBase + `, "azure": ` + azureBase + azureRoles + `}, "gcp": ` + gcpBase + `, "roles": ["roles/viewer"]}}}`,
		`{"project": "payments", "stack": "prod", "roleId": "role-1", "oidc": {"aws": ` + awsExisting + `, "azure": ` + azureExisting + `, "gcp": ` + gcpExisting + `}}`,
		`{"project": "payments", "stack": "prod", "access": {"stacks": [{"all": true, "permission": "read"}], "accounts": [{"all": true, "permission": "read"}]},
		  "oidc": {"aws": {"oidcProviderArn": "arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc"}}}`,
		`{"project": "payments", "stack": "prod", "roleId": "role-1", "oidc": {"aws": {"create": false, "roleArn": "arn:aws:iam::123456789012:role/r", "trustPolicy": "` +
			deploymentTrust + `"}}}`,
		`{"project": "payments", "stack": "prod", "oidc": {"aws": {"accountId": "123456789012"}}}`,
	},
	"OrganizationBaseline": {`{"organization": "acme", "defaults": {"stackPermission": "none", "environmentPermission": "none", "accountPermission": "none"},
		  "machineTokenMaxExpiry": "90d", "membersCanCreateStacks": false, "membersCanCreateTeams": false, "membersCanCreateAccounts": false,
		  "membersCanTransferStacks": false, "membersCanDeleteStacks": false, "defaultRoleId": "role-1", "defaultDeploymentRoleId": "role-2", "onForeign": "warn", "permissionMode": "restricted",
		  "allow": ["lockOut"]}`},
	"ProductionEnvironment": {
		`{` + environmentBase + `, "aws": ` + awsBase + `, "azure": ` + azureBase + azureRoles + `}, "gcp": ` + gcpBase + `, "roles": ["roles/viewer"]}}`,
		`{"project": "payments", "name": "prod", "aws": ` + awsExisting + `, "azure": ` + azureExisting + `, "gcp": ` + gcpExisting + `}`,
		`{"project": "payments", "name": "prod", "aws": {"oidcProviderArn": "arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc"}}`,
		`{"project": "payments", "name": "prod", "aws": {"create": false, "roleArn": "arn:aws:iam::123456789012:role/r", "trustPolicy": "` + environmentTrust + `"}}`,
		`{"project": "payments", "name": "prod", "aws": {"accountId": "123456789012"}}`,
	},
	"ReadOnlyCloudAccess": {
		`{` + environmentBase + `, "aws": {"createOidcProvider": true, "roleName": "look", "path": "/pulumi/", "policy": "ReadOnlyAccess",
		  "permissionsBoundary": "arn:aws:iam::123456789012:policy/boundary", "duration": "1h", "tags": {"tier": "prod"}},
		  "azure": ` + azureBase + `, "scopes": ["/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/rg"]}, "gcp": ` + gcpBase + `}}`,
		`{"project": "payments", "name": "prod", "lock": {"users": ["bo"]}, "aws": ` + awsExisting + `, "azure": ` + azureExisting + `, "gcp": ` + gcpExisting + `}`,
		`{"project": "payments", "name": "prod", "lock": {"users": ["bo"]}, "aws": {"oidcProviderArn": "arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc"}}`,
		`{"project": "payments", "name": "prod", "lock": {"users": ["bo"]}, "aws": {"accountId": "123456789012"}}`,
	},
	"SecretStoreEnvironment": {
		`{` + environmentBase + `, "aws": ` + awsBase + `, "azure": ` + azureBase + azureRoles + `}, "gcp": ` + gcpBase + `, "roles": ["roles/viewer"]}, "secrets": {
		  "awsSecretsManager": {"region": "eu-west-1", "kmsKeyArns": ["arn:aws:kms:eu-west-1:123456789012:key/11111111-1111-4111-8111-111111111111"],
		    "get": {"password": {"secretId": "payments/db", "versionStage": "AWSCURRENT"}, "old": {"secretId": "payments/old", "versionId": "11111111-1111-4111-8111-111111111111"}}},
		  "awsParameterStore": {"region": "eu-west-1", "kmsKeyArns": ["arn:aws:kms:eu-west-1:123456789012:key/11111111-1111-4111-8111-111111111111"],
		    "get": {"host": {"name": "/app/host", "decrypt": true}}},
		  "azureKeyVault": {"vaultId": "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/pay",
		    "get": {"key": {"name": "api-key", "version": "0123456789abcdef0123456789abcdef"}}},
		  "googleSecretManager": {"get": {"token": {"name": "api-token", "version": "1"}}}}}`,
		`{"project": "payments", "name": "prod", "aws": ` + awsExisting + `, "azure": ` + azureExisting + `, "gcp": ` + gcpExisting + `,
		  "secrets": {"awsSecretsManager": {"region": "eu-west-1", "get": {"password": {"secretId": "payments/db"}}}}}`,
		`{"project": "payments", "name": "prod", "aws": {"oidcProviderArn": "arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc"},
		  "secrets": {"awsSecretsManager": {"region": "eu-west-1", "get": {"password": {"secretId": "payments/db"}}}}}`,
		`{"project": "payments", "name": "prod", "aws": {"create": false, "roleArn": "arn:aws:iam::123456789012:role/r", "trustPolicy": "` + environmentTrust + `"},
		  "secrets": {"awsSecretsManager": {"region": "eu-west-1", "get": {"password": {"secretId": "payments/db"}}}}}`,
		`{"project": "payments", "name": "prod", "aws": {"accountId": "123456789012"}, "secrets": {"awsSecretsManager": {"region": "eu-west-1", "get": {"password": {"secretId": "payments/db"}}}}}`,
	},
	"TieredAccess": {`{"organization": "acme", "allow": ["stackAdminForPeople"], "tiers": [
		  {"name": "dev", "tags": {"tier": "dev"}, "stackTags": {"tier": "dev"}, "environmentTags": {"tier": "dev"}, "accountTags": {"tier": "dev"},
		    "people": ` + rightsBase + `, "automation": ` + rightsBase + `},
		  {"name": "qa", "people": ` + scopedRights + `, "automation": ` + scopedRights + `}, {"name": "prod", "people": ` + setRights + `, "automation": ` + setRights + `}],
		"teams": [{"name": "web", "displayName": "Web", "description": "d", "members": ["bo"], "admins": ["ana"], "roleName": "web role", "tiers": ["dev", "qa", "prod"],
		    "tags": {"team": "web"}, "stackTags": {"team": "web"}, "environmentTags": {"team": "web"}, "accountTags": {"team": "web"},
		    "automationRoleNames": {"dev": "web in dev"}}, {"name": "old", "existing": true, "tags": {"team": "old"}}]}`},
}

const environmentTrust = `{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Federated\":\"arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc\"},` +
	`\"Action\":\"sts:AssumeRoleWithWebIdentity\",\"Condition\":{\"StringEquals\":{\"api.pulumi.com/oidc:aud\":\"aws:acme\",\"api.pulumi.com/oidc:sub\":` +
	`\"pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:payments/prod:currentEnvironment.name:payments/prod\"}}}]}`

const deploymentTrust = `{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Federated\":\"arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc\"},` +
	`\"Action\":\"sts:AssumeRoleWithWebIdentity\",\"Condition\":{\"StringEquals\":{\"api.pulumi.com/oidc:aud\":\"acme\",\"api.pulumi.com/oidc:sub\":` +
	`[\"pulumi:deploy:org:acme:project:payments:stack:prod:operation:preview:scope:write\",\"pulumi:deploy:org:acme:project:payments:stack:prod:operation:update:scope:write\",` +
	`\"pulumi:deploy:org:acme:project:payments:stack:prod:operation:refresh:scope:write\",\"pulumi:deploy:org:acme:project:payments:stack:prod:operation:destroy:scope:write\"]}}}]}`
