package server

import (
	"strconv"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func (s *org) checkpointRoutes() []route {
	return []route{
		{pattern: "GET " + oneStack + "/export", handle: rest.AnswerOn(onStack("stack:export"), (*call).exportStack)},
		{pattern: "GET " + oneStack + "/export/{version}", handle: rest.AnswerOn(onStack("stack:export"), (*call).exportStack)},
		{pattern: "POST " + oneStack + "/import", handle: rest.JSONOn(onStack("stack:import"), (*call).importStack)},
	}
}

// changingUpdate is the update that the lease is of, unless it is a preview.
func (c *call) changingUpdate() (*state.Update, error) {
	if c.update.Preview() {
		return nil, rest.Forbidden("Updating the checkpoint is not permitted for preview operations.")
	}
	return c.update, nil
}

type patchCheckpointRequest struct {
	state.Deployment
	Invalid bool `json:"isInvalid"`
}

// patchCheckpoint stores the state that a running update has come to.
func (c *call) patchCheckpoint(u *state.Update, req patchCheckpointRequest) error {
	if req.Invalid {
		return rest.BadRequest("request must contain a checkpoint or using the IsInvalid flag is not longer supported")
	}
	if err := req.Check(); err != nil {
		return err
	}
	c.stack.Keep(u.Version, req.Deployment)
	return c.NoContent()
}

func (c *call) exportStack(st *state.Stack) (state.Deployment, error) {
	version := st.Version
	if text := c.Param("version"); text != "" {
		var err error
		version, err = strconv.Atoi(text)
		if err != nil || version < 0 {
			return state.Deployment{}, rest.BadRequest("invalid 'version' parameter")
		}
		if version > st.Version || version <= st.Trimmed || version == 0 {
			return state.Deployment{}, rest.NotFound("Stack Version '%d' not found", version)
		}
	}
	c.audit("stack-exported", "Exported stack %s", state.EntityKey(st.Project, st.Name))
	return st.StateAt(version), nil
}

// importStack replaces the state at once; the CLI then asks for the status of the update that did it.
func (c *call) importStack(st *state.Stack, d state.Deployment) (map[string]string, error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	if err := c.s.busy(st); err != nil {
		return nil, err
	}
	if d.OfAnotherStack(st) {
		return nil, rest.BadRequest("cannot import deployment with encrypted secrets from a different stack")
	}
	u := c.atOnce(st, state.KindImport)
	st.Keep(st.Version, d)
	u.Resources = st.ResourceCount()
	c.audit("stack-imported", "Imported a state into stack %s", state.EntityKey(st.Project, st.Name))
	return map[string]string{"updateId": u.ID}, nil
}
