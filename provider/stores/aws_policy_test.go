package stores

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

const (
	account = "123456789012"
	keyCN   = "arn:aws-cn:kms:cn-north-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	key     = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
)

func ids(values ...string) map[string]string {
	named := map[string]string{}
	for i, value := range values {
		named[fmt.Sprintf("n%d", i)] = value
	}
	return named
}

func TestAWSPolicy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   AWS
		want string
	}{
		"one secret by name": {
			AWS{Account: account, Secrets: &AWSSecrets{Region: "eu-west-1", IDs: ids("payments/db")}},
			`{"Version":"2012-10-17","Statement":[{"Sid":"ReadSecrets","Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:payments/db-??????"}]}`,
		},
		"everything": {
			AWS{
				Account: account, Partition: "aws-cn",
				Secrets: &AWSSecrets{
					Region: "cn-north-1", KMSKeys: []string{keyCN, keyCN},
					IDs: ids("b", "arn:aws-cn:secretsmanager:cn-north-1:210987654321:secret:a-AbCdEf", "b"),
				},
				Parameters: &AWSParameters{Region: "cn-north-1", Names: ids("/app/host:3", "flat", "/app/host")},
			},
			`{"Version":"2012-10-17","Statement":[{"Sid":"ReadSecrets","Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":["arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:b-??????","arn:aws-cn:secretsmanager:cn-north-1:210987654321:secret:a-AbCdEf"]},` +
				`{"Sid":"DecryptSecrets","Effect":"Allow","Action":"kms:Decrypt","Resource":"` + keyCN + `","Condition":{"StringEquals":{"kms:ViaService":"secretsmanager.cn-north-1.amazonaws.com.cn"},"StringLike":{"kms:EncryptionContext:SecretARN":["arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:b-??????","arn:aws-cn:secretsmanager:cn-north-1:210987654321:secret:a-AbCdEf"]}}},` +
				`{"Sid":"ReadParameters","Effect":"Allow","Action":["ssm:GetParameter","ssm:GetParameters"],"Resource":["arn:aws-cn:ssm:cn-north-1:123456789012:parameter/app/host","arn:aws-cn:ssm:cn-north-1:123456789012:parameter/flat"]}]}`,
		},
		"a secret that AWS manages": {
			AWS{Account: account, Secrets: &AWSSecrets{Region: "eu-west-1", IDs: ids("rds!db-1234abcd-12ab-34cd-56ef-1234567890ab")}},
			`{"Version":"2012-10-17","Statement":[{"Sid":"ReadSecrets","Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-1234abcd-12ab-34cd-56ef-1234567890ab-??????"}]}`,
		},
		"AWS's own parameter, which belongs to no account": {
			AWS{Account: account, Parameters: &AWSParameters{Region: "eu-west-1", Names: ids("/aws/service/ami-amazon-linux-latest/al2023")}},
			`{"Version":"2012-10-17","Statement":[{"Sid":"ReadParameters","Effect":"Allow","Action":["ssm:GetParameter","ssm:GetParameters"],"Resource":"arn:aws:ssm:eu-west-1::parameter/aws/service/ami-amazon-linux-latest/al2023"}]}`,
		},
		"decrypted parameter": {
			AWS{Account: account, Parameters: &AWSParameters{Region: "eu-west-1", Names: ids("/a"), KMSKeys: []string{key}}},
			`{"Version":"2012-10-17","Statement":[{"Sid":"ReadParameters","Effect":"Allow","Action":["ssm:GetParameter","ssm:GetParameters"],"Resource":"arn:aws:ssm:eu-west-1:123456789012:parameter/a"},` +
				`{"Sid":"DecryptParameters","Effect":"Allow","Action":"kms:Decrypt","Resource":"` + key + `","Condition":{"StringEquals":{"kms:EncryptionContext:PARAMETER_ARN":"arn:aws:ssm:eu-west-1:123456789012:parameter/a","kms:ViaService":"ssm.eu-west-1.amazonaws.com"}}}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := AWSPolicy(c.in)
			if err != nil || text != c.want {
				t.Errorf("%v\n%s\nwant\n%s", err, text, c.want)
			}
		})
	}
}

func TestAWSPolicyRefuses(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	for i := range 200 {
		many[fmt.Sprint(i)] = fmt.Sprintf("secret-%d", i)
	}
	secrets := func(region string, keys []string, names ...string) AWS {
		return AWS{Account: account, Secrets: &AWSSecrets{Region: region, IDs: ids(names...), KMSKeys: keys}}
	}
	for name, c := range map[string]struct {
		in   AWS
		want string
	}{
		"nothing":                     {AWS{Account: account}, "nothing to read"},
		"account":                     {AWS{Account: "1", Secrets: &AWSSecrets{Region: "eu-west-1", IDs: ids("a")}}, "accountId:"},
		"region":                      {secrets("europe", nil, "a"), "awsSecretsManager.region:"},
		"no secret":                   {secrets("eu-west-1", nil), "awsSecretsManager.get:"},
		"wildcard":                    {secrets("eu-west-1", nil, "payments/*"), "awsSecretsManager.get.n0.secretId:"},
		"one character":               {secrets("eu-west-1", nil, "payments/?"), "awsSecretsManager.get.n0.secretId:"},
		"policy variable":             {secrets("eu-west-1", nil, "${aws:username}"), "awsSecretsManager.get.n0.secretId:"},
		"partial ARN":                 {secrets("eu-west-1", nil, "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db"), "six characters"},
		"ARN elsewhere":               {secrets("eu-west-1", nil, "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"), "us-east-1"},
		"ARN with pattern":            {secrets("eu-west-1", nil, "arn:aws:secretsmanager:eu-west-1:123456789012:secret:*-AbCdEf"), "secretId:"},
		"ARN that ends in a word":     {secrets("eu-west-1", nil, "arn:aws:secretsmanager:eu-west-1:123456789012:secret:payments-master"), "Give the secret's name: payments, or payments-master"},
		"secret of another partition": {secrets("eu-west-1", nil, "arn:aws-cn:secretsmanager:eu-west-1:123456789012:secret:db-AbCd3f"), "the secret is in the partition aws-cn"},
		"key of another partition":    {secrets("eu-west-1", []string{keyCN}, "a"), "the key is in the partition aws-cn"},
		"region of another partition": {AWS{Account: account, Partition: "aws", Parameters: &AWSParameters{Region: "us-gov-west-1", Names: ids("/a")}}, "awsParameterStore.region: us-gov-west-1 is in the partition aws-us-gov, and the role is in aws"},
		"regions of two partitions":   {AWS{Account: account, Secrets: &AWSSecrets{Region: "eu-west-1", IDs: ids("a")}, Parameters: &AWSParameters{Region: "cn-north-1", Names: ids("/a")}}, "awsParameterStore.region:"},
		"secret as a parameter":       {AWS{Account: account, Parameters: &AWSParameters{Region: "eu-west-1", Names: ids("/aws/reference/secretsmanager/db")}}, "name it in awsSecretsManager"},
		"reserved parameter":          {AWS{Account: account, Parameters: &AWSParameters{Region: "eu-west-1", Names: ids("AWSome")}}, "keeps for itself"},
		"long parameter":              {AWS{Account: account, Parameters: &AWSParameters{Region: "eu-west-1", Names: ids("/" + strings.Repeat("a", 1011))}}, "AWS allows 1011"},
		"deep parameter":              {AWS{Account: account, Parameters: &AWSParameters{Region: "eu-west-1", Names: ids(strings.Repeat("/a", 16))}}, "15 levels"},
		"label":                       {AWS{Account: account, Parameters: &AWSParameters{Region: "eu-west-1", Names: ids("/a:1st")}}, "in no label"},
		"alias":                       {secrets("eu-west-1", []string{"arn:aws:kms:eu-west-1:123456789012:alias/db"}, "a"), "kmsKeyArns[0]: "},
		"key elsewhere":               {secrets("eu-west-2", []string{key}, "a"), "the key is in eu-west-1"},
		"no key":                      {secrets("eu-west-1", []string{"*"}, "a"), "kmsKeyArns[0]: "},
		"parameter":                   {AWS{Account: account, Parameters: &AWSParameters{Region: "eu-west-1", Names: ids("/app/*")}}, "awsParameterStore.get.n0.name:"},
		"slash at the end":            {AWS{Account: account, Parameters: &AWSParameters{Region: "eu-west-1", Names: ids("/app/")}}, "awsParameterStore.get.n0.name:"},
		"too long":                    {AWS{Account: account, Secrets: &AWSSecrets{Region: "eu-west-1", IDs: many}}, "AWS allows 10240"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := AWSPolicy(c.in)
			var problems problem.List
			if !errors.As(err, &problems) || !strings.Contains(err.Error(), c.want) || text != "" {
				t.Errorf("%v (%s), want %q", err, text, c.want)
			}
		})
	}
}

// The longest policy that AWS takes is written, and one character more is refused.
func TestAWSPolicyLimit(t *testing.T) {
	t.Parallel()
	write := func(last int) (string, error) {
		named := map[string]string{}
		for i := range 18 {
			named[fmt.Sprint(i)] = fmt.Sprintf("%03d", i) + strings.Repeat("x", 480)
		}
		named["last"] = strings.Repeat("y", last)
		return AWSPolicy(AWS{Account: account, Secrets: &AWSSecrets{Region: "eu-west-1", IDs: named}})
	}
	text, err := write(1)
	if err != nil {
		t.Fatal(err)
	}
	spare := MaxInlinePolicies - len(text)
	if spare < 0 || spare > 500 {
		t.Fatalf("%d characters are spare", spare)
	}
	if text, err = write(1 + spare); err != nil || len(text) != MaxInlinePolicies {
		t.Errorf("%d characters: %v", len(text), err)
	}
	if _, err = write(2 + spare); err == nil {
		t.Error("one character too many is written")
	}
}

// No other secret of the account, however its name resembles, can be read: not by any suffix that AWS may choose.
func TestAWSPolicyAllowsExactlyWhatIsNamed(t *testing.T) {
	t.Parallel()
	name := rapid.StringMatching(`[a-c/-]{1,8}`)
	suffix := rapid.StringMatching(`[a-c]{6}`)
	rapid.Check(t, func(t *rapid.T) {
		wanted := rapid.SliceOfN(name, 1, 3).Draw(t, "wanted")
		text, err := AWSPolicy(AWS{Account: account, Secrets: &AWSSecrets{Region: "eu-west-1", IDs: ids(wanted...), KMSKeys: []string{key}}})
		if err != nil {
			t.Fatal(err)
		}
		document, err := oidc.ParseAWSPermissionPolicy([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		asked := rapid.OneOf(name, rapid.SampledFrom(wanted), rapid.Map(rapid.SampledFrom(wanted), func(s string) string { return s + "-old" }),
			rapid.Map(suffix, func(s string) string { return wanted[0] + "-" + s })).Draw(t, "asked")
		want := false
		for _, one := range wanted {
			want = want || one == asked
		}
		arn := "arn:aws:secretsmanager:eu-west-1:123456789012:secret:" + asked + "-" + suffix.Draw(t, "suffix")
		read := oidc.AWSRequest{Action: "secretsmanager:GetSecretValue", Resource: arn}
		decrypt := oidc.AWSRequest{Action: "kms:Decrypt", Resource: key, Context: map[string][]string{
			"kms:ViaService": {"secretsmanager.eu-west-1.amazonaws.com"}, "kms:EncryptionContext:SecretARN": {arn},
		}}
		for _, request := range []oidc.AWSRequest{read, decrypt} {
			if got, reason := oidc.Decide([]oidc.PermissionDocument{document}, request); got != want {
				t.Fatalf("%q of %q: %t: %s", asked, wanted, got, reason)
			}
		}
		decrypt.Context["kms:ViaService"] = []string{"s3.eu-west-1.amazonaws.com"}
		if got, _ := oidc.Decide([]oidc.PermissionDocument{document}, decrypt); got {
			t.Fatal("the key decrypts for another service")
		}
	})
}
