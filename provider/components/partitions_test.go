package components_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// Everything that takes an ARN takes those of every partition, and nothing takes one of none.
func TestEveryPartition(t *testing.T) {
	t.Parallel()
	regions := map[string]string{
		"aws": "eu-west-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1", "aws-eusc": "eusc-de-east-1", "aws-iso": "us-iso-east-1",
		"aws-iso-b": "us-isob-east-1", "aws-iso-e": "eu-isoe-west-1", "aws-iso-f": "us-isof-south-1",
	}
	accepts := map[string]func(partition string) error{
		"awsTrustPolicy": func(partition string) error {
			_, err := oidc.AWSTrustPolicy(oidc.AWSTrust{
				Subjects: []string{prodSubject}, Audiences: []string{"aws:acme"},
				OIDCProviderARN: "arn:" + partition + ":iam::123456789012:oidc-provider/api.pulumi.com/oidc",
			})
			return err
		},
		"a deployment's login": func(partition string) error {
			problems := types.DeploymentAWS{
				RoleARN:    "arn:" + partition + ":iam::123456789012:role/r",
				PolicyARNs: []string{"arn:" + partition + ":iam::aws:policy/ReadOnlyAccess"},
			}.Check()
			if len(problems) > 0 {
				return problem.List{{Path: problems[0].Path, Reason: problems[0].Reason}}
			}
			return nil
		},
		"an environment's login": func(partition string) error {
			_, err := esc.Build(esc.Definition{Logins: []esc.Login{esc.AWSLogin{
				RoleARN: "arn:" + partition + ":iam::123456789012:role/r", SessionName: "session", Duration: time.Hour,
				PolicyARNs: []string{"arn:" + partition + ":iam::aws:policy/ReadOnlyAccess"}, SubjectAttributes: []string{oidc.RootEnvironment},
			}}})
			return err
		},
		"a secret and a key": func(partition string) error {
			region := regions[partition]
			if region == "" {
				region = "eu-west-1"
			}
			_, err := stores.AWSPolicy(stores.AWS{Account: "123456789012", Partition: partition, Secrets: &stores.AWSSecrets{
				Region: region, IDs: map[string]string{"db": "arn:" + partition + ":secretsmanager:" + region + ":123456789012:secret:db-AbCdEf"},
				KMSKeys: []string{"arn:" + partition + ":kms:" + region + ":123456789012:key/1"},
			}})
			return err
		},
		"a role that exists": func(partition string) error {
			answer, err := newEngine(t).construct("ProductionEnvironment", awsInputs("ProductionEnvironment", map[string]property.Value{
				"create": property.New(false), "roleArn": text("arn:" + partition + ":iam::123456789012:role/r"),
			}), false)
			if err == nil {
				assert.Contains(t, answer.State.Get("awsTrustPolicy").AsString(), "arn:"+partition+":iam::123456789012:oidc-provider/")
			}
			return err
		},
		"the name of a role beside a provider": func(partition string) error {
			engine := newEngine(t)
			answer, err := engine.construct("ProductionEnvironment", awsInputs("ProductionEnvironment", map[string]property.Value{
				"create": property.New(false), "accountId": text("123456789012"), "roleName": text("r"),
				"oidcProviderArn": text("arn:" + partition + ":iam::123456789012:oidc-provider/api.pulumi.com/oidc"),
			}), false)
			if err == nil {
				assert.Equal(t, "arn:"+partition+":iam::123456789012:role/r", answer.State.Get("awsRoleArn").AsString())
			}
			return err
		},
	}
	for _, partition := range arn.Partitions() {
		for name, accept := range accepts {
			require.NoError(t, accept(partition), "%s in %s", name, partition)
		}
	}
	for _, none := range []string{"awsx", "", "aws-iso-z", "AWS"} {
		for name, accept := range accepts {
			if name == "a secret and a key" && none == "" || strings.HasPrefix(name, "the name of") {
				continue
			}
			require.Error(t, accept(none), "%s in %q", name, none)
		}
	}
}
