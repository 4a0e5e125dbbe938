package graph_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
)

func kindsOf(p graph.Path) (kinds []graph.StepKind) {
	for _, step := range p.Steps {
		kinds = append(kinds, step.Kind)
	}
	return kinds
}

// A grant, an assignment and a rule that consist of a permission set say which.
func TestPathsShowPermissionSets(t *testing.T) {
	t.Parallel()
	open := []string{"environment:read", "environment:open"}
	o := graph.Organization{Login: "acme", MemberRole: "member", Catalogue: access.NewCatalogue(nil), Records: map[string]graph.Record{
		"set":     {Name: "Openers", Descriptor: access.Allowed{Permissions: open}},
		"builtin": {Name: "Environment Open", Identifier: "environment-open", Descriptor: access.Allowed{Permissions: open}},
		"role":    {Name: "app", Descriptor: access.Compose{IDs: []string{"set"}}, Assignable: true},
		"other":   {Name: "ops", Descriptor: access.Condition{Condition: access.Equal{Left: access.Context{Kind: access.Environment}, Right: access.LiteralEntity{Kind: access.Environment, Identity: "id"}}, SubNode: access.Compose{IDs: []string{"builtin"}}}, Assignable: true},
		"plain":   {Name: "plain", Descriptor: access.Allowed{Permissions: open}, Assignable: true},
	}, Users: []graph.User{{Login: "bo", Role: "role"}, {Login: "cy", Role: "plain"}, {Login: "di", Role: "none"}, {Login: "ed", Role: "other"}},
		Teams: []graph.Team{{Name: "t", Environments: map[string]graph.Held{"p/e": {Set: "set"}}}, {Name: "u", Environments: map[string]graph.Held{"p/e": {Level: access.Open}}}}}
	on := graph.Resource{Entity: access.Entity{Kind: access.Environment, ID: "id"}, Name: "p/e", Assigned: map[string][]string{"di": {"set"}}}
	found := map[string][]graph.StepKind{}
	sets := map[string]string{}
	for _, p := range graph.NewIndex(o).WhoCan("environment:open", on).Principals {
		require.Len(t, p.Paths, 1, p.Name)
		found[p.Name] = kindsOf(p.Paths[0])
		for _, step := range p.Paths[0].Steps {
			if step.Kind == graph.PermissionSetStep {
				sets[p.Name] = step.Name
			}
		}
	}
	assert.Equal(t, map[string][]graph.StepKind{
		"bo": {graph.OrganizationRoleStep, graph.RuleStep, graph.PermissionSetStep},
		"cy": {graph.OrganizationRoleStep, graph.RuleStep},
		"di": {graph.AssignmentStep, graph.PermissionSetStep},
		"ed": {graph.OrganizationRoleStep, graph.RuleStep, graph.PermissionSetStep},
		"t":  {graph.TeamStep, graph.GrantStep, graph.PermissionSetStep},
		"u":  {graph.TeamStep, graph.GrantStep},
	}, found)
	assert.Equal(t, map[string]string{"bo": "Openers", "di": "Openers", "ed": "Environment Open", "t": "Openers"}, sets)
}

// Whoever may open what imports an environment, and not the environment, is no certain no; the path ends with the import. Everybody else
// is answered as without it.
func TestImportersOpenPossibly(t *testing.T) {
	t.Parallel()
	added, listed := 0, 0
	for seed := range *actOrganizations {
		w := drawnActs(seed)
		index := graph.NewIndex(w.productOf(t))
		for _, t2 := range index.Environments {
			on, _ := index.Entity(access.Environment, t2.Name)
			answer, importers := index.WhoCanIndirect("environment:open", on), index.Importers(on.Name).Environments
			in := map[graph.PrincipalID]graph.Principal{}
			for _, p := range append(answer.Principals, answer.Blocked...) {
				in[graph.PrincipalID{Kind: p.Kind, Name: p.Name}] = p
				steps := p.Paths[0].Steps
				if last := steps[len(steps)-1]; last.Kind == graph.ImportStep {
					added++
					assert.Contains(t, importers, last.Name)
					assert.Equal(t, graph.Possible, p.Certainty)
					assert.True(t, p.Indirect)
				}
			}
			for _, p := range index.AllPrincipals() {
				c := w.run(p, false, 0, noAct)
				for _, e := range c.things {
					imports := len(e.imports) > 0 && e.imports[0].entity.name == on.Name
					if e.kind != "environment" || !imports || !c.holds(c.ids[0], "environment:open", e) {
						continue
					}
					listed++
					if _, is := in[p]; !is {
						t.Fatalf("seed %d: %v may open %s, which imports %s, and is in no answer\n%s", seed, p, e.name, on.Name, w.describe())
					}
				}
			}
		}
	}
	t.Logf("%d principals who open an importer, %d by the import alone", listed, added)
	assert.Positive(t, added)
}

// An administrator that a principal came to be may be the principal itself: it approves nothing of its own, and removes the gate.
func TestAdministratorsRemoveGates(t *testing.T) {
	t.Parallel()
	o := graph.Organization{Login: "acme", Catalogue: access.NewCatalogue(nil), Records: map[string]graph.Record{
		"r1": {Name: "r1", Descriptor: access.Allowed{Permissions: []string{"agent_task:contribute"}}},
		"r3": {Name: "r3", Descriptor: access.Allowed{Permissions: []string{"role:update"}}},
	}, Users: []graph.User{{Login: "bo", Role: "r1"}}, Agents: []graph.Agent{{Name: "helper", Role: "r3"}}}
	e := graph.Resource{
		Entity: access.Entity{Kind: access.Environment, ID: "id"}, Name: "p/e", Definition: &graph.Definition{}, Gated: []string{"open"},
		Gates: []graph.Gate{{Action: "open", Approvals: 1, Users: []string{"bo"}}},
	}
	o.Environments = []graph.Resource{e}
	bo := graph.PrincipalID{Kind: graph.UserKind, Name: "bo"}
	found := graph.NewIndex(o).Escalations(&bo, "environment:open", &e)
	require.Len(t, found, 1)
	var acts []graph.Act
	for _, act := range found[0].Acts {
		acts = append(acts, act.Act)
	}
	assert.Equal(t, []graph.Act{graph.InstructAgent, graph.EditRole, graph.RemoveGate}, acts)
}

// Principals who have the same are answered alike, and each makes themselves an administrator.
func TestEverybodyEditsThemselves(t *testing.T) {
	t.Parallel()
	o := graph.Organization{Login: "acme", MemberRole: "member", Catalogue: access.NewCatalogue(nil), Records: map[string]graph.Record{
		"member": {Name: "Member", Identifier: "member", Descriptor: access.Allowed{Permissions: []string{"org_member:update"}}},
	}, Users: []graph.User{{Login: "bo", Role: "member"}, {Login: "cy", Role: "member"}}}
	found := graph.NewIndex(o).Escalations(nil, "", nil)
	require.Len(t, found, 2)
	for _, x := range found {
		assert.Equal(t, x.Principal.Name, x.Acts[0].On)
	}
}
