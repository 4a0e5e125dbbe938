package components

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/arn"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/googleid"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// held is what the cloud identities must admit and permit: what the program asks for, and what the live definition needs
// while the new one waits for an approval.
type held struct {
	subjects       out[[]string]
	awsReads       out[[]string]
	sessionSeconds out[*int]
	permissions    keptPermissions
}

// transition registers what decides that. An environment that logs in nowhere has nothing to decide.
func (f Factory) transition(
	ctx *pulumi.Context, current *session.Session, name string, parent pulumi.Resource, in lockedEnvironmentArgs, made lockedEnvironment,
) (held, error) {
	desired := held{subjects: made.subjects, awsReads: in.awsReadsList(), sessionSeconds: in.aws.maxSessionSeconds()}
	if in.aws == nil && in.azure == nil && in.gcp == nil {
		return desired, nil
	}
	props := properties{
		"project": in.project, "name": in.name, "subjects": made.subjects, "needs": in.needs(),
		"identities": in.identities(), "children": in.children(current), "audiences": in.loginAudiences(made.audiences),
	}
	setIf(props, "organization", in.organization)
	setIf(props, "awsReads", in.awsReads)
	setIf(props, "imports", in.imports)
	if in.lock != nil {
		props["users"] = pulumix.Apply(*in.lock, func(lock types.Lock) []string { return lock.Users })
	}
	props["definition"] = in.fingerprint() // by it is told whether what the program gives no longer came with the same
	if permissions := in.permissions(); len(permissions) > 0 {
		props["permissions"] = permissions
	}
	if in.aws != nil {
		setIf(props, "trustPolicyLimit", in.aws.TrustPolicyLimit)
		if in.aws.Duration != nil {
			props["awsSessionSeconds"] = desired.sessionSeconds
		}
	}
	child, err := register(ctx, f.Package, parent, transitionToken, name, props, &transitionChild{})
	if err != nil {
		return held{}, err
	}
	return held{
		subjects:       inPlaceOf(desired.subjects, pulumix.MustConvertTyped[[]string](child.TrustedSubjects)),
		awsReads:       inPlaceOf(desired.awsReads, pulumix.MustConvertTyped[[]string](child.PermittedAWSReads)),
		sessionSeconds: inPlaceOf(desired.sessionSeconds, pulumix.MustConvertTyped[*int](child.MaxAWSSessionSeconds)),
		permissions:    keptIn(ctx, child.KeptPermissions),
	}, nil
}

// inPlaceOf is a value that was made from another: it depends on what the other depends on, and is as secret.
func inPlaceOf[T any](from, made out[T]) out[T] {
	return pulumix.Apply2(from, made, func(_, made T) T { return made })
}

// needs are the parts of the definition that the cloud side must match. They are made before the cloud side is, so the
// identities in them stand for any.
func (in lockedEnvironmentArgs) needs() out[map[string]string] {
	duration := known("")
	if in.aws != nil {
		duration = orElse(in.aws.Duration, "1h")
	}
	return pulumix.Apply3Err(orZero(in.lock), duration, orZero(in.stores),
		func(lock types.Lock, duration string, stores []esc.Store) (map[string]string, error) {
			parsed, err := lock.Parse()
			if err != nil {
				return nil, err
			}
			attributes := oidc.SubjectAttributes(parsed)
			var logins []esc.Login
			if in.aws != nil {
				lasts, err := timetext.ParseDuration(duration)
				if err != nil {
					return nil, err
				}
				logins = append(logins, esc.AWSLogin{Duration: lasts, SubjectAttributes: attributes})
			}
			if in.azure != nil {
				logins = append(logins, esc.AzureLogin{SubjectAttributes: attributes})
			}
			if in.gcp != nil {
				logins = append(logins, esc.GCPLogin{Project: "1", SubjectAttributes: attributes})
			}
			return esc.CloudNeeds(logins, stores)
		})
}

func (in lockedEnvironmentArgs) awsReadsList() out[[]string] {
	if in.awsReads == nil {
		return known[[]string](nil)
	}
	return pulumix.Apply(*in.awsReads, func(reads string) []string { return []string{reads} })
}

// identities are what decides whether the clouds replace the identities that are created, by the user's properties.
func (in lockedEnvironmentArgs) identities() pulumi.Map {
	all := properties{}
	if in.aws != nil && in.aws.creates() {
		all["aws.create"] = known("true")
		setIf(all, "aws.roleName", in.aws.RoleName)
		all["aws.path"] = pulumix.Apply(orZero(in.aws.Path), cleanPath)
		if in.aws.CreateOIDCProvider != nil && *in.aws.CreateOIDCProvider {
			all["aws.createOidcProvider"] = known("true")
		} else {
			all["aws.accountId"] = pulumix.Apply2(orZero(in.aws.AccountID), orZero(in.aws.OIDCProviderARN), accountOf)
		}
	}
	if in.azure != nil && in.azure.creates() {
		all["azure.create"] = known("true")
		setIf(all, "azure.resourceGroupName", in.azure.ResourceGroupName)
		setIf(all, "azure.identityName", in.azure.IdentityName)
		setIf(all, "azure.location", in.azure.Location)
	}
	if in.gcp != nil && in.gcp.creates() {
		names := in.names()
		all["gcp.create"] = known("true")
		all["gcp.project"], all["gcp.projectNumber"] = *in.gcp.Project, *in.gcp.ProjectNumber
		all["gcp.workloadPoolId"] = *in.gcp.WorkloadPoolID
		all["gcp.providerId"] = orElseOutput(in.gcp.ProviderID, defaultGoogleID(names, googleid.MaxPoolID))
		all["gcp.serviceAccountId"] = orElseOutput(in.gcp.ServiceAccountID, defaultGoogleID(names, googleid.MaxAccountID))
		if in.gcp.CreatePool != nil && *in.gcp.CreatePool {
			all["gcp.createPool"] = known("true")
		}
	}
	return pulumi.Map(all)
}

func accountOf(id, providerARN string) string {
	if _, account, ok := arn.Account(providerARN); id == "" && ok {
		return account
	}
	return id
}

func (in lockedEnvironmentArgs) names() out[[]string] {
	return pulumix.Apply2(in.project, in.name, func(project, name string) []string { return []string{project, name} })
}

// children are what is granted one by one, and deleted when it leaves the program.
func (in lockedEnvironmentArgs) children(current *session.Session) pulumi.Map {
	all := pulumi.Map{}
	add := func(property string, names []string) {
		if len(names) > 0 {
			all[property] = pulumi.ToStringArray(names)
		}
	}
	if in.azure != nil && in.azure.creates() {
		add("lock", environmentSubjectNames(current, in.given))
		add("secrets.azureKeyVault", vaultAssignments(in.given).names())
	}
	if in.gcp != nil && in.gcp.creates() {
		add("secrets.googleSecretManager", gcpReaderNames(in.given))
	}
	if in.aws != nil && in.aws.creates() && in.awsReads != nil {
		add("secrets", []string{secretsPolicy})
	}
	return all
}

func (in lockedEnvironmentArgs) loginAudiences(audiences out[types.Audiences]) pulumi.Map {
	all := properties{}
	if in.aws != nil {
		all["aws"] = pulumix.Apply(audiences, func(a types.Audiences) string { return a.AWS })
	}
	if in.azure != nil {
		all["azure"] = pulumix.Apply(audiences, func(a types.Audiences) string { return a.Azure })
	}
	if in.gcp != nil {
		all["gcp"] = pulumix.Apply(audiences, func(a types.Audiences) string { return a.GCP })
	}
	return pulumi.Map(all)
}

// awsReads are what is read from AWS's stores as text, nil for nothing.
func (s SecretStores) awsReads() *out[string] {
	if !s.usesAWS() {
		return nil
	}
	reads := pulumix.Apply2Err(maybe(s.AWSSecretsManager), maybe(s.AWSParameterStore),
		func(secrets *types.AWSSecretsManager, parameters *types.AWSParameterStore) (string, error) {
			read := stores.AWS{}
			if secrets != nil {
				read.Secrets = secrets.Permissions()
			}
			if parameters != nil {
				read.Parameters = parameters.Permissions()
			}
			text, err := json.Marshal(read)
			return string(text), err
		})
	return &reads
}

// awsPolicy allows to read exactly what is named, in the account of a role's OIDC provider.
func awsPolicy(reads out[[]string], providerARN out[string]) out[string] {
	return pulumix.Apply2Err(reads, providerARN, writeAWSPolicy)
}

func writeAWSPolicy(reads []string, provider string) (string, error) {
	partition, account, ok := arn.Account(provider)
	if !ok {
		return "", fmt.Errorf("%q names no account of AWS", provider)
	}
	all := make([]stores.AWS, len(reads))
	for i, one := range reads {
		if err := json.Unmarshal([]byte(one), &all[i]); err != nil {
			return "", err
		}
		all[i].Partition, all[i].Account = partition, account
	}
	return stores.AWSPolicyFor(all)
}
