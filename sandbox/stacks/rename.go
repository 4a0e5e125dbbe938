package stacks

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func StackMoveRoutes() []core.Route {
	return []core.Route{
		{Pattern: "POST " + oneStack + "/rename", Handle: rest.JSONOn(core.OnStack("stack:rename"), renameStack)},
		{Pattern: "POST " + oneStack + "/transfer", Handle: rest.DoOn(core.OnStack("stack:transfer"), transferStack)},
	}
}

type renameStackRequest struct {
	Name    string `json:"newName"`
	Project string `json:"newProject"`
}

// renameStack gives a stack another name, another project, or both. Its id stays, and with it every grant.
func renameStack(c *core.Call, st *state.Stack, req renameStackRequest) (map[string]string, error) {
	project, name := cmp.Or(req.Project, st.Project), cmp.Or(req.Name, st.Name)
	if err := checkRename(c, st, project, name); err != nil {
		return nil, err
	}
	renamed, err := renameState(st, project, name)
	if err != nil {
		return nil, err
	}
	before := state.EntityKey(st.Project, st.Name)
	moveStack(c.Org, st, project, name)
	u := atOnce(c, st, state.KindRename)
	if renamed != nil {
		st.Keep(st.Version, *renamed)
	}
	c.Audit("stack-renamed", "Renamed stack %s to %s", before, state.EntityKey(project, name))
	return map[string]string{"updateId": u.ID}, nil
}

func checkRename(c *core.Call, st *state.Stack, project, name string) error {
	if project == st.Project && name == st.Name {
		return rest.BadRequest("No rename to apply.")
	}
	if !rest.ValidName(project) || !rest.ValidName(name) {
		return rest.BadRequest("invalid stack name '%s/%s'", project, name)
	}
	if _, taken := c.Org.State.Stacks[state.EntityKey(project, name)]; taken {
		return rest.Conflict("Stack '%s' already exists", state.EntityKey(project, name))
	}
	return busy(c.Org, st)
}

// moveStack changes a stack's key, and what refers to it by name: grants of teams, and tokens of its deployments.
func moveStack(s *core.Org, st *state.Stack, project, name string) {
	from, to := state.EntityKey(st.Project, st.Name), state.EntityKey(project, name)
	for _, t := range s.State.Teams {
		if permission, ok := t.Stacks[from]; ok {
			delete(t.Stacks, from)
			t.Stacks[to] = permission
		}
	}
	for _, tokens := range []map[string]*state.Token{s.State.Tokens, s.State.Minted()} {
		for _, t := range tokens {
			if t.Kind == state.DeploymentToken && state.EntityKey(t.Project, t.Stack) == from {
				t.Project, t.Stack = project, name
			}
		}
	}
	state.StackKind.Take(s.State, st)
	st.Project, st.Name = project, name
	state.StackKind.Put(s.State, st)
	if _, ok := st.Tags[projectTag]; ok {
		st.Tags[projectTag] = project
	}
}

type transferStackRequest struct {
	To string `json:"toOrg"`
}

// transferStack can only fail: the sandbox has no other organization.
func transferStack(c *core.Call, st *state.Stack, req transferStackRequest) error {
	if !c.Org.Rules().IsAdmin(c.Caller) && !c.Org.State.Organization.Settings.MembersCanTransferStacks {
		return rest.Forbidden("members of organization '%s' may not transfer stacks", c.Org.State.Organization.Login)
	}
	if err := busy(c.Org, st); err != nil {
		return err
	}
	return rest.NotFound("Organization '%s' not found", req.To)
}

// renameState writes a stack's state with the names that it is to have; nil if it has none. Resources are named after
// the stack and project, and the provider of secrets finds the stack by them.
func renameState(st *state.Stack, project, name string) (*state.Deployment, error) {
	d := st.StateAt(st.Version)
	if len(st.Checkpoints) == 0 {
		return nil, nil //nolint:nilnil // no state is not a failure
	}
	dec := json.NewDecoder(bytes.NewReader(d.Deployment))
	dec.UseNumber() // ids may be numbers that a float does not hold
	var object map[string]any
	if err := dec.Decode(&object); err != nil {
		return nil, rest.BadRequest("the stack's state cannot be read: %v", err)
	}
	names := renamer{
		prefix: "urn:pulumi:" + st.Name + "::" + st.Project + "::", next: "urn:pulumi:" + name + "::" + project + "::",
		root: rootType + st.Project + "-" + st.Name, nextRoot: rootType + project + "-" + name,
	}
	for _, part := range []string{"resources", "pending_operations"} {
		if there, ok := object[part]; ok {
			object[part] = names.value(there, false)
		}
	}
	secrets, _ := object["secrets_providers"].(map[string]any)
	if of, ok := secrets["state"].(map[string]any); ok && secrets["type"] == "service" {
		of["project"], of["stack"] = project, name
	}
	text, err := json.Marshal(object)
	d.Deployment = text
	return &d, err
}

const (
	rootType          = "pulumi:pulumi:Stack::"
	signature         = "4dabf18193072939515e22adb298388d" // marks special values in a state
	resourceReference = "5cf8f73096256a8f31e491e813e4eb8e"
)

// renamer rewrites URNs.
type renamer struct{ prefix, next, root, nextRoot string }

func (n renamer) urn(text string) string {
	rest, ok := strings.CutPrefix(text, n.prefix)
	if !ok {
		return text
	}
	if rest == n.root {
		rest = n.nextRoot
	}
	return n.next + rest
}

// value rewrites what refers to a resource. In a resource's properties only references do: any other text there is the
// program's own.
func (n renamer) value(v any, property bool) any {
	switch v := v.(type) {
	case string:
		if !property {
			return n.urn(v)
		}
	case []any:
		for i := range v {
			v[i] = n.value(v[i], property)
		}
	case map[string]any:
		for key, inner := range v {
			v[key] = n.value(inner, property || key == "inputs" || key == "outputs")
		}
		if urn, ok := v["urn"].(string); ok && v[signature] == resourceReference {
			v["urn"] = n.urn(urn)
		}
	}
	return v
}
