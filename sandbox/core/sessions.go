package core

import (
	"time"

	"github.com/pulumi/esc"
)

// Sessions is what the environment endpoints keep between calls and no export shows, since it holds values and
// credentials.
type Sessions struct {
	sessions map[string]*Session // by id
}

// Session is an evaluated environment that can be read until it expires.
type Session struct {
	ID string
	// EnvironmentID is "" for anonymous text.
	EnvironmentID string
	// Opener is a login. Only the opener reads an anonymous session, since no environment's permissions protect it.
	Opener      string
	Environment *esc.Environment
	Expires     time.Time
}

func (r *Sessions) Keep(session *Session) {
	if r.sessions == nil {
		r.sessions = map[string]*Session{}
	}
	r.sessions[session.ID] = session
}

// Session finds what was opened and has not expired at now; what has expired is forgotten.
func (r *Sessions) Session(id string, now time.Time) (*Session, bool) {
	for key, session := range r.sessions {
		if !now.Before(session.Expires) {
			delete(r.sessions, key)
		}
	}
	session, found := r.sessions[id]
	return session, found
}

// Forget ends the sessions of a deleted environment.
func (r *Sessions) Forget(environmentID string) {
	for key, session := range r.sessions {
		if session.EnvironmentID == environmentID {
			delete(r.sessions, key)
		}
	}
}
