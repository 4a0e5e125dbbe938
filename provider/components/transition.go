package components

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

const transitionToken = "leastprivilege:index:LoginTransition"

type transitionChild struct {
	pulumi.CustomResourceState
	TrustedSubjects      pulumi.StringArrayOutput  `pulumi:"trustedSubjects"`
	PermittedAWSReads    pulumi.StringArrayOutput  `pulumi:"permittedAwsReads"`
	MaxAWSSessionSeconds pulumi.IntPtrOutput       `pulumi:"maxAwsSessionSeconds"`
	KeptPermissions      pulumi.StringMapMapOutput `pulumi:"keptPermissions"`
}

// held is what the cloud identities must admit and permit: what the program asks for, and what the live definition needs
// while the new one waits for an approval.
type held struct {
	subjects       out[[]string]
	awsReads       out[[]string]
	sessionSeconds out[*int]
	permissions    keptPermissions
}

// transitionParts are what that is decided from.
type transitionParts struct {
	environmentParts
	attributes, subjects out[[]string]
	audiences            out[types.Audiences]
	children             []string // one for each subject
}

// register registers the child that decides that. An environment that logs in nowhere has nothing to decide.
func (in transitionParts) register(c *Construction) (held, error) {
	desired := held{subjects: in.subjects, awsReads: in.secrets.awsReadsList(), sessionSeconds: in.AWS.maxSessionSeconds()}
	if len(in.logins()) == 0 {
		return desired, nil
	}
	props := properties{
		"project": in.Project, "name": in.Name, "subjects": in.subjects, "needs": in.needs(),
		"identities": in.replacedBy(), "children": in.granted(), "audiences": in.loginAudiences(),
	}
	setIf(props, "organization", in.Organization)
	setIf(props, "awsReads", in.secrets.awsReads())
	setIf(props, "imports", in.Imports)
	if in.lock != nil {
		props["users"] = pulumix.Apply(*in.lock, func(lock types.Lock) []string { return lock.Users })
	}
	props["definition"] = in.fingerprint() // by it is told whether what the program gives no longer came with the same
	if permissions := in.permissions(); len(permissions) > 0 {
		props["permissions"] = permissions
	}
	if in.AWS != nil {
		setIf(props, "trustPolicyLimit", in.AWS.TrustPolicyLimit)
		if in.AWS.Duration != nil {
			props["awsSessionSeconds"] = desired.sessionSeconds
		}
	}
	child, err := register(c, transitionToken, c.Name, props, &transitionChild{})
	if err != nil {
		return held{}, err
	}
	return held{
		subjects:       inPlaceOf(desired.subjects, pulumix.MustConvertTyped[[]string](child.TrustedSubjects)),
		awsReads:       inPlaceOf(desired.awsReads, pulumix.MustConvertTyped[[]string](child.PermittedAWSReads)),
		sessionSeconds: inPlaceOf(desired.sessionSeconds, pulumix.MustConvertTyped[*int](child.MaxAWSSessionSeconds)),
		permissions:    keptIn(c.Context, child.KeptPermissions),
	}, nil
}

// inPlaceOf is a value that was made from another: it depends on what the other depends on, and is as secret.
func inPlaceOf[T any](from, made out[T]) out[T] {
	return pulumix.Apply2(from, made, func(_, made T) T { return made })
}

// needs are the parts of the definition that the cloud side must match. They are made before the cloud side is, so the
// identities in them stand for any.
func (in transitionParts) needs() out[map[string]string] {
	logins := escLogins(in.logins(), func(one login) out[esc.Login] { return one.needs(in.attributes) })
	return pulumix.Apply2Err(logins, in.secrets.escStores(), esc.CloudNeeds)
}

// fingerprint tells the definition from others before the identities that its logins name are made: they stand for any.
func (in transitionParts) fingerprint() out[string] {
	logins := escLogins(in.logins(), func(one login) out[esc.Login] { return one.anyIdentity().login(in.attributes) })
	return pulumix.ApplyErr(in.definition(logins), esc.Fingerprint)
}

// created are the logins whose identities the component creates.
func (in transitionParts) created() []login {
	return slices.DeleteFunc(in.logins(), func(one login) bool { return !one.creates() })
}

// replacedBy are the values that make the clouds replace the identities that are created, by the user's properties.
func (in transitionParts) replacedBy() pulumi.Map {
	all := pulumi.Map{}
	for _, one := range in.created() {
		maps.Copy(all, pulumi.Map(one.replacedBy(in.names())))
	}
	return all
}

// granted are the children that are granted one by one, and deleted when they leave the program.
func (in transitionParts) granted() pulumi.Map {
	all := pulumi.Map{}
	for _, one := range in.created() {
		for property, names := range one.granted(in.children, in.reads()) {
			if len(names) > 0 {
				all[property] = pulumi.ToStringArray(names)
			}
		}
	}
	return all
}

// permissions are what the program gives the identities that are created, by property and by what each is called.
func (in transitionParts) permissions() pulumi.Map {
	all := pulumi.Map{}
	for _, one := range in.created() {
		maps.Copy(all, one.permissions(blockAt(in.given, one.cloud().name())))
	}
	return all
}

func (in transitionParts) loginAudiences() pulumi.Map {
	all := pulumi.Map{}
	for _, one := range in.logins() {
		all[one.cloud().name()] = pulumix.Apply(in.audiences, one.cloud().audience)
	}
	return all
}
