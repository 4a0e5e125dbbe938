package officialclient

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-cloud-sdk/go/apiclient"
	"github.com/pulumi/pulumi-cloud-sdk/go/apitype"
)

// awaited are calls that Pulumi's documentation describes and that the official client does not have yet, by what their names
// begin with. Once a newer version of it has one, the product can be given what the call is for.
var awaited = map[string]string{
	"CreateServicePrincipal":      "a resource ServicePrincipal, which MachineToken and CiTrust name",
	"UpdateServicePrincipal":      "a change of a service principal",
	"DeleteServicePrincipal":      "a deletion of a service principal",
	"UpdateServicePrincipalRoles": "the roles of a service principal, which the call replaces as a list",
	"ListServicePrincipal":        "an import of service principals, with their roles",
	"CreateServicePrincipalToken": "tokens of service principals",
	"SuspendOrganizationMember":   "suspended members as a state that a program declares",
}

// awaitedProperties are properties that the documentation describes and that the official types do not have yet.
var awaitedProperties = []struct {
	in   reflect.Type
	name string
	what string
}{
	{reflect.TypeFor[apitype.OperationContext](), "ServicePrincipal", "the service principal that a stack's deployments run as"},
	{reflect.TypeFor[apitype.OperationContext](), "Team", "the team that a stack's deployments run as"},
	{reflect.TypeFor[apitype.DeploymentSettings](), "RunsAs", "what a stack's deployments run as"},
	{reflect.TypeFor[apitype.GetDeploymentResponse](), "RunsAs", "DeploymentRunsAs, what a deployment ran as"},
}

// A newer official client that has what is awaited fails here, and the message says what to build with it.
func TestWhatIsAwaitedIsStillMissing(t *testing.T) {
	t.Parallel()
	client := reflect.TypeFor[*apiclient.CloudClient]()
	for i := range client.NumMethod() {
		for prefix, what := range awaited {
			if name := client.Method(i).Name; strings.HasPrefix(name, prefix) {
				t.Errorf("the official client has %s now: build %s, and take %s off the list", name, what, prefix)
			}
		}
	}
	for _, property := range awaitedProperties {
		if field, has := property.in.FieldByNameFunc(func(name string) bool { return strings.Contains(name, property.name) }); has {
			t.Errorf("%s has %s now: read %s", property.in, field.Name, property.what)
		}
	}
	// What is there for service principals, so that the names above are those that would follow.
	if !slices.Contains(apitype.OrganizationMemberKindBackend.AllValues(), apitype.OrganizationMemberKindServicePrincipal) {
		t.Error("the official client no longer lists service principals")
	}
}
