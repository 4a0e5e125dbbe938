package types

import "github.com/pulumi/pulumi-go-provider/infer"

// AuditTrail says where what people did can be read afterwards.
type AuditTrail struct {
	Events         []string `pulumi:"events"`
	Entities       []string `pulumi:"entities"`
	AuditLog       string   `pulumi:"auditLog"`
	ChangeRequests string   `pulumi:"changeRequests"`
}

// Annotate describes the trail.
func (v *AuditTrail) Annotate(a infer.Annotator) {
	a.Describe(v, "Where what people did can be read afterwards.")
	a.Describe(&v.Events, "The ids of the audit events that tell of it, as the function `getAuditEvents` takes them: `team-updated` when "+
		"somebody is named or removed, `environment-open` and `environment-read-open` when an environment is opened, "+
		"`environment-unauthorized-open` and `auth-failure-change-request` when that is refused, `change-gate-*` when an approval rule changes.")
	a.Describe(&v.Entities, "What those events name: the team, and each environment as `project/environment`.")
	a.Describe(&v.AuditLog, "The address of the organization's audit log. It needs the scope `audit_logs:read`.")
	a.Describe(&v.ChangeRequests, "The address of the requests to open, each with who asked and why, who approved, and when it was applied. "+
		"The audit log has no event for an approval.")
}
