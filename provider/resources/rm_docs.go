package resources

import (
	_ "embed"
)

var (
	//go:embed docs/role.md
	roleDocs string
)
