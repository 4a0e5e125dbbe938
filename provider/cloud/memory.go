package cloud

import (
	"context"
	"errors"
	"net/http"
	"sync"
)

// memory holds answers to what was read, so that a preview or a refresh asks for each object once, however many resources look at
// it. It knows what a write makes stale: any write, but that names of entities change with writes to entities alone. What was being
// read while something was written is not kept.
type memory struct {
	mu      sync.Mutex
	answers map[string]*answer
	bytes   int
}

// answer is one that is there, or that is awaited.
type answer struct {
	names bool
	size  int           // counted bytes
	ready chan struct{} // closed when the rest is set
	response
	err error
}

// maxMemory bounds what answers may take up in memory. What does not fit is asked for again.
const maxMemory = 64 << 20

type remember int

const (
	names remember = iota + 1 // lists of entities, and single stacks, which have their names and ids
	everything
	known // no call is made at all
)

// errNotKnown is what a call that may only be answered from memory ends with.
var errNotKnown = errors.New("it was not read yet")

type rememberKey struct{}

// Remembering lets calls that read answer what this client read before, as long as it wrote nothing since. It is for looking, as
// previews and refreshes do: never for confirming a write.
func Remembering(ctx context.Context) context.Context {
	return context.WithValue(ctx, rememberKey{}, everything)
}

// RememberingNames is Remembering for stacks, and the lists of stacks, environments and accounts alone. A name that they lack may have been made
// elsewhere since.
func RememberingNames(ctx context.Context) context.Context {
	if ctx.Value(rememberKey{}) == everything {
		return ctx
	}
	return context.WithValue(ctx, rememberKey{}, names)
}

// Remembers reports whether a look with this context may be answered from memory.
func Remembers(ctx context.Context) bool { return ctx.Value(rememberKey{}) != nil }

// KnowsStack reports whether what a client read before shows a stack. It makes no call.
func KnowsStack(ctx context.Context, c *Client, organization, project, stack string) bool {
	ctx = context.WithValue(ctx, rememberKey{}, known)
	if _, err := c.Stack(ctx, organization, project, stack); err == nil {
		return true
	}
	for one, err := range c.Stacks(ctx, organization) {
		if err != nil || one.Project == project && one.Name == stack {
			return err == nil
		}
	}
	return false
}

// listsEntities reports whether a call reads a stack, or lists stacks, environments or accounts.
func (in call) listsEntities() bool {
	p := in.path
	return len(p) == 2 && p[0] == "user" && p[1] == "stacks" ||
		len(p) == 4 && p[0] == "stacks" ||
		len(p) == 3 && p[0] == "esc" && p[1] == "environments" ||
		len(p) == 4 && p[0] == "preview" && p[1] == "insights" && p[3] == "accounts"
}

// changesEntities reports whether a write may change what lists say of a stack, an environment or an account. The settings of a stack's
// deployments are not in them, nor is an environment's definition.
func (in call) changesEntities() bool {
	p := in.path
	switch p[0] {
	case "orgs", "change-gates":
		return false
	case "stacks":
		return len(p) < 5 || p[4] != "deployments"
	case "esc":
		return len(p) != 5 || in.method != http.MethodPatch
	}
	return true
}

// remembered reports whether a call may be answered from memory.
func (in call) remembered(ctx context.Context) bool {
	if in.method != http.MethodGet || len(in.header) > 0 {
		return false
	}
	how, _ := ctx.Value(rememberKey{}).(remember)
	return how == everything || how == known || how == names && in.listsEntities()
}

// remember answers from memory, or asks. Whoever asks for what is being asked for waits for that answer.
func (c *Client) remember(ctx context.Context, in call) (response, error) {
	m := &c.memory
	key := escapedKey(in)
	m.mu.Lock()
	if m.answers[key] == nil && ctx.Value(rememberKey{}) == known {
		m.mu.Unlock()
		return response{}, errNotKnown
	}
	if known := m.answers[key]; known != nil {
		m.mu.Unlock()
		select {
		case <-known.ready:
		case <-ctx.Done():
			return response{}, c.transportError(ctx, in, context.Cause(ctx))
		}
		if known.err == nil || IsNotFound(known.err) {
			return known.response, known.err
		}
		return c.ask(ctx, in) // a failure is not shared
	}
	asked := &answer{names: in.listsEntities(), ready: make(chan struct{})}
	if m.answers == nil {
		m.answers = map[string]*answer{}
	}
	m.answers[key] = asked
	m.mu.Unlock()

	asked.err = errors.New("it was not answered") // for those who wait, should asking panic
	defer close(asked.ready)
	defer func() { m.keep(key, asked) }()
	asked.response, asked.err = c.ask(ctx, in)
	return asked.response, asked.err
}

// keep keeps an answer that may be shared, and drops any other.
func (m *memory) keep(key string, asked *answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.answers[key] == asked { // else something was written meanwhile
		if (asked.err == nil || IsNotFound(asked.err)) && m.bytes+len(asked.body) <= maxMemory {
			asked.size = len(asked.body)
			m.bytes += asked.size
		} else {
			delete(m.answers, key)
		}
	}
}

// forget drops what a write makes stale. It is called before and after the write, since what is read in between may be either.
func (m *memory) forget(write call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, known := range m.answers {
		if known.names && !write.changesEntities() {
			continue
		}
		m.bytes -= known.size
		delete(m.answers, key)
	}
}

// Forget drops all answers, as at the start of another process.
func (c *Client) Forget() {
	c.memory.mu.Lock()
	defer c.memory.mu.Unlock()
	c.memory.answers, c.memory.bytes = nil, 0
}

func escapedKey(in call) string {
	path, err := escapePath(in.path)
	if err != nil {
		return "" // no call is made with it
	}
	return path + "?" + in.query.Encode()
}
