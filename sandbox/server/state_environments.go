package server

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// environment is an ESC environment. Definition is its YAML text as stored: secrets are ciphertext.
type environment struct {
	ID                string            `json:"id"`
	Project           string            `json:"project"`
	Name              string            `json:"name"`
	Definition        string            `json:"definition"`
	Tags              map[string]string `json:"tags"`
	OwnedBy           string            `json:"ownedBy"` // login
	DeletionProtected bool              `json:"deletionProtected"`
	Revisions         []revision        `json:"revisions,omitzero"`    // oldest first; none while the definition is as created
	RevisionTags      map[string]int    `json:"revisionTags,omitzero"` // "latest" is not stored
	TagTimes          map[string]tagged `json:"tagTimes,omitzero"`     // by tag
	Rotations         []rotationEvent   `json:"rotations,omitzero"`    // of its secrets, oldest first
	Created           time.Time         `json:"created,omitzero"`
	Modified          time.Time         `json:"modified,omitzero"`
	DeletedAt         time.Time         `json:"deletedAt,omitzero"`
}

// revision is one stored state of an environment's definition.
type revision struct {
	Number     int       `json:"number"` // from 1
	Definition string    `json:"definition"`
	Creator    string    `json:"creator"` // login
	Created    time.Time `json:"created"`
}

// tagged says when and by whom an environment's tag was written.
type tagged struct {
	Editor   string    `json:"editor"` // login
	Created  time.Time `json:"created"`
	Modified time.Time `json:"modified"`
}

// ref is how imports and subjects name the environment.
func (e *environment) ref() oidc.EnvironmentRef {
	return oidc.EnvironmentRef{Project: e.Project, Name: e.Name}
}

// path is the environment within its organization, the legacy project included: how people are told of it.
func (e *environment) path() string { return entityKey(e.Project, e.Name) }

// revisions are oldest first. An environment that came with its definition, from a seed or a saved state, has that as
// its first.
func (e *environment) revisions() []revision {
	if len(e.Revisions) == 0 && e.Definition != "" {
		return []revision{{Number: 1, Definition: e.Definition, Creator: e.OwnedBy, Created: e.Created}}
	}
	return e.Revisions
}

// latest is the current revision; number 0 is an environment that was never written.
func (e *environment) latest() revision {
	all := e.revisions()
	if len(all) == 0 {
		return revision{Created: e.Created}
	}
	return all[len(all)-1]
}

// revision finds a revision by number or tag; "" and "latest" are the current one.
func (e *environment) revision(version string) (revision, bool) {
	if version == "" || version == environments.LatestRevision {
		return e.latest(), true
	}
	number, tagged := e.RevisionTags[version]
	if !tagged {
		parsed, err := strconv.Atoi(version)
		if err != nil {
			return revision{}, false
		}
		number = parsed
	}
	for _, r := range e.revisions() {
		if r.Number == number {
			return r, true
		}
	}
	return revision{}, false
}

// etag identifies a text of an environment. It holds the id, so that one which was deleted and recreated differs.
func (e *environment) etag(r revision) string {
	sum := sha256.Sum256([]byte(e.ID + "\n" + strconv.Itoa(r.Number) + "\n" + r.Definition))
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// tagsOf lists the revision tags of a revision; the built-in one stands at the latest.
func (e *environment) tagsOf(number int) []string {
	var tags []string
	for _, tag := range sortedKeys(e.RevisionTags) {
		if e.RevisionTags[tag] == number {
			tags = append(tags, tag)
		}
	}
	if number == e.latest().Number {
		tags = append(tags, environments.LatestRevision)
	}
	return tags
}

func (e *environment) tagRevision(tag string, number *int) error {
	version := environments.LatestRevision
	if number != nil {
		version = strconv.Itoa(*number)
	}
	r, found := e.revision(version)
	if !found || r.Number == 0 {
		return rest.NotFound("environment %s has no revision %s", e.path(), version)
	}
	e.RevisionTags = orEmpty(e.RevisionTags)
	e.RevisionTags[tag] = r.Number
	return nil
}

// rotationEvent is one rotation of secrets of an environment, in the form of the service's answers.
type rotationEvent struct {
	ID                   string     `json:"id"`
	EnvironmentID        string     `json:"environmentId"`
	Created              time.Time  `json:"created"`
	PreRotationRevision  int        `json:"preRotationRevision"`
	PostRotationRevision *int       `json:"postRotationRevision,omitempty"`
	UserID               string     `json:"userID"`
	Completed            time.Time  `json:"completed"`
	Status               string     `json:"status"`
	ErrorMessage         string     `json:"errorMessage,omitempty"`
	Rotations            []rotation `json:"rotations"`
}

type rotation struct {
	ID              string `json:"id"`
	EnvironmentPath string `json:"environmentPath"`
	Status          string `json:"status"`
	ErrorMessage    string `json:"errorMessage,omitempty"`
}

func (e *environment) begin(now time.Time) {
	since(&e.Created, now)
	since(&e.Modified, now)
	e.Tags = orEmpty(e.Tags)
	if e.Definition != "" && len(e.Revisions) == 0 {
		e.Revisions = []revision{{Number: 1, Definition: e.Definition, Creator: e.OwnedBy, Created: now}}
	}
}
