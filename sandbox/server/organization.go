package server

import (
	"slices"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/stacks"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func organizationRoutes() []core.Route {
	return []core.Route{
		{Pattern: "GET /api/orgs/{orgName}", Handle: rest.Plain(getOrganization)},
		{Pattern: "PATCH /api/orgs/{orgName}", Handle: core.InOrg("organization:update", rest.JSON(updateOrganization))},
		{Pattern: "GET /api/orgs/{orgName}/metadata", Handle: rest.Plain(getMetadata)},
	}
}

type pulumiRepository struct {
	Name     string          `json:"name"`
	OrgName  string          `json:"orgName"`
	Projects []pulumiProject `json:"projects"`
}

type pulumiProject struct {
	Name     string               `json:"name"`
	OrgName  string               `json:"orgName"`
	RepoName string               `json:"repoName"`
	Stacks   []stacks.PulumiStack `json:"stacks"`
}

// getOrganization lists the stacks that the caller can see, by project. Despite its name it holds no settings.
func getOrganization(c *core.Call) error {
	org := c.Org.State.Organization.Login
	repository := pulumiRepository{Name: org, OrgName: org, Projects: []pulumiProject{}}
	for _, st := range stacks.VisibleStacks(c) {
		last := len(repository.Projects) - 1
		if last < 0 || repository.Projects[last].Name != st.Project {
			repository.Projects = append(repository.Projects, pulumiProject{Name: st.Project, OrgName: org, RepoName: org})
			last++
		}
		repository.Projects[last].Stacks = append(repository.Projects[last].Stacks, stacks.ShowStack(c.Org, st))
	}
	return c.OK(map[string]any{
		"githubLogin": org, "name": org, "avatarUrl": core.Avatar(org), "repos": []pulumiRepository{repository},
	})
}

// metadata is the organization's settings and features. What the sandbox has no part of is off.
type metadata struct {
	ID                           string          `json:"id"`
	Created                      time.Time       `json:"created"`
	Kind                         string          `json:"kind"`
	Product                      string          `json:"product"`
	Locked                       string          `json:"locked"`
	UserRole                     string          `json:"userRole"`
	DefaultStackPermission       int             `json:"defaultStackPermission"`
	DefaultEnvironmentPermission string          `json:"defaultEnvironmentPermission"`
	DefaultAccountPermission     int             `json:"defaultAccountPermission"`
	DefaultRoleID                string          `json:"defaultRoleId,omitempty"`
	PermissionMode               string          `json:"permissionMode"`
	DefaultDeploymentRoleID      string          `json:"defaultDeploymentRoleId,omitempty"`
	MaxAccessTokenExpiryDays     int             `json:"maxAccessTokenExpiryDays,omitempty"`
	MembersCanCreateStacks       bool            `json:"membersCanCreateStacks"`
	MembersCanDeleteStacks       bool            `json:"membersCanDeleteStacks"`
	MembersCanTransferStacks     bool            `json:"membersCanTransferStacks"`
	MembersCanCreateTeams        bool            `json:"membersCanCreateTeams"`
	MembersCanCreateAccounts     bool            `json:"membersCanCreateAccounts"`
	PreferredVCS                 string          `json:"preferredVCS"`
	MemberCount                  int             `json:"memberCount"`
	StackCount                   int             `json:"stackCount"`
	EnvironmentCount             int             `json:"environmentCount"`
	AccountCount                 int             `json:"accountCount"`
	AuditLogsEnabled             bool            `json:"auditLogsEnabled"`
	WebhooksEnabled              bool            `json:"webhooksEnabled"`
	AIEnablement                 string          `json:"aiEnablement"`
	NeoEnabled                   bool            `json:"neoEnabled"`
	NeoAgentDisabled             bool            `json:"neoAgentDisabled"`
	NeoApprovalMode              string          `json:"neoApprovalMode"`
	NeoExplanationsDisabled      bool            `json:"neoCLIExplanationsDisabled"`
	NeoTaskSharingMode           string          `json:"neoTaskSharingMode"`
	SearchDisabled               bool            `json:"naturalLanguageSearchDisabled"`
	InsightsTrialUsingPolicy     bool            `json:"insightsTrialUsingPolicy"`
	Features                     map[string]bool `json:"features"`
}

// on and off are the service's feature flags, by the official client of November 2026. Clients find all that are required.
var (
	on = strings.Fields(`accessTokenExpiryPolicyEnabled approvalsEnabled auditLogsEnabled customRoleCondition
		customRolesEnabled deployEnabled deploymentOidcSettingsEnabled entityUserAssignmentsEnabled
		environmentRevisionTagsEnabled environmentsEnabled environmentsRestoreEnabled machineTokensEnabled
		teamMemberRoleManagementEnabled teamsEnabled usersCustomRolesEnabled`)
	off = strings.Fields(`agentIntegrationCatalogEnabled agentPoolRegistrationEnabled agentScheduledTasksEnabled
		agentTriggeredTasksEnabled aiAgentsEnabled aiAgentsReadOnly aleEnabled auditLogUIFilteringEnabled
		bitbucketVCSEnabled bringYourOwnKeyEnabled cliIntegrationCatalogEnabled crossGuardEnabled customPolicyGroupsEnabled
		customPolicyPacksEnabled customTemplatesEnabled customVCSEnabled dependencyCachingEnabled discoveredStacksEnabled
		driftDetectionEnabled environmentSecretRotationEnabled escOnboardingAzureOAuthClientEnabled escOnboardingEnabled
		escOnboardingGcpOAuthClientEnabled escOnboardingV2Enabled fixDriftWithNeoEnabled ghAppDetailedDiffEnabled
		gitHubEnterpriseCloudDataResidencyEnabled gitHubEnterpriseIntegrationEnabled iacCloudImportEnabled
		insightsAutoPolicyPacksEnabled insightsMonetizationEnabled integrationAssistantEnabled legacyDeploymentsOrgToken
		neoByokEnabled neoCustomAgentsEnabled neoCustomRolesEnabled neoSecurityEnabled neoTaskSharingEnabled
		nlpSearchEnabled pangeaAccountsScanPageEnabled policyExceptionsEnabled policyIssueManagementEnabled
		policyManagementV2Enabled preventativePoliciesEnabled propertySearchUIEnabled resourceExportEnabled
		resourceSearchEnabled restoreStacksEnabled scimEnabled selfHostedDeploymentsEnabled selfServeIDPRemoval
		serviceBackedConfigEnabled staticDefaultRolesEnabled themingEnabled webhooksEnabled`)
)

// Permission modes.
const (
	permissive = "permissive"
	restricted = "restricted"
)

func permissionMode(set state.Settings) string {
	if set.Restricted {
		return restricted
	}
	return permissive
}

func features(st *state.State) map[string]bool {
	all := map[string]bool{}
	if !st.Organization.Settings.AlwaysRestricted {
		all["permissionModeEnabled"] = true
	}
	for _, f := range on {
		all[f] = true
	}
	for _, f := range off {
		all[f] = false
	}
	all["staticDefaultRolesEnabled"] = st.StoredDefault()
	return all
}

func getMetadata(c *core.Call) error { return c.OK(showMetadata(c)) }

func showMetadata(c *core.Call) metadata {
	st := c.Org.State
	set := st.Organization.Settings
	return metadata{
		ID: st.Organization.ID, Created: st.Organization.Created, Kind: "pulumi", Product: "business-critical",
		Locked: "not-locked", UserRole: callerRole(c),
		DefaultStackPermission: set.DefaultStackPermission, DefaultEnvironmentPermission: set.DefaultEnvironmentPermission,
		DefaultAccountPermission: set.DefaultAccountPermission, DefaultRoleID: set.DefaultRoleID,
		DefaultDeploymentRoleID: set.DefaultDeploymentRoleID, MaxAccessTokenExpiryDays: set.MaxAccessTokenExpiryDays,
		MembersCanCreateStacks: set.MembersCanCreateStacks, MembersCanDeleteStacks: set.MembersCanDeleteStacks,
		MembersCanTransferStacks: set.MembersCanTransferStacks, MembersCanCreateTeams: set.MembersCanCreateTeams,
		MembersCanCreateAccounts: set.MembersCanCreateAccounts, PreferredVCS: set.PreferredVCS,
		MemberCount: st.People(), StackCount: len(st.Stacks), EnvironmentCount: len(st.Environments),
		AccountCount: len(st.Accounts), AuditLogsEnabled: true,
		AIEnablement: "disabled", NeoApprovalMode: "manual", NeoTaskSharingMode: "none", Features: features(st),
		PermissionMode: permissionMode(set),
	}
}

// settingsUpdate has the properties of UpdateOrganizationRequest that the sandbox keeps. Those that are absent or null stay unchanged.
type settingsUpdate struct {
	DefaultStackPermission        *int    `json:"setDefaultStackPermission"`
	DefaultEnvironmentPermission  *string `json:"setDefaultEnvironmentPermission"`
	DefaultAccountPermission      *int    `json:"setDefaultAccountPermission"`
	DefaultDeploymentRoleID       *string `json:"setDefaultDeploymentRoleId"`
	DefaultAgentPoolID            *string `json:"setDefaultAgentPoolID"`
	MaxAccessTokenExpiryDays      *int    `json:"setMaxAccessTokenExpiryDays"`
	MembersCanCreateStacks        *bool   `json:"setMembersCanCreateStacks"`
	MembersCanDeleteStacks        *bool   `json:"setMembersCanDeleteStacks"`
	MembersCanTransferStacks      *bool   `json:"setMembersCanTransferStacks"`
	MembersCanCreateTeams         *bool   `json:"setMembersCanCreateTeams"`
	MembersCanCreateAccounts      *bool   `json:"setMembersCanCreateAccounts"`
	MembersCanInviteCollaborators *bool   `json:"setMembersCanInviteCollaborators"`
	PreferredVCS                  *string `json:"setPreferredVCS"`
	PermissionMode                *string `json:"setPermissionMode"`
}

const maxExpiryDays = 3650

func updateOrganization(c *core.Call, u settingsUpdate) (metadata, error) {
	if err := checkSettings(c.Org, u); err != nil {
		return metadata{}, err
	}
	if err := checkPermissionMode(c, u.PermissionMode); err != nil {
		return metadata{}, err
	}
	set := &c.Org.State.Organization.Settings
	before := *set
	u.apply(set)
	if before.DefaultDeploymentRoleID != set.DefaultDeploymentRoleID {
		c.Audit("organization-deployment-default-role-updated", "Changed the default deployment role")
	}
	before.DefaultDeploymentRoleID = set.DefaultDeploymentRoleID
	if before != *set {
		c.Audit("organization-settings-changed", "Changed the settings of organization %s", c.Org.State.Organization.Login)
	}
	return showMetadata(c), nil
}

func checkSettings(s *core.Org, u settingsUpdate) error {
	if p := u.DefaultStackPermission; p != nil && !slices.Contains([]int{state.StackNone, state.StackRead, state.StackWrite, state.StackAdmin}, *p) {
		return rest.BadRequest("Invalid organization settings: defaultStackPermission %d", *p)
	}
	if p := u.DefaultEnvironmentPermission; p != nil && !slices.Contains(state.EnvironmentPermissions, *p) {
		return rest.BadRequest("Invalid organization settings: defaultEnvironmentPermission %q", *p)
	}
	if p := u.DefaultAccountPermission; p != nil && (*p < 0 || *p > 3) {
		return rest.BadRequest("Invalid organization settings: defaultAccountPermission %d", *p)
	}
	if d := u.MaxAccessTokenExpiryDays; d != nil && (*d < 0 || *d > maxExpiryDays) {
		return rest.BadRequest("Invalid organization settings: maxAccessTokenExpiryDays must be between 1 and %d, or 0", maxExpiryDays)
	}
	if v := u.PreferredVCS; v != nil && !slices.Contains([]string{state.LevelNone, "bitbucket", "github", "gitlab"}, *v) {
		return rest.BadRequest("Invalid organization settings: preferredVCS %q", *v)
	}
	if id := u.DefaultDeploymentRoleID; id != nil && *id != "" {
		if r, ok := s.State.Record(*id); !ok || r.UXPurpose != state.PurposeRole {
			return rest.BadRequest("Invalid role id")
		}
	}
	return nil
}

// checkPermissionMode refuses everybody but administrators, and organizations that were created restricted. A default role above the
// ceiling has to be changed first.
func checkPermissionMode(c *core.Call, mode *string) error {
	st := c.Org.State
	switch {
	case mode == nil:
		return nil
	case *mode != permissive && *mode != restricted:
		return rest.BadRequest("Invalid organization settings: permissionMode %q", *mode)
	case !c.Org.Rules().IsAdmin(c.Caller):
		c.Audit("auth-failure-organization-role", "%s was refused: only an administrator may change the permission mode", c.Caller.Login)
		return rest.Forbidden("only an administrator may change the permission mode of organization '%s'", st.Organization.Login)
	case *mode == permissive && st.Organization.Settings.AlwaysRestricted:
		return rest.BadRequest("organization '%s' was created restricted, and stays so", st.Organization.Login)
	case *mode == restricted && st.TooBroadForDefault(st.DefaultRole()):
		return rest.BadRequest("the default role is broader than a restricted organization allows")
	}
	return nil
}

func (u settingsUpdate) apply(to *state.Settings) {
	rest.SetIf(&to.DefaultStackPermission, u.DefaultStackPermission)
	rest.SetIf(&to.DefaultEnvironmentPermission, u.DefaultEnvironmentPermission)
	rest.SetIf(&to.DefaultAccountPermission, u.DefaultAccountPermission)
	rest.SetIf(&to.DefaultDeploymentRoleID, u.DefaultDeploymentRoleID)
	rest.SetIf(&to.DefaultAgentPoolID, u.DefaultAgentPoolID)
	rest.SetIf(&to.MaxAccessTokenExpiryDays, u.MaxAccessTokenExpiryDays)
	rest.SetIf(&to.MembersCanCreateStacks, u.MembersCanCreateStacks)
	rest.SetIf(&to.MembersCanDeleteStacks, u.MembersCanDeleteStacks)
	rest.SetIf(&to.MembersCanTransferStacks, u.MembersCanTransferStacks)
	rest.SetIf(&to.MembersCanCreateTeams, u.MembersCanCreateTeams)
	rest.SetIf(&to.MembersCanCreateAccounts, u.MembersCanCreateAccounts)
	rest.SetIf(&to.MembersCanInviteCollaborators, u.MembersCanInviteCollaborators)
	rest.SetIf(&to.PreferredVCS, u.PreferredVCS)
	if u.PermissionMode != nil {
		to.Restricted = *u.PermissionMode == restricted
	}
}
