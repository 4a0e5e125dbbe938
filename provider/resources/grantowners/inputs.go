package grantowners

import (
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// text is a text among the inputs, "" where it is absent or not known yet.
func text(inputs property.Map, name string) string {
	if v := inputs.Get(name); v.IsString() {
		return v.AsString()
	}
	return ""
}

// entityOf is the entity that an EntityAccess is on, nil where it is not known yet.
func entityOf(inputs property.Map) *access.EntityRef {
	out := access.EntityRef{Kind: access.Account, Name: text(inputs, "account")}
	for kind, axis := range axes {
		if v := inputs.Get(axis.name); v.IsMap() {
			out = access.EntityRef{Kind: kind, Project: text(v.AsMap(), "project"), Name: text(v.AsMap(), axis.name)}
		}
	}
	if out.Name == "" || out.Kind != access.Account && out.Project == "" {
		return nil
	}
	return &out
}

// elements are the elements of a list that are known, nil where there is no list.
func elements(inputs property.Map, name string) *[]property.Value {
	v := inputs.Get(name)
	if !v.IsArray() {
		return nil
	}
	all := v.AsArray().AsSlice()
	return &all
}

// namesIn are the texts of one property of the elements of a list, as far as they are known; nil where there is no list.
func namesIn(inputs property.Map, list, name string) *[]string {
	all := elements(inputs, list)
	if all == nil {
		return nil
	}
	out := []string{}
	for _, one := range *all {
		if one.IsMap() && text(one.AsMap(), name) != "" {
			out = append(out, text(one.AsMap(), name))
		}
	}
	return &out
}

// allNamesIn is namesIn where all of them are known, else nil.
func allNamesIn(inputs property.Map, list, name string) *[]string {
	names, all := namesIn(inputs, list, name), elements(inputs, list)
	if names == nil || len(*names) < len(*all) {
		return nil
	}
	return names
}

// stringsIn are the elements of a list of texts: none where the list is left out, nil where part of it is not known yet.
func stringsIn(inputs property.Map, list string) *[]string {
	out := []string{}
	v, given := inputs.GetOk(list)
	if !given || v.IsNull() {
		return &out
	}
	all := elements(inputs, list)
	if all == nil {
		return nil
	}
	for _, one := range *all {
		if !one.IsString() {
			return nil
		}
		out = append(out, one.AsString())
	}
	return &out
}

// refsIn are the entities that a TeamAccess names on one axis; nil where it does not manage the axis.
func refsIn(inputs property.Map, kind access.EntityKind, list, name string) *[]access.EntityRef {
	all := elements(inputs, list)
	if all == nil {
		return nil
	}
	out := []access.EntityRef{}
	for _, one := range *all {
		if one.IsMap() && text(one.AsMap(), name) != "" {
			out = append(out, access.EntityRef{Kind: kind, Project: text(one.AsMap(), "project"), Name: text(one.AsMap(), name)})
		}
	}
	return &out
}

// textsIn are the entries of a map of texts.
func textsIn(v property.Value) map[string]string {
	out := map[string]string{}
	if v.IsMap() {
		for name, text := range v.AsMap().AllStable {
			if text.IsString() {
				out[name] = text.AsString()
			}
		}
	}
	return out
}
