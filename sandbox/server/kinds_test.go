package server

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Every map of objects in the state is in the table of kinds under its name in the export: what is not would be neither
// checked nor stripped of its past.
func TestKindsAreComplete(t *testing.T) {
	t.Parallel()
	st := newState("acme", newBox(t, "").s.now())
	var want []string
	fields := reflect.TypeFor[state]()
	for i := range fields.NumField() {
		if f := fields.Field(i); f.IsExported() && f.Type.Kind() == reflect.Map {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			want = append(want, name)
		}
	}
	var got []string
	for _, k := range kinds {
		got = append(got, reflect.ValueOf(k).FieldByName("name").String())
		k.fill(st)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got kinds %v, want %v", got, want)
	}
}

// An entity that is removed leaves neither a grant on it nor its id behind, whatever its kind.
func TestRemovedEntitiesLeaveNothing(t *testing.T) {
	t.Parallel()
	s := newBox(t, "").s
	grants := &team{
		Name: "t", Stacks: map[string]int{"p/a": 101, "p/b": 101}, Environments: map[string]environmentGrant{"p/a": {}, "p/b": {}},
		Accounts: map[string]int{"a": 1, "b": 1},
	}
	s.state.Teams["t"] = grants
	st, e, a := s.state.addStack("p", "a", "ana", nil, s.now()), s.state.addEnvironment("p", "a", "ana", s.now()), s.state.addAccount("a", "aws", "p/a", "ana", s.now())
	for _, id := range []string{st.ID, e.ID, a.ID} {
		if s.state.keys[id] == "" {
			t.Errorf("%s is not known", id)
		}
	}
	stackKind.remove(s.state, st)
	environmentKind.remove(s.state, e)
	accountKind.remove(s.state, a)
	if len(grants.Stacks) != 1 || len(grants.Environments) != 1 || len(grants.Accounts) != 1 {
		t.Errorf("got grants %v, want those on b", grants)
	}
	for _, id := range []string{st.ID, e.ID, a.ID} {
		if s.state.keys[id] != "" {
			t.Errorf("%s is still known as %s", id, s.state.keys[id])
		}
	}
	if slices.Contains(stackKind.names(s.state), "p/a") || slices.Contains(environmentKind.names(s.state), "p/a") || slices.Contains(accountKind.names(s.state), "a") {
		t.Error("a removed entity is still listed")
	}
}
