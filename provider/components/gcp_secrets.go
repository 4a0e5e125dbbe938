package components

import (
	"encoding/json"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumix"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

const gcpSecretMemberToken = "gcp:secretmanager/secretIamMember:SecretIamMember"

// gcpSecretAccessor is the role that allows to read the value of a secret, and nothing else; see
// https://cloud.google.com/secret-manager/docs/access-control.
const gcpSecretAccessor = "roles/secretmanager.secretAccessor"

// gcpReads are the names of the secrets that are read from Google, nil for none.
func (s SecretStores) gcpReads() *out[[]string] {
	if s.GoogleSecretManager == nil {
		return nil
	}
	names := pulumix.Apply(*s.GoogleSecretManager, types.GoogleSecretManager.Names)
	return &names
}

// readers let the service account read exactly the secrets that are named: it is a member of each.
func (p gcpParent) readers(identity gcpIdentity, reads storeReads) ([]pulumi.Resource, error) {
	secrets := reads.stores.gcpReads()
	if secrets == nil {
		return nil, nil
	}
	var made []pulumi.Resource
	for i, called := range gcpReaderNames(reads.block) {
		child := &gcpChild{}
		err := p.register(gcpSecretMemberToken, childName(p.name, called), properties{
			"project":  p.project,
			"secretId": pulumix.Apply(*secrets, func(all []string) string { return all[i] }),
			"role":     pulumi.String(gcpSecretAccessor),
			"member":   pulumix.Apply(identity.serviceAccount, gcpServiceAccountMember),
		}, child)
		if err != nil {
			return nil, err
		}
		made = append(made, child)
	}
	return made, nil
}

func gcpServiceAccountMember(email string) string { return "serviceAccount:" + email }

// gcpReaderNames are what those children are called by: each by its secret. While one of these is not known, all are counted;
// one may be secret, which no name shows.
func gcpReaderNames(block *property.Map) []string {
	if block == nil {
		return nil
	}
	store := valueOf[types.GoogleSecretManager](*block, "googleSecretManager")
	if store == nil {
		return nil
	}
	switch given := block.Get("googleSecretManager"); {
	case given.HasComputed():
		return counted(len(store.Get))
	case given.HasSecrets():
		return counted(len(store.Names()))
	}
	return store.Names()
}

// googleStoreMustKnown are the parts of a store that decide how many members there are.
func googleStoreMustKnown(in property.Map) []string {
	if !createsIdentity(blockAt(in, "gcp")) {
		return nil
	}
	return []string{"secrets.googleSecretManager", "secrets.googleSecretManager.get"}
}

// gcpSecretIAMMembers say as JSON who must be a member of which secret, nil when nothing is read from Google.
func (s SecretStores) gcpSecretIAMMembers(login *GCPLogin, account out[*string]) out[*string] {
	reads := s.gcpReads()
	if reads == nil {
		return known[*string](nil)
	}
	return present(pulumix.Apply3Err(*reads, *login.ProjectNumber, account, writeSecretMembers)) // it is logged in to Google: see the check
}

func writeSecretMembers(names []string, number string, account *string) (string, error) {
	type document struct {
		Resource string `json:"resource"`
		Role     string `json:"role"`
		Member   string `json:"member"`
	}
	written := make([]document, len(names))
	for i, name := range names {
		written[i] = document{
			Resource: "projects/" + number + "/secrets/" + name, Role: gcpSecretAccessor, Member: gcpServiceAccountMember(ptr.Value(account)),
		}
	}
	out, err := json.Marshal(written)
	return string(out), err
}
