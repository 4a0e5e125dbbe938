// Package harness runs the product as its users do: the real Pulumi CLI, the built plugin, and a sandbox Pulumi Cloud as
// a process of its own. The demo and the end-to-end tests share it.
package harness
