package server

import (
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func (s *org) stackConfigRoutes() []route {
	return []route{
		{pattern: "GET " + oneStack + "/config", handle: rest.AnswerOn(onStack("stack:read"), (*call).getStackConfig)},
		{pattern: "PUT " + oneStack + "/config", handle: rest.JSONOn(onStack("stack:write"), (*call).putStackConfig)},
		{pattern: "DELETE " + oneStack + "/config", handle: rest.ActOn(onStack("stack:write"), (*call).deleteStackConfig)},
	}
}

// getStackConfig answers which ESC environment holds the stack's configuration in place of a local file.
func (c *call) getStackConfig(st *state.Stack) (stackConfig, error) {
	if st.Environment == "" {
		return stackConfig{}, rest.NotFound("Stack Config not found")
	}
	return stackConfig{Environment: st.Environment}, nil
}

func (c *call) putStackConfig(st *state.Stack, req stackConfig) (stackConfig, error) {
	if err := c.checkStackConfig(&req); err != nil {
		return stackConfig{}, err
	}
	st.Environment = req.Environment
	return req, nil
}

func (c *call) deleteStackConfig(st *state.Stack) error {
	st.Environment = ""
	return c.NoContent()
}

// configEnvironment splits the name of the environment that holds a configuration: project/name, perhaps with @version.
func (s *org) configEnvironment(named string) (key string, found *state.Environment) {
	key, _, _ = strings.Cut(named, "@")
	return key, s.state.Environments[key]
}

// checkStackConfig refuses an environment that the caller cannot see, so that nobody learns of it by naming it.
func (c *call) checkStackConfig(config *stackConfig) error {
	_, e := c.s.configEnvironment(config.Environment)
	if e == nil || !c.can("environment:read", environmentEntity(e)) {
		return rest.BadRequest("environment '%s' not found", config.Environment)
	}
	return nil
}

// checkNewConfig is the same for a new stack, whose environment may be made together with it.
func (c *call) checkNewConfig(config *stackConfig) error {
	if config == nil {
		return nil
	}
	key, e := c.s.configEnvironment(config.Environment)
	if e != nil {
		return c.checkStackConfig(config)
	}
	project, name, _ := strings.Cut(key, "/")
	if key != config.Environment || !rest.ValidName(project) || !rest.ValidName(name) {
		return rest.BadRequest("environment '%s' not found", config.Environment)
	}
	return c.requireOrg("environment:create")
}

// adoptConfig points a new stack at its environment, and makes that if it is not there.
func (c *call) adoptConfig(st *state.Stack, named string) {
	st.Environment = named
	key, e := c.s.configEnvironment(named)
	if e != nil {
		return
	}
	project, name, _ := strings.Cut(key, "/")
	c.s.state.AddEnvironment(project, name, c.caller.login, c.s.now())
	c.audit("environment-created", "Created environment %s for the configuration of stack %s", key, state.EntityKey(st.Project, st.Name))
}
