package kit

import (
	"fmt"
	"runtime/debug"
)

// withShortTrace registers a resource from a goroutine of its own, and waits for it. The SDK records the stack of the goroutine that
// registers a resource, and the engine keeps it in the state: the frames below a component are those of this plugin and of the
// framework, some 2 KB for each resource, and tell users nothing about their program. A panic goes on in the caller.
func withShortTrace(register func() error) error {
	type outcome struct {
		err      error
		panicked string
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			if value := recover(); value != nil {
				o.panicked = fmt.Sprintf("%v\n\n%s", value, debug.Stack())
			}
			done <- o
		}()
		o.err = register()
	}()
	o := <-done
	if o.panicked != "" {
		panic(o.panicked)
	}
	return o.err
}
