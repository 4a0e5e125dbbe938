// Package invariant decides whether anybody holds a scope who should not. Start at [Evaluate], which reads the organization, or
// at [Allowed.Violations], which is pure.
//
// What cannot be told is never a no: a principal that only possibly holds the scope is a violation, and what could not be read is
// returned as blind spots, which a caller that must be certain treats as violations.
package invariant
