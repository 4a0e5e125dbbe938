// Package codify turns an organization into a Pulumi project: a program with a resource of this package for everything that one can manage,
// the file that `pulumi import --file` reads, and a README. Start at [Of];
// package codify/live reads the inputs; [Plan.Project] writes the files.
//
// # Where the values come from
//
// The values of a program are those that an import of the resource reads, because these alone are what an update compares with. A snapshot
// names what there is, and has neither descriptions nor the texts of definitions; so the inputs are read from the service. Package live holds
// every one of them against the check and the comparison of the resource: what an update would refuse or change is not in the program.
// It is named with its reason, like everything else that no resource can hold ([Left]).
//
// # How programs are written
//
// YAML is written as it is. The other languages are printed by Pulumi's own code generators, from a program in PCL, their intermediate
// language: they know the names, types and enumerations of the SDKs, which they generate as well, and the rules of each language. The plugin does
// not import this package, so they cost it nothing.
//
// No secret is written: an environment whose definition holds a value that looks like a plain secret, or a long-lived key, is left out.
package codify
