package faultmatrix_test

import (
	"bytes"

	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

// kinds are the maps of the sandbox's state whose objects have ids that the service chose, with the field that names such an object.
var kinds = map[string]string{
	"roles": "name", "teams": "name", "tokens": "name", "gates": "name", "oidcIssuers": "url", "environments": "name", "stacks": "name",
}

// observed is everything that there is on the service, with names in place of ids: equal texts for organizations that are equal. Nothing of
// the product takes part in making it.
func observed(t require.TestingT, sandbox *servertest.Running) string {
	var state map[string]any
	require.NoError(t, json.Unmarshal(sandbox.State(), &state))
	names := map[string]string{}
	for kind, field := range kinds {
		objects, _ := state[kind].(map[string]any)
		for _, object := range objects {
			rename(names, kind, field, object.(map[string]any))
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", " ")
	require.NoError(t, encoder.Encode(byName(state, names)))
	return out.String()
}

func rename(names map[string]string, kind, field string, object map[string]any) {
	name := fmt.Sprint(object[field])
	if project, ok := object["project"]; ok {
		name = fmt.Sprint(project, "/", name)
	}
	if kind == "tokens" { // a name that was used is never free again
		name = generation.ReplaceAllString(name, "")
		object["name"] = name
		delete(object, "hash")
	}
	if purpose, ok := object["uxPurpose"]; ok {
		name += fmt.Sprint(" as ", purpose)
	}
	for _, id := range []string{"id", "policyId"} {
		if value, ok := object[id].(string); ok {
			names[value] = fmt.Sprintf("%s of %s %s", id, kind, name)
		}
	}
}

var ciphertext = regexp.MustCompile(`ciphertext: \S+?([}\s]|$)`)

var generation = regexp.MustCompile(`-\d+$`)

// byName replaces ids in every text of a value, and gives each object that stands under its id a name.
func byName(value any, names map[string]string) any {
	switch value := value.(type) {
	case string:
		value = ciphertext.ReplaceAllString(value, "ciphertext: ...$1") // another one each time
		for id, name := range names {
			value = strings.ReplaceAll(value, id, name)
		}
		return value
	case []any:
		out := make([]any, len(value))
		for i, element := range value {
			out[i] = byName(element, names)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			named := byName(key, names).(string)
			for copy := 2; ; copy++ { // objects of one name are two
				if _, taken := out[named]; !taken {
					break
				}
				named = fmt.Sprintf("%s (%d)", byName(key, names), copy)
			}
			out[named] = byName(value[key], names)
		}
		return out
	}
	return value
}
