package logintransition

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
)

// waiting is what an environment's live definition and its draft need of the cloud side. A nil text could not be read.
type waiting struct {
	gated        bool
	texts        []map[string]string // the live definition, and the draft
	fingerprints []string            // of the same
}

func (w *waiting) add(text string, err error) {
	w.texts = append(w.texts, partsOf(text, err))
	fingerprint := ""
	if err == nil {
		fingerprint, _ = esc.Fingerprint(text) // one that cannot be read is of nothing that the state knows
	}
	w.fingerprints = append(w.fingerprints, fingerprint)
}

// readWaiting reads the draft before the live definition: one that is applied in between is seen in both.
func readWaiting(ctx context.Context, current *session.Session, want Args) (waiting, error) {
	organization, client := ptr.Value(want.Organization), current.Client
	metadata, err := client.EnvironmentMetadata(ctx, organization, want.Project, want.Name)
	if cloud.IsNotFound(err) {
		return waiting{}, kit.RequireSight(ctx, current, organization, err)
	}
	if err != nil || !slices.Contains(metadata.GatedActions, cloud.GateUpdate) {
		return waiting{}, err
	}
	var draft cloud.Definition
	var unread error
	if metadata.ActiveRequest != nil {
		draft, unread = client.ReadDraft(ctx, organization, want.Project, want.Name, metadata.ActiveRequest.ID)
	}
	live, err := client.ReadEnvironment(ctx, organization, want.Project, want.Name)
	if err != nil {
		return waiting{}, err
	}
	found := waiting{gated: true}
	found.add(live.Text, nil)
	if metadata.ActiveRequest != nil {
		found.add(draft.Text, unread)
	}
	return found, nil
}

// partsOf are the parts of a text that the cloud side must match, nil where they cannot be read.
func partsOf(text string, err error) map[string]string {
	if err != nil {
		return nil
	}
	parts, err := esc.CloudNeedsIn(text)
	if err != nil {
		return nil
	}
	return parts
}

// needed are those of the requirements that the live definition or the draft has. The first are the program's own, and left out.
func (w waiting) needed(all []Requirements) []Requirements {
	if !w.gated {
		return nil
	}
	keep := map[int]bool{}
	for _, text := range w.texts {
		matching := matches(text, all)
		if len(matching) == 0 {
			return all[1:]
		}
		for _, i := range matching {
			keep[i] = true
		}
	}
	var needed []Requirements
	for i := 1; i < len(all); i++ {
		if keep[i] {
			needed = append(needed, all[i])
		}
	}
	return needed
}

// matches are the requirements whose parts a definition has. It may have other parts as well; where all parts of one are among those
// of another, the larger counts alone.
func matches(text map[string]string, all []Requirements) []int {
	var matching []int
	for i, one := range all {
		if text != nil && partOf(one.Needs, text) {
			matching = append(matching, i)
		}
	}
	return slices.DeleteFunc(slices.Clone(matching), func(i int) bool {
		return slices.ContainsFunc(matching, func(j int) bool {
			return len(all[i].Needs) < len(all[j].Needs) && partOf(all[i].Needs, all[j].Needs)
		})
	})
}

func partOf(part, whole map[string]string) bool {
	for name, value := range part {
		if found, given := whole[name]; !given || found != value {
			return false
		}
	}
	return true
}

// refuse fails where an identity would be replaced or deleted that the live definition may log in to.
func (w waiting) refuse(path string, lost []string) error {
	if !w.gated {
		return nil
	}
	lost = slices.DeleteFunc(slices.Clone(lost), func(property string) bool {
		login, _, _ := strings.Cut(property, ".")
		live := w.texts[0]
		return live != nil && live[login+".login"] == ""
	})
	if len(lost) == 0 {
		return nil
	}
	return fmt.Errorf("%s: a change of this replaces or deletes an identity that the live definition of environment %q logs in to, and the new "+
		"definition waits for an approval: until then the environment would open for nobody. Nothing was changed. %s",
		strings.Join(lost, ", "), path, changeWithoutApproval)
}

// neededPermissions are those that came with the live definition or with the draft. The first are the program's own, and left out.
func (w waiting) neededPermissions(all []DefinitionPermissions) []DefinitionPermissions {
	if !w.gated {
		return nil
	}
	for _, there := range w.fingerprints {
		if !slices.ContainsFunc(all, func(one DefinitionPermissions) bool { return one.Definition == there }) {
			return all[1:]
		}
	}
	return slices.DeleteFunc(slices.Clone(all[1:]), func(one DefinitionPermissions) bool {
		return !slices.Contains(w.fingerprints, one.Definition)
	})
}
