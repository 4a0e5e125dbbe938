package esc

import (
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// Login is a login to a cloud by OIDC, which an environment makes when it is opened: [AWSLogin], [AzureLogin], [GCPLogin].
// Every login lists its subject attributes: without them the subject of the token under `pulumi up` is the same for every
// environment.
type Login interface {
	// section is the key among the values that holds the login: it is put at values.<section>.login.
	section() string
	// variables are the environment variables by which the cloud's tools find the credentials.
	variables() map[string]string
	// credentials are the variables that are credentials only together, from one origin, sorted.
	credentials() []string
	check() problem.List
	node(e *encoder) *yaml.Node
}

var _ Login = AWSLogin{}

// loginSections stand before all other values, in this order.
var loginSections = []string{"aws", "azure", "gcp"}

func badAttributes(attributes []string) string {
	if len(attributes) > 0 && !slices.Contains(attributes, "") {
		return ""
	}
	return "every login needs its attributes, such as rootEnvironment.name: without them the subject under pulumi up is the same for " +
		"every environment"
}
