// Package enginetest plays the part of Pulumi's engine in the test's own process: it constructs components, and creates,
// updates, replaces and deletes their children in the order that dependencies ask for, with the real provider and a
// sandbox Pulumi Cloud. It is for laws that need thousands of updates; what the real engine does is for package e2e.
//
// Start at [New].
package enginetest
