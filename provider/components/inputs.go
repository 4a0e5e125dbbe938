package components

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

const organizationHelp = "The organization. Default: that of the provider configuration, or `PULUMI_ORGANIZATION`."

// blockAt is the block at a path of the inputs; nil if there is none, or it is not known.
func blockAt(inputs property.Map, path ...string) *property.Map {
	for _, name := range path {
		value, ok := inputs.GetOk(name)
		if !ok || !value.IsMap() {
			return nil
		}
		inputs = value.AsMap()
	}
	return &inputs
}

// blockOr is the block at a path of the inputs; empty if there is none, or it is not known.
func blockOr(inputs property.Map, path ...string) property.Map {
	if block := blockAt(inputs, path...); block != nil {
		return *block
	}
	return property.Map{}
}

// allKnown reports whether nothing is unknown in inputs of these names.
func allKnown(in property.Map, names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return in.Get(name).HasComputed() })
}

// has reports whether an input was given, known or not.
func has(inputs property.Map, name string) bool {
	value, ok := inputs.GetOk(name)
	return ok && !value.IsNull()
}

// valueOf decodes an input; what is unknown in it is zero. It is nil when the input is absent or does not fit its type, which
// checkTypes reports.
func valueOf[T any](inputs property.Map, name string) *T {
	if !has(inputs, name) || inputs.Get(name).IsComputed() {
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

// textOf is a string input, "" when it is absent or unknown.
func textOf(inputs property.Map, name string) string {
	if text := valueOf[string](inputs, name); text != nil {
		return *text
	}
	return ""
}

func isTrue(inputs property.Map, name string) bool {
	value := valueOf[bool](inputs, name)
	return value != nil && *value
}

// organizationOf is the organization that the inputs name, else the configured one.
func organizationOf(current *session.Session, inputs property.Map) (string, problem.List) {
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

// checkAccess judges access rules, with the user's paths.
func checkAccess(in types.Access, options access.CheckOptions) problem.List {
	compiled, problems := in.Rules()
	return append(problems, compiled.Check(options)...).Under("access")
}

func checkOptions(current *session.Session, inputs property.Map) access.CheckOptions {
	options := access.CheckOptions{Catalogue: current.Catalogue}
	if given := valueOf[[]string](inputs, "allow"); given != nil {
		for _, opt := range *given {
			options.Allow = append(options.Allow, access.Allow(opt))
		}
	}
	return options
}

func index(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }
