package server

import (
	"cmp"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

type wireTag struct {
	Name        string    `json:"name"`
	Value       string    `json:"value"`
	Created     time.Time `json:"created"`
	Modified    time.Time `json:"modified"`
	EditorLogin string    `json:"editorLogin"`
	EditorName  string    `json:"editorName"`
}

func (s *org) wireTag(e *state.Environment, name string) wireTag {
	when, known := e.TagTimes[name]
	if !known {
		when = state.Tagged{Editor: e.OwnedBy, Created: e.Created, Modified: e.Created}
	}
	editor := s.userInfo(when.Editor)
	return wireTag{
		Name:        name,
		Value:       e.Tags[name],
		Created:     when.Created,
		Modified:    when.Modified,
		EditorLogin: editor.Login,
		EditorName:  editor.Name,
	}
}

// lastTagPage is the token of the last page of tags. The service's own client reads on until it meets it; no other list
// ends so.
const lastTagPage = "0"

func (c *call) listEnvironmentTags(e *state.Environment) (map[string]any, error) {
	size, err := c.positive("count", c.s.options.PageSize)
	if err != nil {
		return nil, err
	}
	entries, next, err := rest.Page(rest.SortedKeys(e.Tags), c.Query("after"), size)
	if err != nil {
		return nil, err
	}
	tags := map[string]wireTag{}
	for _, name := range entries {
		tags[name] = c.s.wireTag(e, name)
	}
	return map[string]any{"tags": tags, "nextToken": cmp.Or(next, lastTagPage)}, nil
}

// listAllEnvironmentTags answers with the values in use by tag name, of environments that the caller may see.
func (c *call) listAllEnvironmentTags() error {
	values := map[string][]string{}
	for _, key := range rest.SortedKeys(c.s.state.Environments) {
		e := c.s.state.Environments[key]
		if !c.s.rules().can(c.caller, "environment_tag:read", environmentEntity(e)) {
			continue
		}
		for name, value := range e.Tags {
			if !slices.Contains(values[name], value) {
				values[name] = append(values[name], value)
			}
		}
	}
	for _, used := range values {
		slices.Sort(used)
	}
	return c.OK(values)
}

func (c *call) readEnvironmentTag(e *state.Environment) (wireTag, error) {
	name := c.Param("tagName")
	if _, exists := e.Tags[name]; !exists {
		return wireTag{}, tagNotFound(name)
	}
	return c.s.wireTag(e, name), nil
}

func tagNotFound(name string) error { return rest.NotFound("tag '%s' not found", name) }

type createEnvironmentTagRequest struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (c *call) createEnvironmentTag(e *state.Environment, request createEnvironmentTagRequest) (wireTag, error) {
	if request.Name == "" {
		return wireTag{}, rest.BadRequest("a tag needs a name")
	}
	if _, exists := e.Tags[request.Name]; exists {
		return wireTag{}, rest.Conflict("the tag '%s' already exists", request.Name)
	}
	c.writeTag(e, request.Name, request.Value, c.s.now())
	c.audit("environment-tag-created", "Created tag %s of environment %s", request.Name, e.Path())
	return c.s.wireTag(e, request.Name), nil
}

func (c *call) writeTag(e *state.Environment, name, value string, created time.Time) {
	e.Tags, e.TagTimes = rest.OrEmpty(e.Tags), rest.OrEmpty(e.TagTimes)
	e.Tags[name] = value
	e.TagTimes[name] = state.Tagged{Editor: c.caller.login, Created: created, Modified: c.s.now()}
}

type updateTagRequest struct {
	Current tagRequest `json:"currentTag"`
	New     tagRequest `json:"newTag"`
}

type tagRequest struct {
	Name  string  `json:"name"`
	Value *string `json:"value"`
}

// updateEnvironmentTag renames a tag, changes its value, or both; the caller must know the value it has.
func (c *call) updateEnvironmentTag(e *state.Environment, request updateTagRequest) (wireTag, error) {
	name := c.Param("tagName")
	value, exists := e.Tags[name]
	switch {
	case !exists:
		return wireTag{}, tagNotFound(name)
	case request.Current.Value == nil || *request.Current.Value != value:
		return wireTag{}, rest.BadRequest("the tag '%s' has another value than currentTag.value says", name)
	}
	renamed := cmp.Or(request.New.Name, name)
	if _, taken := e.Tags[renamed]; taken && renamed != name {
		return wireTag{}, rest.Conflict("the tag '%s' already exists", renamed)
	}
	// The service's client cannot leave the value out when it only renames, and sends it empty.
	if request.New.Value != nil && *request.New.Value != "" {
		value = *request.New.Value
	}
	created := c.s.wireTag(e, name).Created
	delete(e.Tags, name)
	delete(e.TagTimes, name)
	c.writeTag(e, renamed, value, created)
	c.audit("environment-tag-updated", "Updated tag %s of environment %s", name, e.Path())
	return c.s.wireTag(e, renamed), nil
}

func (c *call) deleteEnvironmentTag(e *state.Environment) error {
	name := c.Param("tagName")
	if _, exists := e.Tags[name]; !exists {
		return tagNotFound(name)
	}
	delete(e.Tags, name)
	delete(e.TagTimes, name)
	c.audit("environment-tag-deleted", "Deleted tag %s of environment %s", name, e.Path())
	return c.NoContent()
}
