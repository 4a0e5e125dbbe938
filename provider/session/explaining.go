package session

import "sync"

// Explaining is whether previews say who gains and who loses access by a change. The zero value is off.
type Explaining struct {
	// MaxCalls is how many calls reading an organization for it may take; 0 is off.
	MaxCalls int

	mutex    sync.Mutex
	verdicts map[string]*verdict
}

type verdict struct {
	once sync.Once
	why  string
}

// Allowed reports whether an organization is read for it, as decide says the first time: why is why not, and first is true for the
// first caller.
func (e *Explaining) Allowed(organization string, decide func() (why string)) (why string, first bool) {
	e.mutex.Lock()
	if e.verdicts == nil {
		e.verdicts = map[string]*verdict{}
	}
	one := e.verdicts[organization]
	if one == nil {
		one = &verdict{}
		e.verdicts[organization] = one
	}
	e.mutex.Unlock()
	one.once.Do(func() { one.why, first = decide(), true })
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return one.why, first
}

// Stop keeps an organization from being read again, after that failed. It reports whether nothing kept it before.
func (e *Explaining) Stop(organization, why string) bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	one := e.verdicts[organization]
	if one == nil || one.why != "" {
		return false
	}
	one.why = why
	return true
}
