package ownership

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

// Selection says which entities are meant: one, all of a project, or those that carry tags.
type Selection struct {
	Organization  string
	Project, Name *string
	Tags          map[string]string
}

const every = "*"

// idForm is what an import takes.
func (k Kind) idForm() string {
	return fmt.Sprintf("organization/project/%s for one %[1]s, organization/project/* for all of a project, and "+
		"organization/project/*?tag=value (or organization/*/*?tag=value) for those that carry tags", k.Noun())
}

// id is the id of a selection, "" while parts of it are not known. Nothing that is selected is called "*".
func (v Selection) id() string {
	if v.Organization == "" {
		return ""
	}
	project, name := every, every
	if v.Project != nil {
		project = *v.Project
	}
	if v.Name != nil {
		name = *v.Name
	}
	id := kit.JoinID(v.Organization, project, name)
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
func (k Kind) splitID(id string) ([]string, error) {
	selection, err := k.parseID(id)
	return []string{selection.Organization, id}, err
}

// parseID is the inverse of Selection.id.
func (k Kind) parseID(id string) (Selection, error) {
	bad := fmt.Errorf("%q is not an id of this resource: write it as %s", id, k.idForm())
	path, query, tagged := strings.Cut(id, "?")
	parts, err := kit.SplitID(path, 3, k.idForm())
	if err != nil {
		return Selection{}, err
	}
	out := Selection{Organization: parts[0]}
	if parts[1] != every {
		out.Project = &parts[1]
	}
	if parts[2] != every {
		out.Name = &parts[2]
	}
	if tagged {
		values, err := url.ParseQuery(query)
		if err != nil {
			return Selection{}, bad
		}
		out.Tags = map[string]string{}
		for name, all := range values {
			if len(all) > 1 {
				return Selection{}, bad // no entity has two values of one tag
			}
			out.Tags[name] = all[0]
		}
	}
	if len(k.checkSelection(out)) > 0 {
		return Selection{}, bad
	}
	return out, nil
}

// checkSelection holds that it is clear which entities are meant: ownership of too many is not given away by an oversight.
func (k Kind) checkSelection(v Selection) problem.List {
	var problems problem.List
	noun := k.Noun()
	if v.Project != nil {
		problems = append(problems, k.CheckName("project", *v.Project)...)
	}
	switch {
	case v.Name != nil:
		problems = append(problems, k.CheckName(noun, *v.Name)...)
		if v.Project == nil {
			problems.Add("project", "is needed with `%s`: %[1]ss of one name are in many projects", noun)
		}
		if v.Tags != nil {
			problems.Add("tags", "cannot be given with `%s`, which is one %[1]s already: leave one out", noun)
		}
	case v.Tags != nil:
		problems = append(problems, k.checkTags(v.Tags)...)
	case v.Project == nil:
		problems.Add("project", "says which %ss are meant, and is missing: give `project` and `%[1]s` for one, `project` for all of a "+
			"project, `tags` for those that carry them", noun)
	}
	return problems
}

func (k Kind) checkTags(tags map[string]string) problem.List {
	var problems problem.List
	if len(tags) == 0 {
		problems.Add("tags", "must not be empty: no tags at all would select every %s", k.Noun())
	}
	for name, value := range tags {
		if name == "" || value == "" {
			problems.Add(problem.Join("tags", name), "needs a name and a value: the service takes an empty one for any")
		}
	}
	return problems
}

func (k Kind) check(v State) problem.List {
	var allow []types.OptIn
	if v.Allow != nil {
		allow = *v.Allow
	}
	problems := append(k.checkSelection(v.Selection), types.CheckOptIns(k.Resource, allow)...)
	problems = append(problems, types.CheckName("owner", v.Owner)...)
	if v.Keep != nil {
		for i, login := range *v.Keep {
			problems = append(problems, types.CheckName(fmt.Sprintf("keep[%d]", i), login)...)
		}
	}
	return problems
}

// selects reports whether an entity is among those that are meant.
func (v Selection) selects(t graph.Resource) bool {
	project, name, _ := strings.Cut(t.Name, "/")
	return (v.Project == nil || *v.Project == project) && (v.Name == nil || *v.Name == name) && access.HasTags(t.Tags, v.Tags)
}
