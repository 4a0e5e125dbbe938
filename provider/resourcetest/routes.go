package resourcetest

// Routes are as World.Calls and servertest.Fault name them; paths are those of what the seeds hold.
const (
	RolesPath              = "/api/orgs/acme/roles"
	CreateRoleRoute        = "POST /api/orgs/{orgName}/roles"
	ListRolesRoute         = "GET /api/orgs/{orgName}/roles"
	GetRoleRoute           = "GET /api/orgs/{orgName}/roles/{roleID}"
	PatchRoleRoute         = "PATCH /api/orgs/{orgName}/roles/{roleID}"
	DeleteRoleRoute        = "DELETE /api/orgs/{orgName}/roles/{roleID}"
	GetTeamRoute           = "GET /api/orgs/{orgName}/teams/{teamName}"
	PatchTeamRoute         = "PATCH /api/orgs/{orgName}/teams/{teamName}"
	OrganizationRoute      = "GET /api/orgs/{orgName}/metadata"
	ListStacksRoute        = "GET /api/user/stacks"
	GetStackRoute          = "GET /api/stacks/{orgName}/{projectName}/{stackName}"
	GetDeploymentRoute     = "GET /api/stacks/{orgName}/{projectName}/{stackName}/deployments/settings"
	OrganizationTokenRoute = "GET /api/orgs/{orgName}/tokens"
	TeamTokenRoute         = "GET /api/orgs/{orgName}/teams/{teamName}/tokens"
	EnvironmentPath        = "/api/esc/environments/acme/payments/prod"
	ReadEnvironmentRoute   = "GET /api/esc/environments/{orgName}/{projectName}/{envName}"
	RequestsPath           = "/api/change-requests/acme/"
	GatesPath              = "/api/change-gates/acme"
	ListGatesRoute         = "GET /api/change-gates/{orgName}"
	DeploymentPath         = "/api/stacks/acme/payments/dev/deployments/settings"
	PatchOrganizationRoute = "PATCH /api/orgs/{orgName}"
)
