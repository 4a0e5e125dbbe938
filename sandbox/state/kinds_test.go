package state

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every map of objects in the state is in the table of kinds under its name in the export: what is not would be neither
// checked nor stripped of its past.
func TestKindsAreComplete(t *testing.T) {
	t.Parallel()
	st := New("acme", time.Now())
	var want []string
	fields := reflect.TypeFor[State]()
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
	s := New("acme", time.Now())
	grants := &Team{
		Name: "t", Stacks: map[string]int{"p/a": 101, "p/b": 101}, Environments: map[string]EnvironmentGrant{"p/a": {}, "p/b": {}},
		Accounts: map[string]int{"a": 1, "b": 1},
	}
	s.Teams["t"] = grants
	st, e, a := s.AddStack("p", "a", "ana", nil, time.Now()), s.AddEnvironment("p", "a", "ana", time.Now()), s.AddAccount("a", "aws", "p/a", "ana", time.Now())
	for _, id := range []string{st.ID, e.ID, a.ID} {
		if s.keys[id] == "" {
			t.Errorf("%s is not known", id)
		}
	}
	StackKind.Remove(s, st)
	EnvironmentKind.Remove(s, e)
	AccountKind.Remove(s, a)
	if len(grants.Stacks) != 1 || len(grants.Environments) != 1 || len(grants.Accounts) != 1 {
		t.Errorf("got grants %v, want those on b", grants)
	}
	for _, id := range []string{st.ID, e.ID, a.ID} {
		if s.keys[id] != "" {
			t.Errorf("%s is still known as %s", id, s.keys[id])
		}
	}
	if slices.Contains(StackKind.Names(s), "p/a") || slices.Contains(EnvironmentKind.Names(s), "p/a") || slices.Contains(AccountKind.Names(s), "a") {
		t.Error("a removed entity is still listed")
	}
}
