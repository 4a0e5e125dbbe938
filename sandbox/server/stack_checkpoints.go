package server

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// checkpoint is the state of a stack's resources after one of its versions, as the CLI wrote it: secrets in it are
// ciphertexts.
type checkpoint struct {
	Version    int             `json:"version"` // the stack's
	Schema     int             `json:"schema"`  // the deployment's
	Features   []string        `json:"features,omitempty"`
	Deployment json.RawMessage `json:"deployment"`
}

// deployment is a state on the wire.
type deployment struct {
	Schema     int             `json:"version"`
	Features   []string        `json:"features,omitempty"`
	Deployment json.RawMessage `json:"deployment,omitempty"`
}

const (
	firstSchema  = 1
	latestSchema = 4
)

// noResources is the state of a stack that was never updated.
var noResources = deployment{Schema: 3, Deployment: json.RawMessage(
	`{"manifest":{"time":"0001-01-01T00:00:00Z","magic":"","version":""}}`)}

func (s *org) checkpointRoutes() []route {
	return []route{
		{pattern: "GET " + oneStack + "/export", handle: rest.AnswerOn(onStack("stack:export"), (*call).exportStack)},
		{pattern: "GET " + oneStack + "/export/{version}", handle: rest.AnswerOn(onStack("stack:export"), (*call).exportStack)},
		{pattern: "POST " + oneStack + "/import", handle: rest.JSONOn(onStack("stack:import"), (*call).importStack)},
	}
}

// check refuses what is no deployment.
func (d deployment) check() error {
	var object map[string]any
	if !present(d.Deployment) || json.Unmarshal(d.Deployment, &object) != nil {
		return rest.BadRequest("request must contain a checkpoint")
	}
	if d.Schema < firstSchema || d.Schema > latestSchema {
		return rest.BadRequest("the deployment has version %d: between %d and %d are known", d.Schema, firstSchema, latestSchema)
	}
	return nil
}

// keep makes a state that of one of the stack's versions.
func (st *stack) keep(version int, d deployment) {
	one := checkpoint{Version: version, Schema: d.Schema, Features: d.Features, Deployment: rest.Compact(d.Deployment)}
	if last := len(st.Checkpoints) - 1; last >= 0 && st.Checkpoints[last].Version == version {
		st.Checkpoints[last] = one
		return
	}
	st.Checkpoints = append(st.Checkpoints, one)
}

// stateAt is the state after a version: an update that wrote none left that of before.
func (st *stack) stateAt(version int) deployment {
	for i := len(st.Checkpoints) - 1; i >= 0; i-- {
		if c := st.Checkpoints[i]; c.Version <= version {
			return deployment{Schema: c.Schema, Features: c.Features, Deployment: c.Deployment}
		}
	}
	return noResources
}

func (st *stack) resourceCount() int {
	var counted struct {
		Resources []json.RawMessage `json:"resources"`
	}
	_ = json.Unmarshal(st.stateAt(st.Version).Deployment, &counted) // what is no list has no resources
	return len(counted.Resources)
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

// ofAnotherStack reports whether a state has secrets that were encrypted for another stack of the service.
func (d deployment) ofAnotherStack(st *stack) bool {
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
