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
			if next == query.Get(continuationToken) {
				yield(none, sameToken(in))
				return
			}
			query.Set(continuationToken, next)
		}
	}
}

const continuationToken = "continuationToken"

// sameToken ends a list that would never end by itself.
func sameToken(in call) error {
	return fmt.Errorf("%s: %s %s answered the same continuation token twice, so the list cannot be read to its end; "+
		"this is a fault of the service", in.object, in.method, in.route())
}

// quoted names an object for people: `team "payments"`.
func quoted(kind, name string) string { return fmt.Sprintf("%s %q", kind, name) }
