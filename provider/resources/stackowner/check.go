package stackowner

import (
	"context"
	"fmt"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
)

func check(_ context.Context, _ kit.Op, v Args) problem.List {
	problems := append(checkSelection(v), types.CheckOptIns("StackOwner", ptr.Value(v.Allow))...)
	problems = append(problems, types.CheckName("owner", v.Owner)...)
	for i, login := range ptr.Value(v.Keep) {
		problems = append(problems, types.CheckName(fmt.Sprintf("keep[%d]", i), login)...)
	}
	return problems
}

// checkSelection holds that it is clear which stacks are meant: ownership of too many is not given away by an oversight.
func checkSelection(v Args) problem.List {
	var problems problem.List
	if v.Project != nil {
		problems = append(problems, types.CheckName("project", *v.Project)...)
	}
	switch {
	case v.Stack != nil:
		problems = append(problems, types.CheckName("stack", *v.Stack)...)
		if v.Project == nil {
			problems.Add("project", "is needed with `stack`: stacks of one name are in many projects")
		}
		if v.Tags != nil {
			problems.Add("tags", "cannot be given with `stack`, which is one stack already: leave one out")
		}
	case v.Tags != nil:
		problems = append(problems, checkSelectingTags(v.Tags)...)
	case v.Project == nil:
		problems.Add("project", "says which stacks are meant, and is missing: give `project` and `stack` for one, `project` for all of a "+
			"project, `tags` for those that carry them")
	}
	return problems
}

func checkSelectingTags(tags map[string]string) problem.List {
	var problems problem.List
	if len(tags) == 0 {
		problems.Add("tags", "must not be empty: no tags at all would select every stack")
	}
	for name, value := range tags {
		if name == "" || value == "" {
			problems.Add(problem.Join("tags", name), "needs a name and a value: the service takes an empty one for any")
		}
	}
	return problems
}
