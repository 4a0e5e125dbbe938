package state

import (
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// Permission levels of stacks and accounts as numbers. They are names: 104 is not more than 103.
const (
	StackNone    = 0
	StackRead    = 101
	StackWrite   = 102
	StackAdmin   = 103
	StackCreator = 104

	LevelNone = "none"
)

// StackLevel is the level that a permission of stacks is.
func StackLevel(permission int) access.Level {
	switch permission {
	case StackRead:
		return access.Read
	case StackWrite:
		return access.Write
	case StackAdmin, StackCreator:
		return access.Admin
	}
	return access.None
}

// AccountLevel is the level that a permission of accounts is.
func AccountLevel(permission int) access.Level {
	levels := []access.Level{access.None, access.Read, access.Write, access.Admin}
	if permission < 0 || permission >= len(levels) {
		return access.None
	}
	return levels[permission]
}

const (
	TeamRoleAdmin  = "admin"
	TeamRoleMember = "member"

	TeamPulumi = "pulumi"
	TeamGitHub = "github"
	TeamSCIM   = "scim"
)

var EnvironmentPermissions = []string{LevelNone, "read", "open", "write", "admin"}

// ValidLogin reports whether a person may have a login: those of machine identities are not free.
func (st *State) ValidLogin(login string) bool {
	return login != "" && !strings.ContainsAny(login, "/ :") && !strings.EqualFold(login, st.Organization.Login)
}
