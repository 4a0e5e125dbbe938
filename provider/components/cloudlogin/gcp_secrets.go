package cloudlogin

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
)

const gcpSecretMemberToken = "gcp:secretmanager/secretIamMember:SecretIamMember"

// gcpReads are the names of the secrets that are read from Google, nil for none.
func (s SecretStores) gcpReads() *kit.Out[[]string] {
	return permissionsToRead(s, gcpCloud{}.Name(), func(needed stores.Permissions) ([]string, error) { return needed.Google, nil })
}

// readers let the service account read exactly the secrets that are named: it is a member of each.
func (p gcpParent) readers(identity gcpIdentity, reads Reads) ([]pulumi.Resource, error) {
	secrets := reads.Stores.gcpReads()
	if secrets == nil {
		return nil, nil
	}
	var made []pulumi.Resource
	for i, called := range gcpReaderNames(reads.Block) {
		child := &kit.Child{}
		err := p.RegisterForeign(gcpSecretMemberToken, gcpVersion, kit.ChildName(p.Name, called), kit.Properties{
			"project":  p.project,
			"secretId": pulumix.Apply(*secrets, func(all []string) string { return all[i] }),
			"role":     pulumi.String(stores.GoogleSecretAccessor),
			"member":   pulumix.Apply(identity.serviceAccount, stores.GoogleServiceAccount),
		}, child)
		if err != nil {
			return nil, err
		}
		made = append(made, child)
	}
	return made, nil
}

// gcpReaderNames are what those children are called by: each by its secret.
func gcpReaderNames(block *property.Map) []string {
	if block == nil {
		return nil
	}
	store := kit.ValueOf[stores.GoogleSecretManager](*block, stores.GoogleSecretManager{}.Name())
	if store == nil {
		return nil
	}
	all := slices.Collect(maps.Values(store.Get))
	names := kit.Convert(all, func(secret stores.GoogleSecret) string { return secret.Name })
	given := block.Get(store.Name())
	return kit.EachName(names, given.HasComputed(), given.HasSecrets(), kit.Distinct, func(names []string) []string { return names })
}

// GCPSecretIAMMembers say as JSON who must be a member of which secret, nil when nothing is read from Google.
func (s SecretStores) GCPSecretIAMMembers(login *GCPLogin, account kit.Out[*string]) kit.Out[*string] {
	reads := s.gcpReads()
	if reads == nil {
		return kit.Known[*string](nil)
	}
	return kit.Present(pulumix.Apply3Err(*reads, *login.ProjectNumber, account, // it is logged in to Google: see the check
		func(secrets []string, number string, account *string) (string, error) {
			return stores.GoogleDocument(secrets, number, ptr.Value(account))
		}))
}
