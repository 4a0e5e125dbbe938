// Package kit is the lifecycle that the resources have in common. A resource embeds [Managed], so that the framework finds
// Check, Diff, Create, Read, Update and Delete on it, and says in a [Spec] what is its own. Start at [New]; PermissionSet is
// a short example.
//
// # What the lifecycle holds, whatever a resource does
//
//   - The organization is part of the inputs: of the program, or else of the configuration.
//   - A problem with a value that is not known yet is dropped; the value is checked again when it is known.
//   - An object that exists is in the state, also when a step after its creation fails: see [Spec.Create] and [Spec.Update].
//   - A 404 means that an object was deleted only where the caller would see it if it existed: see [RequireSight].
//   - A deletion is confirmed by reading.
//
// # A State embeds its Args
//
// The framework flattens an embedded struct, for the schema as well as in the state. Where an output differs from the input of
// the same name (the organization may be left out of the inputs, and is always in the state), the State has a field of its own
// that shadows the one of Args, and describes it; put it before the embedded struct, so that the schema keeps its order. A State
// repeats fields only where an input is not in the state: the takeOver of an ApprovalGate.
package kit
