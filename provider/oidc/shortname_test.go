package oidc

import (
	"testing"

	"pgregory.net/rapid"
)

func TestShortName(t *testing.T) {
	t.Parallel()
	env := EnvironmentRef{Project: "payments", Name: "prod"}
	for want, subject := range map[string]string{
		"payments/prod":    must(ESCSubjects("acme", env, Lock{}))[0],
		"payments/prod/bo": must(ESCSubjects("acme", env, Lock{Users: []string{"bo"}}))[0],
		"update":           must(DeploymentSubjects("acme", "operation", "dev", []Operation{Update}))[0],
		"repo:acme/app":    "repo:acme/app",
	} {
		if got := ShortName(subject); got != want {
			t.Errorf("%s: got %q, want %q", subject, got, want)
		}
	}
}

// Names of resources are made from short names: two subjects with one name would be one resource.
func TestShortNamesDifferProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := drawLocked(t)
		differ := func(subjects []string) {
			seen := map[string]string{}
			for _, subject := range subjects {
				name := ShortName(subject)
				if seen[name] != "" {
					t.Fatalf("%q and %q are both %q", seen[name], subject, name)
				}
				seen[name] = subject
			}
		}
		differ(must(ESCSubjects(l.organization, l.env, l.lock)))
		differ(must(DeploymentSubjects(l.organization, projects.Draw(t, "project"), anyName.Draw(t, "stack"), Operations())))
	})
}
