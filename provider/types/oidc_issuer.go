package types

import (
	"fmt"
	"regexp"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
)

// CheckLifetime checks how long the tokens of an issuer may live, where that is given.
func CheckLifetime(path string, given *string) problem.List {
	if given == nil {
		return nil
	}
	switch d, err := timetext.ParseDuration(*given); {
	case err != nil:
		return problem.List{{Path: path, Reason: err.Error()}}
	case d%time.Second != 0:
		return problem.List{{Path: path, Reason: fmt.Sprintf("%q is not a whole number of seconds", *given)}}
	}
	return nil
}

var sha256Hex = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

// CheckThumbprints checks the thumbprints of an issuer's certificates.
func CheckThumbprints(path string, thumbprints []string) problem.List {
	var problems problem.List
	for i, thumbprint := range thumbprints {
		if !sha256Hex.MatchString(thumbprint) {
			problems = append(problems, problem.Problem{
				Path:   fmt.Sprintf("%s[%d]", path, i),
				Reason: fmt.Sprintf("%q is not a SHA-256 thumbprint: write its 64 hexadecimal digits without colons", thumbprint),
			})
		}
	}
	return problems
}
