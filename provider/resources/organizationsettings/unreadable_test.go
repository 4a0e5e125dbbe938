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

// A policy of before that is longer than a program may ask for is restored as it was.
func TestLongExpiryPolicyIsRestored(t *testing.T) {
	t.Parallel()
	w := resourcetest.New(t, resourcetest.OpenDefaults)
	e := w.Resource("OrganizationSettings")
	require.NoError(t, e.Up(map[string]any{"maxAccessTokenExpiry": "30d"}))
	e.State = e.State.Set("previous", property.New(property.NewMap(map[string]property.Value{"maxAccessTokenExpiry": property.New("5000d")})))
	err := e.Destroy()
	if err == nil {
		assert.InDelta(t, 5000, w.Metadata()["maxAccessTokenExpiryDays"], 0)
		return
	}
	assert.InDelta(t, 30, w.Metadata()["maxAccessTokenExpiryDays"], 0, "refused by the service, never taken for no policy")
}
