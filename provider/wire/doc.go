// Package wire works on the property values that the engine and the provider exchange, where decoded Go values would
// have lost what matters: which parts are unknown, which are secret, and which resources they depend on.
package wire
