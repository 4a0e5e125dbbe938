package organizationsettings_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
)

// A recorded setting that cannot be read is never taken for none: tokens would live for ever, or a level be another one.
func TestRecordedSettingsThatCannotBeReadAreNotRestored(t *testing.T) {
	t.Parallel()
	for name, inputs := range map[string]map[string]any{
		"maxAccessTokenExpiry": {"maxAccessTokenExpiry": "30d"}, "defaultStackPermission": {"defaultStackPermission": "none"},
		"defaultAccountPermission": {"defaultAccountPermission": "none"}, "membersCanDeleteStacks": {"membersCanDeleteStacks": false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := resourcetest.New(t, resourcetest.OpenDefaults)
			e := w.Resource("OrganizationSettings")
			require.NoError(t, e.Up(inputs))
			before := w.Metadata()
			e.State = e.State.Set("previous", property.New(property.NewMap(map[string]property.Value{name: property.New("soon")})))
			w.Reset()
			err := e.Destroy()
			require.ErrorContains(t, err, "soon")
			require.ErrorContains(t, err, "invalid")
			assert.Empty(t, w.Writes())
			assert.Equal(t, before, w.Metadata())
		})
	}
}

// A recorded policy that the service refuses fails the delete, and is never taken for no policy.
func TestLongExpiryPolicyThatIsRefusedIsKept(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.OpenDefaults)
	e := w.Resource("OrganizationSettings")
	require.NoError(t, e.Up(map[string]any{"maxAccessTokenExpiry": "30d"}))
	e.State = e.State.Set("previous", property.New(property.NewMap(map[string]property.Value{"maxAccessTokenExpiry": property.New("5000d")})))
	require.ErrorContains(t, e.Destroy(), "maxAccessTokenExpiryDays must be between 1 and 3650")
	assert.InDelta(t, 30, w.Metadata()["maxAccessTokenExpiryDays"], 0, "refused by the service, never taken for no policy")
}
