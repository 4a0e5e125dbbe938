package stacks

import (
	"maps"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

const (
	maxTagName  = 40
	maxTagValue = 256
	projectTag  = "pulumi:project"
)

type stackTag struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func checkTags(project string, tags map[string]string) error {
	for _, name := range rest.SortedKeys(tags) {
		if err := checkTag(name, tags[name]); err != nil {
			return err
		}
	}
	if named, ok := tags[projectTag]; ok && named != project {
		return rest.BadRequest("the tag '%s' cannot differ from the project '%s'", projectTag, project)
	}
	return nil
}

func checkTag(name, value string) error {
	if name == "" || len(name) > maxTagName {
		return rest.BadRequest("invalid stack tag '%s': names have 1 to %d characters", name, maxTagName)
	}
	if len(value) > maxTagValue {
		return rest.BadRequest("invalid value of stack tag '%s': at most %d characters", name, maxTagValue)
	}
	return nil
}

// replaceStackTags replaces all tags, although its method is PATCH.
func replaceStackTags(c *core.Call, st *state.Stack, tags map[string]string) error {
	if err := checkTags(st.Project, tags); err != nil {
		return err
	}
	st.Tags = rest.OrEmpty(maps.Clone(tags))
	return c.NoContent()
}

func addStackTag(c *core.Call, st *state.Stack, tag stackTag) error {
	if err := tag.check(); err != nil {
		return err
	}
	if _, taken := st.Tags[tag.Name]; taken {
		return rest.BadRequest("the stack tag '%s' already exists", tag.Name)
	}
	st.Tags[tag.Name] = tag.Value
	return c.NoContent()
}

func (t stackTag) check() error {
	if builtinTag(t.Name) {
		return rest.BadRequest("the stack tag '%s' is built in", t.Name)
	}
	return checkTag(t.Name, t.Value)
}

func updateStackTag(c *core.Call, st *state.Stack, tag stackTag) error {
	if err := tag.check(); err != nil {
		return err
	}
	if err := removeStackTag(c, st); err != nil {
		return err
	}
	st.Tags[tag.Name] = tag.Value
	return c.NoContent()
}

func deleteStackTag(c *core.Call, st *state.Stack) error {
	if err := removeStackTag(c, st); err != nil {
		return err
	}
	return c.NoContent()
}

// removeStackTag removes the tag that the path names.
func removeStackTag(c *core.Call, st *state.Stack) error {
	name := c.Param("tagName")
	if builtinTag(name) {
		return rest.BadRequest("the stack tag '%s' is built in", name)
	}
	if _, ok := st.Tags[name]; !ok {
		return rest.NotFound("Stack tag '%s' not found", name)
	}
	delete(st.Tags, name)
	return nil
}
