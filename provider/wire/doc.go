// Package wire handles the property values that the engine and the provider exchange. Decoded Go values have lost which parts are
// unknown or secret, and which resources they depend on. [Decode] decodes inputs and reports what does not fit; the functions
// With... wrap a provider.
package wire
