package oidc

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// locked is a locked environment with the policy that is written for it, and what its lock means, stated without
// subjects.
type locked struct {
	organization string
	env          EnvironmentRef
	lock         Lock
	issuer       string
	document     TrustDocument
}

// admits is the meaning: this organization, this login, an allowed root, an allowed user, and nothing else.
func (l locked) admits(c OpenContext, attributes []string, issuer, audience string) bool {
	return l.admitsFor(AWS, c, attributes, issuer, audience)
}

func (l locked) admitsFor(cloud Cloud, c OpenContext, attributes []string, issuer, audience string) bool {
	roots := append([]EnvironmentRef{l.env}, l.lock.AllowedRoots...)
	return issuer == l.issuer &&
		strings.EqualFold(c.Organization, l.organization) &&
		audience == ESCAudience(cloud, l.organization, l.env.Project) &&
		slices.Equal(attributes, SubjectAttributes(l.lock)) &&
		c.Current == l.env &&
		slices.Contains(roots, c.Root) &&
		(len(l.lock.Users) == 0 || slices.Contains(l.lock.Users, c.User))
}

var (
	names = rapid.StringMatching(`[a-zA-Z0-9][a-zA-Z0-9._-]{0,6}`)
	// Few letters, so that names often differ in one place only.
	closeNames   = rapid.StringMatching(`[abA][ab-]{0,2}`)
	anyName      = rapid.OneOf(names, closeNames)
	projects     = rapid.OneOf(anyName, rapid.Just(LegacyProject))
	environments = rapid.Custom(func(t *rapid.T) EnvironmentRef {
		return EnvironmentRef{Project: projects.Draw(t, "project"), Name: anyName.Draw(t, "environment")}
	})
	issuers = rapid.SampledFrom([]string{PulumiCloudIssuer, PulumiCloudIssuer + "/v2", "https://pulumi.acme.example/oidc", "https://api.pulumi.com.acme.example/oidc"})
)

func drawLocked(t *rapid.T) locked {
	l := locked{
		organization: anyName.Draw(t, "organization"),
		env:          environments.Draw(t, "env"),
		issuer:       issuers.Draw(t, "issuer"),
		lock: Lock{
			AllowedRoots: rapid.SliceOfN(environments, 0, 3).Draw(t, "roots"),
			Users:        rapid.SliceOfN(anyName, 0, 3).Draw(t, "users"),
		},
	}
	subjects, err := ESCSubjects(l.organization, l.env, l.lock)
	if err != nil {
		t.Fatal(err)
	}
	text, err := AWSTrustPolicy(AWSTrust{
		Subjects:  subjects,
		Audiences: []string{ESCAudience(AWS, l.organization, l.env.Project)},
		AccountID: account, Issuer: l.issuer, Limit: MaxTrustPolicyLimit,
	})
	if err != nil {
		t.Fatal(err)
	}
	if l.document, err = ParseAWSTrustPolicy([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return l
}

// mutations turn a text into one that a careless comparison would take for it.
var mutations = []func(string) string{
	func(s string) string { return s },
	func(s string) string { return s + "x" },
	func(s string) string { return "x" + s },
	func(s string) string { return s[:len(s)-1] },
	func(s string) string { return s[1:] },
	strings.ToUpper, strings.ToLower,
	func(s string) string { return s + "*" },
	func(string) string { return "*" },
	func(s string) string { return s[:len(s)-1] + "?" },
	func(string) string { return anonymousRoot },
	func(s string) string { return s + " " },
	func(string) string { return LegacyProject },
	func(string) string { return "" },
}

func mutate(t *rapid.T, label, text string) string {
	if text == "" || rapid.Bool().Draw(t, label+" is kept") {
		return text
	}
	return rapid.SampledFrom(mutations).Draw(t, label)(text)
}

func mutateRef(t *rapid.T, label string, ref EnvironmentRef) EnvironmentRef {
	return EnvironmentRef{Project: mutate(t, label+" project", ref.Project), Name: mutate(t, label+" name", ref.Name)}
}

// drawOpening is an opening that is near what the lock allows, in any number of ways.
func drawOpening(t *rapid.T, l locked) OpenContext {
	roots := append([]EnvironmentRef{l.env, {Project: LegacyProject, Name: l.env.Name}}, l.lock.AllowedRoots...)
	return OpenContext{
		Organization:  mutate(t, "organization", l.organization),
		Root:          mutateRef(t, "root", rapid.SampledFrom(roots).Draw(t, "root")),
		Current:       mutateRef(t, "current", rapid.SampledFrom(roots[:2+len(l.lock.AllowedRoots)/2]).Draw(t, "current")),
		AnonymousRoot: rapid.Bool().Draw(t, "in a stack"),
		User:          mutate(t, "user", rapid.SampledFrom(append([]string{"zoe"}, l.lock.Users...)).Draw(t, "user")),
	}
}

func drawAttributes(t *rapid.T, l locked) []string {
	right := SubjectAttributes(l.lock)
	if rapid.IntRange(0, 3).Draw(t, "right attributes") > 0 {
		return right
	}
	all := []string{RootEnvironment, CurrentEnvironment, UserLogin, OrganizationLogin}
	return rapid.SliceOfN(rapid.SampledFrom(all), 0, 4).Draw(t, "attributes")
}

// The promise of this package: a policy admits exactly what was locked, whatever the token's owner controls.
func TestPolicyAdmitsExactlyTheLockedSubjects(t *testing.T) {
	admitted, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		l := drawLocked(t)
		for _, subject := range must(ESCSubjects(l.organization, l.env, l.lock)) {
			id := WebIdentity{Issuer: l.issuer, Subject: subject, Audiences: []string{ESCAudience(AWS, l.organization, l.env.Project)}}
			if got, reason := l.document.Decide(account, id); !got {
				t.Fatalf("the locked subject %q is refused: %s", subject, reason)
			}
			admitted++
		}
		opening, attributes := drawOpening(t, l), drawAttributes(t, l)
		subject, err := ESCSubject(opening, attributes)
		if err != nil {
			return // no token is issued
		}
		issuer := rapid.OneOf(rapid.Just(l.issuer), rapid.Just(l.issuer), issuers).Draw(t, "token issuer")
		audience := ESCAudience(AWS, opening.Organization, opening.Current.Project)
		audience = rapid.SampledFrom([]string{audience, audience, audience, ESCAudience(Azure, opening.Organization, "p"), DeploymentAudience(opening.Organization)}).Draw(t, "audience")

		got, reason := l.document.Decide(account, WebIdentity{Issuer: issuer, Subject: subject, Audiences: []string{audience}})
		want := l.admits(opening, attributes, issuer, audience)
		if got != want {
			t.Fatalf("subject %q, audience %q, issuer %s: got %v (%s), want %v", subject, audience, issuer, got, reason, want)
		}
		if got {
			admitted++
		} else {
			refused++
		}
	})
	// Both answers must have been tried, or the property says nothing.
	if admitted == 0 || refused == 0 {
		t.Errorf("%d admitted, %d refused", admitted, refused)
	}
}

// Whatever is admitted through the right door, no text near a locked subject is.
func TestPolicyRefusesLookAlikeSubjects(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawLocked(t)
		subjects, err := ESCSubjects(l.organization, l.env, l.lock)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(rapid.SampledFrom(subjects).Draw(t, "subject"), ":")
		i := rapid.IntRange(0, len(parts)-1).Draw(t, "part")
		if parts[i] != "" {
			parts[i] = rapid.SampledFrom(mutations).Draw(t, "mutation")(parts[i])
		}
		subject := strings.Join(parts, ":")
		id := WebIdentity{Issuer: l.issuer, Subject: subject, Audiences: []string{ESCAudience(AWS, l.organization, l.env.Project)}}
		if got, reason := l.document.Decide(account, id); got != slices.Contains(subjects, subject) {
			t.Fatalf("%q against %q: %v (%s)", subject, subjects, got, reason)
		}
	})
}

// Deployments have the same issuer, and in the legacy project the same audience, as ESC logins; neither may pass for
// the other, nor one stack or operation for another.
func TestPolicyKeepsDeploymentsApart(t *testing.T) {
	admitted, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		l := drawLocked(t)
		project, stack := projects.Draw(t, "project"), anyName.Draw(t, "stack")
		ops := rapid.SliceOfN(rapid.SampledFrom(Operations()), 0, 6).Draw(t, "ops")
		subjects, err := DeploymentSubjects(l.organization, project, stack, ops)
		if err != nil {
			t.Fatal(err)
		}
		text, err := AWSTrustPolicy(AWSTrust{Subjects: subjects, Audiences: []string{DeploymentAudience(l.organization)}, AccountID: account})
		if err != nil {
			t.Fatal(err)
		}
		document, err := ParseAWSTrustPolicy([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if len(ops) == 0 {
			ops = DefaultOperations()
		}
		for _, subject := range subjects {
			id := WebIdentity{Issuer: PulumiCloudIssuer, Subject: subject, Audiences: []string{DeploymentAudience(l.organization)}}
			if got, reason := document.Decide(account, id); !got {
				t.Fatalf("the deployment %q is refused: %s", subject, reason)
			}
			admitted++
		}
		otherProject, otherStack := mutate(t, "other project", project), mutate(t, "other stack", stack)
		op := rapid.SampledFrom(Operations()).Draw(t, "operation")
		id := WebIdentity{
			Issuer:    PulumiCloudIssuer,
			Subject:   "pulumi:deploy:org:" + strings.ToLower(l.organization) + ":project:" + otherProject + ":stack:" + otherStack + ":operation:" + string(op) + ":scope:write",
			Audiences: []string{strings.ToLower(l.organization)},
		}
		want := otherProject == project && otherStack == stack && slices.Contains(ops, op)
		if got, reason := document.Decide(account, id); got != want {
			t.Fatalf("%q: got %v (%s), want %v", id.Subject, got, reason, want)
		}
		if want {
			admitted++
		} else {
			refused++
		}
		id.Issuer = l.issuer
		if got, _ := l.document.Decide(account, id); got {
			t.Fatalf("the environment's role admits the deployment %q", id.Subject)
		}
		for _, subject := range must(ESCSubjects(l.organization, l.env, l.lock)) {
			id := WebIdentity{Issuer: PulumiCloudIssuer, Subject: subject, Audiences: id.Audiences}
			if got, _ := document.Decide(account, id); got {
				t.Fatalf("the deployment's role admits the login %q", subject)
			}
		}
	})
	if admitted == 0 || refused == 0 {
		t.Errorf("%d admitted, %d refused", admitted, refused)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// Two different openings never share a subject: otherwise no policy could tell them apart.
func TestSubjectsAreUnambiguous(t *testing.T) {
	attributes := []string{RootEnvironment, CurrentEnvironment, UserLogin}
	opening := rapid.Custom(func(t *rapid.T) OpenContext {
		return OpenContext{
			Organization: strings.ToLower(closeNames.Draw(t, "organization")),
			Root:         environments.Draw(t, "root"), Current: environments.Draw(t, "current"), User: closeNames.Draw(t, "user"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := opening.Draw(t, "a"), opening.Draw(t, "b")
		if (must(ESCSubject(a, attributes)) == must(ESCSubject(b, attributes))) != (a == b) {
			t.Fatalf("%+v and %+v", a, b)
		}
	})
}

// References print and read back, and every valid lock is written without a problem.
func TestEnvironmentRefRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ref := environments.Draw(t, "ref")
		if got, err := ParseEnvironmentRef(ref.String()); err != nil || got != ref {
			t.Fatalf("%+v reads back as %+v, %v", ref, got, err)
		}
	})
}
