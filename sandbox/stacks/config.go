package stacks

import (
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func StackConfigRoutes() []core.Route {
	return []core.Route{
		{Pattern: "GET " + oneStack + "/config", Handle: rest.AnswerOn(core.OnStack("stack:read"), getStackConfig)},
		{Pattern: "PUT " + oneStack + "/config", Handle: rest.JSONOn(core.OnStack("stack:write"), putStackConfig)},
		{Pattern: "DELETE " + oneStack + "/config", Handle: rest.ActOn(core.OnStack("stack:write"), deleteStackConfig)},
	}
}

// getStackConfig answers which ESC environment holds the stack's configuration in place of a local file.
func getStackConfig(c *core.Call, st *state.Stack) (StackConfig, error) {
	if st.Environment == "" {
		return StackConfig{}, rest.NotFound("Stack Config not found")
	}
	return StackConfig{Environment: st.Environment}, nil
}

func putStackConfig(c *core.Call, st *state.Stack, req StackConfig) (StackConfig, error) {
	if err := CheckStackConfig(c, &req); err != nil {
		return StackConfig{}, err
	}
	st.Environment = req.Environment
	return req, nil
}

func deleteStackConfig(c *core.Call, st *state.Stack) error {
	st.Environment = ""
	return c.NoContent()
}

// configEnvironment splits the name of the environment that holds a configuration: project/name, perhaps with @version.
func configEnvironment(s *core.Org, named string) (key string, found *state.Environment) {
	key, _, _ = strings.Cut(named, "@")
	return key, s.State.Environments[key]
}

// CheckStackConfig refuses an environment that the caller cannot see, with the same answer as for one that does not exist.
func CheckStackConfig(c *core.Call, config *StackConfig) error {
	_, e := configEnvironment(c.Org, config.Environment)
	if e == nil || !c.Can("environment:read", authz.Environment(e)) {
		return rest.BadRequest("environment '%s' not found", config.Environment)
	}
	return nil
}

// checkNewConfig is the same for a new stack, whose environment may be made together with it.
func checkNewConfig(c *core.Call, config *StackConfig) error {
	if config == nil {
		return nil
	}
	key, e := configEnvironment(c.Org, config.Environment)
	if e != nil {
		return CheckStackConfig(c, config)
	}
	project, name, _ := strings.Cut(key, "/")
	if key != config.Environment || !rest.ValidName(project) || !rest.ValidName(name) {
		return rest.BadRequest("environment '%s' not found", config.Environment)
	}
	return c.RequireOrg("environment:create")
}

// adoptConfig points a new stack at its environment, and creates the environment if it does not exist.
func adoptConfig(c *core.Call, st *state.Stack, named string) {
	st.Environment = named
	key, e := configEnvironment(c.Org, named)
	if e != nil {
		return
	}
	project, name, _ := strings.Cut(key, "/")
	c.Org.State.AddEnvironment(project, name, c.Caller.Login, c.Org.Now())
	c.Audit("environment-created", "Created environment %s for the configuration of stack %s", key, state.EntityKey(st.Project, st.Name))
}
