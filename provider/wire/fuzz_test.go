package wire_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// FuzzQuietReason reads paths and texts of any form. No reason holds a secret as a whole, and a secret input is always known as one.
func FuzzQuietReason(f *testing.F) {
	f.Add("password", "hunter2-and-more", "the value hunter2-and-more is refused")
	f.Add(`values["a.b"][0].c`, "values: {a: {fn::secret: hunter2}}", "line 1: hunter2")
	f.Add("[", "{\"k\": \"hunter2\"}", `"{\"k\": \"hunter2\"}"`)
	const mark = "[secret]"
	f.Fuzz(func(t *testing.T, path, secret, reason string) {
		inputs := property.NewMap(map[string]property.Value{
			"password": property.New(secret).WithSecret(true), "values": property.New([]property.Value{property.New(secret)}),
		})
		quiet, _ := wire.QuietReason(inputs, path, reason+" "+secret+".")
		// What was taken out may stand beside what makes it look whole again.
		if len(secret) > 10 && !strings.Contains(reason, secret) && !strings.Contains(mark, secret) && strings.Contains(quiet, secret) {
			t.Errorf("%q is left in %q", secret, quiet)
		}
		if _, known := wire.QuietReason(inputs, "password", reason); !known {
			t.Errorf("the password is not known as secret")
		}
	})
}
