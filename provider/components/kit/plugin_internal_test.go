package kit

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestChildrenNameThePluginAsTheEngineAskedForIt(t *testing.T) {
	t.Parallel()
	plugin := Plugin{Version: "1.2.3-rc.1+a", DownloadURL: "github://api.github.com/acme/acme"}
	for provider, want := range map[string]Plugin{
		"default":              {},
		"default_1_2_3_rc_1_a": {Version: plugin.Version},
		"default_1_2_3_rc_1_a_github_/api.github.com/acme/acme": plugin,
		"default_github_/api.github.com/acme/acme":              {DownloadURL: plugin.DownloadURL},
		"default_1_2_4": plugin,
		"mine":          plugin,
		"":              plugin,
	} {
		assert.Equal(t, want, plugin.as(provider), provider)
	}
}
