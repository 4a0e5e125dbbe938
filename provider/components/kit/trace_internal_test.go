package kit

import (
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRegistersWithAShortTrace(t *testing.T) {
	t.Parallel()
	var frames [64]uintptr
	failed := errors.New("refused")
	err := withShortTrace(func() error {
		assert.LessOrEqual(t, runtime.Callers(1, frames[:]), 3, "this, the goroutine's, and the runtime's")
		return failed
	})
	assert.ErrorIs(t, err, failed)
	assert.Panics(t, func() { _ = withShortTrace(func() error { panic("lost") }) })
}
