package resources

import (
	_ "embed"
)

var (
	//go:embed docs/organizationsettings.md
	organizationSettingsDocs string
)
