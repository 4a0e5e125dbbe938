package components

import (
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// environmentParts are what an ESC environment is made of whose cloud credentials only it can assume. The components that have
// one share them.
type environmentParts struct {
	EnvironmentInputs
	CloudLogins
	lock    *out[types.Lock]
	secrets SecretStores
	given   property.Map // what the inputs were before outputs were made of them
}

// madeEnvironment is such an environment with its cloud identities and gates.
type madeEnvironment struct {
	EnvironmentOutputs
	IdentityOutputs
	held held
}

const environmentToken = "leastprivilege:index:Environment"

type environmentChild struct {
	pulumi.CustomResourceState
	EnvironmentID pulumi.StringOutput `pulumi:"environmentId"`
	Project       pulumi.StringOutput `pulumi:"project"`
	Name          pulumi.StringOutput `pulumi:"name"`
}

// register registers the environment, its cloud identities and its gates under a component.
func (in environmentParts) register(c *Construction) (madeEnvironment, error) {
	made := madeEnvironment{}
	if err := in.warnAboutApproval(c); err != nil {
		return made, err
	}
	organization, lock := c.Organization(in.Organization), in.parsedLock()
	attributes := pulumix.Apply(lock, oidc.SubjectAttributes)
	declared := pulumix.Apply4Err(organization, in.Project, in.Name, lock, environmentSubjects)
	made.Audiences = pulumix.Apply2(organization, in.Project, types.AudiencesOf)
	children := environmentSubjectNames(c.Session, in.given)
	var err error
	made.held, err = transitionParts{
		environmentParts: in, attributes: attributes, subjects: declared, audiences: made.Audiences, children: children,
	}.register(c)
	if err != nil {
		return made, err
	}
	made.Subjects = made.held.subjects
	identities, ready, err := in.identities(identityRequest{
		Construction: c, held: made.held, reads: in.reads(),
		trust: trust{
			subjects: made.Subjects, declared: inPlaceOf(made.Subjects, declared), children: children,
			issuer: c.Session.IssuerOr(nil), names: in.names(),
		},
	}, func(one cloud) out[string] { return pulumix.Apply(made.Audiences, one.audience) }, in.given, &made.IdentityOutputs)
	if err != nil {
		return made, err
	}
	logins := escLogins(in.logins(), func(one login) out[esc.Login] { return identities[one.cloud().name()].login(attributes) })
	options := []pulumi.ResourceOption{pulumi.DependsOn(ready)}
	if deletionIsProtected(in.given) {
		options = append(options, pulumi.Protect(true)) // a preview of a destroy stops before anything is deleted
	}
	environment, err := register(c, environmentToken, c.Name, in.properties(in.definition(logins)), &environmentChild{}, options...)
	if err != nil {
		return made, err
	}
	gates, err := in.registerGates(c, environment)
	if err != nil {
		return made, err
	}
	made.OpenGateID, made.UpdateGateID = gates.openID, gates.updateID
	made.EnvironmentID = gates.guarded(environment.EnvironmentID)
	made.Project, made.Name = gates.guarded(environment.Project), gates.guarded(environment.Name)
	return made, nil
}

// reads are what the identities read from stores.
func (in environmentParts) reads() storeReads {
	return storeReads{stores: in.secrets, block: blockAt(in.given, "secrets")}
}

func (in environmentParts) names() out[[]string] {
	return pulumix.Apply2(in.Project, in.Name, func(project, name string) []string { return []string{project, name} })
}

func (in environmentParts) properties(definition out[string]) properties {
	props := properties{
		"project":           in.Project,
		"name":              in.Name,
		"definition":        definition,
		"deletionProtected": orElse(in.DeletionProtected, true),
	}
	setIf(props, "organization", in.Organization)
	setIf(props, "tags", in.Tags)
	setIf(props, "gates", in.gatesOfEnvironment())
	return props
}
