package components

import _ "embed" // component pages

var (
	//go:embed docs/organizationbaseline.md
	organizationBaselineDocs string
	//go:embed docs/scopedteam.md
	scopedTeamDocs string
	//go:embed docs/breakglass.md
	breakGlassDocs string
	//go:embed docs/productionenvironment.md
	productionEnvironmentDocs string
	//go:embed docs/readonlycloudaccess.md
	readOnlyCloudAccessDocs string
	//go:embed docs/secretstoreenvironment.md
	secretStoreEnvironmentDocs string
	//go:embed docs/deploymentroleassignment.md
	deploymentRoleAssignmentDocs string
	//go:embed docs/citrust.md
	ciTrustDocs string
	//go:embed docs/tieredaccess.md
	tieredAccessDocs string
)
