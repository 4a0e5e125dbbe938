package graph

import "github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"

// Act is the rule id of something that a principal may do and that leads to access which it does not hold.
type Act string

// The acts. [ActRules] says who can use each, and what it leads to.
const (
	EditRole               Act = "edit-role"
	AssignRole             Act = "assign-role"
	EditTeam               Act = "edit-team"
	CreateTeam             Act = "create-team"
	EditMember             Act = "edit-member"
	AddMember              Act = "add-member"
	MintToken              Act = "mint-token"
	EditIssuer             Act = "edit-issuer"
	EditSignIn             Act = "edit-sign-in"
	CreateServicePrincipal Act = "create-service-principal"
	EditDefaults           Act = "edit-defaults"
	Retag                  Act = "retag"
	RemoveGate             Act = "remove-gate"
	ApproveSelf            Act = "approve-self"
	CreateStack            Act = "create-stack"
	UseDeployment          Act = "use-deployment"
	SetDeploymentRole      Act = "set-deployment-role"
	EditState              Act = "edit-state"
	PublishPolicy          Act = "publish-policy"
	TransferStack          Act = "transfer-stack"
	InjectImport           Act = "inject-import"
	Clone                  Act = "clone"
	OpenVersion            Act = "open-version"
	InstructAgent          Act = "instruct-agent"
	EditAgent              Act = "edit-agent"
	Assign                 Act = "assign"
)

// ActRule describes an act.
type ActRule struct {
	Act   Act
	Leads string // what it leads to
	// Ways are the ways to use it; any of them suffices. Who approves at a gate is not said by scopes, so [ApproveSelf] has none.
	Ways []Way
}

// Way is a set of scopes that one caller needs together.
type Way struct {
	On     access.EntityKind // what the scopes are held on
	Scopes []string
	// Also are organization-level scopes that the same caller needs besides.
	Also []string
	// Doubt says why the way is only possible, "" for one that follows from what Pulumi Cloud documents.
	Doubt string
}

func on(kind access.EntityKind, scopes ...string) Way { return Way{On: kind, Scopes: scopes} }

func inOrganization(scopes ...string) Way { return on(access.Organization, scopes...) }

func (w Way) possibly(doubt string) Way {
	w.Doubt = doubt
	return w
}

func (w Way) and(scopes ...string) Way {
	w.Also = scopes
	return w
}

// Doubts that several ways share.
const (
	needsLogin     = "it takes a login that is not a member yet"
	anyRoleUnknown = "whether a role can be named that the principal does not hold is not documented"
	undocumented   = "the call is not documented"
	scheduled      = "it takes a stack with deployment settings, and as whom a schedule runs is described in two ways"
)

var actRules = []ActRule{
	{EditRole, "whatever the custom roles and permission sets that they or their teams hold can be made to say", []Way{
		inOrganization("role:update"),
	}},
	{AssignRole, "any role, on a team that they are in or can join, or whose token they hold", []Way{
		inOrganization("role:update", "team:update"),
	}},
	{EditTeam, "the access of every team, by joining it", []Way{
		inOrganization("team:update"),
	}},
	{CreateTeam, "what a token of a new team has: the organization's defaults", []Way{
		inOrganization("team:create"),
		inOrganization("github_team:create").possibly("it takes a team of GitHub that backs the organization"),
	}},
	{EditMember, "any organization role, Admin included", []Way{
		inOrganization("org_member:update"),
		inOrganization("org_member:set_admin").possibly("the call is for the only administrator, on plans that have no custom roles"),
	}},
	{AddMember, "any built-in role, Admin included, for another login of theirs", []Way{
		inOrganization("org_member:add").possibly(needsLogin),
		inOrganization("invites:create").possibly(needsLogin),
		inOrganization("org_requests:update").possibly(needsLogin),
	}},
	{MintToken, "an administrator's token, or what the tokens of any team may do", []Way{
		inOrganization("org_token:create"),
		inOrganization("team:create_token"),
	}},
	{EditIssuer, "any team, role or user that a policy can name, or what the policies of an issuer admit", []Way{
		inOrganization("auth_policies:update", "oidc_issuers:create"),
		inOrganization("auth_policies:update", "oidc_issuers:update"),
		inOrganization("auth_policies:update").possibly("it takes a token of an issuer that the organization trusts"),
		inOrganization("oidc_issuers:update"),
	}},
	{EditSignIn, "everybody's access, by signing in as anybody", []Way{
		inOrganization("saml:update").possibly("what a changed identity provider can assert is not documented"),
		inOrganization("scim:update").possibly("what a changed identity provider can assert is not documented"),
		inOrganization("organization:change_backend").possibly(undocumented),
	}},
	{CreateServicePrincipal, "any role, for a service principal whose tokens they make", []Way{
		inOrganization("service_principal:create").possibly(anyRoleUnknown),
	}},
	{EditDefaults, "the organization's defaults, the default role and the default deployment role, for those who have them", []Way{
		inOrganization("organization:update"),
	}},
	{Retag, "what their own or their teams' rules grant on entities with other tags", []Way{
		on(access.Stack, "stack_tags:update"),
		on(access.Stack, "stack:write").possibly("whether an update may start with other tags than the stack has is not documented"),
		on(access.Environment, "environment_tag:create"),
		on(access.Environment, "environment_tag:update"),
		on(access.Environment, "environment_tag:delete"),
		on(access.Account, "insights_account:update"),
	}},
	{RemoveGate, "what a gate guards, without an approval", []Way{
		on(access.Environment, "change_gate:update"),
		on(access.Environment, "change_gate:delete"),
		inOrganization("change_gate:update"),
		inOrganization("change_gate:delete"),
	}},
	{ApproveSelf, "what a gate guards, by their own approval", nil},
	{CreateStack, "the default deployment role, by deploying a stack of their own", []Way{
		inOrganization("stack:create"),
	}},
	{UseDeployment, "the role and the cloud identities of a stack's deployments", []Way{
		on(access.Stack, "stack_deployment_settings:write"),
		on(access.Stack, "stack_deployment:create"),
		on(access.Stack, "stack_schedule:create").possibly(scheduled),
		on(access.Stack, "stack_schedule:update").possibly(scheduled),
	}},
	{SetDeploymentRole, "any role, for the deployments of a stack", []Way{
		on(access.Stack, "stack_deployment_settings:write").possibly(anyRoleUnknown),
	}},
	{EditState, "the role and the cloud identities of a stack's deployments, which run the plugins that the state names", []Way{
		on(access.Stack, "stack:import").possibly("it takes a deployment that reads the state"),
		on(access.Stack, "stack:write").possibly("it takes a deployment that reads the state"),
	}},
	{PublishPolicy, "what deployments may do, which run the policy packs of their group", []Way{
		inOrganization("policy_pack:create", "policy_groups:update").possibly("it takes a deployment that runs the policy pack"),
		inOrganization("policy_pack:create", "policy_groups:create").possibly("it takes a deployment that runs the policy pack"),
	}},
	{TransferStack, "everything on the stack, in an organization of their own", []Way{
		on(access.Stack, "stack:transfer").possibly("it takes another organization, and the permission of this one to transfer stacks"),
		inOrganization("organization:transfer_stacks").possibly("it takes another organization"),
	}},
	{InjectImport, "what those may open who open an environment that they write: it can import what they name and send it elsewhere", []Way{
		on(access.Environment, "environment:write").possibly("it takes somebody who opens the environment"),
	}},
	{Clone, "the secrets of the environment, in a copy of their own without gates", []Way{
		on(access.Environment, "environment:clone").and("environment:create").
			possibly("whether an environment can be cloned by who may not open it is not documented"),
	}},
	{OpenVersion, "the secrets of the environment, by opening its latest revision", []Way{
		on(access.Environment, "environment_version:open"),
	}},
	{InstructAgent, "the access of agents with a role of their own", []Way{
		inOrganization("agent_task:create"),
		inOrganization("agent_task:contribute").possibly("it takes a task of the agent that is not finished"),
		inOrganization("agent_automations:create").possibly("whether an automation may bring instructions of its own is not documented"),
		inOrganization("agent_automations:update").possibly("whether an automation may bring instructions of its own is not documented"),
	}},
	{EditAgent, "any role, for an agent that they give tasks to", []Way{
		inOrganization("agent_definitions:create", "agent_task:create").possibly(anyRoleUnknown),
		inOrganization("agent_definitions:update", "agent_task:create").possibly(anyRoleUnknown),
	}},
	{Assign, "any permission set on the entity", []Way{
		on(access.Stack, "stack_access:update"),
		on(access.Environment, "environment_access:update"),
		on(access.Environment, "environment:delete").possibly("whether it lets one assign permission sets is not documented"),
		on(access.Account, "insights_account_access:update"),
	}},
}

// ActRules are all acts.
func ActRules() []ActRule { return actRules }
