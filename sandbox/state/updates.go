package state

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// Update is one run of the CLI on a stack, previews included, or one import or rename of its state.
type Update struct {
	ID          string                 `json:"id"`
	Kind        string                 `json:"kind"` // preview, update, refresh, destroy, import or rename
	DryRun      bool                   `json:"dryRun,omitempty"`
	Version     int                    `json:"version"` // that it makes; a preview's is the stack's
	Status      UpdateStatus           `json:"status"`
	TimedOut    bool                   `json:"timedOut,omitempty"` // its lease ran out before it was complete
	Login       string                 `json:"login"`              // whose run it is
	Name        string                 `json:"name"`
	Principal   string                 `json:"principal"` // id of what the token stands for
	TokenID     string                 `json:"tokenId,omitempty"`
	TokenName   string                 `json:"tokenName,omitempty"`
	Message     string                 `json:"message"`
	Environment map[string]string      `json:"environment"`
	Config      map[string]ConfigValue `json:"config"`
	Changes     map[string]int         `json:"changes"` // resources by operation
	Resources   int                    `json:"resources"`
	Created     time.Time              `json:"created"`
	Started     time.Time              `json:"started,omitzero"`
	Ended       time.Time              `json:"ended,omitzero"`

	Lease  string    `json:"-"` // hash of the token that the CLI holds while it runs; gone when the server's state is restored
	Leased time.Time `json:"-"` // until when
}

type UpdateStatus string

// How far an update has come, in the service's words.
const (
	UpdateNotStarted UpdateStatus = "not started"
	UpdateRunning    UpdateStatus = "running"
	UpdateFailed     UpdateStatus = "failed"
	UpdateSucceeded  UpdateStatus = "succeeded"
	UpdateCancelled  UpdateStatus = "cancelled"
)

// Kinds of updates that only the server makes; the others are in updateKinds.
const (
	KindPreview = "preview"
	KindImport  = "import"
	KindRename  = "rename"
)

// MaxLease is how long an update stays alive without a call from its CLI.
const MaxLease = 5 * time.Minute

// ConfigValue is one entry of a stack's configuration; a secret's text is a ciphertext.
type ConfigValue struct {
	Text   string `json:"string"`
	Secret bool   `json:"secret"`
	Object bool   `json:"object"`
}

// Preview reports whether an update changes nothing: the CLI runs the preview before an update, a refresh or a destroy as a dry
// run of that kind.
func (u *Update) Preview() bool { return u.Kind == KindPreview || u.DryRun }

// Find answers the stack's update of an id.
func (st *Stack) Find(id string) (*Update, error) {
	for _, u := range st.Updates {
		if u.ID == id {
			return u, nil
		}
	}
	return nil, rest.NotFound("Update '%s' not found", id)
}

// Running is the update that holds the stack, nil if there is none. An update whose lease has expired does not hold it.
func (st *Stack) Running(now time.Time) *Update {
	for _, u := range st.Updates {
		if !u.Preview() && u.Alive(now) {
			return u
		}
	}
	return nil
}

// Latest is the newest update that was started, previews apart; nil if there was none.
func (st *Stack) Latest() *Update {
	for i := len(st.Updates) - 1; i >= 0; i-- {
		if u := st.Updates[i]; !u.Preview() && u.Status != UpdateNotStarted {
			return u
		}
	}
	return nil
}

// Alive reports whether an update is running, and notes that it timed out when its lease did.
func (u *Update) Alive(now time.Time) bool {
	if u.Status != UpdateRunning {
		return false
	}
	if now.Before(u.Leased) {
		return true
	}
	u.TimedOut = true
	u.End(UpdateFailed, u.Leased)
	return false
}

func (u *Update) End(status UpdateStatus, at time.Time) {
	u.Status, u.Ended, u.Lease = status, at, ""
	if at.IsZero() { // a restored state knows no lease
		u.Ended = u.Started
	}
}

// Over returns why an update accepts no more calls, in the service's words; nil while it runs.
func (u *Update) Over(now time.Time) error {
	switch {
	case u.Alive(now):
		return nil
	case u.TimedOut:
		return rest.Conflict("The Update has already timed out")
	case u.Status == UpdateNotStarted:
		return rest.Conflict("The Update has not started")
	case u.Status == UpdateCancelled:
		return rest.Conflict("The Update has been cancelled")
	}
	return rest.Conflict("The Update has already completed")
}

// NewLease makes the token with which a running update speaks for itself.
func (u *Update) NewLease(until time.Time) (string, error) {
	value := make([]byte, 24)
	if _, err := rand.Read(value); err != nil {
		return "", err
	}
	token := hex.EncodeToString(value)
	u.Lease, u.Leased = HashToken(token), until
	return token, nil
}

func HashToken(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

// checkpoint is the state of a stack's resources after one of its versions, as the CLI wrote it: secrets in it are
// ciphertexts.
type checkpoint struct {
	Version    int             `json:"version"` // the stack's
	Schema     int             `json:"schema"`  // the deployment's
	Features   []string        `json:"features,omitempty"`
	Deployment json.RawMessage `json:"deployment"`
}

// Deployment is a state on the wire.
type Deployment struct {
	Schema     int             `json:"version"`
	Features   []string        `json:"features,omitempty"`
	Deployment json.RawMessage `json:"deployment,omitempty"`
}

const (
	firstSchema  = 1
	latestSchema = 4
)

// noResources is the state of a stack that was never updated.
var noResources = Deployment{Schema: 3, Deployment: json.RawMessage(
	`{"manifest":{"time":"0001-01-01T00:00:00Z","magic":"","version":""}}`)}

// Check refuses what is not a deployment.
func (d Deployment) Check() error {
	var object map[string]any
	if !rest.Present(d.Deployment) || json.Unmarshal(d.Deployment, &object) != nil {
		return rest.BadRequest("request must contain a checkpoint")
	}
	if d.Schema < firstSchema || d.Schema > latestSchema {
		return rest.BadRequest("the deployment has version %d: between %d and %d are known", d.Schema, firstSchema, latestSchema)
	}
	return nil
}

// OfAnotherStack reports whether a state has secrets that were encrypted for another stack of the service.
func (d Deployment) OfAnotherStack(st *Stack) bool {
	var of struct {
		Secrets struct {
			Type  string `json:"type"`
			State struct {
				Project string `json:"project"`
				Stack   string `json:"stack"`
			} `json:"state"`
		} `json:"secrets_providers"`
	}
	_ = json.Unmarshal(d.Deployment, &of) // without a provider that can be read nothing is encrypted
	return of.Secrets.Type == "service" && bytes.Contains(d.Deployment, []byte(`"ciphertext":`)) &&
		(of.Secrets.State.Project != st.Project || of.Secrets.State.Stack != st.Name)
}

// Keep makes a state that of one of the stack's versions.
func (st *Stack) Keep(version int, d Deployment) {
	one := checkpoint{Version: version, Schema: d.Schema, Features: d.Features, Deployment: rest.Compact(d.Deployment)}
	if last := len(st.Checkpoints) - 1; last >= 0 && st.Checkpoints[last].Version == version {
		st.Checkpoints[last] = one
		return
	}
	st.Checkpoints = append(st.Checkpoints, one)
}

// StateAt is the state after a version: an update that wrote no state kept the one before.
func (st *Stack) StateAt(version int) Deployment {
	for i := len(st.Checkpoints) - 1; i >= 0; i-- {
		if c := st.Checkpoints[i]; c.Version <= version {
			return Deployment{Schema: c.Schema, Features: c.Features, Deployment: c.Deployment}
		}
	}
	return noResources
}

func (st *Stack) ResourceCount() int {
	var counted struct {
		Resources []json.RawMessage `json:"resources"`
	}
	_ = json.Unmarshal(st.StateAt(st.Version).Deployment, &counted) // what is not a list has no resources
	return len(counted.Resources)
}

// checkUpdates refuses what would break handlers later.
func (st *Stack) checkUpdates(key string) error {
	if slices.Contains(st.Updates, nil) {
		return rest.BadRequest("stacks[%q].updates has an entry that is nothing", key)
	}
	for i := range st.Checkpoints {
		st.Checkpoints[i].Deployment = rest.Compact(st.Checkpoints[i].Deployment)
		if !json.Valid(st.Checkpoints[i].Deployment) {
			return rest.BadRequest("stacks[%q].checkpoints[%d].deployment is not JSON", key, i)
		}
	}
	return nil
}

// Trim drops the oldest updates, and the states of versions that no update speaks of any more. What runs stays, and so does the
// latest update.
func (st *Stack) Trim(keep int, now time.Time) {
	excess := len(st.Updates) - keep
	if excess <= 0 {
		return
	}
	latest, newestOne := st.Latest(), st.Updates[len(st.Updates)-1]
	st.Updates = slices.DeleteFunc(st.Updates, func(u *Update) bool {
		drop := excess > 0 && u != latest && u != newestOne && !u.Alive(now)
		if !drop {
			return false
		}
		excess--
		if !u.Preview() && u.Status != UpdateNotStarted {
			st.Trimmed = max(st.Trimmed, u.Version)
		}
		return true
	})
	// The state of the oldest version that is left may be one that an earlier version wrote.
	for len(st.Checkpoints) > 1 && st.Checkpoints[1].Version <= st.Trimmed+1 {
		st.Checkpoints = st.Checkpoints[1:]
	}
}
