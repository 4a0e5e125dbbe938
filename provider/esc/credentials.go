package esc

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// CredentialAt is a long-lived key of a cloud that stands in a definition, where a login would do.
type CredentialAt struct{ Cloud, Path string }

// credentialNames are what variables and configuration with a long-lived key are called, in lower case and without punctuation.
var credentialNames = map[string]string{
	"awssecretaccesskey": "aws", "awssecretkey": "aws", "awsaccesskeyid": "aws", "awsaccesskey": "aws", "secretaccesskey": "aws",
	"armclientsecret": "azure", "azureclientsecret": "azure", "azurenativeclientsecret": "azure", "azureclientcertificatepassword": "azure",
	"googlecredentials": "gcp", "gcpcredentials": "gcp", "googleapplicationcredentials": "gcp", "googleserviceaccountkey": "gcp",
	"gcpserviceaccountkey": "gcp", "googleapplicationcredentialsjson": "gcp",
}

var (
	awsKeyID   = regexp.MustCompile(`^AKIA[0-9A-Z]{16}$`)
	secretName = regexp.MustCompile(`(password|passwd|passphrase|secret|secretkey|token|apikey|privatekey|accesskey|secretaccesskey|connectionstring|credentials)$`)
)

// CredentialCloud is the cloud of which a variable of this name holds a long-lived key, "" for none.
func CredentialCloud(variable string) string { return credentialNames[bareName(variable)] }

func bareName(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(name))
}

// named adds a value that by its name, or its form, is a secret in plain text or a key of a cloud.
func (c *contents) named(path, name string, value *yaml.Node) {
	secret := value.Kind == yaml.MappingNode && valueAt(value, secretKey) != nil
	plain := value.Kind == yaml.ScalarNode && value.Value != "" && value.Tag != "!!null" && value.Tag != "!!bool" && !interpolates(value.Value)
	if !secret && !plain {
		return
	}
	cloud := CredentialCloud(name)
	if plain && awsKeyID.MatchString(value.Value) {
		cloud = "aws"
	}
	if plain && strings.Contains(value.Value, `"private_key"`) && strings.Contains(value.Value, "service_account") {
		cloud = "gcp"
	}
	if cloud != "" {
		c.credential(cloud, path)
	}
	if plain && (cloud != "" || secretName.MatchString(bareName(name))) {
		c.Plain = append(c.Plain, path)
	}
}

// static adds a login that has a long-lived key in place of an identity.
func (c *contents) static(path, plugin string, inputs *yaml.Node) {
	for key, cloud := range map[string]string{"static": "aws", "clientSecret": "azure"} {
		if plugin == cloud+"-login" && inputs != nil && valueAt(inputs, key) != nil {
			c.credential(cloud, path)
		}
	}
}

func (c *contents) credential(cloud, path string) {
	if one := (CredentialAt{cloud, path}); !slices.Contains(c.Credentials, one) {
		c.Credentials = append(c.Credentials, one)
	}
}
