package components

import "github.com/pulumi/pulumi/sdk/v3/go/property"

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
