package graph

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// pipelineScopes are judged alike on stacks and in the organization.
const pipelineScopes = `pipeline:dispatch pipeline:cancel pipeline:retry pipeline:redeploy pipeline:rollback
	pipeline:force_promote pipeline:approve pipeline:pause`

// leadsNowhere are the scopes that no act needs, with the reason. The table of [Verdicts] is made of these and of the ways of [ActRules].
var leadsNowhere = []struct {
	kind        access.EntityKind
	scopes, why string
}{
	{access.Stack, "stack:read stack:export stack:decrypt stack:encrypt stack:list stack_access:read stack_annotations:read", "it is reading the stack itself"},
	{access.Stack, "stack_deployment:read stack_deployment_cache:read stack_deployment_settings:read stack_schedule:read stack_webhook:read",
		"it reads settings whose secrets are encrypted, results and caches"},
	{access.Stack, "stack_deployment_settings:encrypt", "it encrypts what the caller knows"},
	{access.Stack, "stack:create", "it makes stacks in an organization; on a stack that is there it means nothing"},
	{access.Stack, "stack:delete stack:cancel_update stack_schedule:delete stack_webhook:delete", "it takes something away, and grants nothing"},
	{access.Stack, "stack:rename", "roles and grants follow the stack, whatever its name; clouds that trust names are outside this organization"},
	{access.Stack, "stack_annotations:update", "nothing is decided by annotations"},
	{access.Stack, "stack_schedule:pause stack_schedule:resume", "what is scheduled, and its code, stay"},
	{access.Stack, "stack_webhook:create stack_webhook:update", "events carry no secrets, and a deployment that one starts runs the code of its settings"},
	{access.Stack, pipelineScopes, "a pipeline runs what its definition says, as an identity of its own"},

	{access.Environment, "environment:open", "it is the access itself"},
	{access.Environment, "environment:read environment:list environment_access:read environment_settings:read environment_tag:read environment_version:read environment_schedule:read environment_webhook:read",
		"it shows definitions with their secrets encrypted"},
	{access.Environment, "environment:rotate environment_schedule:create environment_schedule:update environment_schedule:pause environment_schedule:resume", "new secrets are shown to those only who may open"},
	{access.Environment, "environment:rotate_history", "it shows when secrets were rotated"},
	{access.Environment, "environment_settings:update", "it is deletion protection"},
	{access.Environment, "environment_version:create environment_version:update", "a revision tag names a revision that a writer made"},
	{access.Environment, "environment_version:delete environment_version:retract environment_schedule:delete environment_webhook:delete", "it takes something away, and grants nothing"},
	{access.Environment, "environment_webhook:create environment_webhook:update", "events carry no secrets"},
	{access.Environment, "change_gate:create", "one more gate asks for one more approval"},

	{access.Account, "insights_account:read insights_account:list insights_account_access:read insights_account_scan:read", "it shows resources, not the credentials that found them"},
	{access.Account, "insights_account:scan insights_account_scan:update insights_account_scan:cancel insights_account_scan:pause insights_account_scan:resume insights_account:update_policy_results",
		"scans run with what the account names"},
	{access.Account, "insights_account:delete", "it takes something away, and grants nothing"},

	{access.Organization, "stack:list_deleted environment:list_deleted environment_tags:list project_annotations:read organization_annotations:read tags:read",
		"it shows names"},
	{access.Organization, "stack:restore_deleted environment:restore_deleted", "what comes back has the grants that it had, and none for who restores it"},
	{access.Organization, "project:encrypt project:decrypt", "secrets of projects are encrypted with keys of their own"},
	{access.Organization, "project_annotations:update organization_annotations:update", "nothing is decided by annotations"},
	{access.Organization, "environment:create", "its owner may open what it imports only where they might before; with environment:clone it is an act"},
	{access.Organization, "environment_yaml:open", "what is imported has to be opened by rights of the caller"},
	{access.Organization, "insights_account:create", "naming an environment takes opening it"},
	{access.Organization, "policy_groups:read policy_pack:read policy_results:read policy_exceptions:read insights_policy_queue:read insights_policy_evaluator:read",
		"it shows policies and what they found"},
	{access.Organization, "policy_groups:delete policy_pack:update policy_pack:delete policy_results:update policy_exceptions:create policy_exceptions:delete insights_policy_evaluator:delete insights_policy_evaluator:ensure insights_policy_evaluator:update",
		"policies refuse updates; they grant nothing, and packs run only where a group names their version"},
	{access.Organization, "change_gate:create", "one more gate asks for one more approval"},
	{access.Organization, "org_member:read org_member_access:read org_requests:read invites:read team:list team:read team:list_tokens role:read org_token:read oidc_issuers:read auth_policies:read saml:read scim:read agent_pool:read",
		"it shows who may do what, and no token's value"},
	{access.Organization, "org_member:delete team:delete team:delete_token org_token:delete oidc_issuers:delete scim:delete", "it takes something away, and grants nothing"},
	{access.Organization, "role:create", "a role grants nothing until somebody has it; giving it is an act of its own"},
	{access.Organization, "role:delete", "a role that somebody has is not deleted without an administrator's force"},
	{access.Organization, "oidc_issuers:create oidc_issuers:regenerate_thumbprints", "a new issuer denies every token until a policy allows it, and thumbprints are read from where the issuer is; with auth_policies:update it is an act"},
	{access.Organization, "audit_logs:read audit_logs:export", "events carry no secrets"},
	{access.Organization, "organization:rename organization:delete organization:billing organization:read_usage organization:potential", "nothing in the organization is decided by it"},
	{access.Organization, "integrations:read integrations:update org_integrations:read org_integrations:update", "what runs with an integration is said by deployment settings and agents"},
	{access.Organization, "services:create services:read services:write services:admin", "a service lists entities, and grants nothing on them"},
	{access.Organization, "organization_webhook:create organization_webhook:read organization_webhook:update organization_webhook:delete", "events carry no secrets"},
	{access.Organization, "templates:read templates_source:create templates_source:read templates_source:update templates_source:delete", "a template runs where somebody makes a project of it"},
	{access.Organization, "resources:index resources:search resources:dashboard", "it shows resources"},
	{access.Organization, "ai_conversations:list_all ai_conversations:read ai_conversations:create ai_conversations:update", "Neo acts with what the person holds who asks"},
	{access.Organization, "agent_task:read agent_task:approve agent_task:manage agent_automations:read agent_automations:delete agent_definitions:delete",
		"it follows, approves or ends what somebody else told an agent"},
	{access.Organization, "agent_pool:create agent_pool:update agent_pool:delete", "a pool runs what deployment settings send to it"},
	{access.Organization, "deployments:read deployments:read_usage deployments:pause deployments:resume", "what is deployed, and its code, stay"},
	{access.Organization, pipelineScopes, "a pipeline runs what its definition says, as an identity of its own"},
}

// Verdict says of a scope whether it leads to access that it does not itself grant.
type Verdict struct {
	Kind  access.EntityKind
	Scope string
	Acts  []Act  // which it is needed for
	Why   string // why it leads nowhere, "" where it has acts
}

// Verdicts judge the scopes, by kind and name.
func Verdicts() []Verdict {
	type key struct {
		kind  access.EntityKind
		scope string
	}
	all := map[key]*Verdict{}
	of := func(kind access.EntityKind, scope string) *Verdict {
		if all[key{kind, scope}] == nil {
			all[key{kind, scope}] = &Verdict{Kind: kind, Scope: scope}
		}
		return all[key{kind, scope}]
	}
	for _, row := range leadsNowhere {
		for scope := range strings.FieldsSeq(row.scopes) {
			of(row.kind, scope).Why = row.why
		}
	}
	for _, rule := range actRules {
		for _, way := range rule.Ways {
			for _, scope := range way.Scopes {
				if v := of(way.On, scope); !slices.Contains(v.Acts, rule.Act) {
					v.Acts = append(v.Acts, rule.Act)
				}
			}
		}
	}
	return slices.SortedFunc(deref(maps.Values(all)), func(a, b Verdict) int {
		kinds := access.Kinds()
		return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), cmp.Compare(a.Scope, b.Scope))
	})
}

func deref(all iter.Seq[*Verdict]) iter.Seq[Verdict] {
	return func(yield func(Verdict) bool) {
		for v := range all {
			if !yield(*v) {
				return
			}
		}
	}
}
