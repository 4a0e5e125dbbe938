package survey

import (
	"sync"
	"sync/atomic"
)

// cell holds a value that is read once and shared. Concurrent callers wait for the one that reads. After a failure, the next
// caller reads again, as it does where the service failed to give a part.
type cell[T any] struct {
	mutex  sync.Mutex
	writes atomic.Uint64 // how often it became stale

	known bool
	at    uint64 // writes when it was read
	value T
}

func (c *cell[T]) get(read func() (T, error)) (T, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	writes := c.writes.Load()
	if c.known && c.at == writes {
		return c.value, nil
	}
	value, err := read()
	if err != nil {
		return value, err
	}
	if part, is := any(value).(interface{ passing() bool }); is && part.passing() {
		return value, nil
	}
	c.value, c.known, c.at = value, true, writes
	return value, nil
}

// stale makes the next caller read again.
func (c *cell[T]) stale() { c.writes.Add(1) }

// cells are cells by name.
type cells[T any] struct {
	mutex  sync.Mutex
	byName map[string]*cell[T]
}

func (c *cells[T]) get(name string, read func() (T, error)) (T, error) {
	c.mutex.Lock()
	if c.byName == nil {
		c.byName = map[string]*cell[T]{}
	}
	one := c.byName[name]
	if one == nil {
		one = &cell[T]{}
		c.byName[name] = one
	}
	c.mutex.Unlock()
	return one.get(read)
}

func (c *cells[T]) stale(name string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if one := c.byName[name]; one != nil {
		one.stale()
	}
}

func (c *cells[T]) allStale() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, one := range c.byName {
		one.stale()
	}
}

// staleWhere makes the cells stale whose value is touched, and those that are being read, since their value may be from before
// the write.
func (c *cells[T]) staleWhere(touched func(T) bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, one := range c.byName {
		if !one.mutex.TryLock() {
			one.stale()
			continue
		}
		if one.known && touched(one.value) {
			one.stale()
		}
		one.mutex.Unlock()
	}
}
