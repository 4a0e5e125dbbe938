package environments

import (
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/cloudlogin"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/components/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/esc"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// definitionParts are the inputs that become the environment's definition.
var definitionParts = []string{"imports", "values", "environmentVariables", "pulumiConfig"}

// notKnownYet stands for a value that is not known: a reference into an import, which may be anything.
const notKnownYet = "${notKnownYet}"

// checkDefinition builds the definition as the component will, so that inputs from which none can be built fail at preview, with the
// user's path. Placeholders stand for identities that do not exist yet. Values that are not known yet, and what refers to them, are
// checked once they are known.
func checkDefinition(in property.Map) problem.List {
	definition := esc.Definition{
		Values: objectOf(in, "values"), EnvironmentVariables: objectOf(in, "environmentVariables"), PulumiConfig: objectOf(in, "pulumiConfig"),
		Logins: plannedLogins(in), Stores: plannedStores(in),
	}
	if imports := kit.ValueOf[[]string](in, "imports"); imports != nil {
		definition.Imports = *imports
	}
	if !kit.AllKnown(in, definitionParts...) {
		definition.Imports = append(definition.Imports, "not-known-yet/any")
	}
	_, err := esc.Build(definition)
	var problems problem.List
	for _, wrong := range problem.Of(err) {
		problems.AddReason(userPath(in, wrong.Path), wrong.Reason)
	}
	return problems
}

// inLogin is a path into a login of the definition: the cloud, and the field with the index of an element.
var inLogin = regexp.MustCompile(`^values\.(aws|azure|gcp)\.login(?:\["fn::open::[^"]*"\])?(?:\.oidc)?\.(\w+(?:\[\d+\])?)`)

// userPath is the path at which the user wrote what is at a path of the definition.
func userPath(in property.Map, path string) string {
	for _, part := range []string{"environmentVariables", "pulumiConfig"} {
		if rest, cut := strings.CutPrefix(path, "values."+part); cut && kit.Has(in, part) {
			return part + rest
		}
	}
	for _, kind := range cloudlogin.StoreKinds {
		place := kind.ESC()
		inputs := "values." + place.Cloud + "." + place.Name + `["fn::open::` + place.Provider + `"]`
		if rest, cut := strings.CutPrefix(path, inputs); cut && kit.BlockAt(in, "secrets") != nil {
			return "secrets." + kind.Name() + rest
		}
	}
	if parts := inLogin.FindStringSubmatch(path); parts != nil && kit.BlockAt(in, parts[1]) != nil {
		return problem.Join(parts[1], parts[2])
	}
	if path == "" {
		return "values"
	}
	return path
}

// objectOf is an input as package esc takes it, with marks on what is secret in the program.
func objectOf(in property.Map, name string) map[string]any {
	object, _ := plainValue(in.Get(name).WithSecret(false)).(map[string]any)
	return object
}

func plainValue(v property.Value) any {
	if v.Secret() && !v.IsNull() {
		return esc.Secret{Value: plainValue(v.WithSecret(false))}
	}
	switch {
	case v.IsComputed():
		return notKnownYet
	case v.IsString():
		return v.AsString()
	case v.IsNumber():
		return v.AsNumber()
	case v.IsBool():
		return v.AsBool()
	case v.IsArray():
		list := []any{}
		for _, element := range v.AsArray().All {
			list = append(list, plainValue(element))
		}
		return list
	case v.IsMap():
		object := map[string]any{}
		for key, element := range v.AsMap().All {
			object[key] = plainValue(element)
		}
		return object
	}
	return nil
}

// plannedLogins are the logins of the component at preview. Values that are part of the definition as they are given are in them if
// they are known. Placeholders stand for the rest, which is checked with its block.
func plannedLogins(in property.Map) []esc.Login {
	var logins []esc.Login
	for _, one := range cloudlogin.Clouds {
		if kit.Has(in, one.Name()) {
			logins = append(logins, one.Planned(kit.BlockOr(in, one.Name()), []string{"currentEnvironment.name"}))
		}
	}
	return logins
}

// plannedStores are the stores that the environment reads from, but for those without a login, which another check reports.
func plannedStores(in property.Map) []esc.Store {
	block := kit.BlockAt(in, "secrets")
	if block == nil {
		return nil
	}
	var found []esc.Store
	for _, kind := range cloudlogin.StoreKinds {
		if store := kind.In(*block); store != nil && kit.Has(in, kind.ESC().Cloud) {
			found = append(found, store.ESC())
		}
	}
	return found
}
