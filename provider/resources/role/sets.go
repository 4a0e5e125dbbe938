package role

import (
	"context"
	"maps"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
)

// setByIdentifier is the built-in permission set that the service's identifier stands for.
func setByIdentifier(identifier string) (access.SetRef, bool) {
	for _, kind := range access.Kinds() {
		for _, level := range access.Levels(kind) {
			if identifier != "" && access.SetIdentifier(kind, level) == identifier {
				return access.SetRef{Kind: kind, Level: level}, true
			}
		}
	}
	return access.SetRef{}, false
}

// builtinSets are the ids of the built-in permission sets among records, by identifier.
func builtinSets(records []cloud.Role) map[string]string {
	sets := map[string]string{}
	for _, record := range records {
		if _, ok := setByIdentifier(record.DefaultIdentifier); ok {
			sets[record.DefaultIdentifier] = record.ID
		}
	}
	return sets
}

// sets returns the ids of the built-in permission sets, from the state if it has what is needed. An organization's
// built-in sets never get other ids, so all of them are kept: a change of level then needs no look-up.
func (w writer) sets(ctx context.Context, needed []access.SetRef, state State) (map[string]string, error) {
	lacking := slices.ContainsFunc(needed, func(ref access.SetRef) bool {
		if state.SetIDs[access.SetIdentifier(ref.Kind, ref.Level)] != "" {
			return false
		}
		// A role that holds its rules itself composes no set, and some services do not list the organization-level ones:
		// once the list was read, asking again would not help.
		return !state.inline() && (ref.Kind != access.Organization || len(state.SetIDs) == 0)
	})
	if !lacking {
		sets := map[string]string{} // never nil: a required output that is absent from state makes it unreadable
		maps.Copy(sets, state.SetIDs)
		return sets, nil
	}
	w.session.ReadingSets.Lock() // roles that are written at once list them once
	defer w.session.ReadingSets.Unlock()
	if known, ok := w.session.BuiltinSets.Load(w.organization); ok {
		return maps.Clone(known.(map[string]string)), nil
	}
	records, err := w.client.Roles(ctx, w.organization, cloud.PurposeSet)
	if err != nil {
		return nil, err
	}
	sets := builtinSets(records)
	w.session.BuiltinSets.Store(w.organization, sets)
	return maps.Clone(sets), nil
}

// sets are the built-in permission sets, for the state, and all that are known, for reading the tree. They are listed only
// when the tree composes one that the state does not know.
func (r reading) sets(
	ctx context.Context, tree access.Descriptor,
) (map[string]string, map[string]access.SetRef, error) {
	sets, known := r.before.SetIDs, r.knownSets()
	unlisted := func(id string) bool { _, ok := known[id]; return !ok }
	composed := access.Composed(tree)
	slices.Sort(composed)
	composed = slices.Compact(composed)
	if !slices.ContainsFunc(composed, unlisted) {
		return sets, known, nil
	}
	records, err := r.session.Client.Roles(ctx, r.organization, cloud.PurposeSet)
	if err != nil {
		return nil, nil, err
	}
	sets = builtinSets(records)
	for _, id := range composed {
		listed := slices.ContainsFunc(records, func(record cloud.Role) bool { return record.ID == id })
		if listed || !unlisted(id) {
			continue
		}
		// The list may leave some out.
		record, err := r.session.Client.Role(ctx, r.organization, id)
		if cloud.IsNotFound(err) {
			continue // the tree is read without it
		}
		if err != nil {
			return nil, nil, err
		}
		records = append(records, record)
	}
	maps.Copy(sets, builtinSets(records))
	for _, record := range records {
		ref, builtin := setByIdentifier(record.DefaultIdentifier)
		if !builtin {
			ref = access.SetRef{Kind: access.EntityKind(record.ResourceType)}
		}
		known[record.ID] = ref
	}
	return sets, known, nil
}

// knownSets are the built-in and custom permission sets that the state names.
func (r reading) knownSets() map[string]access.SetRef {
	known := map[string]access.SetRef{}
	rules := r.before.Access.Unbounded()
	for _, of := range ruleKinds {
		for _, rule := range rules.Rules(of.kind) {
			if rule.PermissionSet != "" {
				known[rule.PermissionSet] = access.SetRef{Kind: of.kind}
			}
		}
	}
	for identifier, id := range r.before.SetIDs {
		if ref, ok := setByIdentifier(identifier); ok {
			known[id] = ref
		}
	}
	return known
}
