// Package types holds the schema types that resources, components and functions share, with their descriptions, and
// their translation into the values of the pure packages.
//
// The structs are flat: the Go SDK's decoder, which fills what lies inside the inputs of a component, does not look into
// embedded structs. The arguments of a component themselves may embed: the kit of the components fills those in.
package types
