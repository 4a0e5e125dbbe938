// # Acts that are not tried
//
// A test of the sandbox performs each act in each of its ways as the principal, uses the access that it leads to, and is refused without
// any one of its scopes. These ways it cannot perform:
//
//   - create-team by github_team:create: it takes an organization that one of GitHub backs
//   - edit-member by org_member:set_admin: the call is for the only administrator, on plans that have no custom roles
//   - add-member by invites:create: an invitation is accepted by signing in, which is no call
//   - add-member by org_requests:update: who asks to join signs in, which is no call
//   - edit-sign-in by saml:update: signing in takes an identity provider, and is no call
//   - edit-sign-in by scim:update: signing in takes an identity provider, and is no call
//   - edit-sign-in by organization:change_backend: the call is not documented
//   - create-service-principal by service_principal:create: the call is not documented
//   - retag by stack:write: the sandbox keeps tags that decide from who may not write tags
//   - use-deployment by stack_schedule:create: as whom a schedule runs is described in two ways, and the sandbox has no schedules
//   - use-deployment by stack_schedule:update: as whom a schedule runs is described in two ways, and the sandbox has no schedules
//   - publish-policy by policy_pack:create + policy_groups:update: a policy pack is run by the deployment's own CLI, and the sandbox runs no programs
//   - publish-policy by policy_pack:create + policy_groups:create: a policy pack is run by the deployment's own CLI, and the sandbox runs no programs
//   - transfer-stack by stack:transfer: the sandbox has one organization
//   - transfer-stack by organization:transfer_stacks: the sandbox has one organization
//   - instruct-agent by agent_task:create: a model runs a task, and with which token it acts is not documented
//   - instruct-agent by agent_task:contribute: a model runs a task, and with which token it acts is not documented
//   - instruct-agent by agent_automations:create: a model runs a task, and with which token it acts is not documented
//   - instruct-agent by agent_automations:update: a model runs a task, and with which token it acts is not documented
//   - edit-agent by agent_definitions:create + agent_task:create: a model runs a task, and with which token it acts is not documented
//   - edit-agent by agent_definitions:update + agent_task:create: a model runs a task, and with which token it acts is not documented
package graph
