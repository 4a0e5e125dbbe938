package resourcetest

import (
	"context"
	"log/slog"
	"strings"
	"sync"
)

// Said returns what the provider said about the resource since the last call.
func (e *Engine) Said() string { return SaidAbout(string(e.URN)) }

// SaidAbout returns what a provider of this process said about the resource with a URN since the last call.
func SaidAbout(urn string) string {
	logs.mu.Lock()
	defer logs.mu.Unlock()
	said := strings.Join(logs.lines[urn], "\n")
	delete(logs.lines, urn)
	return said
}

// logs keeps what the provider says, by URN: without an engine, the framework logs with slog.
var logs = newLogKeeper()

type logKeeper struct {
	slog.Handler
	mu    *sync.Mutex
	lines map[string][]string
}

func newLogKeeper() *logKeeper {
	k := &logKeeper{Handler: slog.DiscardHandler, mu: &sync.Mutex{}, lines: map[string][]string{}}
	slog.SetDefault(slog.New(k))
	return k
}

func (k *logKeeper) Enabled(context.Context, slog.Level) bool { return true }

func (k *logKeeper) WithAttrs([]slog.Attr) slog.Handler { return k }

func (k *logKeeper) Handle(_ context.Context, record slog.Record) error {
	record.Attrs(func(a slog.Attr) bool {
		if a.Key == "urn" {
			k.mu.Lock()
			k.lines[a.Value.String()] = append(k.lines[a.Value.String()], record.Level.String()+": "+record.Message)
			k.mu.Unlock()
		}
		return true
	})
	return nil
}
