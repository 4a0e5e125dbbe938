package oidc

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const openingsAccount = "123456789012"

func written(t interface{ Fatal(...any) }, subjects []string, audience string) TrustDocument {
	text, err := AWSTrustPolicy(AWSTrust{Subjects: subjects, Audiences: []string{audience}, AccountID: openingsAccount, Limit: MaxTrustPolicyLimit})
	if err != nil {
		t.Fatal(err)
	}
	document, err := ParseAWSTrustPolicy([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// What is written for a lock admits every way of opening that the lock admits, and no third party.
func TestOpeningsOfWhatIsWritten(t *testing.T) {
	t.Parallel()
	name := rapid.StringMatching(`[a-z][a-z0-9-]{0,5}`)
	rapid.Check(t, func(t *rapid.T) {
		env := EnvironmentRef{Project: rapid.OneOf(name, rapid.Just(LegacyProject)).Draw(t, "project"), Name: name.Draw(t, "name")}
		lock := Lock{Users: rapid.SliceOfN(name, 0, 2).Draw(t, "users")}
		for _, root := range rapid.SliceOfN(name, 0, 2).Draw(t, "roots") {
			lock.AllowedRoots = append(lock.AllowedRoots, EnvironmentRef{Project: env.Project, Name: root})
		}
		subjects, err := ESCSubjects("acme", env, lock)
		if err != nil {
			t.Fatal(err)
		}
		own, untrusted, err := ESCOpenings(AWS, "acme", env, lock)
		if err != nil || len(own) < 2 || len(untrusted) < 10 {
			t.Fatal(err, own, untrusted)
		}
		document := written(t, subjects, ESCAudience(AWS, "acme", env.Project))
		if err := CheckAWSTrust(document, openingsAccount, PulumiCloudIssuer, own, untrusted); err != nil {
			t.Fatal(err)
		}
	})
}

// An environment that may import this one is not a third party, however much its name resembles.
func TestAllowedRootIsNotUntrusted(t *testing.T) {
	t.Parallel()
	env, root := EnvironmentRef{Project: "payments", Name: "prod"}, EnvironmentRef{Project: "payments", Name: "proq"}
	for _, lock := range []Lock{{}, {AllowedRoots: []EnvironmentRef{root}}} {
		_, untrusted, err := ESCOpenings(AWS, "acme", env, lock)
		if err != nil {
			t.Fatal(err)
		}
		named := slices.ContainsFunc(untrusted, func(o Opening) bool { return o.How == "imported by another environment, payments/proq" })
		if named == (len(lock.AllowedRoots) > 0) {
			t.Errorf("with the allowed roots %v, payments/proq is among the untrusted: %v", lock.AllowedRoots, named)
		}
	}
}

func TestOpeningsOfDeployments(t *testing.T) {
	t.Parallel()
	for _, operations := range [][]Operation{nil, {Update}, {Update, DetectDrift}} {
		subjects, err := DeploymentSubjects("acme", "payments", "prod", operations)
		if err != nil {
			t.Fatal(err)
		}
		own, untrusted, err := DeploymentOpenings("acme", "payments", "prod", operations)
		if err != nil || len(own) != len(subjects) {
			t.Fatal(err, own)
		}
		if err := CheckAWSTrust(written(t, subjects, "acme"), openingsAccount, PulumiCloudIssuer, own, untrusted); err != nil {
			t.Error(err)
		}
	}
}

// Trust policies that people write by hand: what is said of each.
func TestCheckAWSTrust(t *testing.T) {
	t.Parallel()
	const (
		exact  = "pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:payments/prod:currentEnvironment.name:payments/prod"
		key    = `"api.pulumi.com/oidc:`
		before = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/api.pulumi.com/oidc"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":`
	)
	equals := func(subject, audience string) string {
		return `{"StringEquals":{` + key + `sub":"` + subject + `",` + key + `aud":"` + audience + `"}}`
	}
	like := func(subject string) string {
		return `{"StringEquals":{` + key + `aud":"aws:acme"},"StringLike":{` + key + `sub":"` + subject + `"}}`
	}
	for name, c := range map[string]struct{ condition, want string }{
		"exact":                       {equals(exact, "aws:acme"), ""},
		"exact, and another by name":  {strings.Replace(equals(exact, "aws:acme"), `"`+exact+`"`, `["`+exact+`","`+strings.ReplaceAll(exact, "prod", "prod2")+`"]`, 1), ""},
		"another audience":            {equals(exact, "acme"), "does not admit the login when it is opened in the console"},
		"without the root":            {like("pulumi:environments:*:currentEnvironment.name:payments/prod"), "imported by another environment, payments/prodx7f3q"},
		"the project":                 {like("pulumi:environments:pulumi.organization.login:acme:*payments/*"), "imported by another environment"},
		"the name as a prefix":        {like(exact + "*"), "login copied into an environment that this one imports"},
		"one character":               {like(strings.ReplaceAll(exact, "prod", "pro?")), "payments/proq"},
		"any project":                 {like(strings.ReplaceAll(exact, "payments", "*")), "x7f3q"},
		"any organization":            {`{"StringLike":{` + key + `sub":"*",` + key + `aud":"*"}}`, "also admits"},
		"the subject without names":   {equals("pulumi:environments:org:acme:env:<yaml>", "aws:acme"), "also admits a login through any stack's environment block"},
		"the case does not matter":    {strings.Replace(equals(exact, "aws:acme"), "StringEquals", "StringEqualsIgnoreCase", 1), "payments/PROD"},
		"only the audience is pinned": {`{"StringEquals":{` + key + `aud":"aws:acme"}}`, "also admits"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document, err := ParseAWSTrustPolicy([]byte(before + c.condition + `}}`))
			if err != nil {
				t.Fatal(err)
			}
			own, untrusted, err := ESCOpenings(AWS, "acme", EnvironmentRef{Project: "payments", Name: "prod"}, Lock{})
			if err != nil {
				t.Fatal(err)
			}
			err = CheckAWSTrust(document, openingsAccount, PulumiCloudIssuer, own, untrusted)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	if _, _, err := ESCOpenings(AWS, "a/b", EnvironmentRef{Project: "p", Name: "n"}, Lock{}); err == nil {
		t.Error("a name that cannot be is predicted")
	}
}
