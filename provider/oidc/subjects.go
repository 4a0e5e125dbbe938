package oidc

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// Cloud is a cloud that ESC logs in to with a token; the word is the prefix of the audience.
type Cloud string

// The clouds whose logins have an audience of their own.
const (
	AWS   Cloud = "aws"
	Azure Cloud = "azure"
	GCP   Cloud = "gcp"
)

// Clouds returns them.
func Clouds() []Cloud { return []Cloud{AWS, Azure, GCP} }

// The subject attributes that the service knows; see
// https://www.pulumi.com/docs/esc/guides/configuring-oidc/.
const (
	RootEnvironment    = "rootEnvironment.name"
	CurrentEnvironment = "currentEnvironment.name"
	UserLogin          = "pulumi.user.login"
	OrganizationLogin  = "pulumi.organization.login"
)

// Lock restricts who may use the credentials of an environment's login. The zero value admits only the environment itself, and
// not environments that import it. AllowedRoots are further environments that may import it; Users, if any, are the only logins
// that may open it.
type Lock struct {
	AllowedRoots []EnvironmentRef
	Users        []string
}

// ParseLock reads a lock whose roots are texts of the form `project/env`. Its errors name `allowedRoots[i]` and
// `users[i]`.
func ParseLock(allowedRoots, users []string) (Lock, error) {
	var lock Lock
	var wrong problem.List
	for i, text := range allowedRoots {
		root, err := ParseEnvironmentRef(text)
		for _, one := range problem.Of(err) {
			wrong.AddReason(fmt.Sprintf("allowedRoots[%d]", i), one.Reason)
		}
		lock.AllowedRoots = append(lock.AllowedRoots, root)
	}
	for i, user := range users {
		wrong.AddReason(fmt.Sprintf("users[%d]", i), badLogin(user))
	}
	if len(wrong) > 0 {
		return Lock{}, wrong
	}
	lock.Users = slices.Clone(users)
	return lock, nil
}

// SubjectAttributes is what a login must list, in this order, for its tokens to carry the subjects of [ESCSubjects].
func SubjectAttributes(l Lock) []string {
	attributes := []string{RootEnvironment, CurrentEnvironment}
	if len(l.Users) > 0 {
		attributes = append(attributes, UserLogin)
	}
	return attributes
}

// ESCSubjects lists the exact subjects that the lock admits for the login held by env: for each root, itself first,
// then the allowed roots as given; for each user as given; duplicates dropped. The organization is lower-cased, as the
// service does. Errors are [problem.List] naming `organization`, `project`, `environment`, `lock.allowedRoots[i]` and
// `lock.users[i]`.
func ESCSubjects(organization string, env EnvironmentRef, l Lock) ([]string, error) {
	if err := checkESC(organization, env, l); err != nil {
		return nil, err
	}
	attributes := SubjectAttributes(l)
	users := l.Users
	if len(users) == 0 {
		users = []string{""}
	}
	var subjects []string
	for _, root := range append([]EnvironmentRef{env}, l.AllowedRoots...) {
		for _, user := range users {
			opened := OpenContext{Organization: organization, Root: root, Current: env, User: user}
			subject, err := ESCSubject(opened, attributes)
			if err != nil {
				return nil, err
			}
			if !slices.Contains(subjects, subject) {
				subjects = append(subjects, subject)
			}
		}
	}
	return subjects, nil
}

func checkESC(organization string, env EnvironmentRef, l Lock) error {
	var wrong problem.List
	wrong.AddReason("organization", badName("organization", organization))
	wrong.AddReason("project", badName("project", env.Project))
	wrong.AddReason("environment", badName("environment", env.Name))
	for i, root := range l.AllowedRoots {
		wrong.AddReason(fmt.Sprintf("lock.allowedRoots[%d]", i), root.bad())
	}
	for i, user := range l.Users {
		wrong.AddReason(fmt.Sprintf("lock.users[%d]", i), badLogin(user))
	}
	return wrong.Err()
}

// ESCAudience is the audience of a login in an environment of project: `aws:acme`, or the plain organization in the
// legacy project `default`. The project is that of the environment which holds the login.
func ESCAudience(cloud Cloud, organization, project string) string {
	if project == LegacyProject {
		return strings.ToLower(organization)
	}
	return string(cloud) + ":" + strings.ToLower(organization)
}

// OpenContext is one opening of an environment, as the issuer sees it. Root is the environment that was opened,
// Current the one that holds the login. With AnonymousRoot the opened text was never saved (`pulumi up` through a
// stack's `environment:` block); Root is then the environment which that text imports directly, since each such import
// is a root of its own, and a zero Root or Current stands for the text itself.
type OpenContext struct {
	Organization  string
	Root, Current EnvironmentRef
	AnonymousRoot bool
	User          string
}

// ESCSubject is the subject that the issuer mints for a login with the given attributes, in their order:
// `pulumi:environments:pulumi.organization.login:<org>` and then `:<attribute>:<value>` for each. Without attributes
// it is the default, `pulumi:environments:org:<org>:env:<root>`, whose last part is the literal `<yaml>` for anonymous
// roots. An attribute that the service does not know is an [problem.List] naming `subjectAttributes[i]`.
func ESCSubject(c OpenContext, attributes []string) (string, error) {
	organization := strings.ToLower(c.Organization)
	if len(attributes) == 0 {
		root := c.Root
		if c.AnonymousRoot {
			root = EnvironmentRef{}
		}
		return "pulumi:environments:org:" + organization + ":env:" + c.name(root), nil
	}
	var wrong problem.List
	subject := "pulumi:environments:pulumi.organization.login:" + organization
	for i, attribute := range attributes {
		value, reason := c.attribute(attribute)
		wrong.AddReason(fmt.Sprintf("subjectAttributes[%d]", i), reason)
		subject += ":" + attribute + ":" + value
	}
	if err := wrong.Err(); err != nil {
		return "", err
	}
	return subject, nil
}

func (c OpenContext) attribute(name string) (value, reason string) {
	switch name {
	case RootEnvironment:
		return c.name(c.Root), ""
	case CurrentEnvironment:
		return c.name(c.Current), ""
	case OrganizationLogin:
		return strings.ToLower(c.Organization), ""
	case UserLogin:
		if c.User == "" {
			return "", "there is no user whose login could be in the subject"
		}
		return c.User, ""
	}
	return "", fmt.Sprintf("unknown subject attribute %q; known are %s, %s, %s and %s",
		name, RootEnvironment, CurrentEnvironment, UserLogin, OrganizationLogin)
}

func (c OpenContext) name(e EnvironmentRef) string {
	if c.AnonymousRoot && e == (EnvironmentRef{}) {
		return anonymousRoot
	}
	return e.String()
}
