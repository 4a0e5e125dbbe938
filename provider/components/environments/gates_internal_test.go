package environments

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
)

// What takes effect without the approval is said where there is something to say.
func TestWhatAnUpdateApprovalDoesNotGuard(t *testing.T) {
	t.Parallel()
	object := func(fields map[string]property.Value) property.Value { return property.New(property.NewMap(fields)) }
	approval := object(map[string]property.Value{"approvers": object(map[string]property.Value{
		"users": property.New(property.NewArray([]property.Value{property.New("ana")})),
	})})
	created, brought := object(nil), object(map[string]property.Value{"create": property.New(false)})
	for name, test := range map[string]struct {
		given map[string]property.Value
		said  bool
	}{
		"an identity that is created": {map[string]property.Value{"aws": created, "updateApproval": approval}, true},
		"of another cloud":            {map[string]property.Value{"aws": brought, "gcp": created, "updateApproval": approval}, true},
		"an identity that is brought": {map[string]property.Value{"aws": brought, "updateApproval": approval}, false},
		"no identity":                 {map[string]property.Value{"updateApproval": approval}, false},
		"an approval of opening":      {map[string]property.Value{"aws": created, "openApproval": approval}, false},
		"a gate that is not in force": {map[string]property.Value{"aws": created, "updateApproval": object(map[string]property.Value{
			"approvers": object(nil), "enabled": property.New(false),
		})}, false},
	} {
		assert.Equal(t, test.said, notGuarded(property.NewMap(test.given)) != "", name)
	}
}
