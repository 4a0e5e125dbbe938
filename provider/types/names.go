package types

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// CheckBareID refuses an id that carries the organization: inputs take the service's bare id.
func CheckBareID(path, id string) problem.List {
	if !strings.Contains(id, "/") {
		return nil
	}
	return problem.List{{Path: path, Reason: "takes the service's bare id, without a slash: " +
		"use the output roleId of a role (`${role.roleId}`), not its Pulumi id"}}
}

// CheckRoleID checks the id of a role, if one is given.
func CheckRoleID(path string, id *string) problem.List {
	switch {
	case id == nil:
		return nil
	case strings.TrimSpace(*id) == "":
		return problem.List{{Path: path, Reason: "must not be empty: leave it out for no role"}}
	}
	return CheckBareID(path, *id)
}

// environmentName is what the service takes for projects and environments.
var environmentName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// CheckEnvironmentName refuses what cannot be the name of an environment, or of the project of one.
func CheckEnvironmentName(path, name string) problem.List {
	if problems := CheckName(path, name); problems != nil {
		return problems
	}
	if !environmentName.MatchString(name) {
		return problem.List{{Path: path, Reason: fmt.Sprintf("%q is not a name for it: use letters, digits, -, _ and .", name)}}
	}
	return nil
}

// CheckEnvironmentTags refuses tags that no environment can have.
func CheckEnvironmentTags(path string, tags map[string]string) problem.List {
	if _, nameless := tags[""]; nameless {
		return problem.List{{Path: path, Reason: "a tag's name must not be empty"}}
	}
	return nil
}

// CheckTeamDisplayName refuses a name for people that the service would.
func CheckTeamDisplayName(path, name string) problem.List {
	if len([]rune(name)) > MaxTeamDisplayName {
		return problem.List{{Path: path, Reason: fmt.Sprintf("must be at most %d characters", MaxTeamDisplayName)}}
	}
	return nil
}

// CheckLogins refuses logins that are empty, and one login in two spellings.
func CheckLogins(path string, logins []string) problem.List {
	var problems problem.List
	for i, login := range logins {
		at := fmt.Sprintf("%s[%d]", path, i)
		if strings.TrimSpace(login) == "" {
			problems = append(problems, problem.Problem{Path: at, Reason: "must not be empty"})
			continue
		}
		first := slices.IndexFunc(logins, func(other string) bool { return strings.EqualFold(other, login) })
		if first < i && logins[first] != login {
			problems = append(problems, problem.Problem{
				Path: at, Reason: fmt.Sprintf("%s is the login %s of %s[%d] in other letters: keep one", login, logins[first], path, first),
			})
		}
	}
	return problems
}

// CheckName refuses names that could not be part of an address.
func CheckName(path, name string) problem.List {
	switch {
	case strings.TrimSpace(name) == "":
		return problem.List{{Path: path, Reason: "must not be empty"}}
	case strings.Contains(name, "/"):
		return problem.List{{
			Path:   path,
			Reason: "must be a name without a slash; project and organization have inputs of their own",
		}}
	case name == "." || name == "..":
		return problem.List{{Path: path, Reason: "must be a name, not a place in a path"}}
	}
	return nil
}

// The service's limits on a team's names, in characters.
const (
	maxTeamName        = 100
	MaxTeamDisplayName = 100
)

// CheckTeamName refuses names that no team on Pulumi Cloud can be given. Teams that come from elsewhere may be called
// otherwise.
func CheckTeamName(path, name string) problem.List {
	if problems := CheckName(path, name); len(problems) > 0 {
		return problems
	}
	if len([]rune(name)) > maxTeamName {
		return problem.List{{Path: path, Reason: fmt.Sprintf("must be at most %d characters", maxTeamName)}}
	}
	for _, r := range name {
		plain := r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
		if !plain && !strings.ContainsRune("-_.", r) {
			return problem.List{{Path: path, Reason: fmt.Sprintf("%q cannot be in a team's name: use letters, digits, `-`, `_` and `.`, and "+
				"displayName for how people see it", r)}}
		}
	}
	return nil
}

// CheckOneOf refuses what is not a value of an enum: the framework lets any text pass.
func CheckOneOf[E interface {
	~string
	Values() []infer.EnumValue[E]
}](path string, given *E) problem.List {
	if given == nil {
		return nil
	}
	var names []string
	for _, value := range (*given).Values() {
		names = append(names, string(value.Value))
	}
	if slices.Contains(names, string(*given)) {
		return nil
	}
	return problem.List{{Path: path, Reason: fmt.Sprintf("%q is not one of %s", *given, strings.Join(names, ", "))}}
}

// OnlyThroughRole returns why a level that is made of scopes cannot be granted on a single entity.
func OnlyThroughRole(level access.Level) string {
	return fmt.Sprintf("%q is made of scopes, and Pulumi Cloud grants a team only its built-in levels on a single entity: grant it through a role",
		level)
}
