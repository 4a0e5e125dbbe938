package resources

import (
	_ "embed"
)

var (
	//go:embed docs/logintransition.md
	loginTransitionDocs string
)
