package types

import (
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// MissingGrant is a grant that would give an access.
type MissingGrant struct {
	Kind string `pulumi:"kind"`
	Name string `pulumi:"name"`
	Text string `pulumi:"text"`
}

// Annotate describes the grant.
func (m *MissingGrant) Annotate(a infer.Annotator) {
	a.Describe(m, "The smallest grant of its kind that would give a scope.")
	a.Describe(&m.Kind, "`rule`, `assignment`, `grant`, `role`, `organizationRole`, `token`, `deploymentRole`, `team` or `import`.")
	a.Describe(&m.Name, "The scope of a rule, the permission of an assignment or grant, the name of a role or team, or the environment that "+
		"has to be opened as well.")
	a.Describe(&m.Text, "The grant for people.")
}

// MissingGrantsOf translates missing grants.
func MissingGrantsOf(in []graph.Missing) []MissingGrant {
	out := make([]MissingGrant, len(in))
	for i, one := range in {
		out[i] = MissingGrant{Kind: string(one.Kind), Name: one.Name, Text: one.Text}
	}
	return out
}

// ReachedEntity is an entity that a principal can reach.
type ReachedEntity struct {
	Name           string       `pulumi:"name"`
	Scope          string       `pulumi:"scope"`
	Certainty      Certainty    `pulumi:"certainty"`
	Gated          bool         `pulumi:"gated"`
	MissingImports []string     `pulumi:"missingImports"`
	Paths          []AccessPath `pulumi:"paths"`
}

// Annotate describes the entity.
func (r *ReachedEntity) Annotate(a infer.Annotator) {
	a.Describe(r, "A stack, environment or account that a principal can reach.")
	a.Describe(&r.Name, "`project/name`, or the name of an account.")
	a.Describe(&r.Scope, "The strongest scope that it holds there. Of an environment, in this order: `environment:read`, "+
		"`environment_version:open`, `environment:open`, `environment:write`, `environment:delete`; of a stack `stack:read`, `stack:write`, "+
		"`stack:delete`; of an account `insights_account:read`, `insights_account:update`, `insights_account:delete`. Another scope where it "+
		"holds none of these.")
	a.Describe(&r.Certainty, "Whether it holds the scope for certain.")
	a.Describe(&r.Gated, "Whether it takes an approval each time.")
	a.Describe(&r.MissingImports, "Environments that the environment imports and that the principal may not open, so that it cannot open this one.")
	a.Describe(&r.Paths, "Every way to the scope.")
}

// ReachedEntitiesOf translates entities.
func ReachedEntitiesOf(in []graph.Reach) []ReachedEntity {
	out := make([]ReachedEntity, len(in))
	for i, one := range in {
		out[i] = ReachedEntity{
			Name: one.Name, Scope: one.Scope, Certainty: Certainty(one.Certainty), Gated: one.Gated,
			MissingImports: append([]string{}, one.Missing...), Paths: AccessPathsOf(one.Paths),
		}
	}
	return out
}

// ReachedIdentity is an identity of a cloud that a principal can log in as.
type ReachedIdentity struct {
	Cloud     string    `pulumi:"cloud"`
	Identity  string    `pulumi:"identity"`
	Through   []string  `pulumi:"through"`
	Certainty Certainty `pulumi:"certainty"`
}

// Annotate describes the identity.
func (r *ReachedIdentity) Annotate(a infer.Annotator) {
	a.Describe(r, "An identity of a cloud that a principal can log in as.")
	a.Describe(&r.Cloud, "`aws`, `azure`, `gcp`, or the name of another service that ESC logs in to.")
	a.Describe(&r.Identity, "The role's ARN, the client id, or the service account, as the definition writes it. Empty where the definition "+
		"hides it or logs in with stored credentials.")
	a.Describe(&r.Through, "What logs in as it: environments that the principal can open, or the deployments of a stack.")
	a.Describe(&r.Certainty, "Whether it can for certain.")
}

// ReachedIdentitiesOf translates identities.
func ReachedIdentitiesOf(in []graph.CloudIdentity) []ReachedIdentity {
	out := make([]ReachedIdentity, len(in))
	for i, one := range in {
		out[i] = ReachedIdentity{Cloud: one.Cloud, Identity: one.Identity, Through: append([]string{}, one.Through...), Certainty: Certainty(one.Certainty)}
	}
	return out
}

// SecretName is the name of a secret.
type SecretName struct {
	Environment string `pulumi:"environment"`
	Path        string `pulumi:"path"`
}

// Annotate describes the name.
func (s *SecretName) Annotate(a infer.Annotator) {
	a.Describe(s, "The name of a secret. Its value is not read.")
	a.Describe(&s.Environment, "The environment that holds it, as `project/name`.")
	a.Describe(&s.Path, "Where it is among the environment's values.")
}

// SecretNamesOf translates names.
func SecretNamesOf(in []graph.SecretName) []SecretName {
	out := make([]SecretName, len(in))
	for i, one := range in {
		out[i] = SecretName(one)
	}
	return out
}
