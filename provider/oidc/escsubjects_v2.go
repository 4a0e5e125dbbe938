package oidc

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// The second version of Pulumi Cloud's identity tokens, which `fn::open::oidc` makes, has an issuer and keys of its own. Its
// audience is what the environment asks for, and its subject names organization and environment by id. See
// https://www.pulumi.com/docs/esc/guides/configuring-oidc/custom-audience/.
const secondPath = "/v2"

// IssuerV2 is the issuer of the second version of tokens, of the service whose first is issuer.
func IssuerV2(issuer string) string {
	return strings.TrimSuffix(strings.TrimRight(issuer, "/"), secondPath) + secondPath
}

// The claims of the second version. The root is the environment that was opened, the current one that which declares the block, as
// the subject does.
const (
	ClaimOrganization         = pulumiClaims + "/org"
	ClaimOrganizationID       = pulumiClaims + "/org_id"
	ClaimCurrentEnvironment   = pulumiClaims + "/current_env"
	ClaimCurrentEnvironmentID = pulumiClaims + "/current_env_id"
	ClaimRootEnvironment      = pulumiClaims + "/root_env"
	ClaimRootEnvironmentID    = pulumiClaims + "/root_env_id"
	ClaimActor                = pulumiClaims + "/actor"
	ClaimActorID              = pulumiClaims + "/actor_id"
	MaxAudienceV2             = 512
	cloudID                   = `[A-Za-z0-9_-]+`
)

var (
	cloudIDPattern = regexp.MustCompile(`^` + cloudID + `$`)
	subjectV2      = regexp.MustCompile(`^` + secondPrefix + `(` + cloudID + `):env:(` + cloudID + `)$`)
)

// EnvironmentID is an environment by the ids that it and its organization keep for ever. Names can be given up, and taken by
// others.
type EnvironmentID struct {
	Organization string
	Environment  string
}

// ParseESCSubjectV2 reads a subject of the second version, as an environment's metadata shows it.
func ParseESCSubjectV2(subject string) (EnvironmentID, error) {
	found := subjectV2.FindStringSubmatch(subject)
	if found == nil {
		return EnvironmentID{}, fmt.Errorf("%q is not a subject of the form %s<organization id>:env:<environment id>", subject, secondPrefix)
	}
	return EnvironmentID{found[1], found[2]}, nil
}

// ESCSubjectV2 is the subject of the tokens that `fn::open::oidc` makes in an environment, whoever opens it and from wherever it
// is imported. Errors are [problem.List] naming `organizationId` and `environmentId`.
func ESCSubjectV2(e EnvironmentID) (string, error) {
	if err := e.check(); err != nil {
		return "", err
	}
	return secondPrefix + e.Organization + ":env:" + e.Environment, nil
}

// ESCClaimsV2 are the claims, besides the subject, of a token that is made when the environment itself is opened, and not one that
// imports it. A relying party that compares claims keeps out with them whoever may only open an environment that imports this one.
func ESCClaimsV2(e EnvironmentID) (map[string]string, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	return map[string]string{
		ClaimOrganizationID: e.Organization, ClaimCurrentEnvironmentID: e.Environment, ClaimRootEnvironmentID: e.Environment,
	}, nil
}

func (e EnvironmentID) check() error {
	var wrong problem.List
	wrong.AddReason("organizationId", badCloudID("organization", e.Organization))
	wrong.AddReason("environmentId", badCloudID("environment", e.Environment))
	return wrong.Err()
}

func badCloudID(what, id string) string {
	if cloudIDPattern.MatchString(id) {
		return ""
	}
	return fmt.Sprintf("%q is not the id of an %s: the %s's metadata shows it", id, what, what)
}

// BadAudienceV2 says why `fn::open::oidc` cannot ask for an audience, or is "".
func BadAudienceV2(audience string) string {
	if audience == "" || len(audience) > MaxAudienceV2 {
		return fmt.Sprintf("the audience has %d bytes; it must have 1 to %d", len(audience), MaxAudienceV2)
	}
	return ""
}

// CheckExact returns what keeps values from being distinct exact ones that a trust document may pin: wildcard characters, the
// anonymous subject, and characters that no subject or audience has. Errors name `property[i]`.
func CheckExact(property, what string, values []string) ([]string, problem.List) {
	var wrong problem.List
	distinct := distinctExact(&wrong, property, what, values, Inexact)
	return distinct, wrong
}
