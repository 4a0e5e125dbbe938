package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// Snapshot is an organization as it was read at a time, with what could not be read. It holds names and no secrets.
type Snapshot struct {
	Taken        time.Time
	Organization Organization
	Blind        []Blind
}

// snapshotSchema names the document, and snapshotVersion its form. A change that an older reader would take for something else, or must
// not leave out, raises the version; what is only added does not.
const (
	snapshotSchema  = "leastprivilege/snapshot"
	snapshotVersion = 2
)

// withMembersCan is the first version that has [Organization.MembersCan].
const withMembersCan = 2

type snapshotDocument struct {
	Schema           string       `json:"schema"`
	Version          int          `json:"version"`
	Taken            time.Time    `json:"taken"`
	AdditionalScopes []string     `json:"additionalScopes,omitempty"`
	Organization     Organization `json:"organization"`
	Blind            []Blind      `json:"blind,omitempty"`
}

// MarshalSnapshot writes a snapshot as indented JSON, which [ParseSnapshot] reads.
func MarshalSnapshot(s Snapshot) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(snapshotDocument{
		snapshotSchema, snapshotVersion, s.Taken.UTC(), s.Organization.Catalogue.Additional(), s.Organization, s.Blind,
	})
	if err != nil {
		return nil, fmt.Errorf("snapshot of organization %q: %w", s.Organization.Login, err)
	}
	return text.Bytes(), nil
}

// ParseSnapshot reads a snapshot. It ignores fields that it does not know, and refuses a version that is newer than it can read.
func ParseSnapshot(data []byte) (Snapshot, error) {
	var head struct {
		Schema  string `json:"schema"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return Snapshot{}, fmt.Errorf("invalid snapshot: not JSON: %w", err)
	}
	switch {
	case head.Schema != snapshotSchema || head.Version < 1:
		return Snapshot{}, fmt.Errorf("invalid snapshot: its schema is %q and its version %d; a snapshot has schema %q and a version from 1",
			head.Schema, head.Version, snapshotSchema)
	case head.Version > snapshotVersion:
		return Snapshot{}, fmt.Errorf("the snapshot has version %d, and this release reads versions up to %d: use a newer release, or take the snapshot again with this one",
			head.Version, snapshotVersion)
	}
	var document snapshotDocument
	if err := json.Unmarshal(data, &document); err != nil {
		return Snapshot{}, fmt.Errorf("invalid snapshot: %w", err)
	}
	if document.Organization.Login == "" {
		return Snapshot{}, errors.New("invalid snapshot: it names no organization")
	}
	document.Organization.Catalogue = access.NewCatalogue(document.AdditionalScopes)
	if head.Version < withMembersCan {
		document.Organization.MembersCan.Unknown = "the snapshot is of a version that does not have the settings for what members can do"
	}
	return Snapshot{document.Taken, document.Organization, document.Blind}, nil
}

type recordDocument struct {
	Name       string          `json:"name"`
	Identifier string          `json:"identifier,omitempty"`
	Descriptor json.RawMessage `json:"descriptor,omitempty"`
	Unreadable string          `json:"unreadable,omitempty"`
	Assignable bool            `json:"assignable,omitempty"`
	Purpose    string          `json:"purpose,omitempty"`
}

// MarshalJSON writes the descriptor as the service does.
func (r Record) MarshalJSON() ([]byte, error) {
	document := recordDocument{
		Name: r.Name, Identifier: r.Identifier, Unreadable: r.Unreadable, Assignable: r.Assignable, Purpose: r.Purpose,
	}
	if r.Unreadable == "" && r.Descriptor != nil {
		text, err := access.MarshalDescriptor(r.Descriptor)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", r.Name, err)
		}
		document.Descriptor = text
	}
	return json.Marshal(document)
}

// UnmarshalJSON reads it. A descriptor that this version does not know may grant anything, as one of the service that it does not know.
func (r *Record) UnmarshalJSON(data []byte) error {
	var document recordDocument
	if err := json.Unmarshal(data, &document); err != nil {
		return err
	}
	*r = Record{
		Name: document.Name, Identifier: document.Identifier, Unreadable: document.Unreadable, Assignable: document.Assignable,
		Purpose: document.Purpose,
	}
	if r.Unreadable != "" {
		return nil
	}
	var err error
	if r.Descriptor, err = access.ParseDescriptor(document.Descriptor); err != nil {
		r.Unreadable = fmt.Sprintf("%q grants what this version cannot read", r.Name)
	}
	return nil
}

type heldDocument struct {
	Level   access.Level `json:"level,omitempty"`
	Set     string       `json:"set,omitempty"`
	MaxOpen string       `json:"maxOpen,omitempty"`
}

// MarshalJSON writes the bound as Go writes durations.
func (h Held) MarshalJSON() ([]byte, error) {
	document := heldDocument{Level: h.Level, Set: h.Set}
	if h.MaxOpen != 0 {
		document.MaxOpen = h.MaxOpen.String()
	}
	return json.Marshal(document)
}

// UnmarshalJSON reads it.
func (h *Held) UnmarshalJSON(data []byte) error {
	var document heldDocument
	if err := json.Unmarshal(data, &document); err != nil {
		return err
	}
	*h = Held{Level: document.Level, Set: document.Set}
	if document.MaxOpen == "" {
		return nil
	}
	var err error
	h.MaxOpen, err = time.ParseDuration(document.MaxOpen)
	return err
}
