package accessinvariant_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
)

// openByDefault is an organization that is wide open once nothing of this package keeps it closed.
const openByDefault = "settings: {defaultEnvironmentPermission: open}"

func closed() enginetest.Declared {
	return declared("OrganizationSettings", "x", object{"defaultEnvironmentPermission": "none"})
}

// One deletion breaks the invariant, and the others of the update have nothing to do with that.
func TestOnlyTheDeletionThatBreaksTheInvariantFails(t *testing.T) {
	t.Parallel()
	w := start(t, openByDefault)
	first := declared("TeamAccess", "first", object{"team": "guests", "environments": opens("dev")})
	last := declared("TeamAccess", "last", object{"team": "empty", "environments": opens("dev")})
	require.NoError(t, w.Up(first, closed(), last, onlyOncall(nil)))
	err := w.UpContinuing(onlyOncall(nil))
	require.ErrorContains(t, err, "deleting OrganizationSettings x: ")
	require.ErrorContains(t, err, "user di: organization default for members: open")
	require.NotContains(t, err.Error(), "TeamAccess")
	require.Equal(t, []string{"OrganizationSettings x", "AccessInvariant prod"}, w.Names(), "the others were deleted")

	err = w.UpContinuing(onlyOncall(nil))
	require.ErrorContains(t, err, "AccessInvariant prod: AccessInvariant \"prod\" does not hold", "the next run says it again")
}

// What a run leaves is the business of the one that made it: a second change that brings somebody else fails for them alone.
func TestEachChangeFailsForWhatItBrings(t *testing.T) {
	t.Parallel()
	w := start(t)
	require.NoError(t, w.Up(onlyOncall(nil)))
	err := w.UpContinuing(onlyOncall(nil),
		declared("TeamAccess", "a", object{"team": "guests", "environments": opens("prod")}),
		declared("TeamAccess", "b", object{"team": "empty", "environments": opens("dev")}),
		declared("TeamAccess", "c", object{"team": "watchers", "environments": opens("prod")}),
	)
	failures := strings.Split(err.Error(), "\ncreating ")
	require.Len(t, failures, 2, err)
	require.Contains(t, failures[0], "user cy: team guests")
	require.Contains(t, failures[1], "user di: team watchers")
	require.NotContains(t, failures[1], "cy")
}

// Under warn, who comes in after the invariant was evaluated is said about the resource that brings them.
func TestWarnsOfWhatComesAfterTheInvariant(t *testing.T) {
	t.Parallel()
	for on, says := range map[string]bool{"warn": true, "ignore": false} {
		w := start(t)
		late := declared("TeamAccess", "late-"+on, object{"team": "guests", "environments": opens("prod")})
		program := []enginetest.Declared{onlyOncall(object{"onViolation": on}), late}
		for _, run := range []func(...enginetest.Declared) error{w.Preview, w.Up} {
			require.NoError(t, run(program...))
			require.Equal(t, says, strings.Contains(w.Said("TeamAccess", late.Name), "payments/prod: user cy: team guests"), on)
		}
	}
}

// TestDeletionsFailWhenTheyBringSomebody is the law of deletions: of an update that deletes resources, exactly those deletions fail after
// which somebody opens what is watched, when they try, who could not before, and is not allowed to.
func TestDeletionsFailWhenTheyBringSomebody(t *testing.T) {
	t.Parallel()
	w := start(t, openByDefault)
	w.admin("POST", "/api/stacks/acme/payments/prod/deployments/settings", object{"operationContext": object{"role": object{"id": w.role("openers")}}})
	begin, nothing := w.History(), w.Snapshot()
	deleted, failed := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		w.Running.Restore(begin)
		w.Engine.Restore(nothing)
		before := w.aProgram(rt, "before")
		before = slices.DeleteFunc(before, func(d enginetest.Declared) bool {
			return d.Type == "OrganizationSettings" || d.Type == "OidcIssuer" || d.Type == "MachineToken" || d.Type == "Environment"
		})
		before = slices.Insert(before, rapid.IntRange(0, len(before)).Draw(rt, "place of the settings"), closed())
		require.NoError(rt, w.Up(before...), "%v", before)
		invariant := w.anInvariant(rt)
		invariant.Inputs["includeIndirect"] = false
		if w.Up(append(slices.Clone(before), invariant)...) != nil {
			// Not so far: whoever is in there already is allowed.
			invariant.Inputs["allowed"] = everybodyIn(w, invariant)
			require.NoError(rt, w.Up(append(slices.Clone(before), invariant)...))
		}
		started, state := w.History(), w.Snapshot()
		expected := w.bringSomebody(before, invariant)
		w.Running.Restore(started)
		w.Engine.Restore(state)
		err := w.UpContinuing(invariant)
		require.ElementsMatch(rt, expected, deletionsIn(err), "before: %v\ninvariant: %v\nupdate: %v", before, invariant, err)
		deleted += len(before)
		failed += len(expected)
	})
	t.Logf("%d resources deleted, of which %d brought somebody", deleted, failed)
	require.Positive(t, failed)
	require.Greater(t, deleted, failed)
}

// bringSomebody deletes the resources of a program one after another, without an invariant, and returns those after which somebody is in
// who was not before.
func (w world) bringSomebody(program []enginetest.Declared, invariant enginetest.Declared) []string {
	var found []string
	without := slices.Clone(program)
	in := w.intruders(invariant)
	for _, one := range slices.Backward(program) {
		without = slices.DeleteFunc(without, func(d enginetest.Declared) bool { return d.Type == one.Type && d.Name == one.Name })
		require.NoError(w.t, w.Up(without...))
		now := w.intruders(invariant)
		if slices.ContainsFunc(now, func(who string) bool { return !slices.Contains(in, who) }) {
			found = append(found, fmt.Sprintf("%s %s", one.Type, one.Name))
		}
		in = now
	}
	return found
}

// everybodyIn allows also whoever can open what is watched now.
func everybodyIn(w world, invariant enginetest.Declared) object {
	allowed := object{}
	for list, names := range invariant.Inputs["allowed"].(object) {
		allowed[list] = slices.Clone(names.([]string))
	}
	for _, who := range w.intruders(invariant) {
		kind, rest, _ := strings.Cut(who, " ")
		name, _, _ := strings.Cut(rest, " opens")
		list := map[string]string{"user": "users", "team": "teams", "deployments": "deployments"}[kind]
		if list == "deployments" {
			name = "payments/prod"
		}
		if !slices.Contains(allowed[list].([]string), name) {
			allowed[list] = append(allowed[list].([]string), name)
		}
	}
	return allowed
}

// deletionsIn are the resources whose deletion failed.
func deletionsIn(err error) []string {
	var found []string
	if err == nil {
		return nil
	}
	for line := range strings.Lines(err.Error()) {
		if rest, is := strings.CutPrefix(line, "deleting "); is {
			name, _, _ := strings.Cut(rest, ":")
			found = append(found, name)
		}
	}
	return found
}
