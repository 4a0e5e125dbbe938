package kit

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// Plugin identifies this plugin in the registrations of children of the same package. Without it the engine would look for another
// version, and start it with another configuration.
type Plugin struct {
	Version     string // semantic version of this plugin
	DownloadURL string // where the engine finds it
}

// defaultProvider is what the engine calls the default provider of resources that name neither a version nor an address.
const defaultProvider = "default"

// as is what children say of the plugin, so that the engine gives them the process which constructs them, in place of another one.
// It has a default provider for each version and address that resources name, and calls it by them: a program in YAML often names
// neither.
func (p Plugin) as(provider string) Plugin {
	version := strings.NewReplacer(".", "_", "-", "_", "+", "_").Replace(p.Version)
	url := tokens.IntoQName(p.DownloadURL).String()
	switch provider {
	case defaultProvider:
		return Plugin{}
	case defaultProvider + "_" + version:
		return Plugin{Version: p.Version}
	case defaultProvider + "_" + url:
		return Plugin{DownloadURL: p.DownloadURL}
	}
	return p
}
