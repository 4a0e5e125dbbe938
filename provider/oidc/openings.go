package oidc

import (
	"fmt"
	"slices"
	"strings"
)

// Opening is one way in which a cloud identity is requested: how, for people, and the token's claims.
type Opening struct {
	How      string
	Subject  string
	Audience string
}

// nobody is a name that does not exist. A document that admits it has a pattern that is too wide.
const nobody = "x7f3q"

// ESCOpenings predicts the tokens of an environment's login to a cloud: own are those of every way to open it that the lock
// admits, untrusted those of others, which no trust document may admit: environments of other names that import this one
// or hold a copy of its login, other organizations, users that the lock does not name, deployments, and what a login without subject
// attributes would say. Their names are such that an exact list of further environments does not hold them.
func ESCOpenings(cloud Cloud, organization string, env EnvironmentRef, lock Lock) (own, untrusted []Opening, err error) {
	if err := checkESC(organization, env, lock); err != nil {
		return nil, nil, err
	}
	p := predictor{cloud: cloud, attributes: SubjectAttributes(lock)}
	users := lock.Users
	if len(users) == 0 {
		users = []string{"somebody"}
	}
	for _, user := range users {
		context := OpenContext{Organization: organization, Root: env, Current: env, User: user}
		p.add(&own, "opened in the console or by pulumi env open", context)
		context.AnonymousRoot = true // each environment that the block names is a root of its own
		p.add(&own, "named in the environment block of a stack, by pulumi up or a deployment", context)
		for _, root := range lock.AllowedRoots {
			p.add(&own, "imported by "+root.String(), OpenContext{Organization: organization, Root: root, Current: env, User: user})
		}
	}
	for _, other := range resembling(env) {
		if !slices.Contains(lock.AllowedRoots, other) {
			p.add(&untrusted, "imported by another environment, "+other.String(),
				OpenContext{Organization: organization, Root: other, Current: env, User: users[0]})
		}
		p.add(&untrusted, "with its login copied into an environment that this one imports, "+other.String(),
			OpenContext{Organization: organization, Root: env, Current: other, User: users[0]})
		p.add(&untrusted, "with its login copied into another environment, "+other.String(),
			OpenContext{Organization: organization, Root: other, Current: other, User: users[0]})
	}
	for _, other := range []string{nobody, organization + nobody} {
		p.add(&untrusted, "by an environment of the same name in another organization, "+other,
			OpenContext{Organization: other, Root: env, Current: env, User: users[0]})
	}
	if len(lock.Users) > 0 {
		p.add(&untrusted, "by another user", OpenContext{Organization: organization, Root: env, Current: env, User: nobody})
	}
	p.attributes = nil
	p.add(&untrusted, "through any stack's environment block, with a login without subject attributes",
		OpenContext{Organization: organization, Current: env, AnonymousRoot: true})
	deployments, _, err := DeploymentOpenings(organization, env.Project, nobody, nil)
	return own, append(untrusted, deployments...), err
}

// DeploymentOpenings predicts the tokens of a stack's deployments: own are those of the operations, untrusted those of
// other stacks, other operations and other organizations, and of environments.
func DeploymentOpenings(organization, project, stack string, operations []Operation) (own, untrusted []Opening, err error) {
	subjects, err := DeploymentSubjects(organization, project, stack, operations)
	if err != nil {
		return nil, nil, err
	}
	add := func(to *[]Opening, how, organization, project, stack string, operation Operation) {
		for _, subject := range checked(DeploymentSubjects(organization, project, stack, []Operation{operation})) {
			*to = append(*to, Opening{How: how, Subject: subject, Audience: DeploymentAudience(organization)})
		}
	}
	for _, operation := range []Operation{Preview, Update, Refresh, Destroy, DetectDrift, RemediateDrift} {
		subject := checked(DeploymentSubjects(organization, project, stack, []Operation{operation}))[0]
		if slices.Contains(subjects, subject) {
			add(&own, fmt.Sprintf("in a deployment that runs %s", operation), organization, project, stack, operation)
			continue
		}
		add(&untrusted, fmt.Sprintf("in a deployment that runs %s", operation), organization, project, stack, operation)
	}
	for _, other := range resembling(EnvironmentRef{Project: project, Name: stack}) {
		add(&untrusted, fmt.Sprintf("in a deployment of another stack, %s/%s", other.Project, other.Name), organization, other.Project, other.Name, Update)
	}
	add(&untrusted, "in a deployment of another organization", organization+nobody, project, stack, Update)
	return own, untrusted, nil
}

// checked drops the error for names that have been checked.
func checked[T any](value T, _ error) T { return value }

// resembling are names that differ little from another's: longer, shorter by what a `?` stands for, in another project, in
// another case.
func resembling(env EnvironmentRef) []EnvironmentRef {
	last := "q"
	if strings.HasSuffix(env.Name, last) {
		last = "z"
	}
	others := []EnvironmentRef{
		{Project: env.Project, Name: env.Name + nobody},
		{Project: env.Project, Name: nobody},
		{Project: env.Project, Name: env.Name[:len(env.Name)-1] + last},
		{Project: env.Project + nobody, Name: env.Name},
		{Project: nobody, Name: env.Name},
		{Project: nobody, Name: nobody},
	}
	if upper := strings.ToUpper(env.Name); upper != env.Name {
		others = append(others, EnvironmentRef{Project: env.Project, Name: upper})
	}
	return others
}

type predictor struct {
	cloud      Cloud
	attributes []string
}

func (p predictor) add(to *[]Opening, how string, context OpenContext) {
	subject, err := ESCSubject(context, p.attributes)
	if err != nil {
		return // a user is there where the attributes ask for one
	}
	*to = append(*to, Opening{How: how, Subject: subject, Audience: ESCAudience(p.cloud, context.Organization, context.Current.Project)})
}
