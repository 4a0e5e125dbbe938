package server

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// update is one run of the CLI on a stack, previews included, or one import or rename of its state.
type update struct {
	ID          string                 `json:"id"`
	Kind        string                 `json:"kind"` // preview, update, refresh, destroy, import or rename
	DryRun      bool                   `json:"dryRun,omitempty"`
	Version     int                    `json:"version"` // that it makes; a preview's is the stack's
	Status      updateStatus           `json:"status"`
	TimedOut    bool                   `json:"timedOut,omitempty"` // its lease ran out before it was complete
	Login       string                 `json:"login"`              // whose run it is
	Name        string                 `json:"name"`
	Principal   string                 `json:"principal"` // id of what the token stands for
	TokenID     string                 `json:"tokenId,omitempty"`
	TokenName   string                 `json:"tokenName,omitempty"`
	Message     string                 `json:"message"`
	Environment map[string]string      `json:"environment"`
	Config      map[string]configValue `json:"config"`
	Changes     map[string]int         `json:"changes"` // resources by operation
	Resources   int                    `json:"resources"`
	Created     time.Time              `json:"created"`
	Started     time.Time              `json:"started,omitzero"`
	Ended       time.Time              `json:"ended,omitzero"`

	lease  string    // hash of the token that the CLI holds while it runs; gone when the server's state is restored
	leased time.Time // until when
}

type updateStatus string

// How far an update has come, in the service's words.
const (
	updateNotStarted updateStatus = "not started"
	updateRunning    updateStatus = "running"
	updateFailed     updateStatus = "failed"
	updateSucceeded  updateStatus = "succeeded"
	updateCancelled  updateStatus = "cancelled"
)

// Kinds of updates that only the server makes; the others are in updateKinds.
const (
	kindPreview = "preview"
	kindImport  = "import"
	kindRename  = "rename"
)

// maxLease is how long an update goes on without a word from its CLI.
const maxLease = 5 * time.Minute

// configValue is one entry of a stack's configuration; a secret's text is a ciphertext.
type configValue struct {
	Text   string `json:"string"`
	Secret bool   `json:"secret"`
	Object bool   `json:"object"`
}

// preview tells whether an update changes nothing: the CLI runs the preview before an update, a refresh or a destroy as a dry
// run of that kind.
func (u *update) preview() bool { return u.Kind == kindPreview || u.DryRun }

// find answers the stack's update of an id.
func (st *stack) find(id string) (*update, error) {
	for _, u := range st.Updates {
		if u.ID == id {
			return u, nil
		}
	}
	return nil, rest.NotFound("Update '%s' not found", id)
}

// running is the update that holds the stack, nil if nobody does. One whose lease ran out holds it no longer.
func (st *stack) running(now time.Time) *update {
	for _, u := range st.Updates {
		if !u.preview() && u.alive(now) {
			return u
		}
	}
	return nil
}

// latest is the newest update that was started, previews apart; nil if there was none.
func (st *stack) latest() *update {
	for i := len(st.Updates) - 1; i >= 0; i-- {
		if u := st.Updates[i]; !u.preview() && u.Status != updateNotStarted {
			return u
		}
	}
	return nil
}

// alive tells whether an update is running, and notes that it timed out when its lease did.
func (u *update) alive(now time.Time) bool {
	if u.Status != updateRunning {
		return false
	}
	if now.Before(u.leased) {
		return true
	}
	u.TimedOut = true
	u.end(updateFailed, u.leased)
	return false
}

func (u *update) end(status updateStatus, at time.Time) {
	u.Status, u.Ended, u.lease = status, at, ""
	if at.IsZero() { // a restored state knows no lease
		u.Ended = u.Started
	}
}

// busy refuses what needs the stack for itself while an update runs.
func (s *org) busy(st *stack) error {
	if st.running(s.now()) == nil {
		return nil
	}
	return rest.Conflict("Another update is currently in progress.")
}

// over says why an update takes no more, in the service's words; nil while it runs.
func (u *update) over(now time.Time) error {
	switch {
	case u.alive(now):
		return nil
	case u.TimedOut:
		return rest.Conflict("The Update has already timed out")
	case u.Status == updateNotStarted:
		return rest.Conflict("The Update has not started")
	case u.Status == updateCancelled:
		return rest.Conflict("The Update has been cancelled")
	}
	return rest.Conflict("The Update has already completed")
}

// newLease makes the token with which a running update speaks for itself.
func (u *update) newLease(until time.Time) (string, error) {
	value := make([]byte, 24)
	if _, err := rand.Read(value); err != nil {
		return "", err
	}
	token := hex.EncodeToString(value)
	u.lease, u.leased = hashToken(token), until
	return token, nil
}

// authenticateUpdate finds the caller by the lease of the update that the path names. The lease stands for whoever
// started the update, with no more rights than to see that update through.
func (c *call) authenticateUpdate() error {
	value, ok := strings.CutPrefix(c.Request.Header.Get("Authorization"), "update-token ")
	if !ok {
		return rest.Unauthorized()
	}
	st, ok := c.s.state.Stacks[entityKey(c.Param("projectName"), c.Param("stackName"))]
	if !ok {
		return rest.Unauthorized()
	}
	u, err := st.find(c.Param("updateID"))
	if err != nil {
		return rest.Unauthorized()
	}
	if err := u.over(c.s.now()); err != nil {
		return c.leaseEnded(err)
	}
	if subtle.ConstantTimeCompare([]byte(u.lease), []byte(hashToken(strings.TrimSpace(value)))) != 1 || !c.s.rules().hasAccess(u.Principal) {
		return rest.Unauthorized()
	}
	c.caller = principal{login: u.Login, name: u.Name, token: &token{ID: u.TokenID, Name: u.TokenName}}
	c.stack, c.update = st, u
	return nil
}

// leaseEnded answers a renewal with the one status that makes the CLI stop.
func (c *call) leaseEnded(why error) error {
	if strings.HasSuffix(c.route.pattern, "/renew_lease") {
		return rest.Refuse(http.StatusForbidden, "Forbidden", "the lease has ended: %v", why)
	}
	return why
}
