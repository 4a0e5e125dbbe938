package relyingparty

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// SnowflakeUser is a user of Snowflake with the one subject whose tokens log in as it.
type SnowflakeUser struct {
	Name    string
	Subject string
}

// SnowflakeTrust says who logs in to Snowflake by external OAuth. Users are mapped by UserClaim, by default the subject, which is
// then their login name. Roles are the only ones that sessions can have.
type SnowflakeTrust struct {
	Name      string
	Issuer    string
	Audience  string
	UserClaim string
	Users     []SnowflakeUser
	Roles     []string
}

// SnowflakeAudience is the audience of the ESC provider snowflake-login.
func SnowflakeAudience(organization string) string {
	return "snowflake:" + strings.ToLower(organization)
}

var (
	integrationName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_$]{0,254}$`)
	claimName       = regexp.MustCompile(`^[A-Za-z0-9_./:-]+$`)
)

// Snowflake writes the security integration that trusts the issuer's tokens, and the login names of the users, as SQL. Warnings say
// what is wider than it seems. Errors are [problem.List] naming `name`, `issuer`, `audience`, `userClaim`, `users[i].name`,
// `users[i].subject` and `roles[i]`. See
// https://docs.snowflake.com/sql-reference/sql/create-security-integration-oauth-external.
func Snowflake(t SnowflakeTrust) (sql string, warnings []string, err error) {
	if t.UserClaim == "" {
		t.UserClaim = subjectClaim
	}
	if err := t.check(); err != nil {
		return "", nil, err
	}
	issuer := strings.TrimRight(t.Issuer, "/")
	lines := []string{
		"CREATE SECURITY INTEGRATION " + t.Name,
		"  TYPE = EXTERNAL_OAUTH",
		"  ENABLED = TRUE",
		"  EXTERNAL_OAUTH_TYPE = CUSTOM",
		"  EXTERNAL_OAUTH_ISSUER = " + sqlText(issuer),
		"  EXTERNAL_OAUTH_JWS_KEYS_URL = " + sqlText(issuer+"/.well-known/jwks"),
		"  EXTERNAL_OAUTH_TOKEN_USER_MAPPING_CLAIM = " + sqlText(t.UserClaim),
		"  EXTERNAL_OAUTH_SNOWFLAKE_USER_MAPPING_ATTRIBUTE = 'LOGIN_NAME'",
		"  EXTERNAL_OAUTH_AUDIENCE_LIST = (" + sqlText(t.Audience) + ")",
	}
	if len(t.Roles) > 0 {
		lines = append(lines, "  EXTERNAL_OAUTH_ALLOWED_ROLES_LIST = ("+sqlTexts(t.Roles)+")")
	}
	sql = strings.Join(append(lines, "  EXTERNAL_OAUTH_ANY_ROLE_MODE = 'DISABLE';"), "\n") + "\n"
	for _, user := range t.Users {
		sql += "ALTER USER " + user.Name + " SET LOGIN_NAME = " + sqlText(user.Subject) + ";\n"
	}
	return sql, t.warnings(), nil
}

func (t SnowflakeTrust) check() error {
	var wrong problem.List
	wrong.AddReason("name", badIdentifier(t.Name))
	wrong.AddReason("issuer", oidc.BadIssuerURL(t.Issuer))
	wrong.AddReason("audience", oidc.Inexact("audience", t.Audience))
	if !claimName.MatchString(t.UserClaim) {
		wrong.AddReason("userClaim", fmt.Sprintf("%q is not the name of a claim", t.UserClaim))
	}
	for i, role := range t.Roles {
		wrong.AddReason(fmt.Sprintf("roles[%d]", i), badIdentifier(role))
	}
	if t.UserClaim != subjectClaim && len(t.Users) > 0 {
		wrong.AddReason("users", "are mapped by their subjects: leave userClaim out, or the users")
	}
	if t.UserClaim == subjectClaim && len(t.Users) == 0 {
		wrong.AddReason("users", "say which user each subject is: at least one is needed")
	}
	return append(wrong, t.checkUsers()...).Err()
}

// checkUsers refuses two users of one login name, which Snowflake compares without regard to case.
func (t SnowflakeTrust) checkUsers() problem.List {
	var wrong problem.List
	names, subjects := map[string]bool{}, map[string]bool{}
	var all []string
	for i, user := range t.Users {
		path := fmt.Sprintf("users[%d].", i)
		wrong.AddReason(path+"name", badIdentifier(user.Name))
		wrong.AddReason(path+"subject", cmp.Or(oidc.Inexact("subject", user.Subject), oidc.SharedSubject(user.Subject, nil)))
		name, subject := strings.ToUpper(user.Name), strings.ToUpper(user.Subject)
		if names[name] {
			wrong.AddReason(path+"name", fmt.Sprintf("%s is given twice", user.Name))
		}
		if subjects[subject] {
			wrong.AddReason(path+"subject", "is another user's as well, as Snowflake compares login names without regard to case")
		}
		names[name], subjects[subject], all = true, true, append(all, user.Subject)
	}
	return append(wrong, otherVersion("users[%d].subject", all)...)
}

// warnings say what of the integration is wider than it seems.
func (t SnowflakeTrust) warnings() (all []string) {
	if risk := userClaimRisk(t.UserClaim); risk != "" {
		all = append(all, risk)
	}
	for _, user := range t.Users {
		if _, err := oidc.ParseESCSubjectV2(user.Subject); err != nil && strings.ToLower(user.Subject) != strings.ToUpper(user.Subject) {
			all = append(all, fmt.Sprintf("Snowflake compares login names without regard to case, and the subject of %s holds names: an environment, "+
				"stack or user whose name differs in case alone logs in as the same user. Subjects of the second version, which hold ids, do not have "+
				"this weakness", user.Name))
		}
	}
	if len(t.Roles) == 0 {
		all = append(all, "no roles are listed: a session can have every role of its user that Snowflake does not block")
	}
	return all
}

func badIdentifier(name string) string {
	if integrationName.MatchString(name) {
		return ""
	}
	return fmt.Sprintf("%q is not a name that Snowflake takes without quotes: letters, digits, _ and $, no digit first", name)
}

// sqlText writes a text as a literal of SQL. Snowflake takes a backslash in one for an escape.
func sqlText(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(text) + "'"
}

func sqlTexts(texts []string) string {
	written := make([]string, len(texts))
	for i, text := range texts {
		written[i] = sqlText(text)
	}
	return strings.Join(written, ", ")
}
