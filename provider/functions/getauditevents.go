package functions

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/timetext"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

//go:embed docs/getauditevents.md
var getAuditEventsDoc string

// GetAuditEvents reads an organization's audit log.
type GetAuditEvents struct{ Sessions session.Source }

// Annotate describes the function.
func (f *GetAuditEvents) Annotate(a infer.Annotator) {
	a.SetToken("index", "getAuditEvents")
	a.Describe(f, getAuditEventsDoc)
}

// GetAuditEventsInput says which events are wanted.
type GetAuditEventsInput struct {
	Organization *string  `pulumi:"organization,optional"`
	Since        *string  `pulumi:"since,optional"`
	Until        *string  `pulumi:"until,optional"`
	Events       []string `pulumi:"events,optional"`
	User         *string  `pulumi:"user,optional"`
	Entity       *string  `pulumi:"entity,optional"`
	Limit        *int     `pulumi:"limit,optional"`
}

const (
	defaultAuditWindow = 7 * 24 * time.Hour
	defaultAuditLimit  = 1000
)

// Annotate describes the inputs.
func (in *GetAuditEventsInput) Annotate(a infer.Annotator) {
	a.Describe(&in.Organization, organizationHelp)
	a.Describe(&in.Since, "The earliest time: a duration before now, such as `90d` or `12h`, or a time in RFC 3339. Default: `7d`.")
	a.Describe(&in.Until, "The latest time, in the same forms. Default: now.")
	a.Describe(&in.Events, "The ids of the events that are wanted, such as `environment-open`. Default: all.")
	a.Describe(&in.User, "The login of whoever acted. Machine identities have logins too.")
	a.Describe(&in.Entity, "An entity that the event's description mentions: `payments/prod` for a stack or an environment, the name "+
		"of a team, role or token. Longer names that contain it do not count.")
	a.Describe(&in.Limit, "How many events to return at the most, from 1. Default: 1000.")
}

// GetAuditEventsOutput is what was found.
type GetAuditEventsOutput struct {
	Events    []types.AuditEvent `pulumi:"events"`
	Truncated bool               `pulumi:"truncated"`
}

// Annotate describes the outputs.
func (out *GetAuditEventsOutput) Annotate(a infer.Annotator) {
	a.Describe(&out.Events, "The events, newest first.")
	a.Describe(&out.Truncated, "Whether there are more events than `limit`.")
}

// Invoke reads page by page, and no further than the limit.
func (f *GetAuditEvents) Invoke(
	ctx context.Context, req infer.FunctionRequest[GetAuditEventsInput],
) (infer.FunctionResponse[GetAuditEventsOutput], error) {
	out := infer.FunctionResponse[GetAuditEventsOutput]{Output: GetAuditEventsOutput{Events: []types.AuditEvent{}}}
	current, organization, err := sessionFor(ctx, f.Sessions, req.Input.Organization)
	if err != nil {
		return out, err
	}
	wanted, limit, err := req.Input.parse(organization, current.Now())
	if err != nil {
		return out, err
	}
	for event, err := range current.Client.AuditEvents(ctx, organization, req.Input.filter(wanted)) {
		switch {
		case err != nil:
			return out, err
		case !wanted.Matches(event):
		case len(out.Output.Events) == limit:
			out.Output.Truncated = true
			return out, nil
		default:
			out.Output.Events = append(out.Output.Events, types.AuditEventOf(event))
		}
	}
	return out, nil
}

// parse checks the inputs, and translates them into a question and the limit of its answer.
func (in GetAuditEventsInput) parse(organization string, now time.Time) (audit.Query, int, error) {
	wanted := audit.Query{Organization: organization, Kinds: in.Events, Since: now.Add(-defaultAuditWindow), Until: now}
	var err error
	if in.Since != nil {
		if wanted.Since, err = timetext.ParseMoment(*in.Since, now); err != nil {
			return wanted, 0, fmt.Errorf("since: %w", err)
		}
	}
	if in.Until != nil {
		if wanted.Until, err = timetext.ParseMoment(*in.Until, now); err != nil {
			return wanted, 0, fmt.Errorf("until: %w", err)
		}
	}
	if wanted.Until.Before(wanted.Since) {
		return wanted, 0, fmt.Errorf("until: %s is before since, %s", wanted.Until.Format(time.RFC3339), wanted.Since.Format(time.RFC3339))
	}
	if in.Entity != nil {
		wanted.Entity = *in.Entity
	}
	limit := defaultAuditLimit
	if in.Limit != nil {
		limit = *in.Limit
	}
	if limit < 1 {
		return wanted, 0, fmt.Errorf("limit: %d is not a number of events: give 1 or more", limit)
	}
	return wanted, limit, nil
}

// filter is what the service can select itself: it takes one event at a time.
func (in GetAuditEventsInput) filter(wanted audit.Query) cloud.AuditQuery {
	filter := cloud.AuditQuery{Since: wanted.Since, Until: wanted.Until}
	if len(in.Events) == 1 {
		filter.Event = in.Events[0]
	}
	if in.User != nil {
		filter.User = *in.User
	}
	return filter
}
