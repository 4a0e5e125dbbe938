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
		seen := newListing(in)
		for {
			page, size, err := read[P](ctx, c, in, nil)
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
			if err := seen.page(next, len(items), size); err != nil {
				yield(none, err)
				return
			}
			query.Set(continuationToken, next)
		}
	}
}

const continuationToken = "continuationToken"

// Bounds of a list, each far above what any organization has.
const (
	maxPages  = 50_000
	maxEmpty  = 100       // pages in a row without anything in them
	maxToken  = 1 << 16   // bytes
	maxListed = 128 << 20 // bytes of a list that is kept
	maxStream = 2 << 30   // bytes of one that is not
)

// listing is what a list has answered so far. It ends a list that would never end by itself, or would fill the memory.
type listing struct {
	in           call
	tokens       map[string]struct{}
	empty, bytes int
}

func newListing(in call) *listing { return &listing{in: in, tokens: map[string]struct{}{}} }

// page takes note of a page of so many items and bytes that is not the last one.
func (l *listing) page(token string, items, size int) error {
	l.empty++
	if items > 0 {
		l.empty = 0
	}
	l.bytes += size
	limit := maxListed
	if l.in.streams {
		limit = maxStream
	}
	fault := ""
	switch _, again := l.tokens[token]; {
	case again:
		fault = "answered the same continuation token twice"
	case len(token) > maxToken:
		fault = fmt.Sprintf("answered a continuation token of %d bytes", len(token))
	case len(l.tokens) == maxPages-1:
		fault = fmt.Sprintf("does not end after %d pages", maxPages)
	case l.empty == maxEmpty:
		fault = fmt.Sprintf("does not end after %d empty pages", maxEmpty)
	case l.bytes > limit:
		fault = fmt.Sprintf("does not end after %d bytes", limit)
	}
	if fault != "" {
		return fmt.Errorf("%s: %s %s %s, so the list cannot be read to its end; this is a fault of the service",
			l.in.object, l.in.method, l.in.route(), fault)
	}
	l.tokens[token] = struct{}{}
	return nil
}

// quoted names an object for people: `team "payments"`.
func quoted(kind, name string) string { return fmt.Sprintf("%s %q", kind, name) }
