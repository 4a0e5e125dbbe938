package resources

import _ "embed" // resource pages

var (
	//go:embed docs/deploymentrole.md
	deploymentRoleDocs string
	//go:embed docs/organizationsettings.md
	organizationSettingsDocs string
)
