package rest

import (
	"net/http"
	"time"
)

// Pause waits, but no longer than the caller does.
func Pause(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}
