package resources_test

import (
	"errors"
	"net/http"
)

// watchedTransport calls look after every write, and fails all writes once it was told how many pass.
type watchedTransport struct {
	look   func()
	passes int // writes that still reach the service; negative for all
}

func (w *watchedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet {
		return http.DefaultTransport.RoundTrip(r)
	}
	if w.passes == 0 {
		return nil, errors.New("connection refused")
	}
	w.passes--
	answer, err := http.DefaultTransport.RoundTrip(r)
	w.look()
	return answer, err
}
