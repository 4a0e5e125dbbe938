package server

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

const oneStack = "/api/stacks/{orgName}/{projectName}/{stackName}"

// updateKinds are the runs that a CLI begins.
var updateKinds = []string{state.KindPreview, "update", "refresh", "destroy"}

// updateRoutes are the life of an update: created, started, held by a lease, complete or cancelled. Checkpoints are
// whole ones: no capability announces deltas, and no start agrees to a journal.
func (s *org) updateRoutes() []route {
	var all []route
	for _, kind := range updateKinds {
		path := oneStack + "/" + kind
		one := path + "/{updateID}"
		all = append(all,
			route{pattern: "POST " + path, handle: rest.JSON(createUpdate(kind))},
			route{pattern: "GET " + one, handle: rest.Plain((*call).getUpdateStatus)},
			route{pattern: "POST " + one, handle: rest.JSONOn((*call).startable, (*call).startUpdate)},
			route{pattern: "POST " + one + "/cancel", handle: rest.Plain((*call).cancelUpdate)},
			route{pattern: "POST " + one + "/renew_lease", handle: rest.JSON((*call).renewLease), lease: true},
			route{pattern: "POST " + one + "/events", handle: rest.Do((*call).recordEvent), lease: true},
			route{pattern: "POST " + one + "/events/batch", handle: rest.Do((*call).recordEvents), lease: true},
			route{pattern: "POST " + one + "/complete", handle: rest.Do((*call).completeUpdate), lease: true},
		)
		if kind == state.KindPreview {
			continue
		}
		all = append(all, route{pattern: "PATCH " + one + "/checkpoint", handle: rest.DoOn((*call).changingUpdate, (*call).patchCheckpoint), lease: true})
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

func createUpdate(kind string) func(*call, updateProgram) (map[string]any, error) {
	return func(c *call, req updateProgram) (map[string]any, error) { return c.createUpdate(kind, req) }
}

func (c *call) createUpdate(kind string, req updateProgram) (map[string]any, error) {
	st, err := c.stackWith(updateScope(&state.Update{Kind: kind, DryRun: req.Options.DryRun}))
	if err != nil {
		return nil, err
	}
	u := c.newUpdate(st, kind)
	u.DryRun = req.Options.DryRun
	u.Message, u.Environment, u.Config = req.Metadata.Message, rest.OrEmpty(req.Metadata.Environment), rest.OrEmpty(req.Config)
	return map[string]any{"updateID": u.ID, "aiSettings": map[string]bool{"copilotIsEnabled": false}}, nil
}

// newUpdate records an update that the caller is about to make.
func (c *call) newUpdate(st *state.Stack, kind string) *state.Update {
	u := &state.Update{
		ID: c.s.state.NewID("update", state.EntityKey(st.Project, st.Name)), Kind: kind, Version: st.Version, Status: state.UpdateNotStarted,
		Login: c.caller.login, Name: c.caller.name, Created: c.s.now(),
		Environment: map[string]string{}, Config: map[string]state.ConfigValue{}, Changes: map[string]int{},
	}
	if t := c.caller.token; t != nil {
		u.Principal, u.TokenID, u.TokenName = t.Principal, t.ID, t.Name
	}
	st.Updates = append(st.Updates, u)
	st.Trim(c.s.options.KeepUpdates, c.s.now())
	return u
}

// updateWith finds the update that the path names, for a caller who has the right to such updates.
func (c *call) updateWith(scope func(*state.Update) string) (*state.Stack, *state.Update, error) {
	st, err := c.stackWith("stack:read")
	if err != nil {
		return nil, nil, err
	}
	u, err := st.Find(c.Param("updateID"))
	if err != nil {
		return nil, nil, err
	}
	_, err = c.stackWith(scope(u))
	return st, u, err
}

func always(scope string) func(*state.Update) string {
	return func(*state.Update) string { return scope }
}

func (c *call) getUpdateStatus() error {
	_, u, err := c.updateWith(always("stack:read"))
	if err != nil {
		return err
	}
	u.Alive(c.s.now())
	return c.OK(map[string]any{"status": u.Status, "events": []any{}})
}

type startRequest struct {
	Tags map[string]string `json:"tags"`
}

type startAnswer struct {
	Version        int    `json:"version"`
	Token          string `json:"token"`
	Expires        int64  `json:"tokenExpiration"`
	JournalVersion int    `json:"journalVersion"`
}

// updateOn is an update and the stack that it is of.
type updateOn struct {
	*state.Update
	stack *state.Stack
}

// startable finds the update that the path names, for a caller who may make it.
func (c *call) startable() (updateOn, error) {
	st, u, err := c.updateWith(updateScope)
	return updateOn{Update: u, stack: st}, err
}

func (c *call) startUpdate(of updateOn, req startRequest) (startAnswer, error) {
	st, u := of.stack, of.Update
	if u.Status != state.UpdateNotStarted {
		return startAnswer{}, rest.Conflict("The Update has already started")
	}
	if !u.Preview() {
		if err := c.beginUpdate(st, u, req.Tags); err != nil {
			return startAnswer{}, err
		}
	}
	u.Status, u.Started = state.UpdateRunning, c.s.now()
	token, err := u.NewLease(c.s.now().Add(state.MaxLease))
	if err != nil {
		return startAnswer{}, err
	}
	return startAnswer{Version: u.Version, Token: token, Expires: u.Leased.Unix()}, nil
}

// beginUpdate takes the stack for an update, and takes over the tags that the CLI sends.
func (c *call) beginUpdate(st *state.Stack, u *state.Update, tags map[string]string) error {
	if err := c.s.busy(st); err != nil {
		return err
	}
	if err := c.retag(st, tags); err != nil {
		return err
	}
	st.Version++
	u.Version = st.Version
	c.audit("stack-update-started", "Started %s %d of stack %s", u.Kind, u.Version, state.EntityKey(st.Project, st.Name))
	return nil
}

// retag replaces a stack's tags by those of a start. Tags decide what roles reach, so who may not write them moves the
// built-in ones only.
func (c *call) retag(st *state.Stack, tags map[string]string) error {
	if tags == nil {
		return nil
	}
	if err := checkTags(st.Project, tags); err != nil {
		return err
	}
	next := maps.Clone(tags)
	if !c.can("stack_tags:update", stackEntity(st)) {
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

// cancelUpdate ends an update and frees its stack; the CLI that runs it finds its lease gone.
func (c *call) cancelUpdate() error {
	st, u, err := c.updateWith(always("stack:cancel_update"))
	if err != nil {
		return err
	}
	if err := u.Over(c.s.now()); err != nil {
		return err
	}
	u.End(state.UpdateCancelled, c.s.now())
	if !u.Preview() {
		c.audit("stack-update-canceled", "Cancelled %s %d of stack %s", u.Kind, u.Version, state.EntityKey(st.Project, st.Name))
	}
	return c.NoContent()
}

type renewLeaseRequest struct {
	Duration int `json:"duration"`
}

func (c *call) renewLease(req renewLeaseRequest) (map[string]any, error) {
	wanted := time.Duration(req.Duration) * time.Second
	if req.Duration < 0 || wanted > state.MaxLease {
		return nil, rest.BadRequest("Renewal duration must be between 0 and %d seconds", int(state.MaxLease/time.Second))
	}
	token, err := c.update.NewLease(c.s.now().Add(wanted))
	if err != nil {
		return nil, err
	}
	return map[string]any{"token": token, "tokenExpiration": c.update.Leased.Unix()}, nil
}

// engineEvent is as much of an event as is kept: what an update did, by operation.
type engineEvent struct {
	Summary *struct {
		Changes map[string]int `json:"resourceChanges"`
	} `json:"summaryEvent"`
}

func (c *call) recordEvent(event engineEvent) error {
	return c.record([]engineEvent{event})
}

type recordEventsRequest struct {
	Events []engineEvent `json:"events"`
}

func (c *call) recordEvents(batch recordEventsRequest) error {
	if len(batch.Events) == 0 {
		return rest.BadRequest("No events provided.")
	}
	return c.record(batch.Events)
}

func (c *call) record(events []engineEvent) error {
	for _, e := range events {
		if e.Summary != nil {
			c.update.Changes = rest.OrEmpty(e.Summary.Changes)
		}
	}
	c.Out.Status = http.StatusOK // without a body
	return nil
}

type completeUpdateRequest struct {
	Status state.UpdateStatus `json:"status"`
}

func (c *call) completeUpdate(req completeUpdateRequest) error {
	if !slices.Contains([]state.UpdateStatus{state.UpdateSucceeded, state.UpdateFailed, state.UpdateCancelled}, req.Status) {
		return rest.BadRequest("unrecognized status '%s'", req.Status)
	}
	u := c.update
	u.End(req.Status, c.s.now())
	if !u.Preview() {
		u.Resources = c.stack.ResourceCount()
		c.audit("stack-update-completed", "Completed %s %d of stack %s: %s",
			u.Kind, u.Version, state.EntityKey(c.stack.Project, c.stack.Name), u.Status)
	}
	return c.NoContent()
}

// at once records a change of the state that needs no run of the CLI: an import or a rename.
func (c *call) atOnce(st *state.Stack, kind string) *state.Update {
	st.Version++
	u := c.newUpdate(st, kind)
	u.Started = c.s.now()
	u.End(state.UpdateSucceeded, c.s.now())
	return u
}
