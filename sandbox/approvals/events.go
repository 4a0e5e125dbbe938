package approvals

import (
	"encoding/json"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

// wireEvent is one of the kinds of ChangeRequestEvent; what its kind has is set.
type wireEvent struct {
	ID        string        `json:"id"`
	Type      string        `json:"eventType"`
	RequestID string        `json:"changeRequestId"`
	CreatedBy core.UserInfo `json:"createdBy"`
	CreatedAt time.Time     `json:"createdAt"`
	Revision  int           `json:"revisionNumber"`
	Comment   string        `json:"comment,omitempty"`

	NewStatus      *string `json:"newStatus,omitempty"`
	PreviousStatus *string `json:"previousStatus,omitempty"`
	Reason         *string `json:"reason,omitempty"`

	NewDescription      *string `json:"newDescription,omitempty"`
	PreviousDescription *string `json:"previousDescription,omitempty"`
}

// listRequestEvents answers with what happened to a request, oldest first.
func listRequestEvents(c *core.Call) error {
	q, _, err := requestOfPath(c)
	if err != nil {
		return err
	}
	entries, next, err := rest.Page(q.Events, c.Query("continuationToken"), c.Org.Options.PageSize)
	if err != nil {
		return err
	}
	events := []wireEvent{}
	for _, e := range entries {
		events = append(events, showEvent(c.Org, e))
	}
	return c.OK(map[string]any{"events": events, "continuationToken": next})
}

func showEvent(s *core.Org, e state.RequestEvent) wireEvent {
	w := wireEvent{
		ID: e.ID, Type: e.Type, RequestID: e.RequestID, CreatedBy: s.UserInfo(e.Login), CreatedAt: e.Created,
		Revision: e.Revision, Comment: e.Comment,
	}
	switch e.Type {
	case state.EventStatus:
		w.NewStatus, w.PreviousStatus, w.Reason = &e.To, &e.From, &e.Reason
	case state.EventDescription:
		w.NewDescription, w.PreviousDescription = &e.To, &e.From
	}
	return w
}

func decodeComment(data []byte) (string, error) {
	var request struct {
		Comment string `json:"comment"`
	}
	if err := json.Unmarshal(data, &request); err != nil {
		return "", rest.BadRequest("the body is not valid JSON")
	}
	return request.Comment, nil
}
