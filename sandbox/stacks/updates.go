package stacks

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

const oneStack = "/api/stacks/{orgName}/{projectName}/{stackName}"

// updateKinds are the runs that a CLI begins.
var updateKinds = []string{state.KindPreview, "update", "refresh", "destroy"}

// UpdateRoutes are the life of an update: created, started, held by a lease, complete or cancelled. Checkpoints are
// whole ones: no capability announces deltas, and no start agrees to a journal.
func UpdateRoutes() []core.Route {
	var all []core.Route
	for _, kind := range updateKinds {
		path := oneStack + "/" + kind
		one := path + "/{updateID}"
		all = append(all,
			core.Route{Pattern: "POST " + path, Handle: rest.JSON(createUpdate(kind))},
			core.Route{Pattern: "GET " + one, Handle: rest.Plain(getUpdateStatus)},
			core.Route{Pattern: "POST " + one, Handle: rest.JSONOn(startable, startUpdate)},
			core.Route{Pattern: "POST " + one + "/cancel", Handle: rest.Plain(cancelUpdate)},
			core.Route{Pattern: "POST " + one + "/renew_lease", Handle: rest.JSON(renewLease), Lease: true},
			core.Route{Pattern: "POST " + one + "/events", Handle: rest.Do(recordEvent), Lease: true},
			core.Route{Pattern: "POST " + one + "/events/batch", Handle: rest.Do(recordEvents), Lease: true},
			core.Route{Pattern: "POST " + one + "/complete", Handle: rest.Do(completeUpdate), Lease: true},
		)
		if kind == state.KindPreview {
			continue
		}
		all = append(all, core.Route{Pattern: "PATCH " + one + "/checkpoint", Handle: rest.DoOn(changingUpdate, patchCheckpoint), Lease: true})
	}
	return all
}

// updateScope is what it takes to run an update: a preview changes nothing, and so reads.
func updateScope(u *state.Update) string {
	if u.Preview() {
		return "stack:read"
	}
	return "stack:write"
}

type updateProgram struct {
	Config   map[string]state.ConfigValue `json:"config"`
	Metadata struct {
		Message     string            `json:"message"`
		Environment map[string]string `json:"environment"`
	} `json:"metadata"`
	Options struct {
		DryRun bool `json:"dryRun"`
	} `json:"options"`
}

func createUpdate(kind string) func(*core.Call, updateProgram) (map[string]any, error) {
	return func(c *core.Call, req updateProgram) (map[string]any, error) { return beginNewUpdate(c, kind, req) }
}

func beginNewUpdate(c *core.Call, kind string, req updateProgram) (map[string]any, error) {
	st, err := c.StackWith(updateScope(&state.Update{Kind: kind, DryRun: req.Options.DryRun}))
	if err != nil {
		return nil, err
	}
	u := newUpdate(c, st, kind)
	u.DryRun = req.Options.DryRun
	u.Message, u.Environment, u.Config = req.Metadata.Message, rest.OrEmpty(req.Metadata.Environment), rest.OrEmpty(req.Config)
	return map[string]any{"updateID": u.ID, "aiSettings": map[string]bool{"copilotIsEnabled": false}}, nil
}

// newUpdate records an update that the caller is about to make.
func newUpdate(c *core.Call, st *state.Stack, kind string) *state.Update {
	u := &state.Update{
		ID: c.Org.State.NewID("update", state.EntityKey(st.Project, st.Name)), Kind: kind, Version: st.Version, Status: state.UpdateNotStarted,
		Login: c.Caller.Login, Name: c.Caller.Name, Created: c.Org.Now(),
		Environment: map[string]string{}, Config: map[string]state.ConfigValue{}, Changes: map[string]int{},
	}
	if t := c.Caller.Token; t != nil {
		u.Principal, u.TokenID, u.TokenName = t.Principal, t.ID, t.Name
	}
	st.Updates = append(st.Updates, u)
	st.Trim(c.Org.Options.KeepUpdates, c.Org.Now())
	return u
}

// updateWith finds the update that the path names, and checks the scope that it needs.
func updateWith(c *core.Call, scope func(*state.Update) string) (*state.Stack, *state.Update, error) {
	st, err := c.StackWith("stack:read")
	if err != nil {
		return nil, nil, err
	}
	u, err := st.Find(c.Param("updateID"))
	if err != nil {
		return nil, nil, err
	}
	_, err = c.StackWith(scope(u))
	return st, u, err
}

func always(scope string) func(*state.Update) string {
	return func(*state.Update) string { return scope }
}

func getUpdateStatus(c *core.Call) error {
	_, u, err := updateWith(c, always("stack:read"))
	if err != nil {
		return err
	}
	u.Alive(c.Org.Now())
	return c.OK(map[string]any{"status": u.Status, "events": []any{}})
}

type startRequest struct {
	Tags map[string]string `json:"tags"`
}

type startAnswer struct {
	Version        int    `json:"version"`
	Token          string `json:"token"`
	Expires        int64  `json:"tokenExpiration"`
	JournalVersion int    `json:"journalVersion,omitempty"`
}

// updateOn is an update and the stack that it is of.
type updateOn struct {
	*state.Update
	stack *state.Stack
}

// startable finds the update that the path names, if the caller may run it.
func startable(c *core.Call) (updateOn, error) {
	st, u, err := updateWith(c, updateScope)
	return updateOn{Update: u, stack: st}, err
}

func startUpdate(c *core.Call, of updateOn, req startRequest) (startAnswer, error) {
	st, u := of.stack, of.Update
	if u.Status != state.UpdateNotStarted {
		return startAnswer{}, rest.Conflict("The Update has already started")
	}
	if !u.Preview() {
		if err := beginUpdate(c, st, u, req.Tags); err != nil {
			return startAnswer{}, err
		}
	}
	u.Status, u.Started = state.UpdateRunning, c.Org.Now()
	token, err := u.NewLease(c.Org.Now().Add(state.MaxLease))
	if err != nil {
		return startAnswer{}, err
	}
	return startAnswer{Version: u.Version, Token: token, Expires: u.Leased.Unix()}, nil
}

// beginUpdate takes the stack for an update, and takes over the tags that the CLI sends.
func beginUpdate(c *core.Call, st *state.Stack, u *state.Update, tags map[string]string) error {
	if err := busy(c.Org, st); err != nil {
		return err
	}
	if err := retag(c, st, tags); err != nil {
		return err
	}
	st.Version++
	u.Version = st.Version
	c.Audit("stack-update-started", "Started %s %d of stack %s", u.Kind, u.Version, state.EntityKey(st.Project, st.Name))
	return nil
}

// retag replaces a stack's tags by those that an update starts with. Tags decide what roles reach, so a caller who may not write
// tags changes the built-in ones only.
func retag(c *core.Call, st *state.Stack, tags map[string]string) error {
	if tags == nil {
		return nil
	}
	if err := checkTags(st.Project, tags); err != nil {
		return err
	}
	next := maps.Clone(tags)
	if !c.Can("stack_tags:update", authz.Stack(st)) {
		maps.DeleteFunc(next, func(name, _ string) bool { return !builtinTag(name) })
		for name, value := range st.Tags {
			if !builtinTag(name) {
				next[name] = value
			}
		}
	}
	st.Tags = next
	return nil
}

// cancelUpdate ends an update and frees its stack; the lease of the CLI that runs it is no longer valid.
func cancelUpdate(c *core.Call) error {
	st, u, err := updateWith(c, always("stack:cancel_update"))
	if err != nil {
		return err
	}
	if err := u.Over(c.Org.Now()); err != nil {
		return err
	}
	u.End(state.UpdateCancelled, c.Org.Now())
	if !u.Preview() {
		c.Audit("stack-update-canceled", "Cancelled %s %d of stack %s", u.Kind, u.Version, state.EntityKey(st.Project, st.Name))
	}
	return c.NoContent()
}

type renewLeaseRequest struct {
	Duration int `json:"duration"`
}

func renewLease(c *core.Call, req renewLeaseRequest) (map[string]any, error) {
	wanted := time.Duration(req.Duration) * time.Second
	if req.Duration < 0 || wanted > state.MaxLease {
		return nil, rest.BadRequest("Renewal duration must be between 0 and %d seconds", int(state.MaxLease/time.Second))
	}
	token, err := c.Update.NewLease(c.Org.Now().Add(wanted))
	if err != nil {
		return nil, err
	}
	return map[string]any{"token": token, "tokenExpiration": c.Update.Leased.Unix()}, nil
}

// engineEvent is as much of an event as is kept: what an update did, by operation.
type engineEvent struct {
	Summary *struct {
		Changes map[string]int `json:"resourceChanges"`
	} `json:"summaryEvent"`
}

func recordEvent(c *core.Call, event engineEvent) error {
	return record(c, []engineEvent{event})
}

type recordEventsRequest struct {
	Events []engineEvent `json:"events"`
}

func recordEvents(c *core.Call, batch recordEventsRequest) error {
	if len(batch.Events) == 0 {
		return rest.BadRequest("No events provided.")
	}
	return record(c, batch.Events)
}

func record(c *core.Call, events []engineEvent) error {
	for _, e := range events {
		if e.Summary != nil {
			c.Update.Changes = rest.OrEmpty(e.Summary.Changes)
		}
	}
	c.Out.Status = http.StatusOK // without a body
	return nil
}

type completeUpdateRequest struct {
	Status state.UpdateStatus `json:"status"`
}

func completeUpdate(c *core.Call, req completeUpdateRequest) error {
	if !slices.Contains([]state.UpdateStatus{state.UpdateSucceeded, state.UpdateFailed, state.UpdateCancelled}, req.Status) {
		return rest.BadRequest("unrecognized status '%s'", req.Status)
	}
	u := c.Update
	u.End(req.Status, c.Org.Now())
	if !u.Preview() {
		u.Resources = c.Stack.ResourceCount()
		c.Audit("stack-update-completed", "Completed %s %d of stack %s: %s",
			u.Kind, u.Version, state.EntityKey(c.Stack.Project, c.Stack.Name), u.Status)
	}
	return c.NoContent()
}

// at once records a change of the state that needs no run of the CLI: an import or a rename.
func atOnce(c *core.Call, st *state.Stack, kind string) *state.Update {
	st.Version++
	u := newUpdate(c, st, kind)
	u.Started = c.Org.Now()
	u.End(state.UpdateSucceeded, c.Org.Now())
	return u
}
