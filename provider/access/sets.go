package access

import (
	"slices"
	"strings"
	"sync"
)

// Level is the name of a built-in permission set.
type Level string

// The levels. Stacks and accounts know Read, Write and Admin; environments know Open as well; the organization
// knows ReadOnly, Standard and Billing. View is this package's own: the service has no set for it. None, like the empty
// level, stands for nothing at all.
const (
	View     Level = "view"
	Read     Level = "read"
	Open     Level = "open"
	Write    Level = "write"
	Admin    Level = "admin"
	ReadOnly Level = "readOnly"
	Standard Level = "standard"
	Billing  Level = "billing"
	None     Level = "none"
)

// builtinSets are the service's built-in permission sets, each kind in ascending order. `adds` is what a set has beyond
// the one named in `extends`.
var builtinSets = []struct {
	kind       EntityKind
	level      Level
	identifier string
	extends    Level
	adds       string
}{
	{Stack, Read, "stack-read", None, `
		stack:read stack:export stack:encrypt stack:decrypt stack_deployment:read stack_deployment_settings:read
		stack_access:read stack_schedule:read`},
	{Stack, Write, "stack-write", Read, `
		stack:write stack:import stack:cancel_update stack_deployment_settings:write
		stack_deployment_settings:encrypt stack_deployment_cache:read stack_deployment:create stack_tags:update
		stack_schedule:create stack_schedule:update stack_schedule:pause stack_schedule:resume stack_schedule:delete
		stack_webhook:create stack_webhook:read stack_webhook:update stack_webhook:delete`},
	{Stack, Admin, "stack-admin", Write, `stack:delete stack:rename stack:transfer stack_access:update`},

	{Environment, Read, "environment-read", None, `
		environment:read environment:rotate_history environment_version:read environment_schedule:read
		environment_tag:read`},
	{Environment, Open, "environment-open", Read, `environment:open environment:clone environment_version:open`},
	{Environment, Write, "environment-write", Open, `
		environment:write environment:rotate environment_version:create environment_version:update
		environment_version:delete environment_version:retract environment_tag:create environment_tag:update
		environment_tag:delete environment_schedule:create environment_schedule:update environment_schedule:pause
		environment_schedule:resume environment_schedule:delete environment_webhook:create environment_webhook:read
		environment_webhook:update environment_webhook:delete change_gate:create change_gate:update change_gate:delete`},
	{Environment, Admin, "environment-admin", Write, `environment:delete`},

	{Account, Read, "insights-account-read", None, `
		insights_account:read insights_account_scan:read insights_account_access:read`},
	{Account, Write, "insights-account-write", Read, `
		insights_account:update insights_account:scan insights_account_scan:update insights_account_scan:cancel
		insights_account_scan:pause insights_account_scan:resume`},
	{Account, Admin, "insights-account-admin", Write, `insights_account:delete insights_account_access:update`},

	{Organization, ReadOnly, "org-settings-read-only", None, `
		ai_conversations:read deployments:read deployments:read_usage environment:list_deleted environment_tags:list
		policy_groups:read policy_pack:read policy_results:read integrations:read org_member:read
		organization_annotations:read organization:read_usage project_annotations:read resources:dashboard
		resources:search saml:read tags:read team:read templates:read services:read`},
	{Organization, Standard, "org-settings-standard", ReadOnly, `
		ai_conversations:create ai_conversations:update environment:create integrations:update
		project_annotations:update project:decrypt project:encrypt services:create services:write services:admin
		insights_policy_evaluator:read insights_policy_evaluator:delete insights_policy_evaluator:ensure
		insights_policy_evaluator:update insights_policy_queue:read`},
	{Organization, Billing, "org-settings-billing", None, `
		deployments:read_usage org_member:read organization:billing organization:read_usage resources:dashboard
		saml:read team:read`},
}

// ownLevels are those that the service has no permission set for, so that they are granted as scopes. View is Stack Read
// without stack:decrypt, and without stack:encrypt, which only a change needs: an export holds secrets as ciphertext.
var ownLevels = map[SetRef]string{
	{Stack, View}: `stack:read stack:export stack_deployment:read stack_deployment_settings:read stack_access:read
		stack_schedule:read`,
}

// Permissions returns what the permission of a rule may be for a kind, in ascending order: the levels of this package's own,
// then the built-in ones.
func Permissions(kind EntityKind) []Level {
	if _, viewed := ownLevels[SetRef{kind, View}]; viewed {
		return append([]Level{View}, Levels(kind)...)
	}
	return Levels(kind)
}

// Builtin reports whether the service has a permission set for the level. Only a role can grant one that it has none for.
func Builtin(kind EntityKind, level Level) bool { return slices.Contains(Levels(kind), level) }

// Levels returns the built-in levels of a kind in ascending order. The organization's last one, Billing, stands beside the
// others rather than above them.
func Levels(kind EntityKind) []Level {
	var levels []Level
	for _, set := range builtinSets {
		if set.kind == kind {
			levels = append(levels, set.level)
		}
	}
	return levels
}

// LevelScopes returns the scopes of a level, sorted; nil if there is no such level. For a built-in permission set a live
// organization may differ: its own records are the authority on what its sets hold.
func LevelScopes(kind EntityKind, level Level) []string {
	return slices.Clone(levelScopes()[SetRef{kind, level}])
}

// levelScopes relies on each set coming after the one that it extends.
var levelScopes = sync.OnceValue(func() map[SetRef][]string {
	scopes := map[SetRef][]string{}
	for _, set := range builtinSets {
		inherited := scopes[SetRef{set.kind, set.extends}]
		scopes[SetRef{set.kind, set.level}] = sortedSet(slices.Concat(strings.Fields(set.adds), inherited))
	}
	for ref, own := range ownLevels {
		scopes[ref] = sortedSet(strings.Fields(own))
	}
	return scopes
})

// SetIdentifier returns what the service calls a built-in permission set (defaultIdentifier), for example "stack-read"
// or "org-settings-read-only"; "" if there is no such set.
func SetIdentifier(kind EntityKind, level Level) string {
	for _, set := range builtinSets {
		if set.kind == kind && set.level == level {
			return set.identifier
		}
	}
	return ""
}

// levelOf returns the level that is exactly these scopes (sorted and distinct), "" if none is.
func levelOf(kind EntityKind, scopes []string) Level {
	for _, level := range Permissions(kind) {
		if slices.Equal(levelScopes()[SetRef{kind, level}], scopes) {
			return level
		}
	}
	return ""
}

// entityLevelOf returns the kind and the level that is exactly these scopes; "" if none is.
func entityLevelOf(scopes []string) (EntityKind, Level) {
	sorted := sortedSet(scopes)
	for _, kind := range entityKindsInOrder {
		if level := levelOf(kind, sorted); level != "" {
			return kind, level
		}
	}
	return "", ""
}
