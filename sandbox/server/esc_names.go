package server

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// versionName is the alphabet of revision tags and numbers.
var versionName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)

// latestRevision is the built-in revision tag.
const latestRevision = "latest"

// importName is an environment as the imports of another one name it: `project/env`, or `env` in the legacy project,
// and then `@` with a revision number or a revision tag if it is not the latest.
type importName struct {
	oidc.EnvironmentRef
	Version string
}

func parseImportName(written string) (importName, error) {
	name, version, versioned := strings.Cut(written, "@")
	if versioned && !versionName.MatchString(version) {
		return importName{}, fmt.Errorf("%q: what follows the @ is neither a revision number nor a revision tag", written)
	}
	ref, err := oidc.ParseEnvironmentRef(name)
	if err != nil {
		return importName{}, err
	}
	return importName{EnvironmentRef: ref, Version: version}, nil
}
