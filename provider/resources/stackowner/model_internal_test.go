package stackowner

import (
	"reflect"
	"testing"
)

// Whatever is an id is the id of what it says, and nothing makes the parser fail otherwise than with an error.
func FuzzStackOwnerID(f *testing.F) {
	for _, id := range []string{
		"acme/payments/prod", "acme/payments/*", "acme/*/*?a=b&c=d%2Fe", "acme/*/*", "acme/*/prod", "a/b/c?d=e", "", "?", "a/b/*?a=b&a=c", "a/b/*?=x",
	} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		state, err := parseID(id)
		if err != nil {
			return
		}
		again, err := parseID(idOf(state))
		if err != nil || !reflect.DeepEqual(state, again) {
			t.Errorf("%q is %+v, whose id %q is %+v: %v", id, state, idOf(state), again, err)
		}
	})
}
