package resourcetest

import (
	"errors"
	"net/http"
)

// WatchedTransport calls Look after every write, and fails all writes once it was told how many pass.
type WatchedTransport struct {
	Look   func()
	Passes int // writes that still reach the service; negative for all
}

// RoundTrip sends a call.
func (w *WatchedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet {
		return http.DefaultTransport.RoundTrip(r)
	}
	if w.Passes == 0 {
		return nil, errors.New("connection refused")
	}
	w.Passes--
	answer, err := http.DefaultTransport.RoundTrip(r)
	w.Look()
	return answer, err
}
