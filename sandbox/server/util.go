package server

import (
	"maps"
	"slices"
	"strconv"
)

func itoa(n int) string { return strconv.Itoa(n) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// page cuts the entries of one page out of a sorted list. The token is the position at which the next page starts,
// opaque to clients; it is "" on the last page.
func page[T any](all []T, token string, size int) (entries []T, next string, err error) {
	start := 0
	if token != "" {
		start, err = strconv.Atoi(token)
		if err != nil || start < 0 {
			return nil, "", badRequest("invalid continuation token")
		}
	}
	start = min(start, len(all))
	end := min(start+size, len(all))
	if end < len(all) {
		next = strconv.Itoa(end)
	}
	return all[start:end], next, nil
}

// pageSize reads how many entries the caller wants, at most 1000.
func (c *call) pageSize(parameter string) (int, error) {
	text := c.query(parameter)
	if text == "" {
		return c.s.options.PageSize, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1000 {
		return 0, badRequest("%s must be between 1 and 1000", parameter)
	}
	return n, nil
}
