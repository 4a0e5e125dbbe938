package relyingparty

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// generators write trust for one subject, for every kind of relying party.
var generators = map[string]func(subject string) error{
	"aws": func(subject string) error {
		_, err := oidc.AWSTrustPolicy(oidc.AWSTrust{Subjects: []string{subject}, Audiences: []string{"aws:acme"}, AccountID: "123456789012"})
		return err
	},
	"azure": func(subject string) error {
		_, err := oidc.AzureFederatedCredentials(oidc.AzureTrust{Subjects: []string{subject}, Audience: "azure:acme"})
		return err
	},
	"google": func(subject string) error {
		_, err := oidc.GoogleWorkloadIdentityFor(oidc.GoogleTrust{Subjects: []string{subject}, Audience: "gcp:acme"})
		return err
	},
	"vault": func(subject string) error {
		_, _, err := NewVaultRole(VaultTrust{Subjects: []string{subject}, Audience: "acme", Policies: []string{"deploy"}})
		return err
	},
	"snowflake": func(subject string) error {
		_, _, err := Snowflake(SnowflakeTrust{
			Name: "pulumi", Issuer: oidc.PulumiCloudIssuer, Audience: "snowflake:acme", Users: []SnowflakeUser{{"A", subject}}, Roles: []string{"R"},
		})
		return err
	},
}

// Subjects that many environments have are exact, and are refused all the same; those that name one are not.
func TestNobodyWritesTrustInSharedSubjectsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		attribute := rapid.SampledFrom([]string{"pulumi.user.login:bo", "pulumi.organization.login:acme", "currentEnvironment.name:payments/prod",
			"rootEnvironment.name:payments/prod"})
		parts := rapid.SliceOfNDistinct(attribute, 0, 3, rapid.ID).Draw(t, "attributes")
		subject := strings.Join(append([]string{"pulumi:environments:pulumi.organization.login:acme"}, parts...), ":")
		shared := !strings.Contains(subject, "Environment.name:")
		for name, write := range generators {
			problems := problem.Of(write(subject))
			if refused := len(problems) == 1 && strings.Contains(problems[0].Reason, "names no environment"); refused != shared {
				t.Fatalf("%s: %s: %v", name, subject, problems)
			}
		}
	})
}

func TestOtherClaimsNameTheEnvironment(t *testing.T) {
	t.Parallel()
	trust := VaultTrust{
		Subjects: []string{"pulumi:environments:pulumi.organization.login:acme"}, Audience: "acme", Policies: []string{"deploy"},
		Claims: map[string]string{"org": "acme", "current_env": "payments/prod"},
	}
	if _, _, err := NewVaultRole(trust); err != nil {
		t.Error(err)
	}
}

// The two versions of tokens have an issuer each, so that one trust cannot be in both.
func TestVersionsAreNotMixed(t *testing.T) {
	t.Parallel()
	const first = "pulumi:environments:pulumi.organization.login:acme:currentEnvironment.name:payments/prod"
	for _, subjects := range [][]string{{subjectOne, first}, {first, subjectOne}} {
		_, _, err := NewVaultRole(VaultTrust{Subjects: subjects, Audience: "vault", Policies: []string{"deploy"}})
		if problems := problem.Of(err); len(problems) != 1 || problems[0].Path != "subjects[1]" {
			t.Errorf("got %v", problems)
		}
		_, _, err = Snowflake(SnowflakeTrust{
			Name: "pulumi", Issuer: oidc.PulumiCloudIssuer, Audience: "x", Users: []SnowflakeUser{{"A", subjects[0]}, {"B", subjects[1]}}, Roles: []string{"R"},
		})
		if problems := problem.Of(err); len(problems) != 1 || problems[0].Path != "users[1].subject" {
			t.Errorf("got %v", problems)
		}
	}
}
