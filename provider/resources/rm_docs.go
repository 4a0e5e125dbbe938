package resources

import (
	_ "embed"
)

var (
	//go:embed docs/deploymentrole.md
	deploymentRoleDocs string
)
