package wire_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// A secret is in no reason, however the error wrote it: as it is, quoted, in JSON, or in the path or the query of a URL.
func TestSecretsAreRedactedInEveryFormProperty(t *testing.T) {
	t.Parallel()
	const mark = "m4rk3d-s3cr3t"
	rapid.Check(t, func(t *rapid.T) {
		secret := mark + rapid.StringOfN(rapid.RuneFrom([]rune(`/*?<>&%+ "\:{}#=;,'é`)), 0, 8, -1).Draw(t, "rest")
		inputs := property.NewMap(map[string]property.Value{"name": property.New(secret).WithSecret(true)})
		encoded, err := json.Marshal(secret)
		assert.NoError(t, err)
		for _, form := range []string{secret, fmt.Sprintf("%q", secret), string(encoded), url.PathEscape(secret), url.QueryEscape(secret)} {
			reason, _ := wire.QuietReason(inputs, "", "GET /api/orgs/"+form+"/members answered 404")
			assert.NotContains(t, reason, mark, form)
			assert.Contains(t, reason, "answered 404")
		}
	})
}
