package server

import (
	"slices"
	"time"
)

// newest keeps the last of a list, at most so many.
func newest[T any](all []T, keep int) []T { return all[max(len(all)-keep, 0):] }

// trim bounds what grows with every change. Change requests that something may still come of stay, whatever their number.
func (h *history) trim(keep int) {
	h.Dropped += max(len(h.Audit)-keep, 0)
	h.Audit = newest(h.Audit, keep)
	if excess := len(h.Requests) - keep; excess > 0 {
		h.Requests = slices.DeleteFunc(h.Requests, func(q *changeRequest) bool {
			ended := excess > 0 && q.Status == statusClosed
			if ended {
				excess--
			}
			return ended
		})
	}
}

// trim drops the oldest updates, and the states of versions that no update speaks of any more. What runs stays, and so does the
// latest update.
func (st *stack) trim(keep int, now time.Time) {
	excess := len(st.Updates) - keep
	if excess <= 0 {
		return
	}
	latest, newestOne := st.latest(), st.Updates[len(st.Updates)-1]
	st.Updates = slices.DeleteFunc(st.Updates, func(u *update) bool {
		drop := excess > 0 && u != latest && u != newestOne && !u.alive(now)
		if !drop {
			return false
		}
		excess--
		if !u.preview() && u.Status != updateNotStarted {
			st.Trimmed = max(st.Trimmed, u.Version)
		}
		return true
	})
	// The state of the oldest version that is left may be one that an earlier version wrote.
	for len(st.Checkpoints) > 1 && st.Checkpoints[1].Version <= st.Trimmed+1 {
		st.Checkpoints = st.Checkpoints[1:]
	}
}
