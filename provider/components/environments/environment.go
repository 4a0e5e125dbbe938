// Package environments is what components with an ESC environment have in common: its inputs and outputs, its definition, its lock and
// its approval gates, and what is kept while a new definition waits for an approval. Start at [Environment.Register] and [Rules].
package environments

import (
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/cloudlogin"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// Environment is an ESC environment whose cloud credentials only it can assume, as the program gives it.
type Environment struct {
	Inputs
	cloudlogin.CloudLogins
	Lock    *kit.Out[types.Lock]
	Secrets cloudlogin.SecretStores
	Given   property.Map // the inputs before outputs were made of them
}

// Made is an environment that is registered, with its cloud identities and gates.
type Made struct {
	Outputs
	cloudlogin.IdentityOutputs
	Required cloudlogin.Required
}

const token = "leastprivilege:index:Environment"

type child struct {
	pulumi.CustomResourceState
	EnvironmentID pulumi.StringOutput `pulumi:"environmentId"`
	Project       pulumi.StringOutput `pulumi:"project"`
	Name          pulumi.StringOutput `pulumi:"name"`
}

// Register registers the environment, its cloud identities and its gates under a component.
func (in Environment) Register(c *kit.Construction) (Made, error) {
	made := Made{}
	if err := in.warnAboutApproval(c); err != nil {
		return made, err
	}
	organization, lock := c.Organization(in.Organization), in.parsedLock()
	attributes := pulumix.Apply(lock, oidc.SubjectAttributes)
	declared := pulumix.Apply4Err(organization, in.Project, in.Name, lock, subjectsOf)
	made.Audiences = pulumix.Apply2(organization, in.Project, types.AudiencesOf)
	children := subjectNames(c.Session, in.Given)
	var err error
	made.Required, err = transition{
		Environment: in, attributes: attributes, subjects: declared, audiences: made.Audiences, children: children,
	}.decide(c)
	if err != nil {
		return made, err
	}
	made.Subjects = made.Required.Subjects
	identities, ready, err := in.Identities(cloudlogin.Request{
		Construction: c, Required: made.Required, Reads: in.reads(),
		Trust: cloudlogin.Trust{
			Subjects: made.Subjects, Declared: inPlaceOf(made.Subjects, declared), Children: children,
			Issuer: c.Session.IssuerOr(nil), Names: in.names(),
		},
	}, func(one cloudlogin.Cloud) kit.Out[string] { return pulumix.Apply(made.Audiences, one.Audience) }, in.Given, &made.IdentityOutputs)
	if err != nil {
		return made, err
	}
	logins := cloudlogin.ESCLogins(in.Logins(), func(one cloudlogin.Login) kit.Out[esc.Login] { return identities[one.Cloud().Name()].Login(attributes) })
	options := []pulumi.ResourceOption{pulumi.DependsOn(ready)}
	if deletionIsProtected(in.Given) {
		options = append(options, pulumi.Protect(true)) // a preview of a destroy stops before anything is deleted
	}
	environment, err := kit.Register(c, token, c.Name, in.properties(in.definition(logins)), &child{}, options...)
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
	made.UnexpectedOpeners = in.openers(c, organization, made)
	return made, nil
}

// reads are what the identities read from stores.
func (in Environment) reads() cloudlogin.Reads {
	return cloudlogin.Reads{Stores: in.Secrets, Block: kit.BlockAt(in.Given, "secrets")}
}

func (in Environment) names() kit.Out[[]string] {
	return pulumix.Apply2(in.Project, in.Name, func(project, name string) []string { return []string{project, name} })
}

func (in Environment) properties(definition kit.Out[string]) kit.Properties {
	props := kit.Properties{
		"project":           in.Project,
		"name":              in.Name,
		"definition":        definition,
		"deletionProtected": kit.OrElse(in.DeletionProtected, true),
	}
	kit.SetIf(props, "organization", in.Organization)
	kit.SetIf(props, "tags", in.Tags)
	kit.SetIf(props, "gates", in.gatesInput())
	return props
}
