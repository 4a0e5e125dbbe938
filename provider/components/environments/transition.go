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

// transition are what that is decided from.
type transition struct {
	Environment
	attributes, subjects kit.Out[[]string]
	audiences            kit.Out[types.Audiences]
	children             []string // one for each subject
}

// Register registers the child that decides that. An environment that logs in nowhere has nothing to decide.
func (in transition) Register(c *kit.Construction) (cloudlogin.Held, error) {
	desired := cloudlogin.Held{Subjects: in.subjects, AwsReads: in.Secrets.AwsReadsList(), SessionSeconds: in.AWS.MaxSessionSeconds()}
	if len(in.Logins()) == 0 {
		return desired, nil
	}
	props := kit.Properties{
		"project": in.Project, "name": in.Name, "subjects": in.subjects, "needs": in.Needs(),
		"identities": in.ReplacedBy(), "children": in.Granted(), "audiences": in.loginAudiences(),
	}
	kit.SetIf(props, "organization", in.Organization)
	kit.SetIf(props, "awsReads", in.Secrets.AwsReads())
	kit.SetIf(props, "imports", in.Imports)
	if in.Lock != nil {
		props["users"] = pulumix.Apply(*in.Lock, func(lock types.Lock) []string { return lock.Users })
	}
	props["definition"] = in.fingerprint() // by it is told whether what the program gives no longer came with the same
	if permissions := in.Permissions(); len(permissions) > 0 {
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
		return cloudlogin.Held{}, err
	}
	return cloudlogin.Held{
		Subjects:       inPlaceOf(desired.Subjects, pulumix.MustConvertTyped[[]string](child.TrustedSubjects)),
		AwsReads:       inPlaceOf(desired.AwsReads, pulumix.MustConvertTyped[[]string](child.PermittedAWSReads)),
		SessionSeconds: inPlaceOf(desired.SessionSeconds, pulumix.MustConvertTyped[*int](child.MaxAWSSessionSeconds)),
		Permissions:    cloudlogin.KeptIn(c.Context, child.KeptPermissions),
	}, nil
}

// inPlaceOf is a value that was made from another: it depends on what the other depends on, and is as secret.
func inPlaceOf[T any](from, made kit.Out[T]) kit.Out[T] {
	return pulumix.Apply2(from, made, func(_, made T) T { return made })
}

// Needs are the parts of the definition that the cloud side must match. They are made before the cloud side is, so the
// identities in them stand for any.
func (in transition) Needs() kit.Out[map[string]string] {
	logins := cloudlogin.EscLogins(in.Logins(), func(one cloudlogin.Login) kit.Out[esc.Login] { return one.Needs(in.attributes) })
	return pulumix.Apply2Err(logins, in.Secrets.EscStores(), esc.CloudNeeds)
}

// fingerprint tells the definition from others before the identities that its logins name are made: they stand for any.
func (in transition) fingerprint() kit.Out[string] {
	logins := cloudlogin.EscLogins(in.Logins(), func(one cloudlogin.Login) kit.Out[esc.Login] { return one.AnyIdentity().Login(in.attributes) })
	return pulumix.ApplyErr(in.definition(logins), esc.Fingerprint)
}

// created are the logins whose identities the component creates.
func (in transition) created() []cloudlogin.Login {
	return slices.DeleteFunc(in.Logins(), func(one cloudlogin.Login) bool { return !one.Creates() })
}

// ReplacedBy are the values that make the clouds replace the identities that are created, by the user's properties.
func (in transition) ReplacedBy() pulumi.Map {
	all := pulumi.Map{}
	for _, one := range in.created() {
		maps.Copy(all, pulumi.Map(one.ReplacedBy(in.names())))
	}
	return all
}

// Granted are the children that are granted one by one, and deleted when they leave the program.
func (in transition) Granted() pulumi.Map {
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

// Permissions are what the program gives the identities that are created, by property and by what each is called.
func (in transition) Permissions() pulumi.Map {
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
