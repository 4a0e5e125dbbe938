package stackowner

import (
	"context"
	"maps"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/logins"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
)

// plannedAccess is whose grants on the stacks stay.
func plannedAccess(_ context.Context, op kit.Op, _ *State, want Args) (string, graph.Changes) {
	organization := ptr.Value(want.Organization)
	if op.Unknown("project", "stack", "tags", "keep") {
		return organization, graph.Changes{{Unknown: []graph.Blind{{What: "the grants on stacks that are kept", Hides: "who holds a grant of their own"}}}}
	}
	return organization, graph.Changes{{Resource: func(t graph.Resource) graph.Resource {
		if t.Kind != access.Stack || !want.selects(t) {
			return t
		}
		t.Direct = maps.Clone(t.Direct)
		maps.DeleteFunc(t.Direct, func(login string, _ access.Level) bool { return logins.Index(ptr.Value(want.Keep), login) < 0 })
		return t
	}}}
}

// selects reports whether the inputs select a stack.
func (v Args) selects(t graph.Resource) bool {
	project, stack, _ := strings.Cut(t.Name, "/")
	if v.Project != nil && *v.Project != project || v.Stack != nil && *v.Stack != stack {
		return false
	}
	for name, value := range v.Tags {
		if got, has := t.Tags[name]; !has || got != value {
			return false
		}
	}
	return true
}
