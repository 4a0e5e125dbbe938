// Package preview reads what `pulumi preview --json` printed, and tells what the update would change of who has access. Start at [Parse] and
// [Preview.Apply].
//
// It knows the resources of this package, by the same code with which their previews say who gains and loses access, and those of
// pulumiservice. What it does not understand, and what the preview does not know yet, is named in [Result.Unknown]: it is never taken for no
// change. Values that the preview hides as secrets count as not known.
package preview

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

// Preview is what an update is about to do.
type Preview struct {
	steps   []step
	corrupt bool
}

// step is what it does to a resource.
type step struct {
	op       string
	urn      urn.URN
	old, new *resource
	diff     []string // the inputs that differ
}

// resource is a resource before or after a step.
type resource struct {
	custom, external, retained bool
	id                         string
	inputs, outputs            property.Map
	dependencies               map[string][]urn.URN // of inputs
}

type stepDocument struct {
	Op          string            `json:"op"`
	URN         urn.URN           `json:"urn"`
	Old         *resourceDocument `json:"oldState"`
	New         *resourceDocument `json:"newState"`
	DiffReasons []string          `json:"diffReasons"`
}

type resourceDocument struct {
	Custom               bool                 `json:"custom"`
	External             bool                 `json:"external"`
	RetainOnDelete       bool                 `json:"retainOnDelete"`
	ID                   string               `json:"id"`
	Inputs               map[string]any       `json:"inputs"`
	Outputs              map[string]any       `json:"outputs"`
	PropertyDependencies map[string][]urn.URN `json:"propertyDependencies"`
}

// Parse reads the output of `pulumi preview --json`.
func Parse(text []byte) (Preview, error) {
	var document struct {
		Steps        *[]stepDocument `json:"steps"`
		Summary      map[string]int  `json:"changeSummary"`
		MaybeCorrupt bool            `json:"maybeCorrupt"`
		Diagnostics  []struct {
			Severity string `json:"severity"`
		} `json:"diagnostics"`
	}
	if err := json.Unmarshal(bytes.TrimSpace(text), &document); err != nil {
		// The text may hold secrets, so that the error does not quote it.
		return Preview{}, errors.New("invalid preview: not the JSON that `pulumi preview --json` prints")
	}
	if document.Steps == nil && document.Summary == nil {
		return Preview{}, errors.New("invalid preview: it has neither steps nor a summary of changes, as `pulumi preview --json` prints them")
	}
	for _, d := range document.Diagnostics {
		if d.Severity == "error" {
			return Preview{}, errors.New("the preview failed, so that it does not have every step: mend the program, and preview again")
		}
	}
	out := Preview{corrupt: document.MaybeCorrupt}
	if document.Steps == nil {
		if len(document.Summary) > 0 {
			return Preview{}, errors.New("invalid preview: it counts changes, and has no steps")
		}
		return out, nil
	}
	for i, s := range *document.Steps {
		if s.Op == "" || !s.URN.IsValid() {
			return Preview{}, fmt.Errorf("invalid preview: step %d has no operation or no URN", i)
		}
		out.steps = append(out.steps, step{op: s.Op, urn: s.URN, old: s.Old.read(), new: s.New.read(), diff: s.DiffReasons})
	}
	return out, nil
}

func (d *resourceDocument) read() *resource {
	if d == nil {
		return nil
	}
	return &resource{
		custom: d.Custom, external: d.External, retained: d.RetainOnDelete, id: d.ID,
		inputs: mapOf(d.Inputs), outputs: mapOf(d.Outputs), dependencies: d.PropertyDependencies,
	}
}

// Result is what an update leaves.
type Result struct {
	Organization graph.Organization
	// Unknown is what cannot be told before the update, and what it could hide.
	Unknown []graph.Blind
}

// Apply is an organization that was read whole as the update would leave it, at a time: some memberships end.
func (p Preview) Apply(o graph.Organization, now time.Time) Result {
	a := &applier{Organization: o, session: offline(now), created: map[urn.URN]string{}}
	if p.corrupt {
		a.unknown("resources that the preview calls corrupt", "what happens to them")
	}
	for _, s := range p.steps {
		a.apply(s)
	}
	return Result{a.Organization, a.blind}
}

// what a step does, by its operation.
type effect int

const (
	nothing effect = iota
	creates
	updates
	deletes
	obscure // an operation that this version does not know
)

var effects = map[string]effect{
	"same": nothing, "read": nothing, "refresh": nothing, "read-replacement": nothing, "read-discard": nothing, "discard": nothing, "discard-replaced": nothing,
	"replace": nothing, "remove-pending-replace": nothing, "import": nothing, "import-replacement": nothing, // an import takes over what there is as it is
	"create": creates, "create-replacement": creates, "update": updates, "delete": deletes, "delete-replaced": deletes,
}

func (s step) effect() effect {
	if what, known := effects[s.op]; known {
		return what
	}
	return obscure
}

// state is the resource that a step is about.
func (s step) state() *resource {
	if s.new != nil {
		return s.new
	}
	return s.old
}

func (a *applier) apply(s step) {
	what, at := s.effect(), s.state()
	if what == nothing || at == nil || !at.custom || at.external {
		return
	}
	if what == deletes && at.retained {
		return
	}
	kind := string(s.urn.Type())
	name := strings.ReplaceAll(kind, ":index:", ":") + " " + s.urn.Name()
	about := subject{applier: a, step: s, name: name, effect: what}
	switch {
	case what == obscure:
		a.unknown(fmt.Sprintf("what the step %q does to %s", s.op, name), "any change of access")
	case what != deletes && s.new == nil || what != creates && s.old == nil:
		a.unknown("the state of "+name+", which the preview does not have", "any change of access")
	case strings.HasPrefix(kind, "leastprivilege:"):
		about.own()
	case strings.HasPrefix(kind, "pulumiservice:"):
		about.service()
	case slices.ContainsFunc(runsAnything, func(prefix string) bool { return strings.HasPrefix(kind, prefix) }):
		a.unknown("what "+name+" does", "any change of access: it runs code")
	}
}

// runsAnything are resources that are code of the program, which may call Pulumi Cloud.
var runsAnything = []string{"command:", "pulumi-nodejs:dynamic", "pulumi-python:dynamic", "terraform-provider:", "restapi:", "null:", "external:"}
