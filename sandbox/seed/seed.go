// Package seed defines the sandbox's seed: the YAML document with the objects that exist when a sandbox starts. [Parse] reads it
// strictly, and every error names the path of the invalid value. The server puts the objects into the organization, and checks
// what they refer to.
package seed

// Seed is what exists when a server starts. Unknown keys are refused. Names
// refer to other entries of the seed; an owner that is not given is the first administrator.
type Seed struct {
	Organization string        `yaml:"organization"`
	Settings     Settings      `yaml:"settings"`
	Users        []User        `yaml:"users"` // default: one administrator, admin
	Teams        []Team        `yaml:"teams"`
	Roles        []Role        `yaml:"roles"`
	Stacks       []Stack       `yaml:"stacks"`
	Environments []Environment `yaml:"environments"`
	Accounts     []Account     `yaml:"accounts"`
	Grants       []Grant       `yaml:"grants"`
	Gates        []Gate        `yaml:"gates"`
	OIDCIssuers  []Issuer      `yaml:"oidcIssuers"`
	Agents       []Agent       `yaml:"agents"`
}

// Settings are the organization's settings. Default permissions are none, what members may do is allowed.
type Settings struct {
	DefaultStackPermission       string `yaml:"defaultStackPermission"`       // none, read, write or admin
	DefaultEnvironmentPermission string `yaml:"defaultEnvironmentPermission"` // none, read, open, write or admin
	DefaultAccountPermission     string `yaml:"defaultAccountPermission"`     // none, read, write or admin
	DefaultRole                  string `yaml:"defaultRole"`                  // reader, builder, maintainer, or the name of a role of the seed
	PermissionMode               string `yaml:"permissionMode"`               // permissive (default) or restricted
	AlwaysRestricted             bool   `yaml:"alwaysRestricted"`             // created restricted, and so for ever
	DefaultDeploymentRole        string `yaml:"defaultDeploymentRole"`        // name
	MaxAccessTokenExpiryDays     int    `yaml:"maxAccessTokenExpiryDays"`     // 0 means no limit
	MembersCanCreateStacks       *bool  `yaml:"membersCanCreateStacks"`
	MembersCanDeleteStacks       *bool  `yaml:"membersCanDeleteStacks"`
	MembersCanTransferStacks     *bool  `yaml:"membersCanTransferStacks"`
	MembersCanCreateTeams        *bool  `yaml:"membersCanCreateTeams"`
	MembersCanCreateAccounts     *bool  `yaml:"membersCanCreateAccounts"`
}

// User is a member of the organization.
type User struct {
	Login     string `yaml:"login"`
	Name      string `yaml:"name"`
	Email     string `yaml:"email"`
	Role      string `yaml:"role"`               // admin, member (default), billing-manager, reader, builder, maintainer, or the name of a role of the seed
	Follows   bool   `yaml:"followsDefaultRole"` // has the default role, whatever it is; without a role
	Service   string `yaml:"servicePrincipal"`   // kind, for an identity of automation: user-defined or custom-agent-definition; with a role
	Suspended bool   `yaml:"suspended"`          // a member without access
}

// Team is a team. A login is in members or in admins.
type Team struct {
	Name        string   `yaml:"name"`
	DisplayName string   `yaml:"displayName"`
	Description string   `yaml:"description"`
	Kind        string   `yaml:"kind"` // pulumi (default), github or scim
	Members     []string `yaml:"members"`
	Admins      []string `yaml:"admins"`
	Role        string   `yaml:"role"` // name of a role of the seed
}

// Role is a custom role, policy or permission set. It says what it grants by scopes, on everything, or by
// details, a permission descriptor.
type Role struct {
	Name         string         `yaml:"name"`
	Description  string         `yaml:"description"`
	Purpose      string         `yaml:"purpose"`      // role (default), policy or set
	ResourceType string         `yaml:"resourceType"` // global (default), stack, environment or insights-account
	Scopes       []string       `yaml:"scopes"`
	Details      map[string]any `yaml:"details"`
}

// Stack is a stack. Its owner is its creator too, and so holds admin on it.
type Stack struct {
	Project     string            `yaml:"project"`
	Stack       string            `yaml:"stack"`
	Owner       string            `yaml:"owner"`
	Tags        map[string]string `yaml:"tags"`
	Environment string            `yaml:"environment"` // project/environment that it takes its configuration from
}

// Environment is an ESC environment with its YAML definition.
type Environment struct {
	Project           string            `yaml:"project"`
	Environment       string            `yaml:"environment"`
	Definition        string            `yaml:"definition"`
	Owner             string            `yaml:"owner"`
	Tags              map[string]string `yaml:"tags"`
	DeletionProtected bool              `yaml:"deletionProtected"`
}

// Account is an Insights account.
type Account struct {
	Account     string            `yaml:"account"`
	Provider    string            `yaml:"provider"`    // aws (default), azure-native, gcp, kubernetes or oci
	Environment string            `yaml:"environment"` // project/environment
	Owner       string            `yaml:"owner"`
	Tags        map[string]string `yaml:"tags"`
}

// Grant is a team's permission on one entity, or a user's. A user can have a permission set of the seed instead.
type Grant struct {
	Team            string `yaml:"team"`
	User            string `yaml:"user"`
	Project         string `yaml:"project"`
	Stack           string `yaml:"stack"`
	Environment     string `yaml:"environment"`
	Account         string `yaml:"account"`
	Permission      string `yaml:"permission"`
	PermissionSet   string `yaml:"permissionSet"`   // name of a set of the seed; users
	MaxOpenDuration string `yaml:"maxOpenDuration"` // environments; a Go duration
}

// Gate is an approval gate on an environment.
type Gate struct {
	Project           string    `yaml:"project"`
	Environment       string    `yaml:"environment"`
	Action            string    `yaml:"action"` // open (default) or update
	Name              string    `yaml:"name"`   // default: the action and the environment
	Approvers         Approvers `yaml:"approvers"`
	RequiredApprovals *int      `yaml:"requiredApprovals"`         // default: 1
	AllowSelfApproval bool      `yaml:"allowSelfApproval"`         // default: false
	Reapproval        *bool     `yaml:"requireReapprovalOnChange"` // default: true
	Enabled           *bool     `yaml:"enabled"`                   // default: true
}

// Approvers are who may approve: anyone of these.
type Approvers struct {
	Teams      []string `yaml:"teams"`
	Users      []string `yaml:"users"`
	Permission string   `yaml:"permission"` // a scope on the environment, such as environment:write
}

// Issuer is an OIDC issuer that the organization trusts. Without policies none of its tokens is accepted.
type Issuer struct {
	Name          string   `yaml:"name"`
	URL           string   `yaml:"url"`
	MaxExpiration int      `yaml:"maxExpiration"` // seconds; 0 is the service's default
	Policies      []Policy `yaml:"policies"`
}

// Policy is one policy of an issuer: who gets a token, for whom.
type Policy struct {
	Decision string            `yaml:"decision"` // allow (default) or deny
	Team     string            `yaml:"team"`
	User     string            `yaml:"user"`
	Role     string            `yaml:"role"`  // name of a role of the seed, of an organization token
	Admin    bool              `yaml:"admin"` // of an organization token
	Claims   map[string]string `yaml:"claims"`
}

// Agent is the definition of a custom agent.
type Agent struct {
	Name         string    `yaml:"name"`
	Role         string    `yaml:"role"`         // name of a role of the seed; default: what the person has who starts it
	ApprovalMode string    `yaml:"approvalMode"` // manual, auto or balanced; default: approved automatically
	Integrations *[]string `yaml:"integrations"` // ids; default: all
}
