// Package sql holds the statements of provider/usage/sql against the reader of exported files: DuckDB makes the same usage of the
// same export, and Trino's statement parses.
package sql
