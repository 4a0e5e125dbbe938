package state

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/environments"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// Environment is an ESC environment. Definition is its YAML text as stored: secrets are ciphertext.
type Environment struct {
	ID                string            `json:"id"`
	Project           string            `json:"project"`
	Name              string            `json:"name"`
	Definition        string            `json:"definition"`
	Tags              map[string]string `json:"tags"`
	OwnedBy           string            `json:"ownedBy"` // login
	Assigned          Assigned          `json:"assigned,omitempty"`
	DeletionProtected bool              `json:"deletionProtected"`
	Revisions         []Revision        `json:"revisions,omitzero"`    // oldest first; none while the definition is as created
	RevisionTags      map[string]int    `json:"revisionTags,omitzero"` // "latest" is not stored
	TagTimes          map[string]Tagged `json:"tagTimes,omitzero"`     // by tag
	Rotations         []RotationEvent   `json:"rotations,omitzero"`    // of its secrets, oldest first
	Created           time.Time         `json:"created,omitzero"`
	Modified          time.Time         `json:"modified,omitzero"`
	DeletedAt         time.Time         `json:"deletedAt,omitzero"`
}

// Revision is one stored state of an environment's definition.
type Revision struct {
	Number     int       `json:"number"` // from 1
	Definition string    `json:"definition"`
	Creator    string    `json:"creator"` // login
	Created    time.Time `json:"created"`
}

// Tagged says when and by whom an environment's tag was written.
type Tagged struct {
	Editor   string    `json:"editor"` // login
	Created  time.Time `json:"created"`
	Modified time.Time `json:"modified"`
}

// Ref is how imports and subjects name the environment.
func (e *Environment) Ref() oidc.EnvironmentRef {
	return oidc.EnvironmentRef{Project: e.Project, Name: e.Name}
}

// Path is the environment within its organization, the legacy project included: how people are told of it.
func (e *Environment) Path() string { return EntityKey(e.Project, e.Name) }

// AllRevisions are oldest first. An environment that came with its definition, from a seed or a saved state, has that as
// its first.
func (e *Environment) AllRevisions() []Revision {
	if len(e.Revisions) == 0 && e.Definition != "" {
		return []Revision{{Number: 1, Definition: e.Definition, Creator: e.OwnedBy, Created: e.Created}}
	}
	return e.Revisions
}

// Latest is the current revision; number 0 is an environment that was never written.
func (e *Environment) Latest() Revision {
	all := e.AllRevisions()
	if len(all) == 0 {
		return Revision{Created: e.Created}
	}
	return all[len(all)-1]
}

// Revision finds a revision by number or tag; "" and "latest" are the current one.
func (e *Environment) Revision(version string) (Revision, bool) {
	if version == "" || version == environments.LatestRevision {
		return e.Latest(), true
	}
	number, tagged := e.RevisionTags[version]
	if !tagged {
		parsed, err := strconv.Atoi(version)
		if err != nil {
			return Revision{}, false
		}
		number = parsed
	}
	for _, r := range e.AllRevisions() {
		if r.Number == number {
			return r, true
		}
	}
	return Revision{}, false
}

// ETag identifies a text of an environment. It holds the id, so that one which was deleted and recreated differs.
func (e *Environment) ETag(r Revision) string {
	sum := sha256.Sum256([]byte(e.ID + "\n" + strconv.Itoa(r.Number) + "\n" + r.Definition))
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// TagsOf lists the revision tags of a revision; the built-in one stands at the latest.
func (e *Environment) TagsOf(number int) []string {
	var tags []string
	for _, tag := range rest.SortedKeys(e.RevisionTags) {
		if e.RevisionTags[tag] == number {
			tags = append(tags, tag)
		}
	}
	if number == e.Latest().Number {
		tags = append(tags, environments.LatestRevision)
	}
	return tags
}

func (e *Environment) TagRevision(tag string, number *int) error {
	version := environments.LatestRevision
	if number != nil {
		version = strconv.Itoa(*number)
	}
	r, found := e.Revision(version)
	if !found || r.Number == 0 {
		return rest.NotFound("environment %s has no revision %s", e.Path(), version)
	}
	e.RevisionTags = rest.OrEmpty(e.RevisionTags)
	e.RevisionTags[tag] = r.Number
	return nil
}

// RotationEvent is one rotation of secrets of an environment, in the form of the service's answers.
type RotationEvent struct {
	ID                   string     `json:"id"`
	EnvironmentID        string     `json:"environmentId"`
	Created              time.Time  `json:"created"`
	PreRotationRevision  int        `json:"preRotationRevision"`
	PostRotationRevision *int       `json:"postRotationRevision,omitempty"`
	UserID               string     `json:"userID"`
	Completed            time.Time  `json:"completed"`
	Status               string     `json:"status"`
	ErrorMessage         string     `json:"errorMessage,omitempty"`
	Rotations            []Rotation `json:"rotations"`
}

type Rotation struct {
	ID              string `json:"id"`
	EnvironmentPath string `json:"environmentPath"`
	Status          string `json:"status"`
	ErrorMessage    string `json:"errorMessage,omitempty"`
}

func (e *Environment) Begin(now time.Time) {
	since(&e.Created, now)
	since(&e.Modified, now)
	e.Tags = rest.OrEmpty(e.Tags)
	if e.Definition != "" && len(e.Revisions) == 0 {
		e.Revisions = []Revision{{Number: 1, Definition: e.Definition, Creator: e.OwnedBy, Created: now}}
	}
}
