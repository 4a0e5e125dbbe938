package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Environment is an ESC environment as lists and metadata show it.
type Environment struct {
	ID      string `json:"id" answer:"id"`
	Project string `json:"project"`
	Name    string `json:"name" answer:"text"`
	// Owner and Tags are in lists alone. Tags are nil where the list does not have them.
	Owner UserInfo          `json:"ownedBy" answer:"value"`
	Tags  map[string]string `json:"tags"`
}

// Definition is an environment's definition at one revision. Secrets in the text are ciphertext.
type Definition struct {
	Text     string
	ETag     string
	Revision int
}

// EnvironmentMetadata is what the service says about one environment.
type EnvironmentMetadata struct {
	ID           string   `json:"id" answer:"id"`
	GatedActions []string `json:"gatedActions"` // open, update: actions that need an approval
	Owner        UserInfo `json:"ownedBy" answer:"value"`
	// ActiveRequest is the environment's draft that waits to be applied, if there is one.
	ActiveRequest *ChangeRequestRef `json:"activeChangeRequest"`
	// OIDCSubjectV2 is the subject of the tokens that fn::open::oidc makes in it, "" where the service does not say.
	OIDCSubjectV2 string `json:"oidcSubjectV2"`
}

// EnvironmentTag is a tag's value, as listed.
type EnvironmentTag struct {
	Name  string `json:"name" answer:"text"`
	Value string `json:"value" answer:"value"`
}

// Environments lists the environments of an organization that the caller can see.
func (c *Client) Environments(ctx context.Context, organization string) iter.Seq2[Environment, error] {
	return pages(ctx, c, call{
		method: http.MethodGet, path: []string{"esc", "environments", organization},
		object: "environments of " + quoted("organization", organization),
	}, func(p struct {
		Environments []Environment `json:"environments" answer:"key"`
		NextToken    string        `json:"nextToken"`
	},
	) ([]Environment, string) {
		return p.Environments, p.NextToken
	})
}

// CreateEnvironment creates an empty environment, and returns it as it was read to confirm that. One that exists already is ErrConflict.
func (c *Client) CreateEnvironment(ctx context.Context, organization, project, name string) (Definition, error) {
	in := call{
		method: http.MethodPost, path: []string{"esc", "environments", organization},
		body:   map[string]string{"project": project, "name": name},
		object: quoted("environment", project+"/"+name), once: true,
	}
	return createOnce(ctx, c,
		func() (made Definition, err error) {
			err = c.confirmed(ctx, in, func(ctx context.Context, _ response) (found bool, err error) {
				made, found, err = absentIfNotFound(c.ReadEnvironment(ctx, organization, project, name))
				return found, err
			})
			return made, err
		},
		func(ctx context.Context) (Definition, bool, error) {
			found, ok, err := absentIfNotFound(c.ReadEnvironment(ctx, organization, project, name))
			// Ours is empty and was never written; any other was made by somebody else.
			return found, ok && found.Text == "" && found.Revision <= 1, err
		})
}

// ReadEnvironment returns an environment's current definition without decrypting anything.
func (c *Client) ReadEnvironment(ctx context.Context, organization, project, name string) (Definition, error) {
	in := environmentCall(http.MethodGet, organization, project, name)
	answer, err := c.do(ctx, in)
	if err != nil {
		return Definition{}, err
	}
	return answer.definition(in, true)
}

// definition reads an answer that is a definition's text. Any text could be one: what tells it from a proxy's page is that it
// is not HTML and says which revision it is. A draft says so by its etag alone.
func (r response) definition(in call, numbered bool) (Definition, error) {
	out := Definition{Text: string(r.body), ETag: r.header.Get("ETag")}
	var err error
	switch {
	case strings.HasPrefix(r.header.Get("Content-Type"), "text/html"):
		err = errors.New("it is HTML")
	case numbered:
		out.Revision, err = revisionOf(r.header)
	case out.ETag == "":
		err = errors.New("it has no ETag header")
	}
	if err != nil {
		return Definition{}, unreadable(in, r, err)
	}
	return out, nil
}

// UpdateEnvironment replaces an environment's whole definition. With an etag the write is refused with ErrConflict when
// the environment changed since that etag was read.
func (c *Client) UpdateEnvironment(ctx context.Context, organization, project, name, text, etag string) error {
	in := environmentCall(http.MethodPatch, organization, project, name)
	in.body = rawBody{contentType: "application/x-yaml", data: []byte(text)}
	if etag != "" {
		// The document speaks of If-Match; Pulumi's own client sends the value as ETag.
		in.header = http.Header{"If-Match": {etag}, "Etag": {etag}}
		// A repeated write after an unknown outcome would meet its own revision as a conflict.
		in.once = true
	}
	answer, err := c.do(ctx, in)
	if err != nil {
		return err
	}
	var body map[string]json.RawMessage // the findings that do not prevent the write, if there are any
	if err = json.Unmarshal(answer.body, &body); err == nil {
		_, err = revisionOf(answer.header)
	}
	if err != nil {
		return unreadable(in, answer, err)
	}
	return nil
}

// ReplaceDefinition is UpdateEnvironment for a text that was read with that etag. When the outcome of a write is unknown,
// it reads back, and writes again only if the write did not land: landed is asked whether the text that is there now is
// the one that was sent, which an encrypting service does not answer by equality.
func (c *Client) ReplaceDefinition(
	ctx context.Context, organization, project, name, text, etag string, landed func(stored string) bool,
) error {
	_, err := createOnce(ctx, c,
		func() (Definition, error) {
			return Definition{}, c.UpdateEnvironment(ctx, organization, project, name, text, etag)
		},
		func(ctx context.Context) (Definition, bool, error) {
			now, err := c.ReadEnvironment(ctx, organization, project, name)
			return now, err == nil && now.ETag != etag && landed(now.Text), err
		})
	return err
}

// DeleteEnvironment deletes an environment. One that does not exist counts as deleted; a deletion-protected one is ErrConflict.
func (c *Client) DeleteEnvironment(ctx context.Context, organization, project, name string) error {
	return doneIfNotFound(c.confirmed(ctx, environmentCall(http.MethodDelete, organization, project, name),
		func(ctx context.Context, _ response) (bool, error) {
			_, found, err := absentIfNotFound(c.ReadEnvironment(ctx, organization, project, name))
			return !found, err
		}))
}

// EnvironmentMetadata returns an environment's metadata, or ErrNotFound.
func (c *Client) EnvironmentMetadata(
	ctx context.Context, organization, project, name string,
) (EnvironmentMetadata, error) {
	return get[EnvironmentMetadata](ctx, c, environmentCall(http.MethodGet, organization, project, name, "metadata"))
}

type environmentSettings struct {
	DeletionProtected bool `json:"deletionProtected" answer:"value"`
}

// DeletionProtected reports whether an environment is protected from deletion.
func (c *Client) DeletionProtected(ctx context.Context, organization, project, name string) (bool, error) {
	settings, err := get[environmentSettings](ctx, c,
		environmentCall(http.MethodGet, organization, project, name, "settings"))
	return settings.DeletionProtected, err
}

// SetDeletionProtected protects an environment from deletion, or lifts the protection.
func (c *Client) SetDeletionProtected(ctx context.Context, organization, project, name string, protected bool) error {
	in := environmentCall(http.MethodPatch, organization, project, name, "settings")
	in.body = environmentSettings{DeletionProtected: protected}
	// Whether the answer repeats the settings is not documented.
	return c.confirmed(ctx, in, func(ctx context.Context, answer response) (bool, error) {
		var said environmentSettings
		if decode(answer.body, &said) == nil && said.DeletionProtected == protected {
			return true, nil
		}
		now, err := c.DeletionProtected(ctx, organization, project, name)
		return now == protected, err
	})
}

// EnvironmentTags returns an environment's tags.
func (c *Client) EnvironmentTags(ctx context.Context, organization, project, name string) (map[string]string, error) {
	tags := map[string]string{}
	in := environmentCall(http.MethodGet, organization, project, name, "tags")
	seen := newListing(in)
	for {
		page, size, err := read[struct {
			Tags      map[string]EnvironmentTag `json:"tags" answer:"key"`
			NextToken json.RawMessage           `json:"nextToken"`
		}](ctx, c, in, nil)
		if err != nil {
			return nil, err
		}
		for key, tag := range page.Tags {
			tags[key] = tag.Value
		}
		// This list alone pages with "after"; the token's type differs between the document and the service.
		next := pageToken(page.NextToken)
		if next == "" {
			return tags, nil
		}
		if err := seen.page(next, len(page.Tags), size); err != nil {
			return nil, err
		}
		in.query = url.Values{"after": {next}}
	}
}

func pageToken(text json.RawMessage) string {
	var token string
	if json.Unmarshal(text, &token) != nil {
		token = string(text)
	}
	if token == "null" || token == "0" {
		return ""
	}
	return token
}

// CreateEnvironmentTag adds a tag.
func (c *Client) CreateEnvironmentTag(ctx context.Context, organization, project, name, tag, value string) error {
	in := environmentCall(http.MethodPost, organization, project, name, "tags")
	in.body = map[string]string{"name": tag, "value": value}
	return c.writeTag(ctx, in, tag, value)
}

// UpdateEnvironmentTag changes a tag's value; the service refuses when the value is not current any more.
func (c *Client) UpdateEnvironmentTag(
	ctx context.Context, organization, project, name, tag, current, value string,
) error {
	in := environmentCall(http.MethodPatch, organization, project, name, "tags", tag)
	in.body = map[string]any{
		"currentTag": map[string]string{"value": current},
		"newTag":     map[string]string{"value": value},
	}
	return c.writeTag(ctx, in, tag, value)
}

func (c *Client) writeTag(ctx context.Context, in call, tag, value string) error {
	_, err := write(ctx, c, in, func(now EnvironmentTag) error {
		return errors.Join(other("tag", tag, now.Name), other("tag value", value, now.Value))
	})
	return err
}

// DeleteEnvironmentTag removes a tag. One that does not exist counts as removed.
func (c *Client) DeleteEnvironmentTag(ctx context.Context, organization, project, name, tag string) error {
	return doneIfNotFound(c.send(ctx, environmentCall(http.MethodDelete, organization, project, name, "tags", tag)))
}

func environmentCall(method, organization, project, name string, rest ...string) call {
	return call{
		method: method, path: append([]string{"esc", "environments", organization, project, name}, rest...),
		object: quoted("environment", project+"/"+name),
	}
}

func revisionOf(header http.Header) (int, error) {
	text := header.Get("Pulumi-ESC-Revision")
	if text == "" {
		return 0, errors.New("it has no Pulumi-ESC-Revision header")
	}
	revision, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("its Pulumi-ESC-Revision header is %q, not a number", text)
	}
	return revision, nil
}
