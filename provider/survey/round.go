package survey

import "sync"

// rounds let answers that must be about what is there now share what they read: answers that begin while others are being worked out wait
// for these, and then begin together.
type rounds struct {
	mutex         sync.Mutex
	current, next *round
}

type round struct {
	begun   chan struct{} // closed once it began
	answers int           // that are being worked out
}

// Fresh begins an answer that must not rely on what was read before it: others than this process may have changed that, such as resources
// of another provider. The answer calls done when it is complete.
func (s *Survey) Fresh() (done func()) {
	r := &s.rounds
	r.mutex.Lock()
	if r.current == nil {
		s.begin(&round{begun: make(chan struct{}), answers: 1})
		r.mutex.Unlock()
		return r.done(s)
	}
	if r.next == nil {
		r.next = &round{begun: make(chan struct{})}
	}
	r.next.answers++
	begun := r.next.begun
	r.mutex.Unlock()
	<-begun
	return r.done(s)
}

// begin makes a round the current one; the mutex is held.
func (s *Survey) begin(next *round) {
	s.allStale()
	s.rounds.current = next
	close(next.begun)
}

func (r *rounds) done(s *Survey) func() {
	return sync.OnceFunc(func() {
		r.mutex.Lock()
		defer r.mutex.Unlock()
		if r.current.answers--; r.current.answers > 0 {
			return
		}
		next := r.next
		if r.current, r.next = nil, nil; next != nil {
			s.begin(next)
		}
	})
}
