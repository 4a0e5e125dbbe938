// Package types holds the schema types that resources, components and functions share, with their descriptions, and
// their translation into the values of the pure packages.
//
// The structs are flat: the Go SDK's decoder, which fills component inputs, does not look into embedded structs.
package types
