package stores

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// MaxInlinePolicies is AWS's limit for all inline policies of a role together, in characters that are no white space; see
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
const MaxInlinePolicies = 10240

// How many managed policies a role may have: by default, and with the highest quota that AWS gives.
const (
	DefaultManagedPolicies = 10
	MaxManagedPolicies     = 20
)

// AWS is what an identity of an account reads. Partition is one of [arn.Partitions]; "" is that of the region.
type AWS struct {
	Partition  string
	Account    string
	Secrets    *AWSSecrets
	Parameters *AWSParameters
}

// AWSSecrets are secrets of Secrets Manager. IDs are names or ARNs, by the names that the environment gives them. KMSKeys
// are the ARNs of the account's own keys that encrypt them: the key of the service itself needs no permission.
type AWSSecrets struct {
	Region  string
	IDs     map[string]string
	KMSKeys []string
}

// AWSParameters are parameters of Parameter Store. Names may end in a version or a label, as in `/app/host:3`.
type AWSParameters struct {
	Region  string
	Names   map[string]string
	KMSKeys []string
}

type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string
	Effect    string
	Action    any
	Resource  any
	Condition map[string]map[string]any `json:",omitempty"`
}

var (
	region        = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
	secretName    = regexp.MustCompile(`^[A-Za-z0-9/_+=.@!-]{1,512}$`) // an exclamation mark is in the names of secrets that AWS manages
	secretARN     = regexp.MustCompile(`^` + arn.Prefix + `secretsmanager:([a-z0-9-]+):[0-9]{12}:secret:([A-Za-z0-9/_+=.@!-]{1,512})-([A-Za-z0-9]{6})$`)
	word          = regexp.MustCompile(`^([a-z]{6}|[A-Z]{6}|[A-Z][a-z]{5})$`)
	parameterName = regexp.MustCompile(`^([A-Za-z0-9_.-]+|(/[A-Za-z0-9_.-]+)+)(:[A-Za-z0-9_.-]+)?$`)
	keyARN        = regexp.MustCompile(`^` + arn.Prefix + `kms:([a-z0-9-]+):[0-9]{12}:key/[A-Za-z0-9-]+$`)
)

// AWSPolicy writes the policy of the identity as JSON. It allows secretsmanager:GetSecretValue on exactly the secrets,
// ssm:GetParameter and ssm:GetParameters on exactly the parameters, and kms:Decrypt with the keys only where the service
// does it for one of them. The text is deterministic.
//
// The ARN of a secret ends in a hyphen and six characters that AWS chooses. For a secret that is given by name they are six
// `?`: an ARN of that length is of no other name, whereas `*` would also match the secret `name-old`.
//
// Errors are [problem.List] naming `awsSecretsManager.region`, `.get.<name>.secretId` and `.kmsKeyArns[i]`, and
// `awsParameterStore.region`, `.get.<name>.name` and `.kmsKeyArns[i]`.
func AWSPolicy(in AWS) (string, error) {
	if in.Partition == "" {
		in.Partition = arn.OfRegion(in.region())
	}
	var wrong problem.List
	written := policy{Version: "2012-10-17"}
	wrong.AddReason("accountId", arn.BadAccountID(in.Account))
	if in.Secrets != nil {
		statements, problems := in.Secrets.statements(in)
		written.Statement = append(written.Statement, statements...)
		wrong.AddUnder(AWSSecretsManager{}.Name(), problems)
	}
	if in.Parameters != nil {
		statements, problems := in.Parameters.statements(in)
		written.Statement = append(written.Statement, statements...)
		wrong.AddUnder(AWSParameterStore{}.Name(), problems)
	}
	if len(written.Statement) == 0 && len(wrong) == 0 {
		wrong = append(wrong, problem.Problem{Path: "awsSecretsManager", Reason: "there is nothing to read"})
	}
	if len(wrong) > 0 {
		return "", wrong
	}
	text, err := compact(written)
	if err == nil && len(text) > MaxInlinePolicies {
		return "", problem.List{{Reason: fmt.Sprintf("the policy that allows to read the secrets has %d characters; AWS allows %d for all "+
			"inline policies of a role. Read fewer secrets, or split them over several environments", len(text), MaxInlinePolicies)}}
	}
	return text, err
}

func (in AWS) region() string {
	if in.Secrets != nil {
		return in.Secrets.Region
	}
	if in.Parameters != nil {
		return in.Parameters.Region
	}
	return ""
}

// check returns what AWS would refuse in the account of a role in that partition, with paths inside the store's block.
func (in *AWSSecrets) check(partition string) problem.List {
	_, problems := in.statements(AWS{Secrets: in}.Anywhere(partition))
	return problems
}

func (in *AWSParameters) check(partition string) problem.List {
	_, problems := in.statements(AWS{Parameters: in}.Anywhere(partition))
	return problems
}

// common are what both stores have against the region, the number of entries and the keys.
func (role AWS) common(in string, entries int, keys []string) problem.List {
	var problems problem.List
	if !region.MatchString(in) {
		problems.Add("region", "%q is not a region of AWS, which looks like eu-west-1", in)
	} else if partition := arn.OfRegion(in); partition != role.Partition {
		problems.Add("region", "%s is in the partition %s, and the role is in %s: no role reaches another partition", in, partition, role.Partition)
	}
	if entries == 0 {
		problems.Add("get", "name at least one to read")
	}
	for i, key := range keys {
		path := fmt.Sprintf("kmsKeyArns[%d]", i)
		switch parts := keyARN.FindStringSubmatch(key); {
		case strings.Contains(key, ":alias/"):
			problems.Add(path, "%q is an alias, and permissions are given on keys: use the key's own ARN", key)
		case parts == nil:
			problems.Add(path, "%q is not the ARN of a key, which looks like arn:aws:kms:eu-west-1:123456789012:key/ID", key)
		case parts[1] != role.Partition:
			problems.Add(path, "the key is in the partition %s, and the role is in %s", parts[1], role.Partition)
		case parts[2] != in:
			problems.Add(path, "the key is in %s, and its secrets are read in %s", parts[2], in)
		}
	}
	return problems
}

// statements allow a role to read the secrets, and to decrypt them with the keys.
func (in *AWSSecrets) statements(role AWS) ([]statement, problem.List) {
	problems := role.common(in.Region, len(in.IDs), in.KMSKeys)
	var resources []string
	for _, name := range slices.Sorted(maps.Keys(in.IDs)) {
		id := in.IDs[name]
		if reason := in.badID(id, role.Partition); reason != "" {
			problems.AddReason("get."+name+".secretId", reason)
			continue
		}
		if !strings.HasPrefix(id, "arn:") {
			id = fmt.Sprintf("arn:%s:secretsmanager:%s:%s:secret:%s-??????", role.Partition, in.Region, role.Account, id)
		}
		resources = append(resources, id)
	}
	resources = set(resources)
	allowed := []statement{{Sid: "ReadSecrets", Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: oneOrMany(resources)}}
	if len(in.KMSKeys) == 0 {
		return allowed, problems
	}
	return append(allowed, statement{
		Sid: "DecryptSecrets", Effect: "Allow", Action: "kms:Decrypt", Resource: oneOrMany(set(in.KMSKeys)),
		Condition: map[string]map[string]any{
			"StringEquals": {"kms:ViaService": role.service("secretsmanager", in.Region)},
			"StringLike":   {"kms:EncryptionContext:SecretARN": oneOrMany(resources)},
		},
	}), problems
}

// badID returns why a secret cannot be read by this name or ARN, "" where it can.
func (in *AWSSecrets) badID(id, partition string) string {
	switch parts := secretARN.FindStringSubmatch(id); {
	case parts != nil && parts[1] != partition:
		return fmt.Sprintf("the secret is in the partition %s, and the role is in %s", parts[1], partition)
	case parts != nil && parts[2] != in.Region:
		return fmt.Sprintf("the secret is in %s, and secrets are read in %s", parts[2], in.Region)
	case parts != nil && word.MatchString(parts[4]):
		return fmt.Sprintf("%q ends in a word of six letters, so it is not certain to be the whole ARN, which ends in six characters that AWS "+
			"chose: a policy with a partial ARN allows nothing. Give the secret's name: %s, or %s-%s if that is all of it",
			id, parts[3], parts[3], parts[4])
	case parts != nil:
		return ""
	case strings.HasPrefix(id, "arn:"):
		return fmt.Sprintf("%q is not the whole ARN of a secret, which ends in a hyphen and six characters: give that, or the secret's name", id)
	case !secretName.MatchString(id):
		return fmt.Sprintf("%q is not the name of a secret: AWS takes 1 to 512 letters, digits and any of /_+=.@-", id)
	}
	return ""
}

// statements allow a role to read the parameters, and to decrypt them with the keys.
func (in *AWSParameters) statements(role AWS) ([]statement, problem.List) {
	problems := role.common(in.Region, len(in.Names), in.KMSKeys)
	var resources []string
	for _, name := range slices.Sorted(maps.Keys(in.Names)) {
		given := in.Names[name]
		path := "get." + name + ".name"
		if !parameterName.MatchString(given) {
			problems.Add(path, "%q is not the name of a parameter: AWS takes letters, digits and any of _.-, in parts that "+
				"each start with a slash, and a version or a label after a colon", given)
			continue
		}
		bare, selector, _ := strings.Cut(given, ":")
		if reason := badParameter(bare, selector); reason != "" {
			problems.Add(path, "%q %s", given, reason)
			continue
		}
		account := role.Account
		if strings.HasPrefix(bare, publicParameters) {
			account = "" // they belong to no account
		}
		resources = append(resources, fmt.Sprintf("arn:%s:ssm:%s:%s:parameter/%s", role.Partition, in.Region, account, strings.TrimPrefix(bare, "/")))
	}
	resources = set(resources)
	allowed := []statement{{
		Sid: "ReadParameters", Effect: "Allow", Action: []string{"ssm:GetParameter", "ssm:GetParameters"}, Resource: oneOrMany(resources),
	}}
	if len(in.KMSKeys) == 0 {
		return allowed, problems
	}
	return append(allowed, statement{
		Sid: "DecryptParameters", Effect: "Allow", Action: "kms:Decrypt", Resource: oneOrMany(set(in.KMSKeys)),
		Condition: map[string]map[string]any{"StringEquals": {
			"kms:ViaService":                      role.service("ssm", in.Region),
			"kms:EncryptionContext:PARAMETER_ARN": oneOrMany(resources),
		}},
	}), problems
}

// Parameter Store's limits; see https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html.
const (
	maxParameterName   = 1011
	maxParameterLevels = 15
	maxLabel           = 100
	publicParameters   = "/aws/"
	secretReference    = "/aws/reference/secretsmanager/"
)

var label = regexp.MustCompile(`^[A-Za-z_.-][A-Za-z0-9_.-]*$`)

// badParameter returns why Parameter Store has no such name, and no such version or label after it; "" where it may.
func badParameter(name, selector string) string {
	reserved := func(text string) bool {
		text = strings.ToLower(text)
		return strings.HasPrefix(text, "aws") || strings.HasPrefix(text, "ssm")
	}
	isVersion := strings.Trim(selector, "0123456789") == ""
	switch {
	case strings.HasPrefix(name, secretReference):
		return "reads a secret of Secrets Manager, which needs another permission: name it in awsSecretsManager"
	case !strings.HasPrefix(name, publicParameters) && reserved(strings.TrimPrefix(name, "/")):
		return "begins with a word that AWS keeps for itself: no parameter of yours is called so, and AWS's own begin with /aws/"
	case len(name) > maxParameterName:
		return fmt.Sprintf("has %d characters; AWS allows %d", len(name), maxParameterName)
	case strings.Count(strings.TrimPrefix(name, "/"), "/") >= maxParameterLevels:
		return fmt.Sprintf("has more than the %d levels that AWS allows", maxParameterLevels)
	case !isVersion && (len(selector) > maxLabel || !label.MatchString(selector) || reserved(selector)):
		return fmt.Sprintf("ends in no version, which is a number, and in no label: at most %d characters, no digit first, and neither aws nor "+
			"ssm", maxLabel)
	}
	return ""
}

// service is how KMS names the service that asks on somebody's behalf.
func (in AWS) service(name, region string) string {
	return name + "." + region + "." + arn.Domain(in.Partition)
}

func set(values []string) []string { return slices.Compact(slices.Sorted(slices.Values(values))) }

func oneOrMany(values []string) any {
	if len(values) == 1 {
		return values[0]
	}
	return values
}

func compact(v any) (string, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return strings.TrimSuffix(text.String(), "\n"), err
}
