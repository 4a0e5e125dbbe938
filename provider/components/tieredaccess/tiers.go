package tieredaccess

import (
	"fmt"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// Tier is a set of stacks and environments in which mistakes cost about as much.
type Tier struct {
	Name            string                      `pulumi:"name"`
	Tags            *kit.Out[map[string]string] `pulumi:"tags,optional"`
	StackTags       *kit.Out[map[string]string] `pulumi:"stackTags,optional"`
	EnvironmentTags *kit.Out[map[string]string] `pulumi:"environmentTags,optional"`
	AccountTags     *kit.Out[map[string]string] `pulumi:"accountTags,optional"`
	People          *TierRights                 `pulumi:"people,optional"`
	Automation      *TierRights                 `pulumi:"automation,optional"`
}

const kindTagsHelp = "The same for %s alone, where their tags differ. Default: `tags`."

// Annotate describes the tier.
func (t *Tier) Annotate(a infer.Annotator) {
	a.SetToken("index", "Tier")
	a.Describe(t, "A tier: the stacks and environments with certain tags, and what people and automation may do there.")
	a.Describe(&t.Name, "The tier's name, such as `production`. It must be known at preview.")
	a.Describe(&t.Tags, "What carries all of these tags is in the tier, now and later. Default: `environment: <name>`.")
	a.Describe(&t.StackTags, fmt.Sprintf(kindTagsHelp, "stacks"))
	a.Describe(&t.EnvironmentTags, fmt.Sprintf(kindTagsHelp, "ESC environments"))
	a.Describe(&t.AccountTags, fmt.Sprintf(kindTagsHelp, "Insights accounts"))
	a.Describe(&t.People, "What people may do. Default: in a tier that is called `development` or `dev`, write on stacks and open on "+
		"environments; in any other, view on stacks, which decrypts nothing, and read on environments. An empty block is nothing. It must be "+
		"known at preview.")
	a.Describe(&t.Automation, "What automation may do, with what is its own team's. Default: write on stacks and open on environments. An "+
		"empty block is nothing, and makes no roles. It must be known at preview.")
}

// TierRights are what is allowed in a tier: for each kind of entity a level, scopes or a permission set, as in the rules of a
// role.
type TierRights struct {
	Stacks                   *types.StackPermission       `pulumi:"stacks,optional"`
	StackScopes              []string                     `pulumi:"stackScopes,optional" list:"set"`
	StackPermissionSet       *kit.Out[string]             `pulumi:"stackPermissionSet,optional"`
	Environments             *types.EnvironmentPermission `pulumi:"environments,optional"`
	EnvironmentScopes        []string                     `pulumi:"environmentScopes,optional" list:"set"`
	EnvironmentPermissionSet *kit.Out[string]             `pulumi:"environmentPermissionSet,optional"`
	Accounts                 *types.AccountPermission     `pulumi:"accounts,optional"`
	AccountScopes            []string                     `pulumi:"accountScopes,optional" list:"set"`
	AccountPermissionSet     *kit.Out[string]             `pulumi:"accountPermissionSet,optional"`
	MaxOpenDuration          *string                      `pulumi:"maxOpenDuration,optional"`
}

const (
	tierScopesHelp = "Exactly these scopes on the tier's %s, in place of a level, for example `%s`."
	tierSetHelp    = "The id of a custom permission set to grant on the tier's %s, in place of a level: the output `permissionSetId` of a " +
		"`PermissionSet`."
)

// Annotate describes the rights.
func (r *TierRights) Annotate(a infer.Annotator) {
	a.SetToken("index", "TierRights")
	a.Describe(r, "What is allowed in a tier, for each kind by a level, by scopes or by a permission set. What is not named is not granted.")
	a.Describe(&r.Stacks, "The level of access to the tier's stacks. `view` shows state and history and decrypts nothing; `read` decrypts "+
		"secrets. `admin` for people needs `allow: [stackAdminForPeople]`.")
	a.Describe(&r.StackScopes, fmt.Sprintf(tierScopesHelp, "stacks", "stack:read"))
	a.Describe(&r.StackPermissionSet, fmt.Sprintf(tierSetHelp, "stacks"))
	a.Describe(&r.Environments, "The level of access to the tier's environments. `open` and more expose secrets and credentials, and copy the "+
		"environment (environment:clone).")
	a.Describe(&r.EnvironmentScopes, fmt.Sprintf(tierScopesHelp, "environments", "environment:open"))
	a.Describe(&r.EnvironmentPermissionSet, fmt.Sprintf(tierSetHelp, "environments"))
	a.Describe(&r.Accounts, "The level of access to the tier's Insights accounts.")
	a.Describe(&r.AccountScopes, fmt.Sprintf(tierScopesHelp, "Insights accounts", "insights_account:read"))
	a.Describe(&r.AccountPermissionSet, fmt.Sprintf(tierSetHelp, "Insights accounts"))
	a.Describe(&r.MaxOpenDuration, "The longest that one opening may last, such as `1h`. Goes with what opens environments. "+
		"`pulumi up` opens the environments of its stack for two hours, so less than `2h` keeps automation from running it.")
}
