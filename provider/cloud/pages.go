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
		query := url.Values{}
		maps.Copy(query, in.query)
		in.query = query
		for {
			page, err := get[P](ctx, c, in)
			if err != nil {
				var none T
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
			query.Set("continuationToken", next)
		}
	}
}

// quoted names an object for people: `team "payments"`.
func quoted(kind, name string) string { return fmt.Sprintf("%s %q", kind, name) }
