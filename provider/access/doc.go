// Package access decides what may be done on Pulumi Cloud, and by whom it may be decided: nothing here does I/O.
package access
