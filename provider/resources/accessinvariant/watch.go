package accessinvariant

import (
	"context"
	"sync"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/invariant"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/ptr"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
)

// watch is an invariant over one run: it keeps what was found last, so that each operation answers for what it brings and for nothing else.
type watch struct {
	op      kit.Op
	watched Args

	mutex sync.Mutex
	last  invariant.Result
}

// look evaluates the invariant, one evaluation after another: what an evaluation finds is compared with the one before it. In an update,
// resources of other providers may have changed who has access since it was read.
func (w *watch) look(ctx context.Context) (invariant.Result, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if !w.op.Session.Planned.Previews() {
		defer survey.Of(w.op.Session.Client, ptr.Value(w.watched.Organization)).Fresh()()
	}
	return w.lookLocked(ctx)
}

func (w *watch) lookLocked(ctx context.Context) (invariant.Result, error) {
	found, err := look(ctx, w.op, w.watched)
	if err == nil {
		w.last = found
	}
	return found, err
}

// again evaluates the invariant again, and fails for what violates it since the evaluation before.
func (w *watch) again(ctx context.Context) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	before := w.last
	found, err := w.lookLocked(ctx)
	if err != nil {
		return err
	}
	since := found.Since(before)
	if err := w.watched.verdict(since); err != nil {
		return err
	}
	w.watched.warnViolations(ctx, since)
	return nil
}
