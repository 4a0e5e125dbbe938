package cloudlogin

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every store that a program can name is known by a kind, in the order of the fields, needs a login that there is, and is
// read into a place of its own.
func TestStoreKindsAreComplete(t *testing.T) {
	t.Parallel()
	fields := reflect.VisibleFields(reflect.TypeFor[SecretStores]())
	require.Len(t, StoreKinds, len(fields))
	places := map[string]string{}
	for i, kind := range StoreKinds {
		assert.Equal(t, kind.Name()+",optional", fields[i].Tag.Get("pulumi"))
		assert.Equal(t, kind.ESC().Cloud, cloudNamed(kind.ESC().Cloud).Name())
		place := kind.ESC().Cloud + "." + kind.ESC().Name
		assert.Empty(t, places[place], place)
		places[place] = kind.Name()
	}
}
