package stackowner

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

const (
	stackOwnerIDForm = "organization/project/stack for one stack, organization/project/* for all of a project, and " +
		"organization/project/*?tag=value (or organization/*/*?tag=value) for those that carry tags"
	every = "*"
)

// idOf is the id of a selection, "" while parts of it are not known. No project and no stack is called "*".
func idOf(v State) string {
	if v.Organization == "" {
		return ""
	}
	project, stack := every, every
	if v.Project != nil {
		project = *v.Project
	}
	if v.Stack != nil {
		stack = *v.Stack
	}
	id := kit.JoinID(v.Organization, project, stack)
	if len(v.Tags) == 0 || id == "" {
		return id
	}
	query := url.Values{}
	for name, value := range v.Tags {
		query.Set(name, value)
	}
	return id + "?" + query.Encode()
}

// splitID takes no id apart that selects nothing. Its parts are the organization and the whole.
func splitID(id string) ([]string, error) {
	state, err := parseID(id)
	return []string{state.Organization, id}, err
}

// parseID is the inverse of stackOwnerID.
func parseID(id string) (State, error) {
	bad := fmt.Errorf("%q is not an id of this resource: write it as %s", id, stackOwnerIDForm)
	path, query, tagged := strings.Cut(id, "?")
	parts, err := kit.SplitID(path, 3, stackOwnerIDForm)
	if err != nil {
		return State{}, err
	}
	out := State{Organization: parts[0]}
	if parts[1] != every {
		out.Project = &parts[1]
	}
	if parts[2] != every {
		out.Stack = &parts[2]
	}
	if tagged {
		values, err := url.ParseQuery(query)
		if err != nil {
			return State{}, bad
		}
		out.Tags = map[string]string{}
		for name, all := range values {
			out.Tags[name] = strings.Join(all, ",")
		}
	}
	if len(checkSelection(out.inputs())) > 0 {
		return State{}, bad
	}
	return out, nil
}

func wanted(want Args) State {
	return State{Organization: ptr.Value(want.Organization), Args: want, Stacks: []types.OwnedStack{}}
}

func (v State) inputs() Args {
	inputs := v.Args
	inputs.Organization = &v.Organization
	return inputs
}

func sameTags(a, b map[string]string) bool { return len(a) == len(b) && maps.Equal(a, b) }

// keepGrants makes lists that the framework decoded to nil empty ones: it drops a nil from what it encodes.
func keepGrants(stacks []types.OwnedStack) []types.OwnedStack {
	kept := []types.OwnedStack{}
	for _, stack := range stacks {
		stack.Grants = append([]types.DirectGrant{}, stack.Grants...)
		stack.Removed = append([]types.DirectGrant{}, stack.Removed...)
		kept = append(kept, stack)
	}
	return kept
}

// unwanted are the grants that are not to stay.
func (v State) unwanted(grants []types.DirectGrant) []types.DirectGrant {
	return slices.DeleteFunc(slices.Clone(grants), func(g types.DirectGrant) bool { return logins.Index(ptr.Value(v.Keep), g.Login) >= 0 })
}

// outOfLine are the stacks that are not as wanted.
func (v State) outOfLine(stacks []types.OwnedStack) []types.OwnedStack {
	var out []types.OwnedStack
	for _, stack := range stacks {
		if !logins.Same(stack.Owner, v.Owner) || len(v.unwanted(stack.Grants)) > 0 {
			out = append(out, stack)
		}
	}
	return out
}

const creatorGrant = "creator"

// directGrants are the grants as state keeps them, by login.
func directGrants(found []cloud.Collaborator) []types.DirectGrant {
	grants := []types.DirectGrant{}
	for _, c := range found {
		level := string(c.Permission.Level())
		if c.Permission == cloud.StackCreator {
			level = creatorGrant
		}
		grants = append(grants, types.DirectGrant{Login: c.User.Login, Permission: level})
	}
	slices.SortFunc(grants, func(a, b types.DirectGrant) int { return strings.Compare(a.Login, b.Login) })
	return grants
}

// administersStack tells whether a grant lets its holder give others access.
func administersStack(g types.DirectGrant) bool {
	return g.Permission == "admin" || g.Permission == creatorGrant
}

func nameOf(v types.OwnedStack) string { return v.Project + "/" + v.Stack }

func grantLine(stack types.OwnedStack, g types.DirectGrant) string {
	if g.Permission == creatorGrant {
		return fmt.Sprintf("%s: the creator grant of %s", nameOf(stack), g.Login)
	}
	return fmt.Sprintf("%s: the %s grant of %s", nameOf(stack), g.Permission, g.Login)
}

func removedLines(v State) []string {
	var lines []string
	for _, stack := range v.Stacks {
		for _, g := range stack.Removed {
			lines = append(lines, grantLine(stack, g))
		}
	}
	return lines
}
