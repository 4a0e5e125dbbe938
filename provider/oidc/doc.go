// Package oidc computes the subjects and audiences of Pulumi Cloud's OIDC tokens, and generates, evaluates and lints the trust
// documents of AWS, Azure and Google Cloud. Start at [ESCSubjects] and [AWSTrustPolicy]. It is pure: no I/O, no clock, no state.
//
// # Tokens
//
// Pulumi Cloud issues two kinds of token from one issuer, `<apiUrl>/oidc` ([DefaultIssuer]):
//
//   - An ESC login (`fn::open::aws-login` and its siblings) has the audience [ESCAudience] and the subject [ESCSubject]. Without
//     `subjectAttributes` the subject names only the environment that was opened, and under `pulumi up` not even that: it is the
//     literal `<yaml>` for everybody. So a login that is to be trusted lists attributes, and [SubjectAttributes] says which.
//   - A deployment has the audience [DeploymentAudience] and one subject per operation, [DeploymentSubjects].
//
// A [Lock] says who may use the credentials of an environment. [ESCSubjects] turns it into exact subjects, one for each
// combination of root and user, never a pattern:
//
//	env := oidc.EnvironmentRef{Project: "payments", Name: "prod"}
//	subjects, err := oidc.ESCSubjects("acme", env, oidc.Lock{})
//	// pulumi:environments:pulumi.organization.login:acme:rootEnvironment.name:payments/prod:currentEnvironment.name:payments/prod
//
// # Trust
//
// [AWSTrustPolicy] writes the trust policy that admits exactly those subjects and audiences. [ParseAWSTrustPolicy] and
// [TrustDocument.Decide] read any trust policy and decide on one token as AWS would, with a reason for people; a token on which
// they cannot decide is denied. Property tests check, over random organizations, environments, users and look-alikes of them, that
// a generated policy admits the subjects of its lock and nothing else.
//
// [AzureFederatedCredentials] writes one credential of a managed identity for each subject, and [DecideAzure] decides by
// them as Azure would. [GoogleWorkloadIdentityFor] writes the provider of a workload identity pool with the members that
// its subjects are.
//
// [Lint] finds trust that is wider than it seems in such documents of any origin, and corrects them.
//
// # CI systems
//
// The other way round, Pulumi Cloud exchanges tokens of issuers that an organization has registered, by their policies.
// [MatchClaim] and [DecideExchange] decide as it does; [CIPolicies] writes the policies for exact repositories, projects and
// service accounts; [CheckIssuerPolicies] checks those that people write. Property tests check that look-alikes of
// what is trusted are denied.
//
// # Errors
//
// Functions that check their inputs return [problem.List]: every problem at once, each with the property path as the user
// wrote it. Callers whose inputs lie deeper use [problem.Of] and [problem.List.Under].
//
// The subjects and audiences follow https://www.pulumi.com/docs/esc/guides/configuring-oidc/ and
// https://www.pulumi.com/docs/deployments/deployments/oidc/; the decisions follow
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
package oidc
