package state

import (
	"strings"
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
