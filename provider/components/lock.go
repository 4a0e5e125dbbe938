package components

import (
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// parsedLock is the lock as package oidc takes it. Every use of it is made from this one.
func (in environmentParts) parsedLock() out[oidc.Lock] {
	return pulumix.ApplyErr(orZero(in.lock), func(lock types.Lock) (oidc.Lock, error) {
		parsed, err := lock.Parse()
		return parsed, problem.Of(err).Under("lock").Err()
	})
}

func environmentSubjects(organization, project, name string, lock oidc.Lock) ([]string, error) {
	return oidc.ESCSubjects(organization, oidc.EnvironmentRef{Project: project, Name: name}, lock)
}

// givenLock is the lock of the inputs, as far as it is known.
func givenLock(in property.Map) types.Lock {
	if given := valueOf[types.Lock](in, "lock"); given != nil {
		return *given
	}
	return types.Lock{}
}

// lockMustKnown are the parts of the lock that decide how many federated credentials there are.
func lockMustKnown(in property.Map) []string {
	if !createsIdentity(blockAt(in, "azure")) {
		return nil
	}
	return []string{"lock", "lock.allowedRoots", "lock.users"}
}

// environmentSubjectNames are what children, one for each subject, are called by. While something in the subjects is not
// known, they are counted.
func environmentSubjectNames(current *session.Session, in property.Map) []string {
	lock := givenLock(in)
	secret, computed := false, false
	for _, name := range []string{"organization", "project", "name", "lock"} {
		secret = secret || in.Get(name).HasSecrets()
		computed = computed || in.Get(name).HasComputed()
	}
	organization, _ := organizationOf(current, in)
	parsed, wrongLock := lock.Parse()
	subjects, err := environmentSubjects(organization, textOf(in, "project"), textOf(in, "name"), parsed)
	if computed || wrongLock != nil || err != nil {
		return counted((1 + len(lock.AllowedRoots)) * max(1, len(lock.Users)))
	}
	return shortNames(subjects, secret)
}
