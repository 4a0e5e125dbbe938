package types

import (
	"fmt"

	"strings"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
)

// StackPermission names what may be done with stacks.
type StackPermission string

// Values lists the levels for stacks.
func (StackPermission) Values() []infer.EnumValue[StackPermission] {
	return []infer.EnumValue[StackPermission]{
		{Name: "View", Value: "view", Description: "State and history without decryption: see stacks, resources, updates, deployments and who has " +
			"access, and export state, in which secrets are ciphertext. What a program did not mark as secret is readable. It is made of scopes (" +
			strings.Join(access.LevelScopes(access.Stack, access.View), ", ") + "), because Pulumi Cloud has no built-in set without " +
			"stack:decrypt: grants on single stacks to a team cannot have it."},
		{Name: "Read", Value: "read", Description: "Stack Read: everything in view, and decrypt: whoever holds it can read every secret in the " +
			"stack's configuration and state, and so can run previews."},
		{Name: "Write", Value: "write", Description: "Stack Write: everything in read, and run updates, change configuration, deployments, schedules, " +
			"webhooks and tags. Its holder can run code with the role and the cloud logins of the stack's deployments, and by writing tags move the " +
			"stack into reach of rules by tags."},
		{Name: "Admin", Value: "admin", Description: "Stack Admin: everything in write, and delete, rename and transfer the stack, and change who has access."},
	}
}

// EnvironmentPermission names a built-in permission set for ESC environments.
type EnvironmentPermission string

// Values lists the built-in permission sets for ESC environments.
func (EnvironmentPermission) Values() []infer.EnumValue[EnvironmentPermission] {
	return []infer.EnumValue[EnvironmentPermission]{
		{Name: "Read", Value: "read", Description: "Environment Read: see the definition with all its versions. Secrets are ciphertext there, and no " +
			"credentials are given; a value that is written without `fn::secret` is readable."},
		{Name: "Open", Value: "open", Description: "Environment Open: everything in read, and resolve secrets and cloud credentials, of old versions too. " +
			"It includes environment:clone, which copies the definition with its secrets into another environment, whose creator administers it. " +
			"This is the sensitive one."},
		{Name: "Write", Value: "write", Description: "Environment Write: everything in open, and change the definition, tags, schedules and webhooks, " +
			"rotate secrets, and so change what everybody who opens the environment gets. It includes change_gate:*, so its holders may remove an " +
			"approval gate that holds them back."},
		{Name: "Admin", Value: "admin", Description: "Environment Admin: everything in write, and delete the environment."},
	}
}

// AccountPermission names a built-in permission set for Insights accounts.
type AccountPermission string

// Values lists the built-in permission sets for Insights accounts.
func (AccountPermission) Values() []infer.EnumValue[AccountPermission] {
	return []infer.EnumValue[AccountPermission]{
		{Name: "Read", Value: "read", Description: "Account Read: see the account, its scans with the resources that they found, and who has access."},
		{Name: "Write", Value: "write", Description: "Account Write: everything in read, and run scans and change the account, the environment whose " +
			"credentials its scans use included."},
		{Name: "Admin", Value: "admin", Description: "Account Admin: everything in write, and delete the account and change who has access."},
	}
}

// OrganizationAccess names a built-in permission set of organization-level scopes.
type OrganizationAccess string

// Values lists the built-in permission sets of organization-level scopes.
func (OrganizationAccess) Values() []infer.EnumValue[OrganizationAccess] {
	return []infer.EnumValue[OrganizationAccess]{
		{Name: "None", Value: "none", Description: "No organization-level scopes beyond those in `scopes`."},
		{Name: "ReadOnly", Value: "readOnly", Description: "Organization Read Only: see members, teams, policies, deployments and usage, and search resources."},
		{Name: "Standard", Value: "standard", Description: "Organization Standard: everything in readOnly, and create environments, whose creator " +
			"administers them, encrypt and decrypt for projects (project:decrypt), and administer services (services:admin)."},
		{Name: "Billing", Value: "billing", Description: "Organization Billing: see members, teams and usage, and manage billing."},
	}
}

// OptIn names a risk that is taken deliberately.
type OptIn string

// Values lists the opt-ins that the package knows.
func (OptIn) Values() []infer.EnumValue[OptIn] {
	return []infer.EnumValue[OptIn]{
		{Name: "StackAdminForPeople", Value: "stackAdminForPeople", Description: "Grant people stack admin: they can delete stacks and give others access."},
		{Name: "OpenOnAll", Value: "openOnAll", Description: "Grant open (or more) on every environment, now and later."},
		{Name: "TokenWithoutRole", Value: "tokenWithoutRole", Description: "Give organization tokens without a role: what members have by default, or administration."},
		{Name: "BareWildcardSubject", Value: "bareWildcardSubject", Description: "Let an OIDC policy pin claims that are not known to name a workload, or none, or a repository or project whole: pull requests and every branch included."},
		{Name: "PullRequests", Value: "pullRequests", Description: "Let claims of a CI system name runs of pull requests, which run the code of whoever may open one."},
		{Name: "WildcardInClaim", Value: "wildcardInClaim", Description: "Let `*`, `?` and `.` stand in the claims of an OIDC policy, where they are wildcards (`.` is any one character)."},
		{Name: "LockOut", Value: "lockOut", Description: "Take away the caller's own last way to administer the organization, or that of its last administrator."},
		{Name: "LoosenDefaults", Value: "loosenDefaults", Description: "Put back what members hold on every environment, protected ones included."},
	}
}

// StackRule grants access to one stack, to the stacks with certain tags, or to all stacks.
type StackRule struct {
	Project       *string           `pulumi:"project,optional"`
	Stack         *string           `pulumi:"stack,optional"`
	Tags          map[string]string `pulumi:"tags,optional"`
	All           *bool             `pulumi:"all,optional"`
	Identity      *string           `pulumi:"identity,optional"`
	Permission    *StackPermission  `pulumi:"permission,optional"`
	Scopes        []string          `pulumi:"scopes,optional" list:"set"`
	PermissionSet *string           `pulumi:"permissionSet,optional"`
}

const (
	selectorHelp = "Exactly one way of selecting is given: one entity by name, `tags`, `all`, or `identity`."
	grantHelp    = "Exactly one of `permission`, `scopes` and `permissionSet` is given."
	tagsHelp     = "Selects every %s that carries all of these tags, now and later. Whoever may write tags on an entity can move it into reach of this rule."
	identityHelp = "Selects by the service's own id. A read gives this for an entity whose name could not be resolved, because it was deleted; rules that people write use names."
	scopesHelp   = "Grants exactly these scopes instead of a built-in set, for example `%s`. A misspelled scope is refused with the nearest " +
		"names; a scope that is newer than this version is taken if the service lists it."
	customSetsHelp = "The id of a custom permission set to grant."
)

// Annotate describes the rule.
func (r *StackRule) Annotate(a infer.Annotator) {
	a.Describe(r, "Grants access to stacks. "+selectorHelp+" "+grantHelp)
	a.Describe(&r.Project, "The stack's project; goes with `stack`.")
	a.Describe(&r.Stack, "The stack's name, without organization and project; goes with `project`.")
	a.Describe(&r.Tags, fmt.Sprintf(tagsHelp, "stack"))
	a.Describe(&r.All, "When true, selects every stack of the organization, now and later.")
	a.Describe(&r.Identity, identityHelp)
	a.Describe(&r.Permission, "The level to grant. `read` decrypts secrets; `view` does not.")
	a.Describe(&r.Scopes, fmt.Sprintf(scopesHelp, "stack:read"))
	a.Describe(&r.PermissionSet, customSetsHelp)
}

// EnvironmentRule grants access to one environment, to the environments with certain tags, or to all environments.
type EnvironmentRule struct {
	Project         *string                `pulumi:"project,optional"`
	Environment     *string                `pulumi:"environment,optional"`
	Tags            map[string]string      `pulumi:"tags,optional"`
	All             *bool                  `pulumi:"all,optional"`
	Identity        *string                `pulumi:"identity,optional"`
	Permission      *EnvironmentPermission `pulumi:"permission,optional"`
	Scopes          []string               `pulumi:"scopes,optional" list:"set"`
	PermissionSet   *string                `pulumi:"permissionSet,optional"`
	MaxOpenDuration *string                `pulumi:"maxOpenDuration,optional"`
}

// Annotate describes the rule.
func (r *EnvironmentRule) Annotate(a infer.Annotator) {
	a.Describe(r, "Grants access to ESC environments. "+selectorHelp+" "+grantHelp)
	a.Describe(&r.Project, "The environment's project; goes with `environment`.")
	a.Describe(&r.Environment, "The environment's name, without organization and project; goes with `project`.")
	a.Describe(&r.Tags, fmt.Sprintf(tagsHelp, "environment"))
	a.Describe(&r.All, "When true, selects every environment of the organization, now and later. With `open` or more it "+
		"exposes every secret, and needs `allow: [openOnAll]`.")
	a.Describe(&r.Identity, identityHelp)
	a.Describe(&r.Permission, "The built-in permission set to grant. `open` and more expose secrets and credentials, and copy the "+
		"environment (environment:clone).")
	a.Describe(&r.Scopes, fmt.Sprintf(scopesHelp, "environment:read"))
	a.Describe(&r.PermissionSet, customSetsHelp)
	a.Describe(&r.MaxOpenDuration, "The longest that one opening may last, such as `30m` or `1h`. Goes with a grant that can open.")
}

// AccountRule grants access to one Insights account, to those with certain tags, or to all.
type AccountRule struct {
	Account       *string            `pulumi:"account,optional"`
	Tags          map[string]string  `pulumi:"tags,optional"`
	All           *bool              `pulumi:"all,optional"`
	Identity      *string            `pulumi:"identity,optional"`
	Permission    *AccountPermission `pulumi:"permission,optional"`
	Scopes        []string           `pulumi:"scopes,optional" list:"set"`
	PermissionSet *string            `pulumi:"permissionSet,optional"`
}

// Annotate describes the rule.
func (r *AccountRule) Annotate(a infer.Annotator) {
	a.Describe(r, "Grants access to Insights accounts. "+selectorHelp+" "+grantHelp)
	a.Describe(&r.Account, "The account's name.")
	a.Describe(&r.Tags, fmt.Sprintf(tagsHelp, "account"))
	a.Describe(&r.All, "When true, selects every account of the organization, now and later.")
	a.Describe(&r.Identity, identityHelp)
	a.Describe(&r.Permission, "The built-in permission set to grant.")
	a.Describe(&r.Scopes, fmt.Sprintf(scopesHelp, "insights_account:read"))
	a.Describe(&r.PermissionSet, customSetsHelp)
}

// Access is what may be done, and to what.
type Access struct {
	Stacks       []StackRule         `pulumi:"stacks,optional" list:"set"`
	Environments []EnvironmentRule   `pulumi:"environments,optional" list:"set"`
	Accounts     []AccountRule       `pulumi:"accounts,optional" list:"set"`
	Organization *OrganizationAccess `pulumi:"organization,optional"`
	Scopes       []string            `pulumi:"scopes,optional" list:"set"`
}

// Annotate describes the access.
func (v *Access) Annotate(a infer.Annotator) {
	a.Describe(v, "What may be done, and to what. Everything that is not named is not granted.")
	a.Describe(&v.Stacks, "Access to stacks.")
	a.Describe(&v.Environments, "Access to ESC environments.")
	a.Describe(&v.Accounts, "Access to Insights accounts.")
	a.Describe(&v.Organization, "A built-in set of organization-level scopes. Default: `none`.")
	a.Describe(&v.Scopes, "Further organization-level scopes, such as `audit_logs:read`. A scope of stacks, environments or "+
		"accounts is refused here, because it would reach every one of them; write a rule instead.")
}

// Rules translates the access into the rules of package access. A duration that cannot be parsed is a problem, with its path
// inside the access.
func (v Access) Rules() (access.Access, problem.List) {
	out := v.Unbounded()
	var problems problem.List
	for i, r := range v.Environments {
		if r.MaxOpenDuration == nil {
			continue
		}
		bound, err := timetext.ParseDuration(*r.MaxOpenDuration)
		if err != nil {
			problems.Add(fmt.Sprintf("environments[%d].maxOpenDuration", i), "%v", err)
		}
		out.Environments[i].MaxOpenDuration = bound
	}
	return out, problems
}

// Parse translates the access into one that can be compiled, or else returns what is wrong with its form.
func (v Access) Parse() (access.Valid, problem.List) {
	rules, problems := v.Rules()
	valid, malformed := access.Parse(rules)
	if problems = append(problems, malformed...); len(problems) > 0 {
		return access.Valid{}, problems
	}
	return valid, nil
}

// Unbounded translates the access without the bounds on how long environments stay open: whoever asks what is granted, and on
// what, needs no more, and nothing can be wrong with the rest.
func (v Access) Unbounded() access.Access {
	out := access.Access{Scopes: v.Scopes, Organization: access.Level(ptr.Value(v.Organization))}
	for _, r := range v.Stacks {
		out.Stacks = append(out.Stacks, access.Rule{
			Selector: selector(r.Project, r.Stack, r.Tags, r.All, r.Identity),
			Grant:    grant(r.Permission, r.Scopes, r.PermissionSet),
		})
	}
	for _, r := range v.Environments {
		out.Environments = append(out.Environments, access.Rule{
			Selector: selector(r.Project, r.Environment, r.Tags, r.All, r.Identity),
			Grant:    grant(r.Permission, r.Scopes, r.PermissionSet),
		})
	}
	for _, r := range v.Accounts {
		out.Accounts = append(out.Accounts, access.Rule{
			Selector: selector(nil, r.Account, r.Tags, r.All, r.Identity),
			Grant:    grant(r.Permission, r.Scopes, r.PermissionSet),
		})
	}
	return out
}

// IsEmpty reports whether nothing is granted, whatever is wrong with it.
func (v Access) IsEmpty() bool {
	return len(v.Stacks)+len(v.Environments)+len(v.Accounts)+len(v.Scopes) == 0 && (v.Organization == nil || *v.Organization == "none")
}

// AccessFrom is the inverse of Rules.
func AccessFrom(in access.Access) Access {
	out := Access{Scopes: in.Scopes}
	if in.Organization != "" && in.Organization != access.None {
		out.Organization = new(OrganizationAccess(in.Organization))
	}
	for _, r := range in.Stacks {
		out.Stacks = append(out.Stacks, StackRule{
			Project: ptr.NonZero(r.Project), Stack: ptr.NonZero(r.Name), Tags: r.Tags, All: ptr.NonZero(r.All),
			Identity: ptr.NonZero(r.Identity), Permission: ptr.NonZero(StackPermission(r.Permission)),
			Scopes: r.Scopes, PermissionSet: ptr.NonZero(r.PermissionSet),
		})
	}
	for _, r := range in.Environments {
		rule := EnvironmentRule{
			Project: ptr.NonZero(r.Project), Environment: ptr.NonZero(r.Name), Tags: r.Tags, All: ptr.NonZero(r.All),
			Identity: ptr.NonZero(r.Identity), Permission: ptr.NonZero(EnvironmentPermission(r.Permission)),
			Scopes: r.Scopes, PermissionSet: ptr.NonZero(r.PermissionSet),
		}
		if r.MaxOpenDuration != 0 {
			rule.MaxOpenDuration = new(timetext.FormatDuration(r.MaxOpenDuration))
		}
		out.Environments = append(out.Environments, rule)
	}
	for _, r := range in.Accounts {
		out.Accounts = append(out.Accounts, AccountRule{
			Account: ptr.NonZero(r.Name), Tags: r.Tags, All: ptr.NonZero(r.All),
			Identity: ptr.NonZero(r.Identity), Permission: ptr.NonZero(AccountPermission(r.Permission)),
			Scopes: r.Scopes, PermissionSet: ptr.NonZero(r.PermissionSet),
		})
	}
	return out
}

func selector(project, name *string, tags map[string]string, all *bool, identity *string) access.Selector {
	return access.Selector{
		Project: ptr.Value(project), Name: ptr.Value(name), Tags: tags, All: ptr.Value(all), Identity: ptr.Value(identity),
	}
}

func grant[P ~string](permission *P, scopes []string, set *string) access.Grant {
	return access.Grant{Permission: access.Level(ptr.Value(permission)), Scopes: scopes, PermissionSet: ptr.Value(set)}
}
