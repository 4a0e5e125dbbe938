package types

import (
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
)

// AuditEvent is one entry of an organization's audit log.
type AuditEvent struct {
	Time        string  `pulumi:"time"`
	Event       string  `pulumi:"event"`
	Description string  `pulumi:"description"`
	User        string  `pulumi:"user"`
	UserName    string  `pulumi:"userName"`
	SourceIP    string  `pulumi:"sourceIp"`
	TokenID     *string `pulumi:"tokenId,optional"`
	TokenName   *string `pulumi:"tokenName,optional"`
	Refused     bool    `pulumi:"refused"`
	NeededAdmin bool    `pulumi:"neededAdmin"`
}

// Annotate describes the event.
func (e *AuditEvent) Annotate(a infer.Annotator) {
	a.Describe(e, "One entry of an organization's audit log.")
	a.Describe(&e.Time, "When it happened, in RFC 3339.")
	a.Describe(&e.Event, "The event's id, such as `environment-open`.")
	a.Describe(&e.Description, "What happened, as Pulumi Cloud words it. It is the only place that names the entity.")
	a.Describe(&e.User, "The login of whoever acted; a synthetic one for machine identities.")
	a.Describe(&e.UserName, "The name of whoever acted.")
	a.Describe(&e.SourceIP, "The address that the call came from.")
	a.Describe(&e.TokenID, "The id of the access token that was used, where the log has it.")
	a.Describe(&e.TokenName, "The name of the access token that was used, where the log has it.")
	a.Describe(&e.Refused, "Whether it was refused for lack of access.")
	a.Describe(&e.NeededAdmin, "Whether the act takes an administrator of the organization.")
}

// AuditEventOf translates an event.
func AuditEventOf(e audit.Event) AuditEvent {
	return AuditEvent{
		Time: e.Time.Format(time.RFC3339), Event: e.Kind, Description: e.Description,
		User: e.User, UserName: e.UserName, SourceIP: e.SourceIP,
		TokenID: ptr.NonZero(e.TokenID), TokenName: ptr.NonZero(e.TokenName),
		Refused: e.Refused, NeededAdmin: e.NeededAdmin,
	}
}
