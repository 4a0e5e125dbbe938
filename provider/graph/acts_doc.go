// # Acts
//
// An act is something that a principal may do with scopes that it holds, and that leads to access which it does not hold.
// [ActRules] has them as data. Scopes that are needed together are joined by +.
//
//   - edit-role, role:update: whatever the custom roles and permission sets that they or their teams hold can be made to say
//   - assign-role, role:update + team:update: any role, on a team that they are in or can join, or whose token they hold
//   - edit-team, team:update: the access of every team, by joining it
//   - create-team, team:create, or github_team:create (possible: it takes a team of GitHub that backs the organization): what a token of a new team has: the organization's defaults
//   - edit-member, org_member:update, or org_member:set_admin (possible: the call is for the only administrator, on plans that have no custom roles): any organization role, Admin included
//   - add-member, org_member:add (possible: it takes a login that is not a member yet), or invites:create (possible: it takes a login that is not a member yet), or org_requests:update (possible: it takes a login that is not a member yet): any built-in role, Admin included, for another login of theirs
//   - mint-token, org_token:create, or team:create_token: an administrator's token, or what the tokens of any team may do
//   - edit-issuer, auth_policies:update + oidc_issuers:create, or auth_policies:update + oidc_issuers:update, or auth_policies:update (possible: it takes a token of an issuer that the organization trusts), or oidc_issuers:update: any team, role or user that a policy can name, or what the policies of an issuer admit
//   - edit-sign-in, saml:update (possible: what a changed identity provider can assert is not documented), or scim:update (possible: what a changed identity provider can assert is not documented), or organization:change_backend (possible: the call is not documented): everybody's access, by signing in as anybody
//   - create-service-principal, service_principal:create (possible: whether a role can be named that the principal does not hold is not documented): any role, for a service principal whose tokens they make
//   - edit-defaults, organization:update: the organization's defaults, the default role and the default deployment role, for those who have them
//   - retag, stack_tags:update, or stack:write (possible: whether an update may start with other tags than the stack has is not documented), or environment_tag:create, or environment_tag:update, or environment_tag:delete, or insights_account:update: what their own or their teams' rules grant on entities with other tags
//   - remove-gate, change_gate:update, or change_gate:delete, or change_gate:update, or change_gate:delete: what a gate guards, without an approval
//   - approve-self, approvers of a gate that allows self-approval: what a gate guards, by their own approval
//   - create-stack, stack:create: the default deployment role, by deploying a stack of their own
//   - use-deployment, stack_deployment_settings:write, or stack_deployment:create, or stack_schedule:create (possible: it takes a stack with deployment settings, and as whom a schedule runs is described in two ways), or stack_schedule:update (possible: it takes a stack with deployment settings, and as whom a schedule runs is described in two ways): the role and the cloud identities of a stack's deployments
//   - set-deployment-role, stack_deployment_settings:write (possible: whether a role can be named that the principal does not hold is not documented): any role, for the deployments of a stack
//   - edit-state, stack:import (possible: it takes a deployment that reads the state), or stack:write (possible: it takes a deployment that reads the state): the role and the cloud identities of a stack's deployments, which run the plugins that the state names
//   - publish-policy, policy_pack:create + policy_groups:update (possible: it takes a deployment that runs the policy pack), or policy_pack:create + policy_groups:create (possible: it takes a deployment that runs the policy pack): what deployments may do, which run the policy packs of their group
//   - transfer-stack, stack:transfer (possible: it takes another organization, and the permission of this one to transfer stacks), or organization:transfer_stacks (possible: it takes another organization): everything on the stack, in an organization of their own
//   - inject-import, environment:write (possible: it takes somebody who opens the environment): what those may open who open an environment that they write: it can import what they name and send it elsewhere
//   - clone, environment:clone + environment:create (possible: whether an environment can be cloned by who may not open it is not documented): the secrets of the environment, in a copy of their own without gates
//   - open-version, environment_version:open: the secrets of the environment, by opening its latest revision
//   - instruct-agent, agent_task:create, or agent_task:contribute (possible: it takes a task of the agent that is not finished), or agent_automations:create (possible: whether an automation may bring instructions of its own is not documented), or agent_automations:update (possible: whether an automation may bring instructions of its own is not documented): the access of agents with a role of their own
//   - edit-agent, agent_definitions:create + agent_task:create (possible: whether a role can be named that the principal does not hold is not documented), or agent_definitions:update + agent_task:create (possible: whether a role can be named that the principal does not hold is not documented): any role, for an agent that they give tasks to
//   - assign, stack_access:update, or environment_access:update, or environment:delete (possible: whether it lets one assign permission sets is not documented), or insights_account_access:update: any permission set on the entity
//
// # Where every scope leads
//
// [Verdicts] has the table as data.
//
// On the stack:
//
//   - pipeline:approve: nowhere; a pipeline runs what its definition says, as an identity of its own
//   - pipeline:cancel: nowhere; a pipeline runs what its definition says, as an identity of its own
//   - pipeline:dispatch: nowhere; a pipeline runs what its definition says, as an identity of its own
//   - pipeline:force_promote: nowhere; a pipeline runs what its definition says, as an identity of its own
//   - pipeline:pause: nowhere; a pipeline runs what its definition says, as an identity of its own
//   - pipeline:redeploy: nowhere; a pipeline runs what its definition says, as an identity of its own
//   - pipeline:retry: nowhere; a pipeline runs what its definition says, as an identity of its own
//   - pipeline:rollback: nowhere; a pipeline runs what its definition says, as an identity of its own
//   - stack:cancel_update: nowhere; it takes something away, and grants nothing
//   - stack:create: nowhere; it makes stacks in an organization; on a stack that is there it means nothing
//   - stack:decrypt: nowhere; it is reading the stack itself
//   - stack:delete: nowhere; it takes something away, and grants nothing
//   - stack:encrypt: nowhere; it is reading the stack itself
//   - stack:export: nowhere; it is reading the stack itself
//   - stack:import: edit-state
//   - stack:list: nowhere; it is reading the stack itself
//   - stack:read: nowhere; it is reading the stack itself
//   - stack:rename: nowhere; roles and grants follow the stack, whatever its name; clouds that trust names are outside this organization
//   - stack:transfer: transfer-stack
//   - stack:write: retag, edit-state
//   - stack_access:read: nowhere; it is reading the stack itself
//   - stack_access:update: assign
//   - stack_annotations:read: nowhere; it is reading the stack itself
//   - stack_annotations:update: nowhere; nothing is decided by annotations
//   - stack_deployment:create: use-deployment
//   - stack_deployment:read: nowhere; it reads settings whose secrets are encrypted, results and caches
//   - stack_deployment_cache:read: nowhere; it reads settings whose secrets are encrypted, results and caches
//   - stack_deployment_settings:encrypt: nowhere; it encrypts what the caller knows
//   - stack_deployment_settings:read: nowhere; it reads settings whose secrets are encrypted, results and caches
//   - stack_deployment_settings:write: use-deployment, set-deployment-role
//   - stack_schedule:create: use-deployment
//   - stack_schedule:delete: nowhere; it takes something away, and grants nothing
//   - stack_schedule:pause: nowhere; what is scheduled, and its code, stay
//   - stack_schedule:read: nowhere; it reads settings whose secrets are encrypted, results and caches
//   - stack_schedule:resume: nowhere; what is scheduled, and its code, stay
//   - stack_schedule:update: use-deployment
//   - stack_tags:update: retag
//   - stack_webhook:create: nowhere; events carry no secrets, and a deployment that one starts runs the code of its settings
//   - stack_webhook:delete: nowhere; it takes something away, and grants nothing
//   - stack_webhook:read: nowhere; it reads settings whose secrets are encrypted, results and caches
//   - stack_webhook:update: nowhere; events carry no secrets, and a deployment that one starts runs the code of its settings
//
// On the environment:
//
//   - change_gate:create: nowhere; one more gate asks for one more approval
//   - change_gate:delete: remove-gate
//   - change_gate:update: remove-gate
//   - environment:clone: clone
//   - environment:delete: assign
//   - environment:list: nowhere; it shows definitions with their secrets encrypted
//   - environment:open: nowhere; it is the access itself
//   - environment:read: nowhere; it shows definitions with their secrets encrypted
//   - environment:rotate: nowhere; new secrets are shown to those only who may open
//   - environment:rotate_history: nowhere; it shows when secrets were rotated
//   - environment:write: inject-import
//   - environment_access:read: nowhere; it shows definitions with their secrets encrypted
//   - environment_access:update: assign
//   - environment_schedule:create: nowhere; new secrets are shown to those only who may open
//   - environment_schedule:delete: nowhere; it takes something away, and grants nothing
//   - environment_schedule:pause: nowhere; new secrets are shown to those only who may open
//   - environment_schedule:read: nowhere; it shows definitions with their secrets encrypted
//   - environment_schedule:resume: nowhere; new secrets are shown to those only who may open
//   - environment_schedule:update: nowhere; new secrets are shown to those only who may open
//   - environment_settings:read: nowhere; it shows definitions with their secrets encrypted
//   - environment_settings:update: nowhere; it is deletion protection
//   - environment_tag:create: retag
//   - environment_tag:delete: retag
//   - environment_tag:read: nowhere; it shows definitions with their secrets encrypted
//   - environment_tag:update: retag
//   - environment_version:create: nowhere; a revision tag names a revision that a writer made
//   - environment_version:delete: nowhere; it takes something away, and grants nothing
//   - environment_version:open: open-version
//   - environment_version:read: nowhere; it shows definitions with their secrets encrypted
//   - environment_version:retract: nowhere; it takes something away, and grants nothing
//   - environment_version:update: nowhere; a revision tag names a revision that a writer made
//   - environment_webhook:create: nowhere; events carry no secrets
//   - environment_webhook:delete: nowhere; it takes something away, and grants nothing
//   - environment_webhook:read: nowhere; it shows definitions with their secrets encrypted
//   - environment_webhook:update: nowhere; events carry no secrets
//
// On the account:
//
//   - insights_account:delete: nowhere; it takes something away, and grants nothing
//   - insights_account:list: nowhere; it shows resources, not the credentials that found them
//   - insights_account:read: nowhere; it shows resources, not the credentials that found them
//   - insights_account:scan: nowhere; scans run with what the account names
//   - insights_account:update: retag
//   - insights_account:update_policy_results: nowhere; scans run with what the account names
//   - insights_account_access:read: nowhere; it shows resources, not the credentials that found them
//   - insights_account_access:update: assign
//   - insights_account_scan:cancel: nowhere; scans run with what the account names
//   - insights_account_scan:pause: nowhere; scans run with what the account names
//   - insights_account_scan:read: nowhere; it shows resources, not the credentials that found them
//   - insights_account_scan:resume: nowhere; scans run with what the account names
//   - insights_account_scan:update: nowhere; scans run with what the account names
//
// On the organization:
//
//   - agent_automations:create: instruct-agent
//   - agent_automations:delete: nowhere; it follows, approves or ends what somebody else told an agent
//   - agent_automations:read: nowhere; it follows, approves or ends what somebody else told an agent
//   - agent_automations:update: instruct-agent
//   - agent_definitions:create: edit-agent
//   - agent_definitions:delete: nowhere; it follows, approves or ends what somebody else told an agent
//   - agent_definitions:update: edit-agent
//   - agent_pool:create: nowhere; a pool runs what deployment settings send to it
//   - agent_pool:delete: nowhere; a pool runs what deployment settings send to it
//   - agent_pool:read: nowhere; it shows who may do what, and no token's value
//   - agent_pool:update: nowhere; a pool runs what deployment settings send to it
//   - agent_task:approve: nowhere; it follows, approves or ends what somebody else told an agent
//   - agent_task:contribute: instruct-agent
//   - agent_task:create: instruct-agent, edit-agent
//   - agent_task:manage: nowhere; it follows, approves or ends what somebody else told an agent
//   - agent_task:read: nowhere; it follows, approves or ends what somebody else told an agent
//   - ai_conversations:create: nowhere; Neo acts with what the person holds who asks
//   - ai_conversations:list_all: nowhere; Neo acts with what the person holds who asks
//   - ai_conversations:read: nowhere; Neo acts with what the person holds who asks
//   - ai_conversations:update: nowhere; Neo acts with what the person holds who asks
//   - audit_logs:export: nowhere; events carry no secrets
//   - audit_logs:read: nowhere; events carry no secrets
//   - auth_policies:read: nowhere; it shows who may do what, and no token's value
//   - auth_policies:update: edit-issuer
//   - change_gate:create: nowhere; one more gate asks for one more approval
//   - change_gate:delete: remove-gate
//   - change_gate:update: remove-gate
//   - deployments:pause: nowhere; what is deployed, and its code, stay
//   - deployments:read: nowhere; what is deployed, and its code, stay
//   - deployments:read_usage: nowhere; what is deployed, and its code, stay
//   - deployments:resume: nowhere; what is deployed, and its code, stay
//   - environment:create: nowhere; its owner may open what it imports only where they might before; with environment:clone it is an act
//   - environment:list_deleted: nowhere; it shows names
//   - environment:restore_deleted: nowhere; what comes back has the grants that it had, and none for who restores it
//   - environment_tags:list: nowhere; it shows names
//   - environment_yaml:open: nowhere; what is imported has to be opened by rights of the caller
//   - github_team:create: create-team
//   - insights_account:create: nowhere; naming an environment takes opening it
//   - insights_policy_evaluator:delete: nowhere; policies refuse updates; they grant nothing, and packs run only where a group names their version
//   - insights_policy_evaluator:ensure: nowhere; policies refuse updates; they grant nothing, and packs run only where a group names their version
//   - insights_policy_evaluator:read: nowhere; it shows policies and what they found
//   - insights_policy_evaluator:update: nowhere; policies refuse updates; they grant nothing, and packs run only where a group names their version
//   - insights_policy_queue:read: nowhere; it shows policies and what they found
//   - integrations:read: nowhere; what runs with an integration is said by deployment settings and agents
//   - integrations:update: nowhere; what runs with an integration is said by deployment settings and agents
//   - invites:create: add-member
//   - invites:read: nowhere; it shows who may do what, and no token's value
//   - oidc_issuers:create: nowhere alone; a new issuer denies every token until a policy allows it, and thumbprints are read from where the issuer is; with auth_policies:update it is an act; together with other scopes: edit-issuer
//   - oidc_issuers:delete: nowhere; it takes something away, and grants nothing
//   - oidc_issuers:read: nowhere; it shows who may do what, and no token's value
//   - oidc_issuers:regenerate_thumbprints: nowhere; a new issuer denies every token until a policy allows it, and thumbprints are read from where the issuer is; with auth_policies:update it is an act
//   - oidc_issuers:update: edit-issuer
//   - org_integrations:read: nowhere; what runs with an integration is said by deployment settings and agents
//   - org_integrations:update: nowhere; what runs with an integration is said by deployment settings and agents
//   - org_member:add: add-member
//   - org_member:delete: nowhere; it takes something away, and grants nothing
//   - org_member:read: nowhere; it shows who may do what, and no token's value
//   - org_member:set_admin: edit-member
//   - org_member:update: edit-member
//   - org_member_access:read: nowhere; it shows who may do what, and no token's value
//   - org_requests:read: nowhere; it shows who may do what, and no token's value
//   - org_requests:update: add-member
//   - org_token:create: mint-token
//   - org_token:delete: nowhere; it takes something away, and grants nothing
//   - org_token:read: nowhere; it shows who may do what, and no token's value
//   - organization:billing: nowhere; nothing in the organization is decided by it
//   - organization:change_backend: edit-sign-in
//   - organization:delete: nowhere; nothing in the organization is decided by it
//   - organization:potential: nowhere; nothing in the organization is decided by it
//   - organization:read_usage: nowhere; nothing in the organization is decided by it
//   - organization:rename: nowhere; nothing in the organization is decided by it
//   - organization:transfer_stacks: transfer-stack
//   - organization:update: edit-defaults
//   - organization_annotations:read: nowhere; it shows names
//   - organization_annotations:update: nowhere; nothing is decided by annotations
//   - organization_webhook:create: nowhere; events carry no secrets
//   - organization_webhook:delete: nowhere; events carry no secrets
//   - organization_webhook:read: nowhere; events carry no secrets
//   - organization_webhook:update: nowhere; events carry no secrets
//   - pipeline:approve: nowhere; a pipeline runs what its definition says, as an identity of its own
//   - pipeline:cancel: nowhere; a pipeline runs what its definition says, as an identity of its own
//   - pipeline:dispatch: nowhere; a pipeline runs what its definition says, as an identity of its own
//   - pipeline:force_promote: nowhere; a pipeline runs what its definition says, as an identity of its own
//   - pipeline:pause: nowhere; a pipeline runs what its definition says, as an identity of its own
//   - pipeline:redeploy: nowhere; a pipeline runs what its definition says, as an identity of its own
//   - pipeline:retry: nowhere; a pipeline runs what its definition says, as an identity of its own
//   - pipeline:rollback: nowhere; a pipeline runs what its definition says, as an identity of its own
//   - policy_exceptions:create: nowhere; policies refuse updates; they grant nothing, and packs run only where a group names their version
//   - policy_exceptions:delete: nowhere; policies refuse updates; they grant nothing, and packs run only where a group names their version
//   - policy_exceptions:read: nowhere; it shows policies and what they found
//   - policy_groups:create: publish-policy
//   - policy_groups:delete: nowhere; policies refuse updates; they grant nothing, and packs run only where a group names their version
//   - policy_groups:read: nowhere; it shows policies and what they found
//   - policy_groups:update: publish-policy
//   - policy_pack:create: publish-policy
//   - policy_pack:delete: nowhere; policies refuse updates; they grant nothing, and packs run only where a group names their version
//   - policy_pack:read: nowhere; it shows policies and what they found
//   - policy_pack:update: nowhere; policies refuse updates; they grant nothing, and packs run only where a group names their version
//   - policy_results:read: nowhere; it shows policies and what they found
//   - policy_results:update: nowhere; policies refuse updates; they grant nothing, and packs run only where a group names their version
//   - project:decrypt: nowhere; secrets of projects are encrypted with keys of their own
//   - project:encrypt: nowhere; secrets of projects are encrypted with keys of their own
//   - project_annotations:read: nowhere; it shows names
//   - project_annotations:update: nowhere; nothing is decided by annotations
//   - resources:dashboard: nowhere; it shows resources
//   - resources:index: nowhere; it shows resources
//   - resources:search: nowhere; it shows resources
//   - role:create: nowhere; a role grants nothing until somebody has it; giving it is an act of its own
//   - role:delete: nowhere; a role that somebody has is not deleted without an administrator's force
//   - role:read: nowhere; it shows who may do what, and no token's value
//   - role:update: edit-role, assign-role
//   - saml:read: nowhere; it shows who may do what, and no token's value
//   - saml:update: edit-sign-in
//   - scim:delete: nowhere; it takes something away, and grants nothing
//   - scim:read: nowhere; it shows who may do what, and no token's value
//   - scim:update: edit-sign-in
//   - service_principal:create: create-service-principal
//   - services:admin: nowhere; a service lists entities, and grants nothing on them
//   - services:create: nowhere; a service lists entities, and grants nothing on them
//   - services:read: nowhere; a service lists entities, and grants nothing on them
//   - services:write: nowhere; a service lists entities, and grants nothing on them
//   - stack:create: create-stack
//   - stack:list_deleted: nowhere; it shows names
//   - stack:restore_deleted: nowhere; what comes back has the grants that it had, and none for who restores it
//   - tags:read: nowhere; it shows names
//   - team:create: create-team
//   - team:create_token: mint-token
//   - team:delete: nowhere; it takes something away, and grants nothing
//   - team:delete_token: nowhere; it takes something away, and grants nothing
//   - team:list: nowhere; it shows who may do what, and no token's value
//   - team:list_tokens: nowhere; it shows who may do what, and no token's value
//   - team:read: nowhere; it shows who may do what, and no token's value
//   - team:update: assign-role, edit-team
//   - templates:read: nowhere; a template runs where somebody makes a project of it
//   - templates_source:create: nowhere; a template runs where somebody makes a project of it
//   - templates_source:delete: nowhere; a template runs where somebody makes a project of it
//   - templates_source:read: nowhere; a template runs where somebody makes a project of it
//   - templates_source:update: nowhere; a template runs where somebody makes a project of it
package graph
