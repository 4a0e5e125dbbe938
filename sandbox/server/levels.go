package server

import (
	"strings"
)

// Permission levels of stacks and accounts as numbers. They are names: 104 is not more than 103.
const (
	stackNone    = 0
	stackRead    = 101
	stackWrite   = 102
	stackAdmin   = 103
	stackCreator = 104

	levelNone = "none"
)

const (
	teamRoleAdmin  = "admin"
	teamRoleMember = "member"

	teamPulumi = "pulumi"
	teamGitHub = "github"
	teamSCIM   = "scim"
)

var environmentPermissions = []string{levelNone, "read", "open", "write", "admin"}

// validLogin tells whether a person may have a login: those of machine identities are not free.
func (st *state) validLogin(login string) bool {
	return login != "" && !strings.ContainsAny(login, "/ :") && !strings.EqualFold(login, st.Organization.Login)
}
