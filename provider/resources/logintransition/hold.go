package logintransition

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Where updates of an environment need no approval, its definition is written right after the cloud side, and nothing is
// held: the same update takes away what the program no longer asks for. Where they need one, people decide when the new definition
// becomes live, and until then the old one has to open as well. So requirements are held as long as the live definition, or the draft
// that waits, has them. Which requirements a definition has is recognized by the parts of it that the cloud side must match; when the
// live definition has none that the state knows, or cannot be read, everything is held.

// desired is the state that the program asks for. It calls the service only when there may be something to hold. With permissions
// it decides anew which permissions of other definitions are held; without, they stay held.
func desired(ctx context.Context, op kit.Op, state State, want Args, permissions bool) (State, error) {
	next := State{Args: want, HeldPermissions: state.earlierPermissions(want)}
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
		next.Held = found.needed(append([]Requirements{want.Requirements}, candidates...))
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

func (v Args) path() string { return v.Project + "/" + v.Name }

// earlier are the requirements of other definitions that the state knows. Those of the same definition are replaced: what
// the program takes from it is removed at once.
func (v State) earlier(want Args) []Requirements {
	var earlier []Requirements
	for _, one := range append([]Requirements{v.Requirements}, v.Held...) {
		known := func(other Requirements) bool { return maps.Equal(other.Needs, one.Needs) }
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

const changeWithoutApproval = "Put the old value back. To make the change all the same, do without the approval for a while: set " +
	"`enabled: false` in updateApproval, or on the gate, and run `pulumi up`; make this change and run `pulumi up`; then enable it again"

// refuseLostChildren fails where the program removes a grant of its own that a held definition needs.
func (v State) refuseLostChildren() error {
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
func (v *State) combine() {
	v.TrustedSubjects, v.PermittedAWSReads, v.MaxAWSSessionSeconds = nil, nil, nil
	v.KeptPermissions = v.kept()
	for _, one := range append([]Requirements{v.Requirements}, v.Held...) {
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

// says is the message of an update about what is held, "" where that adds nothing.
func (v State) says() string {
	alone := withoutHeld(v.Args)
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

// saysPermissions names the permissions that are kept because a program gave them with another definition.
func (v State) saysPermissions() string {
	if len(v.KeptPermissions) == 0 {
		return ""
	}
	return fmt.Sprintf("environment %q: what this program takes from %s came with a definition that is live or waits for an approval, and "+
		"stays until that is so no longer. The first `pulumi up` after that takes it away",
		v.path(), strings.Join(slices.Sorted(maps.Keys(v.KeptPermissions)), ", ")) + v.saysQuota()
}

// update holds what the live definition needs, and lets go of what no definition needs any more.
func update(ctx context.Context, op kit.Op, before State, want Args) (*State, error) {
	next, err := desired(ctx, op, before, want, true)
	if err != nil {
		return nil, err
	}
	if said := next.says(); said != "" {
		wire.Log(ctx).Warning(said)
	}
	return &next, nil
}

// read leaves the state as it is: the service has nothing of it.
func read(_ context.Context, _ kit.Op, _ []string, _ kit.None, before kit.Before[Args, State]) (*kit.Found[Args, State], error) {
	if before.State.Name == "" {
		return nil, errors.New("a LoginTransition cannot be imported: it is a part of the component that makes the environment, which creates it")
	}
	return &kit.Found[Args, State]{Inputs: before.Inputs, State: before.State}, nil
}
