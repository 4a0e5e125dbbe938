package officialclient

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestChangedFindsWhatIsLostAndAdded(t *testing.T) {
	t.Parallel()
	said := []byte(`{"name": "payments", "more": {"list": [{"a": 1}, {"b": ""}]}, "kind": "pulumi", "other": null}`)
	got := changed(t, said, map[string]any{"name": "payment", "more": map[string]any{"list": []any{map[string]any{}}}, "new": []any{1}})
	want := []string{"+/name", "+/new", "-/kind", "-/more/list[]", "-/more/list[]/a", "-/name"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// changed lists what of an answer is lost when it is decoded and encoded again, with a minus, and what is added, with a plus.
func changed(t *testing.T, said []byte, decoded any) []string {
	t.Helper()
	text, err := json.Marshal(decoded)
	if err != nil {
		t.Fatal(err)
	}
	var before, after any
	if json.Unmarshal(said, &before) != nil || json.Unmarshal(text, &after) != nil {
		t.Fatalf("no JSON: %s", said)
	}
	var paths []string
	compare("", before, after, func(path string) { paths = append(paths, "-"+path) })
	compare("", after, before, func(path string) { paths = append(paths, "+"+path) })
	slices.Sort(paths)
	return slices.Compact(paths)
}

// compare reports members of a value that another one does not have, and other values at the same place. What is null may be
// left out.
func compare(path string, before, after any, report func(string)) {
	switch before := before.(type) {
	case map[string]any:
		object, ok := after.(map[string]any)
		if !ok {
			report(path)
			return
		}
		for key, value := range before {
			compare(path+"/"+key, value, object[key], report)
		}
	case []any:
		list, ok := after.([]any)
		if !ok {
			report(path)
			return
		}
		for i, value := range before {
			var there any
			if i < len(list) {
				there = list[i]
			}
			compare(path+"[]", value, there, report)
		}
	case nil:
	default:
		if before != after {
			report(path)
		}
	}
}
