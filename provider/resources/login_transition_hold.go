package resources

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/oidc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/stores"
)

// Where updates of an environment need no approval, its definition is written right after the cloud side, and nothing is
// held: what is taken away is gone with the same update. Where they do, people decide when the new definition becomes live,
// and until then the old one has to open as well. So requirements are held as long as the live definition, or the draft that
// waits, is of them. What the live definition is of is told by its parts that the cloud side must match; when it is of
// nothing that the state knows, or cannot be read, everything is held.

// nextTransition is the state that the program asks for. The service is asked only when there may be something to hold; permissions
// of other definitions are looked at when asked for, and held as they are otherwise.
func nextTransition(
	ctx context.Context, op kit.Op, state LoginTransitionState, want LoginTransitionArgs, permissions bool,
) (LoginTransitionState, error) {
	next := LoginTransitionState{LoginTransitionArgs: want, HeldPermissions: state.earlierPermissions(want)}
	candidates := state.earlier(want)
	permissions = permissions && len(next.HeldPermissions) > 0
	var lost []string
	if !op.Unknown("identities") {
		lost = lostIdentities(state.Identities, want.Identities)
	}
	if len(candidates)+len(lost) > 0 || permissions {
		found, err := readWaiting(ctx, op.Session, want)
		if err != nil {
			return next, fmt.Errorf("environment %q: whether its live definition still needs the cloud identities as they are could not be "+
				"read, so nothing is taken from them: %w", want.path(), err)
		}
		if err := found.refuse(want.path(), lost); err != nil {
			return next, err
		}
		next.Held = found.needed(append([]LoginRequirements{want.LoginRequirements}, candidates...))
		next.HeldPermissions = found.neededPermissions(append([]DefinitionPermissions{want.permissions()}, next.HeldPermissions...))
	}
	if err := next.refuseLostChildren(); err != nil {
		return next, err
	}
	next.combine()
	if err := next.refuseMixedUp(); err != nil {
		return next, err
	}
	return next, next.fits(op.Session.IssuerOr(nil))
}

func (v LoginTransitionArgs) path() string { return v.Project + "/" + v.Name }

// earlier are the requirements of other definitions that the state knows. Those of the same definition are replaced: what
// the program takes from it is gone at once.
func (v LoginTransitionState) earlier(want LoginTransitionArgs) []LoginRequirements {
	var earlier []LoginRequirements
	for _, one := range append([]LoginRequirements{v.LoginRequirements}, v.Held...) {
		known := func(other LoginRequirements) bool { return maps.Equal(other.Needs, one.Needs) }
		if !maps.Equal(one.Needs, want.Needs) && !slices.ContainsFunc(earlier, known) {
			earlier = append(earlier, one)
		}
	}
	return earlier
}

// lostIdentities are the properties whose change replaces or deletes an identity that was created.
func lostIdentities(before, after map[string]string) []string {
	var lost []string
	for _, property := range slices.Sorted(maps.Keys(before)) {
		if now, given := after[property]; !given || now != before[property] {
			lost = append(lost, property)
		}
	}
	for _, property := range slices.Sorted(maps.Keys(after)) {
		login, _, _ := strings.Cut(property, ".")
		if _, given := before[property]; !given && before[login+".create"] != "" {
			lost = append(lost, property)
		}
	}
	return lost
}

// waiting is what an environment's live definition needs, and what the draft that waits does. Nil texts are not known.
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
func readWaiting(ctx context.Context, current *session.Session, want LoginTransitionArgs) (waiting, error) {
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

// partsOf are the parts of a text that the cloud side must match, nil where they cannot be told.
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

// needed are the requirements, but the first, which are the program's, that the live definition or the draft is of.
func (w waiting) needed(all []LoginRequirements) []LoginRequirements {
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
	var needed []LoginRequirements
	for i := 1; i < len(all); i++ {
		if keep[i] {
			needed = append(needed, all[i])
		}
	}
	return needed
}

// matches are the requirements that a definition is of. It may hold more beside them, so that of those which it has, some
// with more parts are meant rather than others with fewer of the same.
func matches(text map[string]string, all []LoginRequirements) []int {
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

const changeWithoutApproval = "Put the old value back. To make the change all the same, do without the approval for a while: set " +
	"`enabled: false` in updateApproval, or on the gate, and run `pulumi up`; make this change and run `pulumi up`; then enable it again"

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

// refuseLostChildren fails where something is granted one by one that a definition needs which is held.
func (v LoginTransitionState) refuseLostChildren() error {
	var lost []string
	for _, held := range v.Held {
		for property, names := range held.Children {
			kept := func(name string) bool { return slices.Contains(v.Children[property], name) }
			if slices.ContainsFunc(names, func(name string) bool { return !kept(name) }) && !slices.Contains(lost, property) {
				lost = append(lost, property)
			}
		}
	}
	if len(lost) == 0 {
		return nil
	}
	slices.Sort(lost)
	return fmt.Errorf("%s: the change takes away what the live definition of environment %q, or a draft of it, still needs from a cloud where "+
		"it cannot be kept until the new definition is approved: until then the environment would open for nobody. Nothing was changed. %s",
		strings.Join(lost, ", "), v.path(), changeWithoutApproval)
}

// combine computes the outputs: what the program asks for comes first.
func (v *LoginTransitionState) combine() {
	v.TrustedSubjects, v.PermittedAWSReads, v.MaxAWSSessionSeconds = nil, nil, nil
	v.KeptPermissions = v.kept()
	for _, one := range append([]LoginRequirements{v.LoginRequirements}, v.Held...) {
		v.TrustedSubjects = appendNew(v.TrustedSubjects, one.Subjects...)
		if one.AWSReads != nil {
			v.PermittedAWSReads = appendNew(v.PermittedAWSReads, *one.AWSReads)
		}
		if longest := v.MaxAWSSessionSeconds; one.AWSSessionSeconds != nil && (longest == nil || *longest < *one.AWSSessionSeconds) {
			v.MaxAWSSessionSeconds = one.AWSSessionSeconds
		}
	}
}

func appendNew(all []string, more ...string) []string {
	for _, one := range more {
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

// fits refuses what the clouds would: each bounds how much one identity admits.
func (v LoginTransitionState) fits(issuer string) error {
	if len(v.Held)+len(v.KeptPermissions) == 0 {
		return nil // which the component has checked
	}
	var problems []error
	if audience := v.Audiences["aws"]; audience != "" {
		_, err := oidc.AWSTrustPolicy(oidc.AWSTrust{
			Subjects: v.TrustedSubjects, Audiences: []string{audience}, AccountID: "000000000000", Issuer: issuer,
			Limit: ptr.Value(v.TrustPolicyLimit),
		})
		problems = append(problems, err)
	}
	if audience := v.Audiences["azure"]; audience != "" {
		_, err := oidc.AzureFederatedCredentials(oidc.AzureTrust{Subjects: v.TrustedSubjects, Audience: audience, Issuer: issuer})
		problems = append(problems, err)
	}
	if audience := v.Audiences["gcp"]; audience != "" {
		_, err := oidc.GoogleWorkloadIdentityFor(oidc.GoogleTrust{Subjects: v.TrustedSubjects, Audience: audience, Issuer: issuer})
		problems = append(problems, err)
	}
	reads := ""
	if len(v.PermittedAWSReads) > 0 {
		policy, err := stores.AWSPolicyOf(v.PermittedAWSReads, "", "")
		reads, problems = policy, append(problems, err)
	}
	problems = append(problems, v.fitsRole(reads))
	for _, one := range problems {
		if one != nil {
			return fmt.Errorf("environment %q: until the new definition is approved, its cloud identities have to admit and permit what the live "+
				"definition needs as well, which is too much together: %w. Make the change in two smaller ones, each approved and applied "+
				"before the next", v.path(), one)
		}
	}
	return nil
}

// says is what an update tells of what is held, "" where that adds nothing.
func (v LoginTransitionState) says() string {
	alone := transition(v.LoginTransitionArgs)
	subjects := len(v.TrustedSubjects) - len(alone.TrustedSubjects)
	reads := len(v.PermittedAWSReads) - len(alone.PermittedAWSReads)
	said := v.saysPermissions()
	if subjects == 0 && reads == 0 {
		return said
	}
	if said != "" {
		said = ". " + said
	}
	return fmt.Sprintf("environment %q: its live definition is another than this program's, and updates need an approval. Until the new one is "+
		"live, the trust of its cloud identities keeps %d subjects of the live one or of a draft, and the AWS role keeps reading what "+
		"those read. The first `pulumi up` after that takes both away", v.path(), subjects) + said
}

// saysPermissions tells what is kept of the permissions that a program gave with another definition.
func (v LoginTransitionState) saysPermissions() string {
	if len(v.KeptPermissions) == 0 {
		return ""
	}
	return fmt.Sprintf("environment %q: what this program takes from %s came with a definition that is live or waits for an approval, and "+
		"stays until that is so no longer. The first `pulumi up` after that takes it away",
		v.path(), strings.Join(slices.Sorted(maps.Keys(v.KeptPermissions)), ", ")) + v.saysQuota()
}
