package esc

import (
	"cmp"
	"slices"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/authz"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
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

func showTag(s *core.Org, e *state.Environment, name string) wireTag {
	when, known := e.TagTimes[name]
	if !known {
		when = state.Tagged{Editor: e.OwnedBy, Created: e.Created, Modified: e.Created}
	}
	editor := s.UserInfo(when.Editor)
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

func listEnvironmentTags(c *core.Call, e *state.Environment) (map[string]any, error) {
	size, err := positive(c, "count", c.Org.Options.PageSize)
	if err != nil {
		return nil, err
	}
	entries, next, err := rest.Page(rest.SortedKeys(e.Tags), c.Query("after"), size)
	if err != nil {
		return nil, err
	}
	tags := map[string]wireTag{}
	for _, name := range entries {
		tags[name] = showTag(c.Org, e, name)
	}
	return map[string]any{"tags": tags, "nextToken": cmp.Or(next, lastTagPage)}, nil
}

// listAllEnvironmentTags answers with the values in use by tag name, of environments that the caller may see.
func listAllEnvironmentTags(c *core.Call) error {
	values := map[string][]string{}
	for _, key := range rest.SortedKeys(c.Org.State.Environments) {
		e := c.Org.State.Environments[key]
		if !c.Org.Rules().Can(c.Caller, "environment_tag:read", authz.Environment(e)) {
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

func readEnvironmentTag(c *core.Call, e *state.Environment) (wireTag, error) {
	name := c.Param("tagName")
	if _, exists := e.Tags[name]; !exists {
		return wireTag{}, tagNotFound(name)
	}
	return showTag(c.Org, e, name), nil
}

func tagNotFound(name string) error { return rest.NotFound("tag '%s' not found", name) }

type createEnvironmentTagRequest struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func createEnvironmentTag(c *core.Call, e *state.Environment, request createEnvironmentTagRequest) (wireTag, error) {
	if request.Name == "" {
		return wireTag{}, rest.BadRequest("a tag needs a name")
	}
	if _, exists := e.Tags[request.Name]; exists {
		return wireTag{}, rest.Conflict("the tag '%s' already exists", request.Name)
	}
	writeTag(c, e, request.Name, request.Value, c.Org.Now())
	c.Audit("environment-tag-created", "Created tag %s of environment %s", request.Name, e.Path())
	return showTag(c.Org, e, request.Name), nil
}

func writeTag(c *core.Call, e *state.Environment, name, value string, created time.Time) {
	e.Tags, e.TagTimes = rest.OrEmpty(e.Tags), rest.OrEmpty(e.TagTimes)
	e.Tags[name] = value
	e.TagTimes[name] = state.Tagged{Editor: c.Caller.Login, Created: created, Modified: c.Org.Now()}
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
func updateEnvironmentTag(c *core.Call, e *state.Environment, request updateTagRequest) (wireTag, error) {
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
	created := showTag(c.Org, e, name).Created
	delete(e.Tags, name)
	delete(e.TagTimes, name)
	writeTag(c, e, renamed, value, created)
	c.Audit("environment-tag-updated", "Updated tag %s of environment %s", name, e.Path())
	return showTag(c.Org, e, renamed), nil
}

func deleteEnvironmentTag(c *core.Call, e *state.Environment) error {
	name := c.Param("tagName")
	if _, exists := e.Tags[name]; !exists {
		return tagNotFound(name)
	}
	delete(e.Tags, name)
	delete(e.TagTimes, name)
	c.Audit("environment-tag-deleted", "Deleted tag %s of environment %s", name, e.Path())
	return c.NoContent()
}
