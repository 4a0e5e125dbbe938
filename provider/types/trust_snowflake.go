package types

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/relyingparty"
)

// SnowflakeUser is a user of Snowflake with the subject that logs in as it.
type SnowflakeUser struct {
	Name    string `pulumi:"name"`
	Subject string `pulumi:"subject"`
}

// Annotate describes the user.
func (u *SnowflakeUser) Annotate(a infer.Annotator) {
	a.Describe(u, "A user of Snowflake, and the one subject whose tokens log in as it.")
	a.Describe(&u.Name, "The user's name in Snowflake.")
	a.Describe(&u.Subject, "The exact subject, which becomes the user's login name. From `escSubjectsV2` or `escSubjects`.")
}

// SnowflakeUsers translates users, and lists their subjects.
func SnowflakeUsers(in []SnowflakeUser) (users []relyingparty.SnowflakeUser, subjects []string) {
	for _, user := range in {
		users, subjects = append(users, relyingparty.SnowflakeUser(user)), append(subjects, user.Subject)
	}
	return users, subjects
}
