package environments

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/cloudlogin"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
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

// transition is what decides what the cloud identities of an environment must admit and permit.
type transition struct {
	Environment
	attributes, subjects kit.Out[[]string]
	audiences            kit.Out[types.Audiences]
	children             []string // one for each subject
}

// decide registers the child that decides it. Without a login there is nothing to decide.
func (in transition) decide(c *kit.Construction) (cloudlogin.Required, error) {
	desired := cloudlogin.Required{Subjects: in.subjects, AWSReads: in.Secrets.AWSReadsList(), SessionSeconds: in.AWS.MaxSessionSeconds()}
	if len(in.Logins()) == 0 {
		return desired, nil
	}
	props := kit.Properties{
		"project": in.Project, "name": in.Name, "subjects": in.subjects, "needs": in.needs(),
		"identities": in.replacedBy(), "children": in.granted(), "audiences": in.loginAudiences(),
	}
	kit.SetIf(props, "organization", in.Organization)
	kit.SetIf(props, "awsReads", in.Secrets.AWSReads())
	kit.SetIf(props, "imports", in.Imports)
	if in.Lock != nil {
		props["users"] = pulumix.Apply(*in.Lock, func(lock types.Lock) []string { return lock.Users })
	}
	props["definition"] = in.fingerprint() // tells whether the program gives less with the same definition, or with another
	if permissions := in.permissions(); len(permissions) > 0 {
		props["permissions"] = permissions
	}
	if in.AWS != nil {
		kit.SetIf(props, "trustPolicyLimit", in.AWS.TrustPolicyLimit)
		if in.AWS.Duration != nil {
			props["awsSessionSeconds"] = desired.SessionSeconds
		}
	}
	child, err := kit.Register(c, transitionToken, c.Name, props, &transitionChild{})
	if err != nil {
		return cloudlogin.Required{}, err
	}
	return cloudlogin.Required{
		Subjects:       inPlaceOf(desired.Subjects, pulumix.MustConvertTyped[[]string](child.TrustedSubjects)),
		AWSReads:       inPlaceOf(desired.AWSReads, pulumix.MustConvertTyped[[]string](child.PermittedAWSReads)),
		SessionSeconds: inPlaceOf(desired.SessionSeconds, pulumix.MustConvertTyped[*int](child.MaxAWSSessionSeconds)),
		Permissions:    cloudlogin.KeptIn(c.Context, child.KeptPermissions),
	}, nil
}

// inPlaceOf is a value that was made from another: it has the dependencies of the other, and is secret if the other is.
func inPlaceOf[T any](from, made kit.Out[T]) kit.Out[T] {
	return pulumix.Apply2(from, made, func(_, made T) T { return made })
}

// needs are the parts of the definition that the clouds must match. They are made before the identities, so the identities in them
// are placeholders.
func (in transition) needs() kit.Out[map[string]string] {
	logins := cloudlogin.ESCLogins(in.Logins(), func(one cloudlogin.Login) kit.Out[esc.Login] { return one.Needs(in.attributes) })
	return pulumix.Apply2Err(logins, in.Secrets.ESCStores(), esc.CloudNeeds)
}

// fingerprint distinguishes the definition from others. It is made before the identities, which are placeholders.
func (in transition) fingerprint() kit.Out[string] {
	logins := cloudlogin.ESCLogins(in.Logins(), func(one cloudlogin.Login) kit.Out[esc.Login] { return one.AnyIdentity().Login(in.attributes) })
	return pulumix.ApplyErr(in.definition(logins), esc.Fingerprint)
}

// created are the logins whose identities the component creates.
func (in transition) created() []cloudlogin.Login {
	return slices.DeleteFunc(in.Logins(), func(one cloudlogin.Login) bool { return !one.Creates() })
}

// replacedBy are the values that make the clouds replace the identities that are created, by the user's properties.
func (in transition) replacedBy() pulumi.Map {
	all := pulumi.Map{}
	for _, one := range in.created() {
		maps.Copy(all, pulumi.Map(one.ReplacedBy(in.names())))
	}
	return all
}

// granted are the names of children that grant something one by one, and are deleted when they leave the program.
func (in transition) granted() pulumi.Map {
	all := pulumi.Map{}
	for _, one := range in.created() {
		for property, names := range one.Granted(in.children, in.reads()) {
			if len(names) > 0 {
				all[property] = pulumi.ToStringArray(names)
			}
		}
	}
	return all
}

// permissions are what the program gives the identities that are created, by property and name.
func (in transition) permissions() pulumi.Map {
	all := pulumi.Map{}
	for _, one := range in.created() {
		maps.Copy(all, one.Permissions(kit.BlockAt(in.Given, one.Cloud().Name())))
	}
	return all
}

func (in transition) loginAudiences() pulumi.Map {
	all := pulumi.Map{}
	for _, one := range in.Logins() {
		all[one.Cloud().Name()] = pulumix.Apply(in.audiences, one.Cloud().Audience)
	}
	return all
}
