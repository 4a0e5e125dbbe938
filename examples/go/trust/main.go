// Two AWS roles, made with the official AWS package, that Pulumi Cloud assumes without a stored key: one for whoever opens
// the environment payments/prod, one for the deployments of the stack payments/prod. The functions of leastprivilege
// compute what the roles trust; they make no call, need no token, and create nothing on Pulumi Cloud.
//
// It expects the AWS account to have the OIDC provider of Pulumi Cloud, with the audiences that are exported below.
package main

import (
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sdk/go/leastprivilege"
	"github.com/pulumi/pulumi-aws/sdk/v7/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(program)
}

func program(ctx *pulumi.Context) error {
	accountID := pulumi.String(config.New(ctx, "").Require("accountId"))

	// The environment's login has to list these subject attributes. Without them its subject under `pulumi up` is the same
	// for every environment, and no trust policy can tell them apart.
	environment := leastprivilege.EscSubjectsOutput(ctx, leastprivilege.EscSubjectsOutputArgs{
		Project:     pulumi.String("payments"),
		Environment: pulumi.String("prod"),
		// One more environment imports this one and uses its credentials. Each that may is named; nothing else can.
		Lock: leastprivilege.LockArgs{AllowedRoots: pulumi.ToStringArray([]string{"payments/reports"})},
	})
	// The functions come in two forms: with Output they take and give outputs, as here. Without, they take plain values
	// and answer at once.
	policy := leastprivilege.AwsTrustPolicyOutput(ctx, leastprivilege.AwsTrustPolicyOutputArgs{
		AccountId: accountID,
		Subjects:  environment.Subjects(),
		Audience:  environment.Audiences().Aws(),
	})
	role, err := iam.NewRole(ctx, "environment", &iam.RoleArgs{
		Name:             pulumi.String("payments-prod"),
		AssumeRolePolicy: policy.Document(),
	})
	if err != nil {
		return err
	}

	// Only these two operations: a destroy of production is nothing that a deployment should do on its own.
	deployments := leastprivilege.DeploymentSubjectsOutput(ctx, leastprivilege.DeploymentSubjectsOutputArgs{
		Project: pulumi.String("payments"),
		Stack:   pulumi.String("prod"),
		Operations: leastprivilege.OperationArray{
			leastprivilege.OperationPreview,
			leastprivilege.OperationUpdate,
		},
	})
	deploymentPolicy := leastprivilege.AwsTrustPolicyOutput(ctx, leastprivilege.AwsTrustPolicyOutputArgs{
		AccountId: accountID,
		Subjects:  deployments.Subjects(),
		Audience:  deployments.Audience(),
	})
	deploymentRole, err := iam.NewRole(ctx, "deployments", &iam.RoleArgs{
		Name:             pulumi.String("payments-deploy"),
		AssumeRolePolicy: deploymentPolicy.Document(),
	})
	if err != nil {
		return err
	}

	ctx.Export("environmentRoleArn", role.Arn)
	ctx.Export("subjectAttributes", environment.SubjectAttributes())
	ctx.Export("environmentAudience", environment.Audiences().Aws())
	ctx.Export("deploymentRoleArn", deploymentRole.Arn)
	ctx.Export("deploymentAudience", deployments.Audience())
	return nil
}
