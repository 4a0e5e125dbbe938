package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-cleanhttp"
)

// patience is how long something may take before there is progress, and between two lines of it.
const patience = time.Second

// progress says on standard error what takes longer than a second.
type progress struct {
	c     *cli
	what  string
	began time.Time
	calls atomic.Int64

	mutex sync.Mutex
	last  string // what the reading says itself
}

// progress begins something that may take long. It ends with the context.
func (c *cli) progress(ctx context.Context, what string) *progress {
	p := &progress{c: c, what: what, began: time.Now()}
	if !c.quiet {
		go p.tick(ctx)
	}
	return p
}

func (p *progress) tick(ctx context.Context) {
	ticker := time.NewTicker(patience)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			p.mutex.Lock()
			last := p.last
			p.mutex.Unlock()
			if last != "" {
				last = "; " + last
			}
			p.c.note("%s: %d calls in %s%s", p.what, p.calls.Load(), time.Since(p.began).Round(time.Second), last)
		}
	}
}

// say takes note of what a reading says.
func (p *progress) say(format string, args ...any) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.last = fmt.Sprintf(format, args...)
}

// counting is a client that counts calls.
func (p *progress) counting() *http.Client {
	return &http.Client{Transport: counted{cleanhttp.DefaultPooledTransport(), &p.calls}}
}

type counted struct {
	http.RoundTripper
	calls *atomic.Int64
}

func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	c.calls.Add(1)
	return c.RoundTripper.RoundTrip(r)
}
