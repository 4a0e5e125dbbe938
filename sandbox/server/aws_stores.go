package server

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// awsSecret is a secret of Secrets Manager, and awsParameter a parameter of Parameter Store. Values are sealed. KMSKeyARN is
// a key of the account's own; without one it is the service's, which needs no permission.
type (
	awsSecret struct {
		ARN       string `json:"arn"`
		Name      string `json:"name"`
		Value     string `json:"value"`
		KMSKeyARN string `json:"kmsKeyArn,omitempty"`
	}
	awsParameter struct {
		ARN       string `json:"arn"`
		Name      string `json:"name"`
		Value     string `json:"value"`
		Secure    bool   `json:"secure,omitempty"` // a SecureString
		KMSKeyARN string `json:"kmsKeyArn,omitempty"`
	}
)

// storeRequest registers a secret or a parameter.
type storeRequest struct {
	Account   string `json:"account"`
	Region    string `json:"region"`
	Name      string `json:"name"`
	Suffix    string `json:"suffix"` // of a secret's ARN; default: made from its name
	Value     string `json:"value"`
	Secure    bool   `json:"secure"`
	KMSKeyARN string `json:"kmsKeyArn"`
}

var (
	awsAccountID     = regexp.MustCompile(`^[0-9]{12}$`)
	awsRegion        = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
	awsSecretName    = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]{1,512}$`)
	awsParameterName = regexp.MustCompile(`^[A-Za-z0-9/_.-]+$`)
	awsSuffix        = regexp.MustCompile(`^[A-Za-z0-9]{6}$`)
)

func (r storeRequest) check(name *regexp.Regexp) error {
	switch {
	case !awsAccountID.MatchString(r.Account):
		return rest.BadRequest("account: %q is not an account id", r.Account)
	case !awsRegion.MatchString(r.Region):
		return rest.BadRequest("region: %q is not a region", r.Region)
	case !name.MatchString(r.Name):
		return rest.BadRequest("name: %q is not possible", r.Name)
	}
	return nil
}

// putAWSSecret registers a secret. AWS ends its ARN in six characters of its own choice.
func (c *call) putAWSSecret(request storeRequest) (map[string]string, error) {
	if err := request.check(awsSecretName); err != nil {
		return nil, err
	}
	suffix := firstNonEmpty(request.Suffix, strings.ReplaceAll(fixedID("aws-secret", request.Name), "-", "")[:6])
	if !awsSuffix.MatchString(suffix) {
		return nil, rest.BadRequest("suffix: %q is not six letters and digits", suffix)
	}
	secret := &awsSecret{
		ARN:  secretARN(request.Region, request.Account, request.Name+"-"+suffix),
		Name: request.Name, Value: c.s.sealer.seal(request.Value), KMSKeyARN: request.KMSKeyARN,
	}
	c.aws().Secrets[secret.ARN] = secret
	return map[string]string{"arn": secret.ARN}, nil
}

func (c *call) putAWSParameter(request storeRequest) (map[string]string, error) {
	if err := request.check(awsParameterName); err != nil {
		return nil, err
	}
	parameter := &awsParameter{
		ARN:  parameterARN(request.Region, request.Account, request.Name),
		Name: request.Name, Value: c.s.sealer.seal(request.Value), Secure: request.Secure, KMSKeyARN: request.KMSKeyARN,
	}
	c.aws().Parameters[parameter.ARN] = parameter
	return map[string]string{"arn": parameter.ARN}, nil
}

// secretARN is the ARN of a secret, which begins with the partition of its region.
func secretARN(region, account, name string) string {
	return fmt.Sprintf("arn:%s:secretsmanager:%s:%s:secret:%s", arn.OfRegion(region), region, account, name)
}

// parameterARN is the ARN of a parameter, whose name may begin with a slash.
func parameterARN(region, account, name string) string {
	return fmt.Sprintf("arn:%s:ssm:%s:%s:parameter/%s", arn.OfRegion(region), region, account, strings.TrimPrefix(name, "/"))
}

// awsServices are the services of the sandbox's AWS that credentials give access to. Use it with the server's lock held.
type awsServices struct {
	cloud    *awsCloud
	sessions []awsSession
	unseal   func(string) (string, error)
	now      func() time.Time
}

func (s *Server) awsServices() awsServices {
	return awsServices{cloud: &s.st.Clouds.AWS, sessions: s.esc.awsSessions, unseal: s.sealer.open, now: s.now}
}

// awsCaller is whose credentials a request came with: a role, and its policies.
type awsCaller struct {
	account, arn string
	policies     []oidc.PermissionDocument
}

func (s awsServices) caller(credentials awsCredentials) (awsCaller, error) {
	for _, session := range s.sessions {
		if session.AccessKeyID != credentials.AccessKeyID || session.secret != credentials {
			continue
		}
		if !s.now().Before(session.Expires) {
			return awsCaller{}, fmt.Errorf("ExpiredTokenException: The security token included in the request is expired")
		}
		caller := awsCaller{
			account: awsRoleARN.FindStringSubmatch(session.RoleARN)[2],
			arn:     session.RoleARN,
		}
		role, found := s.cloud.Roles[session.RoleARN]
		if !found {
			break
		}
		for _, name := range sortedKeys(role.Policies) {
			policy, err := oidc.ParseAWSPermissionPolicy(role.Policies[name])
			if err != nil {
				return awsCaller{}, fmt.Errorf("the policy %s of %s cannot be read: %w", name, role.ARN, err)
			}
			caller.policies = append(caller.policies, policy)
		}
		return caller, nil
	}
	return awsCaller{}, fmt.Errorf("UnrecognizedClientException: The security token included in the request is invalid")
}

// in refuses a region of another partition: accounts and credentials belong to one partition.
func (c awsCaller) in(region string) error {
	if partition := arn.Partition(c.arn); partition != arn.OfRegion(region) {
		return fmt.Errorf("UnrecognizedClientException: The security token included in the request is invalid: "+
			"%s is in the partition %s, and the region %q is in %s", c.arn, partition, region, arn.OfRegion(region))
	}
	return nil
}

func (c awsCaller) may(request oidc.AWSRequest) error {
	if allowed, reason := oidc.Decide(c.policies, request); !allowed {
		return fmt.Errorf("AccessDeniedException: User: %s is not authorized to perform: %s on resource: %s because %s",
			c.arn, request.Action, request.Resource, reason)
	}
	return nil
}

// decrypts asks for the right to the key of a value, as the service does on behalf of the caller. The service's own key
// needs none.
func (c awsCaller) decrypts(key, service, region, contextKey, resource string) error {
	if key == "" {
		return nil
	}
	return c.may(oidc.AWSRequest{Action: "kms:Decrypt", Resource: key, Context: map[string][]string{
		"kms:ViaService":                      {service + "." + region + "." + arn.Domain(arn.Partition(c.arn))},
		"kms:EncryptionContext:" + contextKey: {resource},
	}})
}

// secretValue decides as secretsmanager:GetSecretValue: id is a name or an ARN.
func (s awsServices) secretValue(caller awsCaller, region, id string) (string, error) {
	secret := s.secretOf(caller.account, region, id)
	asked := secretARN(region, caller.account, id)
	if strings.HasPrefix(id, "arn:") {
		asked = id
	}
	if secret != nil {
		asked = secret.ARN
	}
	// AWS says that a secret does not exist to those only who might read it.
	if err := caller.may(oidc.AWSRequest{Action: "secretsmanager:GetSecretValue", Resource: asked}); err != nil {
		return "", err
	}
	if secret == nil {
		return "", fmt.Errorf("ResourceNotFoundException: Secrets Manager can't find the specified secret: %s", id)
	}
	if err := caller.decrypts(secret.KMSKeyARN, "secretsmanager", region, "SecretARN", secret.ARN); err != nil {
		return "", err
	}
	return s.unseal(secret.Value)
}

func (s awsServices) secretOf(account, region, id string) *awsSecret {
	if secret, found := s.cloud.Secrets[id]; found {
		return secret
	}
	prefix := secretARN(region, account, "")
	for _, one := range sortedKeys(s.cloud.Secrets) {
		if secret := s.cloud.Secrets[one]; secret.Name == id && strings.HasPrefix(one, prefix) {
			return secret
		}
	}
	return nil
}

// parameterValue decides as ssm:GetParameter: name may end in a version or a label, which the sandbox does not tell apart.
func (s awsServices) parameterValue(caller awsCaller, region, name string, decrypt bool) (value string, secure bool, err error) {
	bare, _, _ := strings.Cut(name, ":")
	asked := parameterARN(region, caller.account, bare)
	if err := caller.may(oidc.AWSRequest{Action: "ssm:GetParameter", Resource: asked}); err != nil {
		return "", false, err
	}
	parameter, found := s.cloud.Parameters[asked]
	if !found || parameter.Name != bare {
		return "", false, fmt.Errorf("ParameterNotFound: %s", name)
	}
	if parameter.Secure && !decrypt {
		return parameter.Value, true, nil // as it is sealed
	}
	if parameter.Secure {
		if err := caller.decrypts(parameter.KMSKeyARN, "ssm", region, "PARAMETER_ARN", asked); err != nil {
			return "", true, err
		}
	}
	value, err = s.unseal(parameter.Value)
	return value, parameter.Secure, err
}
