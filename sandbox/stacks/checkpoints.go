package stacks

import (
	"strconv"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func CheckpointRoutes() []core.Route {
	return []core.Route{
		{Pattern: "GET " + oneStack + "/export", Handle: rest.AnswerOn(core.OnStack("stack:export"), exportStack)},
		{Pattern: "GET " + oneStack + "/export/{version}", Handle: rest.AnswerOn(core.OnStack("stack:export"), exportStack)},
		{Pattern: "POST " + oneStack + "/import", Handle: rest.JSONOn(core.OnStack("stack:import"), importStack)},
	}
}

// changingUpdate is the update that the lease is of, unless it is a preview.
func changingUpdate(c *core.Call) (*state.Update, error) {
	if c.Update.Preview() {
		return nil, rest.Forbidden("Updating the checkpoint is not permitted for preview operations.")
	}
	return c.Update, nil
}

type patchCheckpointRequest struct {
	state.Deployment
	Invalid bool `json:"isInvalid"`
}

// patchCheckpoint stores the current state of a running update.
func patchCheckpoint(c *core.Call, u *state.Update, req patchCheckpointRequest) error {
	if req.Invalid {
		return rest.BadRequest("request must contain a checkpoint or using the IsInvalid flag is not longer supported")
	}
	if err := req.Check(); err != nil {
		return err
	}
	c.Stack.Keep(u.Version, req.Deployment)
	return c.NoContent()
}

func exportStack(c *core.Call, st *state.Stack) (state.Deployment, error) {
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
	c.Audit("stack-exported", "Exported stack %s", state.EntityKey(st.Project, st.Name))
	return st.StateAt(version), nil
}

// importStack replaces the state at once; the CLI then asks for the status of the update that did it.
func importStack(c *core.Call, st *state.Stack, d state.Deployment) (map[string]string, error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	if err := busy(c.Org, st); err != nil {
		return nil, err
	}
	if d.OfAnotherStack(st) {
		return nil, rest.BadRequest("cannot import deployment with encrypted secrets from a different stack")
	}
	u := atOnce(c, st, state.KindImport)
	st.Keep(st.Version, d)
	u.Resources = st.ResourceCount()
	c.Audit("stack-imported", "Imported a state into stack %s", state.EntityKey(st.Project, st.Name))
	return map[string]string{"updateId": u.ID}, nil
}
