package kit

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
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

// AllKnown reports whether nothing is unknown in inputs of these names.
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
	if text := ValueOf[string](inputs, name); text != nil {
		return *text
	}
	return ""
}

func IsTrue(inputs property.Map, name string) bool {
	value := ValueOf[bool](inputs, name)
	return value != nil && *value
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

// CheckAccess judges access rules, with the user's paths.
func CheckAccess(in types.Access, options access.CheckOptions) problem.List {
	compiled, problems := in.Rules()
	return append(problems, compiled.Check(options)...).Under("access")
}

func CheckOptions(current *session.Session, inputs property.Map) access.CheckOptions {
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
