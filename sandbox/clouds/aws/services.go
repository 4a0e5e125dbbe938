package aws

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/ids"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// Secret is a secret of Secrets Manager, and Parameter a parameter of Parameter Store. Values are sealed. KMSKeyARN is
// a key of the account's own; without one it is the service's, which needs no permission.
type (
	Secret struct {
		ARN       string `json:"arn"`
		Name      string `json:"name"`
		Value     string `json:"value"`
		KMSKeyARN string `json:"kmsKeyArn,omitempty"`
	}
	Parameter struct {
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
	accountID     = regexp.MustCompile(`^[0-9]{12}$`)
	regionName    = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
	secretName    = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]{1,512}$`)
	parameterName = regexp.MustCompile(`^[A-Za-z0-9/_.-]+$`)
	secretSuffix  = regexp.MustCompile(`^[A-Za-z0-9]{6}$`)
)

func (r storeRequest) check(name *regexp.Regexp) error {
	switch {
	case !accountID.MatchString(r.Account):
		return rest.BadRequest("account: %q is not an account id", r.Account)
	case !regionName.MatchString(r.Region):
		return rest.BadRequest("region: %q is not a region", r.Region)
	case !name.MatchString(r.Name):
		return rest.BadRequest("name: %q is not possible", r.Name)
	}
	return nil
}

// putSecret registers a secret. AWS ends its ARN in six characters of its own choice.
func (c *Cloud) putSecret(_ *rest.Call, request storeRequest) (map[string]string, error) {
	if err := request.check(secretName); err != nil {
		return nil, err
	}
	suffix := cmp.Or(request.Suffix, strings.ReplaceAll(ids.Fixed("aws-secret", request.Name), "-", "")[:6])
	if !secretSuffix.MatchString(suffix) {
		return nil, rest.BadRequest("suffix: %q is not six letters and digits", suffix)
	}
	secret := &Secret{
		ARN:  secretARN(request.Region, request.Account, request.Name+"-"+suffix),
		Name: request.Name, Value: c.Host.Seal(request.Value), KMSKeyARN: request.KMSKeyARN,
	}
	c.State().Secrets[secret.ARN] = secret
	return map[string]string{"arn": secret.ARN}, nil
}

func (c *Cloud) putParameter(_ *rest.Call, request storeRequest) (map[string]string, error) {
	if err := request.check(parameterName); err != nil {
		return nil, err
	}
	parameter := &Parameter{
		ARN:  parameterARN(request.Region, request.Account, request.Name),
		Name: request.Name, Value: c.Host.Seal(request.Value), Secure: request.Secure, KMSKeyARN: request.KMSKeyARN,
	}
	c.State().Parameters[parameter.ARN] = parameter
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

// principal is the role whose credentials a request has, and its policies.
type principal struct {
	account, arn string
	policies     []oidc.PermissionDocument
}

func (c *Cloud) authenticate(credentials Credentials) (principal, error) {
	for _, session := range c.Sessions {
		if session.AccessKeyID != credentials.AccessKeyID || session.secret != credentials {
			continue
		}
		if !c.Host.Now().Before(session.Expires) {
			return principal{}, fmt.Errorf("ExpiredTokenException: The security token included in the request is expired")
		}
		caller := principal{
			account: roleARN.FindStringSubmatch(session.RoleARN)[2],
			arn:     session.RoleARN,
		}
		role, found := c.State().Roles[session.RoleARN]
		if !found {
			break
		}
		for _, name := range rest.SortedKeys(role.Policies) {
			policy, err := oidc.ParseAWSPermissionPolicy(role.Policies[name])
			if err != nil {
				return principal{}, fmt.Errorf("the policy %s of %s cannot be read: %w", name, role.ARN, err)
			}
			caller.policies = append(caller.policies, policy)
		}
		return caller, nil
	}
	return principal{}, fmt.Errorf("UnrecognizedClientException: The security token included in the request is invalid")
}

// in refuses a region of another partition: accounts and credentials belong to one partition.
func (c principal) in(region string) error {
	if partition := arn.Partition(c.arn); partition != arn.OfRegion(region) {
		return fmt.Errorf("UnrecognizedClientException: The security token included in the request is invalid: "+
			"%s is in the partition %s, and the region %q is in %s", c.arn, partition, region, arn.OfRegion(region))
	}
	return nil
}

func (c principal) may(request oidc.AWSRequest) error {
	if allowed, reason := oidc.Decide(c.policies, request); !allowed {
		return fmt.Errorf("AccessDeniedException: User: %s is not authorized to perform: %s on resource: %s because %s",
			c.arn, request.Action, request.Resource, reason)
	}
	return nil
}

// decrypts checks that the caller may use the key of a value, as the service does on the caller's behalf. The service's own key
// needs none.
func (c principal) decrypts(key, service, region, contextKey, resource string) error {
	if key == "" {
		return nil
	}
	return c.may(oidc.AWSRequest{Action: "kms:Decrypt", Resource: key, Context: map[string][]string{
		"kms:ViaService":                      {service + "." + region + "." + arn.Domain(arn.Partition(c.arn))},
		"kms:EncryptionContext:" + contextKey: {resource},
	}})
}

// secretValue decides as secretsmanager:GetSecretValue: id is a name or an ARN.
func (c *Cloud) secretValue(caller principal, region, id string) (string, error) {
	secret := c.secretOf(caller.account, region, id)
	asked := secretARN(region, caller.account, id)
	if strings.HasPrefix(id, "arn:") {
		asked = id
	}
	if secret != nil {
		asked = secret.ARN
	}
	// AWS tells only callers who may read a secret that it does not exist.
	if err := caller.may(oidc.AWSRequest{Action: "secretsmanager:GetSecretValue", Resource: asked}); err != nil {
		return "", err
	}
	if secret == nil {
		return "", fmt.Errorf("ResourceNotFoundException: Secrets Manager can't find the specified secret: %s", id)
	}
	if err := caller.decrypts(secret.KMSKeyARN, "secretsmanager", region, "SecretARN", secret.ARN); err != nil {
		return "", err
	}
	return c.Host.Unseal(secret.Value)
}

func (c *Cloud) secretOf(account, region, id string) *Secret {
	if secret, found := c.State().Secrets[id]; found {
		return secret
	}
	prefix := secretARN(region, account, "")
	for _, one := range rest.SortedKeys(c.State().Secrets) {
		if secret := c.State().Secrets[one]; secret.Name == id && strings.HasPrefix(one, prefix) {
			return secret
		}
	}
	return nil
}

// parameterValue decides as ssm:GetParameter: name may end in a version or a label, which the sandbox does not tell apart.
func (c *Cloud) parameterValue(caller principal, region, name string, decrypt bool) (value string, secure bool, err error) {
	bare, _, _ := strings.Cut(name, ":")
	asked := parameterARN(region, caller.account, bare)
	if err := caller.may(oidc.AWSRequest{Action: "ssm:GetParameter", Resource: asked}); err != nil {
		return "", false, err
	}
	parameter, found := c.State().Parameters[asked]
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
	value, err = c.Host.Unseal(parameter.Value)
	return value, parameter.Secure, err
}
