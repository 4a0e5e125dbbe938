package esc

import (
	"slices"
	"strconv"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

type WireRevision struct {
	Number       int       `json:"number"`
	Created      time.Time `json:"created"`
	CreatorLogin string    `json:"creatorLogin,omitempty"`
	CreatorName  string    `json:"creatorName,omitempty"`
	Tags         []string  `json:"tags,omitempty"`
}

// listRevisions answers with the newest first, from the one before the number `before`, at most `count`.
func listRevisions(c *core.Call, e *state.Environment) ([]WireRevision, error) {
	before, err := positive(c, "before", e.Latest().Number+1)
	if err != nil {
		return nil, err
	}
	count, err := positive(c, "count", c.Org.Options.PageSize)
	if err != nil {
		return nil, err
	}
	answer := []WireRevision{}
	all := e.AllRevisions()
	for i := len(all) - 1; i >= 0 && len(answer) < count; i-- {
		if all[i].Number < before {
			answer = append(answer, showRevision(c.Org, e, all[i]))
		}
	}
	return answer, nil
}

// positive reads a number from the query, or takes the default where there is none; the service's client sends 0 for that.
func positive(c *core.Call, name string, byDefault int) (int, error) {
	written := c.Query(name)
	if written == "" || written == "0" {
		return byDefault, nil
	}
	n, err := strconv.Atoi(written)
	if err != nil || n < 1 {
		return 0, rest.BadRequest("invalid query parameter: %s %q is not a positive number", name, written)
	}
	return n, nil
}

func showRevision(s *core.Org, e *state.Environment, r state.Revision) WireRevision {
	creator := s.UserInfo(r.Creator)
	return WireRevision{
		Number:       r.Number,
		Created:      r.Created,
		CreatorLogin: creator.Login,
		CreatorName:  creator.Name,
		Tags:         e.TagsOf(r.Number),
	}
}

type wireRevisionTag struct {
	Name        string    `json:"name"`
	Revision    int       `json:"revision"`
	Created     time.Time `json:"created"`
	Modified    time.Time `json:"modified"`
	EditorLogin string    `json:"editorLogin,omitempty"`
	EditorName  string    `json:"editorName,omitempty"`
}

// showRevisionTag takes its times from the revision: when a tag itself was written is not kept.
func showRevisionTag(s *core.Org, e *state.Environment, tag string) (wireRevisionTag, bool) {
	_, stored := e.RevisionTags[tag]
	if !stored && tag != environments.LatestRevision {
		return wireRevisionTag{}, false
	}
	r, found := e.Revision(tag)
	if !found || r.Number == 0 {
		return wireRevisionTag{}, false
	}
	editor := s.UserInfo(r.Creator)
	return wireRevisionTag{
		Name: tag, Revision: r.Number, Created: r.Created, Modified: r.Created,
		EditorLogin: editor.Login, EditorName: editor.Name,
	}, true
}

// listRevisionTags answers with all tags of the environment or, where the path names a revision, with its tags.
func listRevisionTags(c *core.Call, e *state.Environment) (map[string]any, error) {
	names := append(rest.SortedKeys(e.RevisionTags), environments.LatestRevision)
	if version := c.Param("version"); version != "" {
		r, err := revisionOf(c, e)
		if err != nil {
			return nil, err
		}
		names = e.TagsOf(r.Number)
	}
	slices.Sort(names)
	entries, next, err := pageAfter(c, names)
	if err != nil {
		return nil, err
	}
	tags := []wireRevisionTag{}
	for _, name := range entries {
		if tag, found := showRevisionTag(c.Org, e, name); found {
			tags = append(tags, tag)
		}
	}
	return map[string]any{"tags": tags, "nextToken": next}, nil
}

// pageAfter cuts a page out of sorted names: those after the name `after`, at most `count`.
func pageAfter(c *core.Call, names []string) (entries []string, next string, err error) {
	size, err := positive(c, "count", c.Org.Options.PageSize)
	if err != nil {
		return nil, "", err
	}
	after := c.Query("after")
	for _, name := range names {
		if name <= after {
			continue
		}
		if len(entries) == size {
			return entries, entries[size-1], nil
		}
		entries = append(entries, name)
	}
	return entries, "", nil
}

func readRevisionTag(c *core.Call, e *state.Environment) (wireRevisionTag, error) {
	tag, found := showRevisionTag(c.Org, e, c.Param("tagName"))
	if !found {
		return wireRevisionTag{}, revisionTagNotFound(c.Param("tagName"))
	}
	return tag, nil
}

func revisionTagNotFound(tag string) error { return rest.NotFound("revision tag '%s' not found", tag) }

type createRevisionTagRequest struct {
	Name     string `json:"name"`
	Revision *int   `json:"revision"`
}

// createRevisionTag names a revision, the latest if none is given.
func createRevisionTag(c *core.Call, e *state.Environment, request createRevisionTagRequest) error {
	if err := checkRevisionTag(request.Name); err != nil {
		return err
	}
	if _, exists := e.RevisionTags[request.Name]; exists {
		return rest.Conflict("the revision tag '%s' already exists", request.Name)
	}
	if err := e.TagRevision(request.Name, request.Revision); err != nil {
		return err
	}
	c.Audit("environment-revision-tag-created", "Created revision tag %s of environment %s", request.Name, e.Path())
	return c.NoContent()
}

// checkRevisionTag refuses what a version could not be told from: numbers, and the built-in tag.
func checkRevisionTag(name string) error {
	if name == environments.LatestRevision {
		return rest.Conflict("the revision tag '%s' is built in", environments.LatestRevision)
	}
	if !environments.VersionName.MatchString(name) || name[0] >= '0' && name[0] <= '9' {
		return rest.BadRequest("Invalid revision tag '%s': use letters, digits, '-', '_' and '.', and begin with no digit", name)
	}
	return nil
}

// withRevisionTag finds an environment whose revision tag, which the path names, the caller may move.
func withRevisionTag(c *core.Call) (*state.Environment, error) {
	e, err := EnvironmentWith(c, "environment_version:update")
	if err != nil {
		return nil, err
	}
	tag := c.Param("tagName")
	if err := checkRevisionTag(tag); err != nil {
		return nil, err
	}
	if _, exists := e.RevisionTags[tag]; !exists {
		return nil, revisionTagNotFound(tag)
	}
	return e, nil
}

type updateRevisionTagRequest struct {
	Revision *int `json:"revision"`
}

func updateRevisionTag(c *core.Call, e *state.Environment, request updateRevisionTagRequest) error {
	tag := c.Param("tagName")
	if err := e.TagRevision(tag, request.Revision); err != nil {
		return err
	}
	c.Audit("environment-revision-tag-updated", "Updated revision tag %s of environment %s", tag, e.Path())
	return c.NoContent()
}

func deleteRevisionTag(c *core.Call, e *state.Environment) error {
	tag := c.Param("tagName")
	if _, exists := e.RevisionTags[tag]; !exists {
		return revisionTagNotFound(tag)
	}
	delete(e.RevisionTags, tag)
	c.Audit("environment-revision-tag-deleted", "Deleted revision tag %s of environment %s", tag, e.Path())
	return c.NoContent()
}
