package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
)

// regionOf has a region of each partition.
var regionOf = map[string]string{
	"aws": "eu-west-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1", "aws-eusc": "eusc-de-east-1", "aws-iso": "us-iso-east-1",
	"aws-iso-b": "us-isob-east-1", "aws-iso-e": "eu-isoe-west-1", "aws-iso-f": "us-isof-south-1",
}

// The policy that the provider generates for a store opens its values in every partition, under keys of the account too, and
// in no region of another partition.
func TestAWSStoresInEveryPartition(t *testing.T) {
	t.Parallel()
	const aws = "/_sandbox/clouds/aws/"
	for _, partition := range arn.Partitions() {
		t.Run(partition, func(t *testing.T) {
			t.Parallel()
			region := regionOf[partition]
			if region == "" {
				t.Fatalf("name a region of %s in this test", partition)
			}
			role := "arn:" + partition + ":iam::123456789012:role/payments-prod"
			key := "arn:" + partition + ":kms:" + region + ":123456789012:key/1"
			b := newBox(t, lockSeed)
			b.trustSubjects(role, "aws:acme", "pulumi:environments:pulumi.organization.login:acme:currentEnvironment.name:payments/prod")
			secret := decoded[struct{ ARN string }](b.send("", http.MethodPost, aws+"secrets", map[string]any{
				"account": "123456789012", "region": region, "name": "db", "value": "marked-secret", "kmsKeyArn": key,
			}).want(http.StatusOK)).ARN
			if arn.Partition(secret) != partition {
				t.Errorf("the secret's ARN is %s", secret)
			}
			b.send("", http.MethodPost, aws+"parameters", map[string]any{
				"account": "123456789012", "region": region, "name": "/app/host", "value": "marked-host", "secure": true, "kmsKeyArn": key,
			}).want(http.StatusOK).says("arn:" + partition + ":ssm:" + region + ":123456789012:parameter/app/host")
			for name, store := range map[string]stores.AWS{
				"secrets":    {Secrets: &stores.AWSSecrets{Region: region, IDs: map[string]string{"db": secret}, KMSKeys: []string{key}}},
				"parameters": {Parameters: &stores.AWSParameters{Region: region, Names: map[string]string{"host": "/app/host"}, KMSKeys: []string{key}}},
			} {
				store.Account, store.Partition = "123456789012", partition
				policy, err := stores.AWSPolicy(store)
				if err != nil {
					t.Fatal(err)
				}
				b.send("", http.MethodPut, aws+"roles/policies", map[string]any{"role": role, "name": name, "policy": json.RawMessage(policy)}).want(http.StatusOK)
			}
			open := func(in string) reply {
				definition := strings.NewReplacer(prodRole, role, "eu-west-1", in, "SECRET", "db").Replace(storesDefinition)
				b.admin(http.MethodPatch, escPath("payments/prod"), definition).want(http.StatusOK)
				return b.opened(b.user("bo"), "payments/prod")
			}
			open(region).want(http.StatusOK).says("marked-secret").says("marked-host")
			for other, elsewhere := range regionOf {
				if other != partition {
					open(elsewhere).want(http.StatusBadRequest).says("UnrecognizedClientException")
				}
			}
			b.send("", http.MethodPost, aws+"oidc-providers", map[string]any{
				"account": "123456789012", "partition": partition, "url": b.url + "/oidc", "clientIds": []string{"aws:acme"},
			}).want(http.StatusOK).says("arn:" + partition + ":iam::123456789012:oidc-provider/")
			open(region).want(http.StatusOK)
		})
	}
}

func TestAWSProvidersRefuseUnknownPartitions(t *testing.T) {
	t.Parallel()
	newBox(t, "").send("", http.MethodPost, "/_sandbox/clouds/aws/oidc-providers", map[string]any{
		"account": "123456789012", "partition": "aws-nowhere", "url": "https://a.b", "clientIds": []string{"c"},
	}).want(http.StatusBadRequest).says("aws-nowhere")
}
