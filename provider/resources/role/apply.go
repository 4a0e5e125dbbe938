package role

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/records"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
)

// writer creates and updates roles of one organization.
type writer struct {
	session      *session.Session
	client       *cloud.Client
	organization string
}

// compiled is an access in the form in which the service holds it, with the ids that it is written by.
type compiled struct {
	details  json.RawMessage
	entities map[string]string
	sets     map[string]string
}

// compile resolves the names that have no known id, and translates the rules.
func (w writer) compile(ctx context.Context, want Args, state State) (compiled, error) {
	valid, problems := want.Access.Parse()
	if state.inline() && len(problems) == 0 {
		if err := noPermissionSets(valid.Access(), want.Name); err != nil {
			return compiled{}, err
		}
		valid, problems = access.Parse(spelledOut(valid.Access()))
	}
	if err := problems.Under("access").Err(); err != nil {
		return compiled{}, fmt.Errorf("role %q: %w", want.Name, err)
	}
	rules := valid.Access()
	sets, err := w.sets(ctx, rules.Sets(), state)
	if err != nil {
		return compiled{}, err
	}
	ids, err := w.entities(ctx, want.Name, rules.Entities(), entityIDs(state.EntityIDs))
	if err != nil {
		return compiled{}, err
	}
	byRef := map[access.SetRef]string{}
	if !state.inline() {
		for identifier, id := range sets {
			if ref, ok := setByIdentifier(identifier); ok {
				byRef[ref] = id
			}
		}
	}
	tree, err := access.Compile(valid, ids, byRef)
	if err != nil {
		return compiled{}, fmt.Errorf("role %q: %w", want.Name, err)
	}
	details, err := access.MarshalDescriptor(tree)
	return compiled{details: details, entities: ids.keyed(), sets: sets}, err
}

// entities returns the id of every name.
func (w writer) entities(ctx context.Context, role string, names []access.EntityRef, known entities) (entities, error) {
	missing := unresolved(names, known.keyed())
	found, err := (&directory{client: w.client, organization: w.organization}).find(ctx, missing, nil)
	if err != nil {
		return nil, err
	}
	all := entities{}
	var absent []string
	for _, ref := range names {
		id := found[ref]
		if id == "" {
			id = known[ref]
		}
		if id == "" {
			absent = append(absent, ref.String())
		}
		all[ref] = id
	}
	if len(absent) > 0 {
		return nil, fmt.Errorf("role %q: organization %q has no %s, or they are not visible to this token\n  "+
			"Create what is missing first; where this program makes it, let the role depend on it (dependsOn); or correct the name in access",
			role, w.organization, shortlist.Of(absent, 20))
	}
	return all, nil
}

// noPermissionSets refuses what a role that holds its rules itself cannot hold.
func noPermissionSets(rules access.Access, name string) error {
	for _, of := range ruleKinds {
		for _, rule := range rules.Rules(of.kind) {
			if rule.PermissionSet != "" {
				return fmt.Errorf("role %q was not made by the console or by this package: it holds its rules itself, and "+
					"Pulumi Cloud lets only policies compose permission sets such as %s\n  Use scopes or permission in that rule, "+
					"or make a new role", name, rule.PermissionSet)
			}
		}
	}
	return nil
}

// create creates a role and the policy that holds its rules in one call. The state has a role id as soon as the role exists, also
// when a later step failed.
func (w writer) create(ctx context.Context, want Args) (*State, error) {
	plan, err := w.compile(ctx, want, State{})
	if err != nil {
		return nil, err
	}
	made, err := w.client.CreatePolicyAndRole(context.WithoutCancel(ctx), w.organization, cloud.RoleInput{
		Name: want.Name, Description: ptr.Value(want.Description), ResourceType: string(access.Organization),
		Purpose: cloud.PurposeRole, Details: plan.details,
	})
	if err != nil {
		return nil, w.exists(ctx, want.Name, err, func(id string) string { return kit.TakeOver(ctx, w.session, id) })
	}
	state := wanted(want)
	state.RoleID, state.EntityIDs, state.SetIDs = made.ID, plan.entities, plan.sets
	state.PolicyID, err = w.policyOf(ctx, made)
	if err != nil {
		err = fmt.Errorf("role %q was made, but its policy could not be read: %w", want.Name, err)
	}
	return &state, err
}

// policyOf is the id of the policy behind a role, which the answer to its create names.
func (w writer) policyOf(ctx context.Context, role cloud.Role) (string, error) {
	if id, ok := cloud.PolicyOf(role); ok {
		return id, nil
	}
	role, err := w.client.Role(ctx, w.organization, role.ID)
	if err != nil {
		return "", err
	}
	id, _ := cloud.PolicyOf(role)
	return id, nil
}

// exists explains a conflict: the name is taken. advise says what to do about the role of that id.
func (w writer) exists(ctx context.Context, name string, err error, advise func(id string) string) error {
	if !errors.Is(err, cloud.ErrConflict) {
		return err
	}
	const unseen = "%w\n  A role or policy named %q exists already, and is not visible to this token: choose another name, or have an " +
		"organization administrator look for it"
	roles, listErr := w.client.Roles(ctx, w.organization, cloud.PurposeRole)
	if listErr != nil {
		return fmt.Errorf(unseen+" (listing roles failed: %w)", err, name, listErr)
	}
	at := slices.IndexFunc(roles, func(r cloud.Role) bool { return r.Name == name })
	if at < 0 {
		return fmt.Errorf(unseen, err, name)
	}
	if roles[at].DefaultIdentifier != "" {
		return fmt.Errorf("%w\n  %q is the name of a built-in role: choose another one", err, name)
	}
	return fmt.Errorf("%w\n  Role %q exists already. %s", err, name, advise(records.ID(w.organization, roles[at].ID)))
}

// update changes the role in place: the rules in one call, so that at no moment more is granted than the old and the new rules
// together. When a later step fails, the state that was reached comes with the error.
func (w writer) update(ctx context.Context, state State, want Args) (*State, error) {
	if state.inline() { // or its policy could not be read when it was created
		role, err := w.client.Role(ctx, w.organization, state.RoleID)
		if err != nil {
			return nil, kit.Missing(err)
		}
		state.PolicyID, _ = cloud.PolicyOf(role)
	}
	renames := want.Name != state.Name || ptr.Value(want.Description) != ptr.Value(state.Description)
	change := cloud.RoleChange{}
	if renames {
		change.Name, change.Description = &want.Name, new(ptr.Value(want.Description))
	}
	reached, err := w.writeRules(ctx, state, want, change)
	if err != nil {
		return nil, err
	}
	reached.Allow = want.Allow
	if renames && !state.inline() {
		if err := w.change(ctx, want.Name, state.RoleID, change); err != nil {
			return &reached, err
		}
	}
	reached.Name, reached.Description = want.Name, want.Description
	return &reached, nil
}

// writeRules writes the record that holds the rules: new rules where they changed, and the names in change.
func (w writer) writeRules(ctx context.Context, state State, want Args, change cloud.RoleChange) (State, error) {
	reached := planned(state, want)
	reached.Name, reached.Description = state.Name, state.Description
	same, err := sameAccess(state.Access, want.Access, state.inline())
	if err != nil {
		return state, err
	}
	if len(state.Unrecognized) > 0 || !same {
		plan, err := w.compile(ctx, want, state)
		if err != nil {
			return state, err
		}
		change.Details = plan.details
		reached.EntityIDs, reached.SetIDs = plan.entities, plan.sets
	}
	if change.Details == nil && change.Name == nil {
		return reached, nil
	}
	holder := state.PolicyID
	if state.inline() {
		holder = state.RoleID
	}
	return reached, w.change(ctx, want.Name, holder, change)
}

// change changes a role, or the policy behind it.
func (w writer) change(ctx context.Context, name, id string, change cloud.RoleChange) error {
	_, err := w.client.UpdateRole(context.WithoutCancel(ctx), w.organization, id, change)
	return kit.Missing(w.exists(ctx, name, err, func(id string) string { return "It has the id " + id + ": choose another name" }))
}

// explainHeld names who holds a role that cannot be deleted, and what to do. The role is never taken from its holders.
func explainHeld(ctx context.Context, client *cloud.Client, state State, err error) error {
	if !errors.Is(err, cloud.ErrConflict) {
		return err
	}
	holders, listErr := holdersOf(ctx, client, state)
	if listErr != nil {
		return fmt.Errorf("%w\n  Who holds role %q could not be read: %w", err, state.Name, listErr)
	}
	if len(holders) == 0 {
		return fmt.Errorf("%w\n  No team, user or token holds role %q, so it must be the role of some stack's deployments: give those "+
			"stacks another one (DeploymentRole, or their deployment settings in the console), then run again", err, state.Name)
	}
	return fmt.Errorf("%w\n  Role %q is still held by %s. Take it from them (in the program, or in the console where somebody else "+
		"assigned it), then run again", err, state.Name, shortlist.Of(holders, 20))
}

func holdersOf(ctx context.Context, client *cloud.Client, state State) ([]string, error) {
	var holders []string
	teams, err := client.RoleTeams(ctx, state.Organization, state.RoleID)
	if err != nil {
		return nil, err
	}
	for _, team := range teams {
		holders = append(holders, "team "+team.Name)
	}
	users, err := client.RoleUsers(ctx, state.Organization, state.RoleID)
	if err != nil {
		return nil, err
	}
	for _, user := range users {
		holders = append(holders, "user "+user.Login)
	}
	tokens, err := client.RoleTokens(ctx, state.Organization, state.RoleID)
	if err != nil {
		return nil, err
	}
	for _, token := range tokens {
		holders = append(holders, "organization token "+token)
	}
	organization, err := client.Organization(ctx, state.Organization)
	if err != nil {
		return nil, err
	}
	if organization.DefaultRoleID == state.RoleID {
		holders = append(holders, "the organization, as the default role of its members")
	}
	if organization.DefaultDeploymentRoleID == state.RoleID {
		holders = append(holders, "the organization, as the default role of deployments")
	}
	return holders, nil
}

func writerOf(op kit.Op, organization string) writer {
	return writer{session: op.Session, client: op.Session.Client, organization: organization}
}

// seen spares those who are known to be administrators the look before a deletion: it says whether the role is visible to the caller, and
// they see every role, so that the look afterwards tells a role that was deleted from one that is hidden.
func seen(op kit.Op, state State) (cloud.Role, bool) {
	return cloud.Role{}, op.Session.Administered(state.Organization)
}
