package environments

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// VersionName is the alphabet of revision tags and numbers.
var VersionName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)

// LatestRevision is the built-in revision tag.
const LatestRevision = "latest"

// ImportName is an environment as the imports of another one name it: `project/env`, or `env` in the legacy project,
// and then `@` with a revision number or a revision tag if it is not the latest.
type ImportName struct {
	oidc.EnvironmentRef
	Version string
}

func ParseImportName(written string) (ImportName, error) {
	name, version, versioned := strings.Cut(written, "@")
	if versioned && !VersionName.MatchString(version) {
		return ImportName{}, fmt.Errorf("%q: what follows the @ is neither a revision number nor a revision tag", written)
	}
	ref, err := oidc.ParseEnvironmentRef(name)
	if err != nil {
		return ImportName{}, err
	}
	return ImportName{EnvironmentRef: ref, Version: version}, nil
}
