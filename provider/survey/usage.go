package survey

import (
	"context"
	"fmt"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/usage"
)

// eventsStep is after how many events progress is reported.
const eventsStep = 10_000

// Usage reads the audit log of a time, page by page, and keeps no events. The log is nil where the token may not read it, or the
// organization has none, which is then a blind spot. It is not kept for other questions.
func (s *Survey) Usage(ctx context.Context, since, until time.Time, o Options) (*usage.Log, []graph.Blind, error) {
	log := usage.New(s.organization, since, until)
	for event, err := range s.client.AuditEvents(ctx, s.organization, cloud.AuditQuery{Since: since, Until: until}) {
		if err != nil {
			var missing gaps
			_, err = missing.missed(ctx, err, graph.Blind{What: fmt.Sprintf("the audit log: %v", err), Hides: "who uses what they have"})
			return nil, missing.blind, err
		}
		if log.Add(event); log.Events%eventsStep == 0 {
			o.say("read %d audit events", log.Events)
		}
	}
	return log, nil, nil
}

// Reviewed is what a review looks at: the whole organization, and the usage of a time.
func (s *Survey) Reviewed(ctx context.Context, since, until time.Time, o Options) (graph.Organization, *usage.Log, []graph.Blind, error) {
	organization, blind, err := s.Whole(ctx, o)
	if err != nil {
		return organization, nil, nil, err
	}
	log, more, err := s.Usage(ctx, since, until, o)
	return organization, log, distinct(blind, more), err
}
