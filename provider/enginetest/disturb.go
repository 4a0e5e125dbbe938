package enginetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	presource "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Cancel is the first Ctrl-C: the provider ends what it is doing, and what it answers still counts.
func (e *Engine) Cancel() {
	if !e.ended.Swap(true) {
		_ = e.server.Cancel()
	}
}

// Kill ends the provider's process: nothing that it answers from now on reaches the state.
func (e *Engine) Kill() {
	e.killed.Store(true)
	e.Cancel()
}

var errKilled = errors.New("the plugin was killed")

// Import runs a `pulumi import` command, as a message gives it.
func (e *Engine) Import(command string) error {
	e.t.Helper()
	words := strings.Fields(strings.ReplaceAll(command, "'", "")) // no name in these tests has a space
	if len(words) < 5 || words[0] != "pulumi" || words[1] != "import" {
		return fmt.Errorf("%q is not a command that imports", command)
	}
	kind, name, id := words[2], words[3], words[4]
	urn := urnOf(strings.TrimPrefix(kind, "leastprivilege:index:"), name)
	full := urn
	if at := slices.Index(words, "--parent"); at >= 0 {
		_, parent, _ := strings.Cut(words[at+1], "=")
		if e.components[parent] == nil {
			return fmt.Errorf("%s: there is no resource %q", command, parent)
		}
		full = childURN(presource.URN(parent), urn)
	}
	e.Restart()
	read, err := e.server.Read(p.ReadRequest{ID: id, Urn: full})
	if err == nil && read.ID == "" {
		err = errors.New("not found")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	e.resources = append(e.resources, &resource{urn: urn, full: full, id: read.ID, inputs: read.Inputs, state: read.Properties})
	return nil
}

// Jitter makes each registration wait before its turn, so that children run in other orders than that in which they are registered.
func (e *Engine) Jitter(wait func() time.Duration) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.jitter = wait
}

func (e *Engine) pause() {
	e.mutex.Lock()
	wait := time.Duration(0)
	if e.jitter != nil {
		wait = e.jitter()
	}
	e.mutex.Unlock()
	<-time.After(wait)
}
