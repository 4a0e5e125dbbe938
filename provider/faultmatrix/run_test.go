package faultmatrix_test

import (
	"errors"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/enginetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resourcetest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/server/servertest"
)

func noon() time.Time { return time.Date(2030, time.March, 1, 12, 0, 0, 0, time.UTC) }

// bench is a sandbox with an engine, on which the runs of one program are made one after another.
type bench struct {
	t       testing.TB
	sandbox *servertest.Running
	striker *striker
	engine  *enginetest.Engine
	ids     map[string]string
}

func newBench(t testing.TB) *bench {
	sandbox := servertest.StartNewer(t, server.Options{Seed: []byte(seed), Now: noon})
	b := &bench{t: t, sandbox: sandbox, striker: &striker{handler: sandbox.Server.Handler()}}
	b.engine = enginetest.New(t, sandbox, b.striker, provider.WithClock(noon), provider.WithTimeout(timeout))
	b.striker.cancel, b.striker.kill = b.engine.Cancel, b.engine.Kill
	w := resourcetest.On(t, sandbox)
	b.ids = map[string]string{"ci:": sandbox.CIURL("github"), "role:developer": w.RoleID("developer"), "role:operator": w.RoleID("operator")}
	return b
}

// moment is what the service and the engine hold at a time.
type moment struct {
	service []byte
	state   enginetest.Snapshot
}

func (b *bench) now() moment { return moment{b.sandbox.History(), b.engine.Snapshot()} }

func (b *bench) goTo(m moment) {
	b.sandbox.Restore(m.service)
	b.engine.Restore(m.state)
}

// operation is what is done from a moment on, and how it ends when nothing fails.
type operation struct {
	name   string
	before moment
	run    func() error
	// again is what a user does after it failed, besides a refresh.
	again func() error
	calls []string // of the undisturbed run
	end   string   // what is on the service then
	gone  string   // and after a destroy
}

// operations are all of a program's: each is run without a fault, to find its calls.
func (b *bench) operations(p program) []operation {
	var all []operation
	empty := b.now()
	up := func(inputs tree) func() error {
		declared := p.declared(filled(inputs, b.ids).(tree))
		return func() error { return b.engine.Up(declared...) }
	}
	destroy := func() error { return b.engine.Destroy() }
	refresh := func() error { _, err := b.engine.Refresh(); return err }
	add := func(name string, run, again func() error) {
		op := operation{name: name, before: b.now(), run: run, again: again}
		b.striker.begin(strike{})
		require.NoError(b.t, run(), "%s: %s", p.kind, name)
		op.calls = b.striker.made()
		require.NoError(b.t, again(), "%s: %s, once more", p.kind, name) // a token that was replaced is revoked by the next update
		op.end = observed(b.t, b.sandbox)
		after := b.now()
		require.NoError(b.t, destroy(), "%s: destroy after %s", p.kind, name)
		op.gone = observed(b.t, b.sandbox)
		b.goTo(after)
		all = append(all, op)
	}
	add("create", up(p.first), up(p.first))
	add("refresh", refresh, up(p.first))
	for i, inputs := range p.others {
		add(fmt.Sprintf("update %d", i+1), up(inputs), up(inputs))
	}
	add("delete", destroy, destroy)
	b.goTo(empty)
	return all
}

// recover is what a user does after a run that failed: the same again, after a refresh or without one. It returns how that differs from
// the end of an undisturbed run; "" is that it does not.
func (b *bench) recover(op operation, refreshed bool) (by way, trouble string) {
	b.striker.begin(strike{})
	if refreshed {
		if _, err := b.engine.Refresh(); err != nil {
			return by, "refresh: " + err.Error()
		}
	}
	by, err := b.follow(op)
	if err != nil {
		return by, "the next update: " + err.Error()
	}
	if err := op.again(); err != nil {
		return by, "the update after the next: " + err.Error()
	}
	if now := observed(b.t, b.sandbox); now != op.end {
		return by, "the service differs from an undisturbed run:\n" + differences(op.end, now)
	}
	changed, err := b.engine.Refresh()
	if err != nil || len(changed) > 0 {
		return by, fmt.Sprintf("a refresh finds changes of %v, %v", changed, err)
	}
	if err := b.engine.Destroy(); err != nil {
		return by, "destroying it: " + err.Error()
	}
	if now := observed(b.t, b.sandbox); now != op.gone {
		return by, "after a destroy, the service differs from one after an undisturbed run:\n" + differences(op.gone, now)
	}
	return by, ""
}

// way is how an update after a fault came to what is declared.
type way string

const (
	byItself  way = "recovered"
	byCommand way = "by the command in the error"
)

// follow runs the update again, and the commands that its errors give for objects that exist and are not in the state.
func (b *bench) follow(op operation) (way, error) {
	by := byItself
	for {
		err := op.again()
		if err == nil {
			return by, nil
		}
		commands := importing.FindAllString(err.Error(), -1)
		if len(commands) == 0 {
			return by, err
		}
		by = byCommand
		if failed := b.engine.Import(commands[0]); failed != nil {
			return by, errors.Join(err, failed)
		}
	}
}

var importing = regexp.MustCompile(`pulumi import .*--protect=false`)
