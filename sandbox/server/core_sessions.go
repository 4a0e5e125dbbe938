package server

import (
	"time"

	"github.com/pulumi/esc"
)

// escRuntime is what the environment endpoints keep between calls and no export shows, since it holds values and
// credentials.
type escRuntime struct {
	sessions map[string]*openSession // by id
}

// openSession is an evaluated environment that can be read until it expires.
type openSession struct {
	id string
	// environmentID is "" for anonymous text.
	environmentID string
	// opener is a login: nobody else reads an anonymous session, which no environment's permissions guard.
	opener      string
	environment *esc.Environment
	expires     time.Time
}

func (r *escRuntime) keep(session *openSession) {
	if r.sessions == nil {
		r.sessions = map[string]*openSession{}
	}
	r.sessions[session.id] = session
}

// session finds what was opened and has not expired at now; what has expired is forgotten.
func (r *escRuntime) session(id string, now time.Time) (*openSession, bool) {
	for key, session := range r.sessions {
		if !now.Before(session.expires) {
			delete(r.sessions, key)
		}
	}
	session, found := r.sessions[id]
	return session, found
}

// forget ends the sessions of a deleted environment.
func (r *escRuntime) forget(environmentID string) {
	for key, session := range r.sessions {
		if session.environmentID == environmentID {
			delete(r.sessions, key)
		}
	}
}
