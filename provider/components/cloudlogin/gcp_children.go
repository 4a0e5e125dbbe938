package cloudlogin

import (
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/googleid"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
)

// Children from the official gcp package, by token: its SDK would make the plugin larger by a seventh for five resources.
// Tests hold tokens and properties against the SDK's types.
const (
	gcpVersion             = "9.37.0"
	gcpPoolToken           = "gcp:iam/workloadIdentityPool:WorkloadIdentityPool"
	gcpProviderToken       = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
	gcpServiceAccountToken = "gcp:serviceaccount/account:Account"
	gcpBindingToken        = "gcp:serviceaccount/iAMBinding:IAMBinding"
	gcpProjectMemberToken  = "gcp:projects/iAMMember:IAMMember"
)

// gcpImpersonator is the role that lets federated identities act as a service account.
const gcpImpersonator = "roles/iam.workloadIdentityUser"

type (
	gcpAccountChild struct {
		pulumi.CustomResourceState
		Email pulumi.StringOutput `pulumi:"email"`
		Name  pulumi.StringOutput `pulumi:"name"`
	}
)

// gcpParent registers children from the gcp package below a component.
type gcpParent struct {
	*kit.Construction
	project kit.Out[string]
}

// identity makes the pool if it is asked for, its provider, the service account, and who may act as it.
func (p gcpParent) identity(identity *gcpIdentity, roles []string, req Request) error {
	login, trust := identity.block, req.Trust
	provider, err := p.provider(*identity, trust)
	if err != nil {
		return err
	}
	account := &gcpAccountChild{}
	err = p.RegisterForeign(gcpServiceAccountToken, gcpVersion, p.Name, kit.Properties{
		"project":     p.project,
		"accountId":   kit.OrElseOutput(login.ServiceAccountID, defaultGoogleID(trust.Names, googleid.MaxAccountID)),
		"displayName": displayName(trust.Names),
		"description": pulumi.String("Used from Pulumi Cloud, by exactly the principals that are bound to it."),
	}, account)
	if err != nil {
		return err
	}
	identity.serviceAccount = pulumix.MustConvertTyped[string](account.Email)
	// The binding is owned whole: a principal that is added by hand is removed.
	binding := &kit.Child{}
	err = p.RegisterForeign(gcpBindingToken, gcpVersion, p.Name, kit.Properties{
		"serviceAccountId": account.Name, "role": pulumi.String(gcpImpersonator), "members": identity.principals,
	}, binding, provider)
	if err != nil {
		return err
	}
	granted, err := p.roles(*identity, kit.OrZero(login.Roles), roles, req.Required.Permissions)
	identity.children = append([]pulumi.Resource{provider, binding}, granted...)
	return err
}

func (p gcpParent) provider(identity gcpIdentity, trust Trust) (pulumi.Resource, error) {
	login := identity.block
	var pool []pulumi.Resource
	if ptr.Value(login.CreatePool) {
		child := &kit.Child{}
		err := p.RegisterForeign(gcpPoolToken, gcpVersion, p.Name, kit.Properties{
			"project": p.project, "workloadIdentityPoolId": identity.poolID,
			"description": pulumi.String("Identities of Pulumi Cloud's environments and deployments."),
		}, child)
		if err != nil {
			return nil, err
		}
		pool = append(pool, child)
	}
	child := &kit.Child{}
	return child, p.RegisterForeign(gcpProviderToken, gcpVersion, p.Name, kit.Properties{
		"project":                        p.project,
		"workloadIdentityPoolId":         identity.poolID,
		"workloadIdentityPoolProviderId": identity.providerID,
		"displayName":                    displayName(trust.Names),
		"description":                    pulumi.String("Admits exactly the subjects in its condition."),
		"oidc": pulumi.Map{
			"issuerUri":        pulumix.Apply(identity.provider, func(w oidc.GoogleWorkloadIdentity) string { return w.OIDC.IssuerURI }),
			"allowedAudiences": pulumix.Apply(identity.provider, func(w oidc.GoogleWorkloadIdentity) []string { return w.OIDC.AllowedAudiences }),
		},
		"attributeMapping":   pulumix.Apply(identity.provider, func(w oidc.GoogleWorkloadIdentity) map[string]string { return w.AttributeMapping }),
		"attributeCondition": identity.condition,
	}, child, pool...)
}

// roles grants the service account its roles on the project, one child for each name, and those that are kept.
func (p gcpParent) roles(identity gcpIdentity, all kit.Out[[]string], names []string, kept keptPermissions) ([]pulumi.Resource, error) {
	distinct := pulumix.Apply(all, kit.Distinct)
	roles := map[string]kit.Out[string]{}
	for i, name := range names {
		roles[name] = pulumix.Apply(distinct, func(all []string) string { return all[i] })
	}
	for _, name := range kept.names(gcpRoles) {
		roles[name] = kept.value(gcpRoles, name)
	}
	member := pulumix.Apply(identity.serviceAccount, stores.GoogleServiceAccount)
	var made []pulumi.Resource
	for _, name := range slices.Sorted(maps.Keys(roles)) {
		child := &kit.Child{}
		err := p.RegisterForeign(gcpProjectMemberToken, gcpVersion, kit.ChildName(p.Name, name), kit.Properties{
			"project": p.project,
			"role":    roles[name],
			"member":  member,
		}, child)
		if err != nil {
			return nil, err
		}
		made = append(made, child)
	}
	return made, nil
}

// gcpRoleNames are what the role grants of a gcp block are called by, known at preview: each by its role.
func gcpRoleNames(block *property.Map) []string {
	if block == nil {
		return nil
	}
	all := kit.ValueOf[[]string](*block, "roles")
	if all == nil {
		return nil
	}
	given := block.Get("roles")
	return kit.EachName(*all, given.HasComputed(), given.HasSecrets(), kit.Distinct, roleNames)
}

// roleNames are what distinct roles are called by: without slashes where that tells them apart, else as they are.
func roleNames(distinct []string) []string {
	short := func(role string) string { return strings.ReplaceAll(strings.TrimPrefix(role, "roles/"), "/", "-") }
	alike := map[string]int{}
	for _, role := range distinct {
		alike[short(role)]++
	}
	names := make([]string, len(distinct))
	for i, role := range distinct {
		if names[i] = short(role); alike[names[i]] > 1 {
			names[i] = role
		}
	}
	return names
}

// displayName is what Google's console shows; it holds at most 32 characters for a provider.
func displayName(names kit.Out[[]string]) kit.Out[string] {
	return pulumix.Apply(names, func(names []string) string {
		text := []rune("Pulumi " + strings.Join(names, "/"))
		return string(text[:min(len(text), 32)])
	})
}
