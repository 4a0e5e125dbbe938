// Package report writes answers about an organization for people and programs: as a table, JSON, Markdown for comments on pull requests, and
// SARIF for code scanning. Start at [Write] with an [Answer], such as [WhoCanOf] makes. It is pure.
//
// Every form shows the same answer. JSON has all of it, in the form that the schemas in docs/schemas describe. A table and Markdown may leave out
// what would be too much, and then say how much. Texts of an organization, such as names, are written so that they cannot control a terminal,
// nor add anything to a page: see text.go.
package report
