package cloud

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/url"
)

// pages iterates over a paginated list. Each page is fetched only when the caller gets there. Tokens are opaque; a
// missing and an empty one both end the list (the endpoints differ).
func pages[P, T any](ctx context.Context, c *Client, in call, split func(P) ([]T, string)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		in := in // each iteration starts at the first page
		query := url.Values{}
		maps.Copy(query, in.query)
		in.query = query
		seen := tokens{}
		for {
			page, err := get[P](ctx, c, in)
			if err != nil {
				yield(none, err)
				return
			}
			items, next := split(page)
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			if err := seen.add(in, next); err != nil {
				yield(none, err)
				return
			}
			query.Set(continuationToken, next)
		}
	}
}

const continuationToken = "continuationToken"

const (
	maxPages = 50_000  // far above what any organization has
	maxToken = 1 << 16 // bytes
)

// tokens are the continuation tokens that a list has answered. They end a list that would never end by itself.
type tokens map[string]struct{}

func (t tokens) add(in call, token string) error {
	fault := ""
	switch _, again := t[token]; {
	case again:
		fault = "answered the same continuation token twice"
	case len(token) > maxToken:
		fault = fmt.Sprintf("answered a continuation token of %d bytes", len(token))
	case len(t) == maxPages-1:
		fault = fmt.Sprintf("does not end after %d pages", maxPages)
	}
	if fault != "" {
		return fmt.Errorf("%s: %s %s %s, so the list cannot be read to its end; this is a fault of the service",
			in.object, in.method, in.route(), fault)
	}
	t[token] = struct{}{}
	return nil
}

// quoted names an object for people: `team "payments"`.
func quoted(kind, name string) string { return fmt.Sprintf("%s %q", kind, name) }
