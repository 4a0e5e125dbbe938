package state

import (
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// history is what is left of deleted objects, and what grows with every change.
type history struct {
	Generations map[string]int   `json:"generations"`       // kind and name -> how many ids were given out
	TokenNames  map[string]bool  `json:"tokenNames"`        // every name ever used; none is ever free again
	Deleted     []*Environment   `json:"deleted"`           // soft-deleted environments, oldest first
	Requests    []*ChangeRequest `json:"changeRequests"`    // oldest first; nothing deletes one
	Audit       []AuditEvent     `json:"audit"`             // oldest first
	Dropped     int              `json:"dropped,omitempty"` // audit events before the oldest
}

// AuditEvent is one entry of the audit log.
type AuditEvent struct {
	Time          time.Time `json:"time"`
	Event         string    `json:"event"` // kebab-case id
	Description   string    `json:"description"`
	Login         string    `json:"login"`
	Name          string    `json:"name"`
	SourceIP      string    `json:"sourceIP"`
	TokenID       string    `json:"tokenId,omitempty"`
	TokenName     string    `json:"tokenName,omitempty"`
	ReqOrgAdmin   bool      `json:"reqOrgAdmin,omitempty"`
	ReqStackAdmin bool      `json:"reqStackAdmin,omitempty"`
	AuthFailure   bool      `json:"authFailure,omitempty"`
}

func (h *history) check() error {
	if h == nil {
		return nil
	}
	for i, q := range h.Requests {
		if q == nil || len(q.Revisions) == 0 {
			return rest.BadRequest("history.changeRequests[%d] has no revision", i)
		}
	}
	return nil
}

// Trim bounds what grows with every change. Change requests that something may still come of stay, whatever their number.
func (h *history) Trim(keep int) {
	h.Dropped += max(len(h.Audit)-keep, 0)
	h.Audit = Newest(h.Audit, keep)
	if excess := len(h.Requests) - keep; excess > 0 {
		h.Requests = slices.DeleteFunc(h.Requests, func(q *ChangeRequest) bool {
			ended := excess > 0 && q.Status == StatusClosed
			if ended {
				excess--
			}
			return ended
		})
	}
}

// Newest keeps the last of a list, at most so many.
func Newest[T any](all []T, keep int) []T { return all[max(len(all)-keep, 0):] }
