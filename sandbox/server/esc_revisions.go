package server

import (
	"slices"
	"strconv"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

type wireRevision struct {
	Number       int       `json:"number"`
	Created      time.Time `json:"created"`
	CreatorLogin string    `json:"creatorLogin,omitempty"`
	CreatorName  string    `json:"creatorName,omitempty"`
	Tags         []string  `json:"tags,omitempty"`
}

// listRevisions answers with the newest first, from the one before the number `before`, at most `count`.
func (c *call) listRevisions(e *state.Environment) ([]wireRevision, error) {
	before, err := c.positive("before", e.Latest().Number+1)
	if err != nil {
		return nil, err
	}
	count, err := c.positive("count", c.s.options.PageSize)
	if err != nil {
		return nil, err
	}
	answer := []wireRevision{}
	all := e.AllRevisions()
	for i := len(all) - 1; i >= 0 && len(answer) < count; i-- {
		if all[i].Number < before {
			answer = append(answer, c.s.wireRevision(e, all[i]))
		}
	}
	return answer, nil
}

// positive reads a number from the query, or takes the default where there is none; the service's client sends 0 for that.
func (c *call) positive(name string, byDefault int) (int, error) {
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

func (s *org) wireRevision(e *state.Environment, r state.Revision) wireRevision {
	creator := s.userInfo(r.Creator)
	return wireRevision{
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

// wireRevisionTag takes its times from the revision: when a tag itself was written is not kept.
func (s *org) wireRevisionTag(e *state.Environment, tag string) (wireRevisionTag, bool) {
	_, stored := e.RevisionTags[tag]
	if !stored && tag != environments.LatestRevision {
		return wireRevisionTag{}, false
	}
	r, found := e.Revision(tag)
	if !found || r.Number == 0 {
		return wireRevisionTag{}, false
	}
	editor := s.userInfo(r.Creator)
	return wireRevisionTag{
		Name: tag, Revision: r.Number, Created: r.Created, Modified: r.Created,
		EditorLogin: editor.Login, EditorName: editor.Name,
	}, true
}

// listRevisionTags answers with all tags of the environment or, where the path names a revision, with its tags.
func (c *call) listRevisionTags(e *state.Environment) (map[string]any, error) {
	names := append(rest.SortedKeys(e.RevisionTags), environments.LatestRevision)
	if version := c.Param("version"); version != "" {
		r, err := c.revisionOf(e)
		if err != nil {
			return nil, err
		}
		names = e.TagsOf(r.Number)
	}
	slices.Sort(names)
	entries, next, err := c.pageAfter(names)
	if err != nil {
		return nil, err
	}
	tags := []wireRevisionTag{}
	for _, name := range entries {
		if tag, found := c.s.wireRevisionTag(e, name); found {
			tags = append(tags, tag)
		}
	}
	return map[string]any{"tags": tags, "nextToken": next}, nil
}

// pageAfter cuts a page out of sorted names: those after the name `after`, at most `count`.
func (c *call) pageAfter(names []string) (entries []string, next string, err error) {
	size, err := c.positive("count", c.s.options.PageSize)
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

func (c *call) readRevisionTag(e *state.Environment) (wireRevisionTag, error) {
	tag, found := c.s.wireRevisionTag(e, c.Param("tagName"))
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
func (c *call) createRevisionTag(e *state.Environment, request createRevisionTagRequest) error {
	if err := checkRevisionTag(request.Name); err != nil {
		return err
	}
	if _, exists := e.RevisionTags[request.Name]; exists {
		return rest.Conflict("the revision tag '%s' already exists", request.Name)
	}
	if err := e.TagRevision(request.Name, request.Revision); err != nil {
		return err
	}
	c.audit("environment-revision-tag-created", "Created revision tag %s of environment %s", request.Name, e.Path())
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
func (c *call) withRevisionTag() (*state.Environment, error) {
	e, err := c.environmentWith("environment_version:update")
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

func (c *call) updateRevisionTag(e *state.Environment, request updateRevisionTagRequest) error {
	tag := c.Param("tagName")
	if err := e.TagRevision(tag, request.Revision); err != nil {
		return err
	}
	c.audit("environment-revision-tag-updated", "Updated revision tag %s of environment %s", tag, e.Path())
	return c.NoContent()
}

func (c *call) deleteRevisionTag(e *state.Environment) error {
	tag := c.Param("tagName")
	if _, exists := e.RevisionTags[tag]; !exists {
		return revisionTagNotFound(tag)
	}
	delete(e.RevisionTags, tag)
	c.audit("environment-revision-tag-deleted", "Deleted revision tag %s of environment %s", tag, e.Path())
	return c.NoContent()
}
