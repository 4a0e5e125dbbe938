package rest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// OrNone makes an absent list an empty one, which JSON shows as [].
func OrNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// SetIf overwrites a value by one that was given.
func SetIf[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// Present reports whether a JSON value was given and is not null.
func Present(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

func OrEmpty[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

func SortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// NormalDuration is a duration as the service returns it: 30m as 30m0s, none as "".
func NormalDuration(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return "", fmt.Errorf("%q is not a positive duration such as 30m", text)
	}
	return d.String(), nil
}

// ValidName reports whether a project, stack, environment, account or team may be called so.
func ValidName(name string) bool {
	for _, r := range name {
		if !strings.ContainsRune(nameCharacters, r) {
			return false
		}
	}
	return name != "" && len(name) <= 100 && name != "." && name != ".."
}

const nameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
