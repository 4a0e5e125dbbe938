package server

import (
	"strconv"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

func (s *org) checkpointRoutes() []route {
	return []route{
		{pattern: "GET " + oneStack + "/export", handle: rest.AnswerOn(onStack("stack:export"), (*call).exportStack)},
		{pattern: "GET " + oneStack + "/export/{version}", handle: rest.AnswerOn(onStack("stack:export"), (*call).exportStack)},
		{pattern: "POST " + oneStack + "/import", handle: rest.JSONOn(onStack("stack:import"), (*call).importStack)},
	}
}

// changingUpdate is the update that the lease is of, unless it is a preview.
func (c *call) changingUpdate() (*update, error) {
	if c.update.preview() {
		return nil, rest.Forbidden("Updating the checkpoint is not permitted for preview operations.")
	}
	return c.update, nil
}

type patchCheckpointRequest struct {
	deployment
	Invalid bool `json:"isInvalid"`
}

// patchCheckpoint stores the state that a running update has come to.
func (c *call) patchCheckpoint(u *update, req patchCheckpointRequest) error {
	if req.Invalid {
		return rest.BadRequest("request must contain a checkpoint or using the IsInvalid flag is not longer supported")
	}
	if err := req.check(); err != nil {
		return err
	}
	c.stack.keep(u.Version, req.deployment)
	return c.NoContent()
}

func (c *call) exportStack(st *stack) (deployment, error) {
	version := st.Version
	if text := c.Param("version"); text != "" {
		var err error
		version, err = strconv.Atoi(text)
		if err != nil || version < 0 {
			return deployment{}, rest.BadRequest("invalid 'version' parameter")
		}
		if version > st.Version || version <= st.Trimmed || version == 0 {
			return deployment{}, rest.NotFound("Stack Version '%d' not found", version)
		}
	}
	c.audit("stack-exported", "Exported stack %s", entityKey(st.Project, st.Name))
	return st.stateAt(version), nil
}

// importStack replaces the state at once; the CLI then asks for the status of the update that did it.
func (c *call) importStack(st *stack, d deployment) (map[string]string, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	if err := c.s.busy(st); err != nil {
		return nil, err
	}
	if d.ofAnotherStack(st) {
		return nil, rest.BadRequest("cannot import deployment with encrypted secrets from a different stack")
	}
	u := c.atOnce(st, kindImport)
	st.keep(st.Version, d)
	u.Resources = st.resourceCount()
	c.audit("stack-imported", "Imported a state into stack %s", entityKey(st.Project, st.Name))
	return map[string]string{"updateId": u.ID}, nil
}
