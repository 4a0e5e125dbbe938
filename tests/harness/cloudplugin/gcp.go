package cloudplugin

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-gcp/sdk/v9/go/gcp/iam"
	"github.com/pulumi/pulumi-gcp/sdk/v9/go/gcp/projects"
	"github.com/pulumi/pulumi-gcp/sdk/v9/go/gcp/secretmanager"
	"github.com/pulumi/pulumi-gcp/sdk/v9/go/gcp/serviceaccount"
)

// gcpProjectNumber is that of every project: Google names pools by the number of their project.
const gcpProjectNumber = "123456789012"

var gcpResources = registry{
	"gcp:iam/workloadIdentityPool:WorkloadIdentityPool": {
		args: iam.WorkloadIdentityPoolArgs{}, fixed: []string{"project", "workloadIdentityPoolId"},
		create: createGCPPool,
	},
	"gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": {
		args: iam.WorkloadIdentityPoolProviderArgs{}, required: []string{"oidc", "attributeMapping"},
		fixed:  []string{"project", "workloadIdentityPoolId", "workloadIdentityPoolProviderId"},
		create: createGCPProvider, remove: removeGCPProvider,
	},
	"gcp:serviceaccount/account:Account": {
		args: serviceaccount.AccountArgs{}, required: []string{"accountId"}, fixed: []string{"project", "accountId"},
		create: createGCPAccount, remove: removeGCPAccount,
	},
	"gcp:serviceaccount/iAMBinding:IAMBinding": {
		args: serviceaccount.IAMBindingArgs{}, required: []string{"members"}, fixed: []string{"serviceAccountId", "role"},
		create: createGCPBinding, read: readGCPBinding, remove: removeGCPBinding,
	},
	"gcp:secretmanager/secretIamMember:SecretIamMember": {
		args: secretmanager.SecretIamMemberArgs{}, fixed: []string{"project", "secretId", "role", "member"},
		create: createGCPSecretMember, read: readGCPSecretMember, remove: removeGCPSecretMember,
	},
	// What a service account may do in a project is not decided in the sandbox.
	"gcp:projects/iAMMember:IAMMember": {
		args: projects.IAMMemberArgs{}, fixed: []string{"project", "role", "member"},
		create: func(_ context.Context, _ cloud, inputs values) (string, map[string]any, error) {
			return inputs.text("project") + "/" + inputs.text("role") + "/" + inputs.text("member"), nil, nil
		},
	},
}

func gcpPoolName(v values) string {
	return "projects/" + gcpProjectNumber + "/locations/global/workloadIdentityPools/" + v.text("workloadIdentityPoolId")
}

func createGCPPool(_ context.Context, _ cloud, inputs values) (string, map[string]any, error) {
	return gcpPoolName(inputs), map[string]any{"name": gcpPoolName(inputs)}, nil
}

func gcpProviderName(v values) string {
	return gcpPoolName(v) + "/providers/" + v.text("workloadIdentityPoolProviderId")
}

func createGCPProvider(ctx context.Context, in cloud, inputs values) (string, map[string]any, error) {
	name := gcpProviderName(inputs)
	return name, map[string]any{"name": name}, in.send(ctx, http.MethodPost, "gcp/providers", map[string]any{
		"name": name, "oidc": inputs.of("oidc"),
		"attributeMapping": inputs.of("attributeMapping"), "attributeCondition": inputs.text("attributeCondition"),
	}, nil)
}

func removeGCPProvider(ctx context.Context, in cloud, _ string, state values) error {
	return in.send(ctx, http.MethodDelete, "gcp/providers?name="+url.QueryEscape(gcpProviderName(state)), nil, nil)
}

func gcpEmail(v values) string {
	return v.text("accountId") + "@" + v.text("project") + ".iam.gserviceaccount.com"
}

func createGCPAccount(ctx context.Context, in cloud, inputs values) (string, map[string]any, error) {
	email := gcpEmail(inputs)
	name := "projects/" + inputs.text("project") + "/serviceAccounts/" + email
	return name, map[string]any{"name": name, "email": email}, in.send(ctx, http.MethodPost, "gcp/service-accounts", map[string]any{"email": email}, nil)
}

func removeGCPAccount(ctx context.Context, in cloud, _ string, state values) error {
	return in.send(ctx, http.MethodDelete, "gcp/service-accounts?email="+url.QueryEscape(gcpEmail(state)), nil, nil)
}

// gcpAccount is a service account and the bindings on it.
type gcpAccount struct {
	Email    string       `json:"email"`
	Bindings []gcpBinding `json:"bindings"`
}

type gcpBinding struct {
	Role    string   `json:"role"`
	Members []string `json:"members"`
}

// gcpAccountOf is the service account of a binding, without the binding's role, and the members of that role.
func gcpAccountOf(ctx context.Context, in cloud, v values) (gcpAccount, []string, error) {
	var all struct{ ServiceAccounts []gcpAccount }
	if err := in.send(ctx, http.MethodGet, "gcp/service-accounts", nil, &all); err != nil {
		return gcpAccount{}, nil, err
	}
	email := v.text("serviceAccountId")[strings.LastIndex(v.text("serviceAccountId"), "/")+1:]
	i := slices.IndexFunc(all.ServiceAccounts, func(a gcpAccount) bool { return a.Email == email })
	if i < 0 {
		return gcpAccount{}, nil, errGone{"there is no service account " + email}
	}
	account := all.ServiceAccounts[i]
	var members []string
	rest := []gcpBinding{}
	for _, binding := range account.Bindings {
		if binding.Role == v.text("role") {
			members = binding.Members
		} else {
			rest = append(rest, binding)
		}
	}
	account.Bindings = rest
	return account, members, nil
}

// createGCPBinding gives the role to these members and to nobody else.
func createGCPBinding(ctx context.Context, in cloud, inputs values) (string, map[string]any, error) {
	account, _, err := gcpAccountOf(ctx, in, inputs)
	if err != nil {
		return "", nil, err
	}
	binding := gcpBinding{Role: inputs.text("role")}
	for _, member := range inputs.of("members").([]any) {
		binding.Members = append(binding.Members, member.(string))
	}
	account.Bindings = append(account.Bindings, binding)
	return inputs.text("serviceAccountId") + "/" + binding.Role, nil, in.send(ctx, http.MethodPost, "gcp/service-accounts", account, nil)
}

func readGCPBinding(ctx context.Context, in cloud, _ string, state values) (map[string]any, error) {
	_, members, err := gcpAccountOf(ctx, in, state)
	if err == nil && members == nil {
		err = errGone{"nobody has the role " + state.text("role")}
	}
	if err != nil {
		return nil, err
	}
	return map[string]any{"serviceAccountId": state.text("serviceAccountId"), "role": state.text("role"), "members": members}, nil
}

func removeGCPBinding(ctx context.Context, in cloud, _ string, state values) error {
	account, _, err := gcpAccountOf(ctx, in, state)
	if err != nil {
		return err
	}
	return in.send(ctx, http.MethodPost, "gcp/service-accounts", account, nil)
}

func gcpSecretName(v values) string {
	return "projects/" + gcpProjectNumber + "/secrets/" + v.text("secretId")
}

func createGCPSecretMember(ctx context.Context, in cloud, inputs values) (string, map[string]any, error) {
	id := "projects/" + inputs.text("project") + "/secrets/" + inputs.text("secretId") + "/" + inputs.text("role") + "/" + inputs.text("member")
	return id, nil, in.send(ctx, http.MethodPost, "gcp/members", map[string]any{
		"secret": gcpSecretName(inputs), "role": inputs.text("role"), "member": inputs.text("member"),
	}, nil)
}

// readGCPSecretMember returns the inputs as they are while the member has the role on the secret.
func readGCPSecretMember(ctx context.Context, in cloud, _ string, state values) (map[string]any, error) {
	var all struct {
		Secrets []struct {
			Name     string       `json:"name"`
			Bindings []gcpBinding `json:"bindings"`
		}
	}
	if err := in.send(ctx, http.MethodGet, "gcp/secrets", nil, &all); err != nil {
		return nil, err
	}
	for _, secret := range all.Secrets {
		for _, binding := range secret.Bindings {
			if secret.Name == gcpSecretName(state) && binding.Role == state.text("role") && slices.Contains(binding.Members, state.text("member")) {
				return map[string]any{
					"project": state.text("project"), "secretId": state.text("secretId"), "role": binding.Role, "member": state.text("member"),
				}, nil
			}
		}
	}
	return nil, errGone{state.text("member") + " does not have " + state.text("role") + " on " + gcpSecretName(state)}
}

func removeGCPSecretMember(ctx context.Context, in cloud, _ string, state values) error {
	query := url.Values{"secret": {gcpSecretName(state)}, "role": {state.text("role")}, "member": {state.text("member")}}
	return in.send(ctx, http.MethodDelete, "gcp/members?"+query.Encode(), nil, nil)
}
