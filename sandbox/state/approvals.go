package state

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// Actions that a gate guards, and that a change request asks for.
const (
	ActionOpen = "open"
	// Of policy exceptions.
	ActionCreate  = "create"
	ActionApprove = "approve"
	ActionUpdate  = "update"
)

// Kinds of eligibility to approve.
const (
	EligibleTeam       = "team_member"
	EligibleUser       = "specific_user"
	EligiblePermission = "has_permission_on_target"

	ApprovalRequired = "approval_required"
	EntityTypeESC    = "environment"
	// EntityTypeExceptions are the policy exceptions of the organization.
	EntityTypeExceptions = "policy_exceptions"
)

// Gate is a change gate: an action on one environment, or on the organization's policy exceptions, that needs approvals. The
// environment is named, not identified.
type Gate struct {
	ID                string     `json:"id"`
	Name              string     `json:"name"`
	Enabled           bool       `json:"enabled"`
	Exceptions        bool       `json:"policyExceptions,omitempty"` // it guards these, and no environment
	Environment       string     `json:"environment"`                // project/name
	Action            string     `json:"action"`                     // open or update of an environment, create or approve of exceptions
	RequiredApprovals int        `json:"requiredApprovals"`
	AllowSelfApproval bool       `json:"allowSelfApproval"`
	Reapproval        bool       `json:"requireReapprovalOnChange"`
	Approvers         []Approver `json:"approvers"`
}

// Approver is one way to be eligible; the field that the kind names is set.
type Approver struct {
	Kind       string `json:"eligibilityType"`
	Team       string `json:"team,omitempty"`
	TeamID     string `json:"teamId,omitempty"` // another team of that name is not meant
	User       string `json:"user,omitempty"`   // login
	Permission string `json:"permission,omitempty"`
}

// Statuses of a change request. The service's document types them as free text; draft and ready are known from it, what
// follows them is not enumerated anywhere.
const (
	StatusDraft   = "draft"
	StatusReady   = "ready"
	StatusApplied = "applied"
	StatusClosed  = "closed"
)

// ChangeRequest asks for an action on an environment: an open request or, with action update, a draft. Requests are
// history: nothing deletes one.
type ChangeRequest struct {
	ID            string         `json:"id"`
	Action        string         `json:"action"` // open or update
	Status        string         `json:"status"`
	Environment   string         `json:"environment"`   // project/name
	EnvironmentID string         `json:"environmentId"` // one that was recreated is another
	Creator       string         `json:"creator"`       // login
	Description   string         `json:"description"`
	Created       time.Time      `json:"created"`
	Applied       time.Time      `json:"applied,omitzero"`
	Opened        time.Time      `json:"opened,omitzero"` // when its grant was used first
	Base          string         `json:"base,omitempty"`  // update: the etag of the text that the draft changes
	Revisions     []Proposal     `json:"revisions"`       // oldest first, never empty
	Approvals     []Approval     `json:"approvals,omitempty"`
	Events        []RequestEvent `json:"events"`
}

// Proposal is what one revision of a request asks for.
type Proposal struct {
	Number          int    `json:"number"` // open requests count from 0, drafts from 1
	Definition      string `json:"definition,omitempty"`
	AccessDuration  int64  `json:"accessDurationSeconds,omitempty"`
	GrantExpiration int64  `json:"grantExpirationSeconds,omitempty"`
}

type Approval struct {
	Login    string `json:"login"`
	Revision int    `json:"revision"`
}

// RequestEvent is ChangeRequestEvent in the service's document.
type RequestEvent struct {
	ID        string    `json:"id"`
	Type      string    `json:"eventType"`
	RequestID string    `json:"changeRequestId"`
	Login     string    `json:"login"`
	Created   time.Time `json:"createdAt"`
	Revision  int       `json:"revisionNumber"`
	Comment   string    `json:"comment,omitempty"`
	From      string    `json:"from,omitempty"` // status or description
	To        string    `json:"to,omitempty"`
	Reason    string    `json:"reason,omitempty"`
}

const (
	EventApproved    = "approved_by_user"
	EventUnapproved  = "unapproved_by_user"
	EventCommented   = "commented"
	EventDescription = "description_updated"
	EventRevision    = "revision_added"
	EventStatus      = "status_changed"
)

func (q *ChangeRequest) Latest() Proposal { return q.Revisions[len(q.Revisions)-1] }

// Revision finds a revision by number; "" is the latest.
func (q *ChangeRequest) Revision(number string) (Proposal, bool) {
	if number == "" {
		return q.Latest(), true
	}
	i := slices.IndexFunc(q.Revisions, func(p Proposal) bool { return strconv.Itoa(p.Number) == number })
	if i < 0 {
		return Proposal{}, false
	}
	return q.Revisions[i], true
}

// Active reports whether anything may still come of the request.
func (q *ChangeRequest) Active() bool { return q.Status == StatusDraft || q.Status == StatusReady }

func (q *ChangeRequest) ETag(p Proposal) string {
	sum := sha256.Sum256([]byte(q.ID + "\n" + strconv.Itoa(p.Number) + "\n" + p.Definition))
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// GrantEnds returns the time until which a grant lets its holder open the environment, if it is used at now. Its duration
// begins with the first use; a grant that was not used in time has expired, which is the zero time.
func (q *ChangeRequest) GrantEnds(now time.Time) time.Time {
	p := q.Latest()
	first := q.Opened
	if first.IsZero() {
		if !now.Before(q.Applied.Add(seconds(p.GrantExpiration))) {
			return time.Time{}
		}
		first = now
	}
	return first.Add(seconds(p.AccessDuration))
}

// seconds limits a duration to 100 years, so that it does not overflow.
func seconds(n int64) time.Duration {
	const most = int64(100 * 365 * 24 * 60 * 60)
	return time.Duration(min(n, most)) * time.Second
}

// CheckSatisfiable refuses a rule that can never be satisfied, whoever joins a team or gets a permission: one without
// approvers, and one that requires more approvals than it names people, if it names nothing but people.
func (g *Gate) CheckSatisfiable() error {
	if len(g.Approvers) == 0 {
		return rest.BadRequest("Invalid input: rule.eligibleApprovers is empty, so that nobody could approve")
	}
	named := map[string]bool{}
	for _, a := range g.Approvers {
		if a.Kind != EligibleUser {
			return nil
		}
		named[a.User] = true
	}
	if len(named) < g.RequiredApprovals {
		return rest.BadRequest("Invalid input: rule.numApprovalsRequired is %d, and rule.eligibleApprovers names %d", g.RequiredApprovals, len(named))
	}
	return nil
}
