package aws

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
)

// Limits of AssumeRoleWithWebIdentity; see
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html.
const (
	defaultSession = time.Hour
	minSession     = 15 * time.Minute
	maxSession     = 12 * time.Hour
)

var (
	sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	roleARN     = regexp.MustCompile(`^` + arn.Prefix + `iam::([0-9]{12}):role/((?:[\x21-\x7e]+/)?[\w+=,.@-]{1,64})$`)
)

// ErrAccessDenied is how AWS words every refusal by a trust policy, a missing role included, so that a caller learns
// nothing of the account. The sandbox adds the reason, because its users are the ones who debug the policy.
var ErrAccessDenied = errors.New("AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity")

// Session is one assumed role. No answer shows its credentials.
type Session struct {
	RoleARN     string    `json:"roleArn"`
	SessionName string    `json:"sessionName"`
	Subject     string    `json:"subject"`
	Audience    []string  `json:"audience"`
	PolicyARNs  []string  `json:"policyArns,omitempty"`
	AccessKeyID string    `json:"accessKeyId"`
	Assumed     time.Time `json:"assumed"`
	Expires     time.Time `json:"expires"`

	secret Credentials // what a caller has to know
}

// AssumeRoleRequest is what sts:AssumeRoleWithWebIdentity takes. A zero Duration is the default, one hour.
type AssumeRoleRequest struct {
	RoleARN     string
	SessionName string
	Token       string
	Duration    time.Duration
	PolicyARNs  []string
}

// Credentials are temporary credentials. They work nowhere, and are handled as secrets all the same.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
}

// check refuses what AWS would: the ARN's form, the trust policy, and the longest session.
func (r *Role) check() error {
	if !roleARN.MatchString(r.ARN) {
		return fmt.Errorf("arn: %q is not the ARN of an IAM role, which looks like arn:aws:iam::123456789012:role/name", r.ARN)
	}
	if len(r.TrustPolicy) > oidc.MaxTrustPolicyLimit {
		return fmt.Errorf("trustPolicy: has %d characters; AWS allows %d at most", len(r.TrustPolicy), oidc.MaxTrustPolicyLimit)
	}
	if _, err := oidc.ParseAWSTrustPolicy(r.TrustPolicy); err != nil {
		return fmt.Errorf("trustPolicy: %w", err)
	}
	longest := time.Duration(r.MaxSessionDuration) * time.Second
	if longest != 0 && (longest < time.Hour || longest > maxSession) {
		return fmt.Errorf("maxSessionDuration: %s is not possible; it is 1h to %s", longest, maxSession)
	}
	return nil
}

// AssumeRole decides as sts:AssumeRoleWithWebIdentity: the request's form, the token's signature and times, the role,
// and the role's trust policy, in this order. A refusal wraps [ErrAccessDenied] and says why.
func (c *Cloud) AssumeRole(request AssumeRoleRequest) (Credentials, error) {
	if request.Duration == 0 {
		request.Duration = defaultSession
	}
	if err := checkAssumeRequest(request); err != nil {
		return Credentials{}, err
	}
	now := c.Host.Now()
	claims, err := c.Host.Verify(request.Token)
	if err != nil {
		return Credentials{}, fmt.Errorf("InvalidIdentityToken: %w", err)
	}
	caller := oidc.WebIdentity{Issuer: claims.Issuer, Subject: claims.Subject, Audiences: claims.Audience}
	account := roleARN.FindStringSubmatch(request.RoleARN)[2]
	if err := c.State().knows(account, caller); err != nil {
		return Credentials{}, err
	}
	if err := c.decide(account, request, caller); err != nil {
		return Credentials{}, err
	}
	credentials, err := newCredentials()
	if err != nil {
		return Credentials{}, err
	}
	c.Sessions = append(c.Sessions, Session{
		RoleARN:     request.RoleARN,
		SessionName: request.SessionName,
		Subject:     claims.Subject,
		Audience:    claims.Audience,
		PolicyARNs:  request.PolicyARNs,
		AccessKeyID: credentials.AccessKeyID,
		Assumed:     now.UTC(),
		Expires:     now.Add(request.Duration).UTC(),
		secret:      credentials,
	})
	return credentials, nil
}

func checkAssumeRequest(request AssumeRoleRequest) error {
	switch {
	case !roleARN.MatchString(request.RoleARN):
		return fmt.Errorf("ValidationError: %q is not the ARN of an IAM role", request.RoleARN)
	case !sessionName.MatchString(request.SessionName):
		return fmt.Errorf("ValidationError: role session name %q must be 2 to 64 letters, digits or any of _+=,.@-", request.SessionName)
	case request.Duration < minSession || request.Duration > maxSession:
		return fmt.Errorf("ValidationError: a session of %s is not possible; it lasts %s to %s", request.Duration, minSession, maxSession)
	}
	return nil
}

func (c *Cloud) decide(account string, request AssumeRoleRequest, caller oidc.WebIdentity) error {
	arn := request.RoleARN
	role, found := c.State().Roles[arn]
	if !found {
		return fmt.Errorf("%w: the sandbox's AWS has no role %s; register it with POST /_sandbox/clouds/aws/roles", ErrAccessDenied, arn)
	}
	policy, err := oidc.ParseAWSTrustPolicy(role.TrustPolicy)
	if err != nil {
		return fmt.Errorf("%w: the trust policy of %s cannot be read: %w", ErrAccessDenied, arn, err)
	}
	if allowed, reason := policy.Decide(account, caller); !allowed {
		return fmt.Errorf("%w on %s with subject %s and audience %s: %s",
			ErrAccessDenied, arn, caller.Subject, strings.Join(caller.Audiences, ", "), reason)
	}
	if longest := time.Duration(role.MaxSessionDuration) * time.Second; longest > 0 && request.Duration > longest {
		return fmt.Errorf("ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role, "+
			"%s: %s is asked for", longest, request.Duration)
	}
	return nil
}

// newCredentials makes credentials of the form that AWS uses: ASIA marks an access key as temporary.
func newCredentials() (Credentials, error) {
	noise := make([]byte, 10+30+96)
	if _, err := rand.Read(noise); err != nil {
		return Credentials{}, fmt.Errorf("generating credentials: %w", err)
	}
	return Credentials{
		AccessKeyID:     "ASIA" + base32.StdEncoding.EncodeToString(noise[:10]),
		SecretAccessKey: base64.StdEncoding.EncodeToString(noise[10:40]),
		SessionToken:    base64.StdEncoding.EncodeToString(noise[40:]),
	}, nil
}
