package server

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// orNone makes an absent list an empty one, which JSON shows as [].
func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// setIf overwrites a value by one that was given.
func setIf[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// present tells whether a JSON value was given and is not null.
func present(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

func orEmpty[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// normalDuration is a duration as the service returns it: 30m as 30m0s, none as "".
func normalDuration(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return "", fmt.Errorf("%q is not a positive duration such as 30m", text)
	}
	return d.String(), nil
}

// validName tells whether a project, stack, environment, account or team may be called so.
func validName(name string) bool {
	for _, r := range name {
		if !strings.ContainsRune(nameCharacters, r) {
			return false
		}
	}
	return name != "" && len(name) <= 100 && name != "." && name != ".."
}

const nameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
