package esc

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Contents is what opening a definition gives, by name: it holds no value of a secret.
type Contents struct {
	Logins  []LoginAt
	Secrets []SecretAt
	// Credentials are long-lived keys of clouds, and Plain the paths of values that by their names are secrets, and are not
	// written as such.
	Credentials []CredentialAt
	Plain       []string
}

// LoginAt is a login among the values of a definition. Identity is what it logs in as, as the definition writes it: a role's ARN, the
// client id of an application, a service account; "" where it is computed or a secret.
type LoginAt struct{ Cloud, Identity, Path string }

// SecretAt is a secret among the values of a definition. Source is the provider or rotator that it comes from, "" for one that stands
// in the definition.
type SecretAt struct{ Path, Source string }

const openKey = "fn::open"

// ContentsOf reads what opening a definition gives, without opening it. Its error quotes nothing of the text.
func ContentsOf(definition string) (Contents, error) {
	documents, err := parse(definition)
	if err != nil || len(documents) > 1 {
		return Contents{}, errors.New("the definition is not one YAML document")
	}
	var found contents
	for _, document := range documents {
		if firstAlias(document) != nil {
			return Contents{}, errors.New("the definition has aliases, which ESC has not")
		}
		for _, root := range document.Content {
			if values := valueAt(root, "values"); values != nil {
				found.read("", values)
			}
		}
	}
	return found.Contents, nil
}

type contents struct{ Contents }

// read finds what stands at a path, and below it. What stands in the arguments of a function belongs to the path of its call.
func (c *contents) read(path string, node *yaml.Node) {
	switch node.Kind {
	case yaml.SequenceNode:
		for i, element := range node.Content {
			c.read(fmt.Sprintf("%s[%d]", path, i), element)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			name, value := node.Content[i].Value, node.Content[i+1]
			if !strings.HasPrefix(name, "fn::") {
				at := strings.TrimPrefix(join(path, name), ".")
				c.named(at, name, value)
				c.read(at, value)
				continue
			}
			c.call(path, name, value)
		}
	}
}

func (c *contents) call(path, name string, arguments *yaml.Node) {
	inputs := arguments
	plugin, short := strings.CutPrefix(name, openKey+"::")
	if name == openKey {
		plugin, inputs = scalarAt(arguments, "provider"), valueAt(arguments, "inputs")
	}
	switch {
	case name == secretKey:
		c.secret(path, "")
		return
	case name == rotateKey, strings.HasPrefix(name, rotateKey+"::"):
		c.secret(path, rotatorName(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{scalar("!!str", name), arguments}}))
	case !short && name != openKey:
	case strings.HasSuffix(plugin, "-login") || plugin == "oidc":
		c.Logins = append(c.Logins, LoginAt{Path: path, Cloud: strings.TrimSuffix(plugin, "-login"), Identity: identityOf(plugin, inputs)})
		c.static(path, plugin, inputs)
	default:
		c.stored(path, plugin, inputs)
	}
	c.within(path, arguments)
}

// within finds secrets and logins that stand in the arguments of a function.
func (c *contents) within(path string, arguments *yaml.Node) {
	inner := contents{}
	inner.read("", arguments)
	for _, login := range inner.Logins {
		login.Path = path
		c.Logins = append(c.Logins, login)
	}
	for _, secret := range inner.Secrets {
		c.secret(path, secret.Source)
	}
}

// stored adds what a provider reads: each by its name where the inputs name what is read, else all of it by the path of the call.
func (c *contents) stored(path, plugin string, inputs *yaml.Node) {
	named := false
	for _, list := range []string{"get", "read", "access"} {
		if inputs == nil {
			break
		}
		entries := valueAt(inputs, list)
		if entries == nil || entries.Kind != yaml.MappingNode {
			continue
		}
		for i := 0; i+1 < len(entries.Content); i += 2 {
			named = true
			c.secret(strings.TrimPrefix(join(path, entries.Content[i].Value), "."), plugin)
		}
	}
	if !named {
		c.secret(path, plugin)
	}
}

func (c *contents) secret(path, source string) {
	if one := (SecretAt{path, source}); !slices.Contains(c.Secrets, one) {
		c.Secrets = append(c.Secrets, one)
	}
}

// identityOf is what a login logs in as.
func identityOf(plugin string, inputs *yaml.Node) string {
	if inputs == nil {
		return ""
	}
	exchange := valueAt(inputs, "oidc")
	if exchange == nil || exchange.Kind != yaml.MappingNode {
		exchange = inputs
	}
	switch plugin {
	case "aws-login":
		return scalarAt(exchange, "roleArn")
	case "azure-login":
		return scalarAt(inputs, "clientId")
	case "gcp-login":
		return GoogleIdentity(
			scalarAt(inputs, "project"), scalarAt(exchange, "workloadPoolId"), scalarAt(exchange, "providerId"), scalarAt(exchange, "serviceAccount"))
	case "oidc":
		return scalarAt(inputs, "audience")
	}
	for _, at := range []*yaml.Node{exchange, inputs} {
		for _, field := range []string{"role", "user", "identity", "identityId"} {
			if name := scalarAt(at, field); name != "" {
				return name
			}
		}
	}
	return ""
}

// GoogleIdentity names what a login to Google Cloud acts as: the service account, or the provider of the pool where there is none.
func GoogleIdentity(project, pool, provider, serviceAccount string) string {
	if serviceAccount != "" || pool == "" {
		return serviceAccount
	}
	return fmt.Sprintf("projects/%s/locations/global/workloadIdentityPools/%s/providers/%s", project, pool, provider)
}

// scalarAt is a plain text in a mapping, "" where there is none.
func scalarAt(node *yaml.Node, key string) string {
	if node == nil {
		return ""
	}
	if value := valueAt(node, key); value != nil && value.Kind == yaml.ScalarNode {
		return value.Value
	}
	return ""
}
