package access

// pipelineScopes are about pipelines of Pulumi Delivery, which deploy stacks. The official client has them among those of
// stacks, and nothing says whether they can be granted on one, so they are in both places.
const pipelineScopes = `pipeline:dispatch pipeline:cancel pipeline:retry pipeline:redeploy pipeline:rollback pipeline:force_promote
	pipeline:approve pipeline:pause`

// catalogue is every scope that the service assigns, under its own headings: what its catalogue lists, and the
// further names in the permission enum of its OpenAPI document and of its official client. Entity kinds come before the
// organization, which familyOf relies on. A scope that is listed for two kinds (stack:create, change_gate:*, pipeline:*) can be granted on either.
var catalogue = []struct {
	kind   EntityKind
	group  string
	scopes string
}{
	{Stack, "Stacks", `
		stack:read stack:write stack:create stack:delete stack:rename stack:transfer stack:import stack:export
		stack:encrypt stack:decrypt stack:cancel_update stack:list stack_access:read stack_access:update
		stack_annotations:read stack_annotations:update`},
	{Stack, "Stack deployments", `
		stack_deployment:create stack_deployment:read stack_deployment_cache:read stack_deployment_settings:read
		stack_deployment_settings:write stack_deployment_settings:encrypt`},
	{Stack, "Stack deployment schedules", `
		stack_schedule:create stack_schedule:read stack_schedule:update stack_schedule:delete stack_schedule:pause
		stack_schedule:resume`},
	{Stack, "Stack tags", `stack_tags:update`},
	{Stack, "Delivery pipelines", pipelineScopes},
	{Stack, "Stack webhooks", `stack_webhook:create stack_webhook:read stack_webhook:update stack_webhook:delete`},

	{Environment, "Environments", `
		environment:read environment:open environment:write environment:clone environment:delete environment:list
		environment_access:read environment_access:update environment_settings:read environment_settings:update`},
	{Environment, "Environment secrets rotation", `environment:rotate environment:rotate_history`},
	{Environment, "Environment tags", `
		environment_tag:create environment_tag:read environment_tag:update environment_tag:delete`},
	{Environment, "Environment versions", `
		environment_version:create environment_version:read environment_version:open environment_version:update
		environment_version:delete environment_version:retract`},
	{Environment, "Environment schedules", `
		environment_schedule:create environment_schedule:read environment_schedule:update environment_schedule:delete
		environment_schedule:pause environment_schedule:resume`},
	{Environment, "Environment webhooks", `
		environment_webhook:create environment_webhook:read environment_webhook:update environment_webhook:delete`},
	{Environment, "Approvals", `change_gate:create change_gate:update change_gate:delete`},

	{Account, "Accounts", `
		insights_account:read insights_account:scan insights_account:update insights_account:delete
		insights_account:list insights_account:update_policy_results insights_account_access:read
		insights_account_access:update`},
	{Account, "Scans", `
		insights_account_scan:read insights_account_scan:update insights_account_scan:cancel
		insights_account_scan:pause insights_account_scan:resume`},

	{Organization, "Stack management", `
		stack:create stack:list_deleted stack:restore_deleted project:encrypt project:decrypt
		project_annotations:read project_annotations:update`},
	{Organization, "Environment management", `
		environment:create environment:list_deleted environment:restore_deleted environment_tags:list
		environment_yaml:open`},
	{Organization, "Insights account management", `insights_account:create`},
	{Organization, "Insights policy management", `
		policy_groups:create policy_groups:read policy_groups:update policy_groups:delete policy_pack:create
		policy_pack:read policy_pack:update policy_pack:delete policy_results:read policy_results:update
		policy_exceptions:create policy_exceptions:read policy_exceptions:delete`},
	{Organization, "Policy queue", `insights_policy_queue:read`},
	{Organization, "Policy evaluator", `
		insights_policy_evaluator:read insights_policy_evaluator:delete insights_policy_evaluator:ensure
		insights_policy_evaluator:update`},
	{Organization, "Approvals", `change_gate:create change_gate:update change_gate:delete`},
	{Organization, "Membership", `
		org_member:add org_member:read org_member:update org_member:delete org_member:set_admin
		org_member_access:read org_requests:read org_requests:update invites:create invites:read service_principal:create`},
	{Organization, "Teams", `
		team:list team:read team:create team:update team:delete team:list_tokens team:create_token team:delete_token
		github_team:create`},
	{Organization, "Roles", `role:create role:read role:update role:delete`},
	{Organization, "Organization access tokens", `org_token:create org_token:read org_token:delete`},
	{Organization, "SSO", `saml:read saml:update scim:read scim:update scim:delete`},
	{Organization, "OIDC", `
		oidc_issuers:create oidc_issuers:read oidc_issuers:update oidc_issuers:delete
		oidc_issuers:regenerate_thumbprints auth_policies:read auth_policies:update`},
	{Organization, "Audit logs", `audit_logs:read audit_logs:export`},
	{Organization, "Organization", `
		organization:update organization:rename organization:delete organization:billing organization:read_usage
		organization:change_backend organization:transfer_stacks organization:potential integrations:read
		integrations:update org_integrations:read org_integrations:update tags:read services:create services:read
		services:write services:admin`},
	{Organization, "Organization webhooks", `
		organization_webhook:create organization_webhook:read organization_webhook:update
		organization_webhook:delete`},
	{Organization, "Organization annotations", `organization_annotations:read organization_annotations:update`},
	{Organization, "Templates", `
		templates:read templates_source:create templates_source:read templates_source:update
		templates_source:delete`},
	{Organization, "Search", `resources:index resources:search resources:dashboard`},
	{Organization, "Neo", `
		ai_conversations:list_all ai_conversations:read ai_conversations:create ai_conversations:update
		agent_task:create agent_task:read agent_task:contribute agent_task:approve agent_task:manage
		agent_automations:create agent_automations:read agent_automations:update agent_automations:delete
		agent_definitions:create agent_definitions:update agent_definitions:delete`},
	{Organization, "Agent pools", `
		agent_pool:create agent_pool:read agent_pool:update agent_pool:delete`},
	{Organization, "Delivery pipelines", pipelineScopes},
	{Organization, "Deployments", `deployments:read deployments:read_usage deployments:pause deployments:resume`},
}
