package role

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// reading reads one role, helped by what the state knew of it before.
type reading struct {
	session      *session.Session
	organization string
	before       State
}

// liveRole is a role as it is now.
type liveRole struct {
	organization string
	role         cloud.Role
	policyID     string
	access       access.Access
	unrecognized []string
	entities     entities
	sets         map[string]string
}

// read reads what the role grants now, by the names that its entities have today.
func read(
	ctx context.Context, op kit.Op, id []string, record cloud.Role, before kit.Before[Args, State],
) (*kit.Found[Args, State], error) {
	reader := reading{session: op.Session, organization: id[0], before: before.State}
	live, err := reader.read(ctx, record)
	if err != nil {
		return nil, err
	}
	imported := before.State.RoleID == ""
	if imported {
		if err := live.refuseUnstatable(ctx); err != nil {
			return nil, err
		}
	}
	inputs := live.inputs(before.Inputs, imported)
	return &kit.Found[Args, State]{Inputs: inputs, State: live.state(inputs)}, nil
}

// read reads the rules of a role, which the policy behind it holds. A policy that is not found does not mean that the role was
// deleted.
func (r reading) read(ctx context.Context, role cloud.Role) (liveRole, error) {
	if err := refuseOthers(role); err != nil {
		return liveRole{}, err
	}
	live := liveRole{organization: r.organization, role: role}
	details := role.Details
	if policyID, ok := cloud.PolicyOf(role); ok {
		policy, err := r.session.Client.Role(ctx, r.organization, policyID)
		if err != nil {
			return liveRole{}, fmt.Errorf("role %q is there, but the policy that holds its rules cannot be read: %w", role.Name, err)
		}
		live.policyID, details = policyID, policy.Details
	}
	return r.interpret(ctx, live, details)
}

// refuseOthers keeps records that are no custom roles from being taken over as one.
func refuseOthers(role cloud.Role) error {
	switch {
	case role.DefaultIdentifier != "":
		return fmt.Errorf("%q is built in: Pulumi Cloud owns it, and it cannot be changed. Use its id %s as it is, where a roleId is "+
			"asked for, or make a custom role", role.Name, role.ID)
	case role.Purpose == cloud.PurposePolicy:
		return fmt.Errorf("%s is the policy %q behind a role: import the role, whose id the address of its page in the console shows",
			role.ID, role.Name)
	case role.Purpose != cloud.PurposeRole:
		return fmt.Errorf("%s (%q) is a permission set, not a role: name its id in the permissionSet of a rule", role.ID, role.Name)
	}
	return nil
}

func (r reading) interpret(ctx context.Context, live liveRole, details json.RawMessage) (liveRole, error) {
	tree, err := access.ParseDescriptor(details)
	if err != nil {
		live.unrecognized = []string{fmt.Sprintf("the whole of it: %v", err)}
		live.entities, live.sets = entityIDs(r.before.EntityIDs), r.before.SetIDs
		return live, nil
	}
	sets, known, err := r.sets(ctx, tree)
	if err != nil {
		return live, err
	}
	// Without names, every rule on one entity is a rule on its id.
	byID, _ := access.Decompile(tree, nil, known)
	live.sets = sets
	live.entities, err = r.entities(ctx, identities(byID))
	if err != nil {
		return live, err
	}
	names := live.entities.names()
	for _, ids := range identities(r.before.Access.Unbounded()) {
		for _, id := range ids { // what is written by its id stays so
			delete(names, id)
		}
	}
	live.access, live.unrecognized = access.Decompile(tree, names, known)
	if live.policyID == "" {
		live.access = named(live.access)
	}
	return live, r.sightOfNameless(ctx, live.access)
}

// entities finds the ids in the tree and the names that the state knew, by what they stand for today.
func (r reading) entities(ctx context.Context, ids map[access.EntityKind][]string) (entities, error) {
	var names []access.EntityRef
	for ref := range entityIDs(r.before.EntityIDs) {
		names = append(names, ref)
	}
	return (&directory{client: r.session.Client, organization: r.organization}).find(ctx, names, ids)
}

// identities are the ids that rules are written by.
func identities(rules access.Access) map[access.EntityKind][]string {
	ids := map[access.EntityKind][]string{}
	for _, of := range ruleKinds {
		for _, rule := range rules.Rules(of.kind) {
			if rule.Identity != "" && !slices.Contains(ids[of.kind], rule.Identity) {
				ids[of.kind] = append(ids[of.kind], rule.Identity)
			}
		}
	}
	return ids
}

// sightOfNameless returns an error when an entity without a name may be one that is not visible to this token, rather than deleted.
func (r reading) sightOfNameless(ctx context.Context, now access.Access) error {
	known := identities(r.before.Access.Unbounded())
	for _, of := range ruleKinds {
		for _, id := range identities(now)[of.kind] {
			if slices.Contains(known[of.kind], id) {
				continue
			}
			hidden := fmt.Errorf("the %s with the id %s, which the role names: %w", of.noun, id, cloud.ErrNotFound)
			if err := kit.RequireSight(ctx, r.session, r.organization, hidden); err != nil {
				return fmt.Errorf("reading the role: %w", err)
			}
			return nil // an administrator sees all of them
		}
	}
	return nil
}

// inCheckedOrder sorts rules as Check does, so that what a read returns and what a check returns is the same text.
func inCheckedOrder(in types.Access) types.Access {
	wire.SortSet(in.Stacks)
	wire.SortSet(in.Environments)
	wire.SortSet(in.Accounts)
	wire.SortSet(in.Scopes)
	return in
}

// inputs are the inputs that the role amounts to: as they were written before, wherever that means the same.
func (l liveRole) inputs(before Args, imported bool) Args {
	now := before
	now.Organization, now.Name = &l.organization, l.role.Name
	if ptr.Value(before.Description) != l.role.Description {
		now.Description = &l.role.Description
	}
	read := inCheckedOrder(types.AccessFrom(l.access))
	// What cannot be read of inputs that a state holds does not mean the same as what was read.
	if same, err := sameAccess(before.Access, read, l.policyID == ""); imported || err != nil || !same {
		now.Access = read
	}
	if imported {
		now.Allow = neededOptIns(l.access)
	}
	return now
}

// refuseUnstatable refuses to import a role of which no rule can state anything: the program that an import asks for could
// not be written. Of one that rules can state in part, it names the rest.
func (l liveRole) refuseUnstatable(ctx context.Context) error {
	heading := fmt.Sprintf("role %q grants what `access` cannot express:", l.role.Name)
	switch {
	case !l.access.IsEmpty():
		if len(l.unrecognized) > 0 {
			wire.Log(ctx).Warning(kit.Bulleted(heading+" the next update would take it away", l.unrecognized))
		}
		return nil
	case len(l.unrecognized) > 0:
		return fmt.Errorf("%s\n  It cannot be imported. Use its id %s as it is, where a roleId is asked for; or make a Role that grants what "+
			"is meant, and assign that", kit.Bulleted(heading, l.unrecognized), l.role.ID)
	}
	return fmt.Errorf("role %q grants nothing, and a Role has at least one rule: give it one in the console first, or make a new Role",
		l.role.Name)
}

// neededOptIns are those without which an imported role would be refused: it is as it is.
func neededOptIns(rules access.Access) *[]types.OptIn {
	options := access.CheckOptions{Catalogue: access.NewCatalogue(nil)}
	without := len(rules.Check(options))
	options.Allow = []access.Allow{access.AllowOpenOnAll}
	if len(rules.Check(options)) == without {
		return nil
	}
	return &[]types.OptIn{types.OptIn(access.AllowOpenOnAll)}
}

func (l liveRole) state(inputs Args) State {
	state := wanted(inputs)
	state.RoleID, state.PolicyID = l.role.ID, l.policyID
	state.EntityIDs = l.entities.keyed()
	if l.sets != nil {
		state.SetIDs = l.sets
	}
	state.Unrecognized = append(state.Unrecognized, l.unrecognized...)
	return state
}
