package wire

import (
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Given are the inputs of a component as they are registered with it, with their secrets and unknowns.
func Given(inputs property.Map) pulumi.Map {
	given := pulumi.Map{}
	for name, value := range inputs.All {
		if input := givenValue(value); input != nil {
			given[name] = input
		}
	}
	return given
}

// givenValue is nil for null, which means absent.
func givenValue(value property.Value) pulumi.Input {
	if value.Secret() {
		if plain := givenValue(value.WithSecret(false)); plain != nil {
			return pulumi.ToSecret(plain)
		}
		return nil
	}
	switch {
	case value.IsComputed():
		return pulumi.UnsafeUnknownOutput(nil)
	case value.IsString():
		return pulumi.String(value.AsString())
	case value.IsBool():
		return pulumi.Bool(value.AsBool())
	case value.IsNumber():
		return pulumi.Float64(value.AsNumber())
	case value.IsMap():
		return Given(value.AsMap())
	case value.IsArray():
		list := pulumi.Array{}
		for _, element := range value.AsArray().All {
			list = append(list, givenValue(element))
		}
		return list
	}
	return nil // no input is an asset, an archive or a resource
}
