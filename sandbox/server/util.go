package server

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

func itoa(n int) string { return strconv.Itoa(n) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// pageSize reads how many entries the caller wants, at most 1000.
func (c *call) pageSize(parameter string) (int, error) {
	text := c.Query(parameter)
	if text == "" {
		return c.s.options.PageSize, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1000 {
		return 0, rest.BadRequest("%s must be between 1 and 1000", parameter)
	}
	return n, nil
}

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

const nameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

// validName tells whether a project, stack, environment, account or team may be called so.
func validName(name string) bool {
	for _, r := range name {
		if !strings.ContainsRune(nameCharacters, r) {
			return false
		}
	}
	return name != "" && len(name) <= 100 && name != "." && name != ".."
}
