package cloud

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
)

// AuditQuery is what the service filters by. A zero field does not filter.
type AuditQuery struct {
	Since, Until time.Time // whole seconds
	Event        string    // one event's id
	User         string    // a login; the service answers 404 for one that it does not know
}

// AuditEvents lists an organization's audit events, newest first.
func (c *Client) AuditEvents(ctx context.Context, organization string, q AuditQuery) iter.Seq2[audit.Event, error] {
	query := url.Values{}
	setTime(query, "startTime", q.Since)
	setTime(query, "endTime", q.Until)
	if q.Event != "" {
		query.Set("eventFilter", q.Event)
	}
	if q.User != "" {
		query.Set("userFilter", q.User)
	}
	// Not the first version of this call, whose startTime is the latest time.
	return pages(ctx, c, call{
		method: http.MethodGet, path: []string{"orgs", organization, "auditlogs", "v2"},
		query: query, object: "audit log of " + quoted("organization", organization), streams: true,
	}, func(p auditPage) ([]audit.Event, string) {
		events := make([]audit.Event, len(p.Events))
		for i, e := range p.Events {
			events[i] = e.AsEvent()
		}
		return events, p.ContinuationToken
	})
}

func setTime(query url.Values, name string, at time.Time) {
	if !at.IsZero() {
		query.Set(name, strconv.FormatInt(at.Unix(), 10))
	}
}

type auditPage struct {
	Events            []audit.Document `json:"auditLogEvents" answer:"key"`
	ContinuationToken string           `json:"continuationToken"`
}
