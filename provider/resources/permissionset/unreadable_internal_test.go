package permissionset

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// A record that cannot be read is named as one that may grant the set, and is never taken for one that does not.
func TestUnreadableRecordsAreNamed(t *testing.T) {
	t.Parallel()
	readable := cloud.Role{Name: "a", Details: json.RawMessage(`{"__type": "PermissionDescriptorCompose", "permissionDescriptors": ["x"]}`)}
	broken := cloud.Role{Name: "b", Details: json.RawMessage(`{"__type": 1`)}
	assert.Empty(t, unreadable([]cloud.Role{readable}, nil))
	assert.Equal(t, []string{"perhaps role b, whose permissions cannot be read"}, unreadable([]cloud.Role{readable, broken}, []cloud.Role{readable}))
	assert.Equal(t, []string{"perhaps policy b, whose permissions cannot be read"}, unreadable(nil, []cloud.Role{broken}))
}
