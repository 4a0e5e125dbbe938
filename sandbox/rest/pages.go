package rest

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// Page cuts the entries of one page out of a sorted list. The token is the position at which the next page starts,
// opaque to clients; it is "" on the last page.
func Page[T any](all []T, token string, size int) (entries []T, next string, err error) {
	start := 0
	if token != "" {
		start, err = strconv.Atoi(token)
		if err != nil || start < 0 {
			return nil, "", BadRequest("invalid continuation token")
		}
	}
	start = min(start, len(all))
	end := min(start+size, len(all))
	if end < len(all) {
		next = strconv.Itoa(end)
	}
	return all[start:end], next, nil
}

// KeyPage cuts one page out of a sorted list of keys, of those for which entry has something. It begins after the key at which
// the last page ended, so that nothing is looked at again for the next page; the token is "" on the last one.
func KeyPage[T any](keys []string, token string, size int, entry func(key string) (one T, wanted bool, err error)) (entries []T, next string, err error) {
	start, err := startOf(keys, token)
	if err != nil {
		return nil, "", err
	}
	last := ""
	for _, key := range keys[start:] {
		one, wanted, err := entry(key)
		if err != nil {
			return nil, "", err
		}
		if !wanted {
			continue
		}
		if len(entries) == size {
			return entries, keyToken(last), nil
		}
		entries, last = append(entries, one), key
	}
	return entries, "", nil
}

const keyTokenPrefix = "after "

func keyToken(key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(keyTokenPrefix + key))
}

// startOf finds the first key after the one that a token names, which may have been deleted meanwhile.
func startOf(keys []string, token string) (int, error) {
	if token == "" {
		return 0, nil
	}
	named, err := base64.RawURLEncoding.DecodeString(token)
	after, ok := strings.CutPrefix(string(named), keyTokenPrefix)
	if err != nil || !ok {
		return 0, BadRequest("invalid continuation token")
	}
	i, found := slices.BinarySearch(keys, after)
	if found {
		i++
	}
	return i, nil
}
