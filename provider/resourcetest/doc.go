// Package resourcetest is what the tests of all resources begin with: a sandbox with an organization in it (World), the engine's
// part for one resource (Engine), and the seeds, inputs and routes that several of them share. It knows the resources by their
// list in package resources alone, so a test that imports it is in an external test package, such as permissionset_test.
package resourcetest
