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
// contain, so that CreateOrganizationServicePrincipal is found as well. Once a newer version of it has one, the product can be given what
// the call is for.
var awaited = map[string]string{
	"ServicePrincipal": "a resource ServicePrincipal with its creation, its roles (a call replaces them as a list), its tokens and an import, which " +
		"MachineToken and CiTrust name",
	"SuspendOrganizationMember": "suspended members as a state that a program declares",
	"SuspendMember":             "suspended members as a state that a program declares",
	"RestoreOrganizationMember": "suspended members as a state that a program declares",
}

// awaitedProperties are properties that the documentation describes and that the official types do not have yet: by any part of these
// names, in whatever deployment settings are read from and written with.
var awaitedProperties = []string{"ServicePrincipal", "Principal", "Team", "RunsAs", "RunAs"}

var deploymentSettings = []reflect.Type{
	reflect.TypeFor[apitype.OperationContext](), reflect.TypeFor[apitype.OperationContextRequest](),
	reflect.TypeFor[apitype.DeploymentSettings](), reflect.TypeFor[apitype.DeploymentSettingsRequest](), reflect.TypeFor[apitype.CreateDeploymentRequest](),
	reflect.TypeFor[apitype.GetDeploymentResponse](), // DeploymentRunsAs, what a deployment ran as
}

// A newer official client that has what is awaited fails here, and the message says what to build with it.
func TestWhatIsAwaitedIsStillMissing(t *testing.T) {
	t.Parallel()
	client := reflect.TypeFor[*apiclient.CloudClient]()
	for i := range client.NumMethod() {
		for part, what := range awaited {
			if name := client.Method(i).Name; strings.Contains(name, part) {
				t.Errorf("the official client has %s now: build %s, and take %s off the list", name, what, part)
			}
		}
	}
	for _, settings := range deploymentSettings {
		for _, part := range awaitedProperties {
			if field, has := settings.FieldByNameFunc(func(name string) bool { return strings.Contains(name, part) }); has {
				t.Errorf("%s has %s now: read and write the service principal or the team that a stack's deployments run as", settings, field.Name)
			}
		}
	}
	// What is there for service principals, so that the names above are those that would follow.
	if !slices.Contains(apitype.OrganizationMemberKindBackend.AllValues(), apitype.OrganizationMemberKindServicePrincipal) {
		t.Error("the official client no longer lists service principals")
	}
}
