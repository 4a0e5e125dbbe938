package environments

import (
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/esc"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// PropertyAt finds one value of an environment by its path, as in `aws.login.accessKeyId` or `hosts[0]`.
func PropertyAt(environment *esc.Environment, path string) (esc.Value, error) {
	steps, err := resource.ParsePropertyPath(path)
	if err != nil {
		return esc.Value{}, rest.BadRequest("invalid query parameter: property %q is not a path", path)
	}
	value := esc.NewValue(environment.Properties)
	for _, step := range steps {
		next, found := child(value, step)
		if !found {
			return esc.Value{}, rest.NotFound("the environment has no property '%s'", path)
		}
		value = next
	}
	return value, nil
}

func child(value esc.Value, step any) (esc.Value, bool) {
	switch step := step.(type) {
	case string:
		members, _ := value.Value.(map[string]esc.Value)
		member, found := members[step]
		return member, found
	case int:
		items, _ := value.Value.([]esc.Value)
		if step < 0 || step >= len(items) {
			return esc.Value{}, false
		}
		return items[step], true
	}
	return esc.Value{}, false
}

// FunctionSummary counts the functions that a definition calls.
type FunctionSummary struct {
	Calls map[string]int `json:"funcCounts"`
	// RotationPaths are where rotated secrets are; the sandbox rotates none.
	RotationPaths []string `json:"rotationPaths"`
}

func Summarize(environment *esc.Environment) FunctionSummary {
	summary := FunctionSummary{Calls: map[string]int{}, RotationPaths: []string{}}
	for _, name := range slices.Sorted(maps.Keys(environment.Exprs)) {
		summary.add(name, environment.Exprs[name])
	}
	return summary
}

func (s *FunctionSummary) add(path string, x esc.Expr) {
	if x.Builtin != nil {
		s.Calls[x.Builtin.Name]++
		if strings.HasPrefix(x.Builtin.Name, "fn::rotate") {
			s.RotationPaths = append(s.RotationPaths, path)
		}
		s.add(path, x.Builtin.Arg)
	}
	for _, item := range x.List {
		s.add(path, item)
	}
	for _, key := range slices.Sorted(maps.Keys(x.Object)) {
		s.add(path+"."+key, x.Object[key])
	}
}
