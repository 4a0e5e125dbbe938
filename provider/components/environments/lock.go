package environments

import (
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/cloudlogin"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// parsedLock is the lock as package oidc takes it. Every use of the lock is made from this value.
func (in Environment) parsedLock() kit.Out[oidc.Lock] {
	return pulumix.ApplyErr(kit.OrZero(in.Lock), func(lock types.Lock) (oidc.Lock, error) {
		parsed, err := lock.Parse()
		return parsed, problem.Of(err).Under("lock").Err()
	})
}

func subjectsOf(organization, project, name string, lock oidc.Lock) ([]string, error) {
	return oidc.ESCSubjects(organization, oidc.EnvironmentRef{Project: project, Name: name}, lock)
}

// GivenLock is the lock of the inputs, as far as it is known.
func GivenLock(in property.Map) types.Lock {
	if given := kit.ValueOf[types.Lock](in, "lock"); given != nil {
		return *given
	}
	return types.Lock{}
}

// LockMustKnown are the parts of the lock that decide how many federated credentials there are.
func LockMustKnown(in property.Map) []string {
	if !cloudlogin.CreatesIdentity(kit.BlockAt(in, "azure")) {
		return nil
	}
	return []string{"lock", "lock.allowedRoots", "lock.users"}
}

// subjectNames are the names of children of which there is one for each subject: numbers while a subject is not known.
func subjectNames(current *session.Session, in property.Map) []string {
	lock := GivenLock(in)
	secret, computed := false, false
	for _, name := range []string{"organization", "project", "name", "lock"} {
		secret = secret || in.Get(name).HasSecrets()
		computed = computed || in.Get(name).HasComputed()
	}
	organization, problems := kit.OrganizationOf(current, in)
	parsed, wrongLock := lock.Parse()
	subjects, err := subjectsOf(organization, kit.TextOf(in, "project"), kit.TextOf(in, "name"), parsed)
	if computed || len(problems) > 0 || wrongLock != nil || err != nil {
		return kit.Counted((1 + len(lock.AllowedRoots)) * max(1, len(lock.Users)))
	}
	return cloudlogin.SubjectNames(subjects, secret)
}
