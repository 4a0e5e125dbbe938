package kit

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/types"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

const OrganizationHelp = "The organization. Default: that of the provider configuration, or `PULUMI_ORGANIZATION`."

// BlockAt is the block at a path of the inputs; nil if there is none, or it is not known.
func BlockAt(inputs property.Map, path ...string) *property.Map {
	for _, name := range path {
		value, ok := inputs.GetOk(name)
		if !ok || !value.IsMap() {
			return nil
		}
		inputs = value.AsMap()
	}
	return &inputs
}

// BlockOr is the block at a path of the inputs; empty if there is none, or it is not known.
func BlockOr(inputs property.Map, path ...string) property.Map {
	if block := BlockAt(inputs, path...); block != nil {
		return *block
	}
	return property.Map{}
}

// AllKnown reports whether the inputs of these names hold nothing unknown.
func AllKnown(in property.Map, names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return in.Get(name).HasComputed() })
}

// Has reports whether an input was given, known or not.
func Has(inputs property.Map, name string) bool {
	value, ok := inputs.GetOk(name)
	return ok && !value.IsNull()
}

// ValueOf decodes an input; what is unknown in it is zero. It is nil when the input is absent or does not fit its type, which
// checkTypes reports.
func ValueOf[T any](inputs property.Map, name string) *T {
	if !Has(inputs, name) || inputs.Get(name).IsComputed() {
		return nil
	}
	type holder struct {
		Value T `pulumi:"value"`
	}
	decoded, problems := wire.Decode[holder](property.NewMap(map[string]property.Value{"value": inputs.Get(name)}))
	if len(problems) > 0 {
		return nil
	}
	return &decoded.Value
}

// TextOf is a string input, "" when it is absent or unknown.
func TextOf(inputs property.Map, name string) string {
	return ptr.Value(ValueOf[string](inputs, name))
}

// IsTrue reports whether an input is known to be true.
func IsTrue(inputs property.Map, name string) bool { return IsTrueOr(inputs, name, false) }

// IsTrueOr is a boolean input, or absent when it is absent or unknown.
func IsTrueOr(inputs property.Map, name string, absent bool) bool {
	return ptr.Or(ValueOf[bool](inputs, name), absent)
}

// IsEmptyList reports whether an input is a list without elements.
func IsEmptyList(inputs property.Map, name string) bool {
	list := inputs.Get(name)
	return list.IsArray() && list.AsArray().Len() == 0
}

// Required are the problems of inputs that must be given, for one reason.
func Required(inputs property.Map, reason string, names ...string) problem.List {
	var problems problem.List
	for _, name := range names {
		if !Has(inputs, name) {
			problems.AddReason(name, reason)
		}
	}
	return problems
}

// Forbidden are the problems of inputs that must not be given, for one reason.
func Forbidden(inputs property.Map, reason string, names ...string) problem.List {
	var problems problem.List
	for _, name := range names {
		if Has(inputs, name) {
			problems.AddReason(name, reason)
		}
	}
	return problems
}

// OrganizationOf is the organization that the inputs name, else the configured one.
func OrganizationOf(current *session.Session, inputs property.Map) (string, problem.List) {
	if given := inputs.Get("organization"); given.IsString() {
		return given.AsString(), types.CheckName("organization", given.AsString())
	} else if given.IsComputed() {
		return "", nil
	}
	organization, err := current.OrganizationOr(nil)
	if err != nil {
		return "", problem.List{{Path: "organization", Reason: err.Error()}}
	}
	return organization, nil
}

// CheckAccess checks access rules, with the user's paths.
func CheckAccess(in types.Access, options access.CheckOptions) problem.List {
	compiled, problems := in.Rules()
	return append(problems, compiled.Check(options)...).Under("access")
}

// CheckOptions are how access is checked, with the program's opt-ins.
func CheckOptions(current Checking, inputs property.Map) access.CheckOptions {
	options := access.CheckOptions{Catalogue: current.Catalogue}
	if given := ValueOf[[]string](inputs, "allow"); given != nil {
		for _, opt := range *given {
			options.Allow = append(options.Allow, access.Allow(opt))
		}
	}
	return options
}

func Index(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

// CheckRoleName checks the name that the user gives a role, where one is given.
func CheckRoleName(path string, in property.Map) problem.List {
	if !Has(in, "roleName") || in.Get("roleName").IsComputed() {
		return nil
	}
	return types.CheckName(problem.Join(path, "roleName"), TextOf(in, "roleName"))
}
