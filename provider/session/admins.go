package session

import (
	"context"
	"sync"
	"time"
)

// believed is how long an answer about the caller's role is believed. No call of this provider changes that role, so that somebody else
// would have to, during an update.
const believed = time.Minute

// admins says of organizations whether the caller administers them, and when that was read.
type admins struct {
	mutex sync.Mutex
	read  map[string]adminRead
}

type adminRead struct {
	is bool
	at time.Time
}

// Administers reports whether the caller is an administrator of an organization, who sees and may do everything in it. All resources
// of an update ask once a minute together.
func (s *Session) Administers(ctx context.Context, organization string) (bool, error) {
	s.admins.mutex.Lock() // held while it is read, so that resources that are deleted at once read it once
	defer s.admins.mutex.Unlock()
	if known, ok := s.admins.read[organization]; ok && time.Since(known.at) < believed {
		return known.is, nil
	}
	at := time.Now()
	seen, err := s.Client.Organization(ctx, organization)
	if err != nil {
		return false, err
	}
	if s.admins.read == nil {
		s.admins.read = map[string]adminRead{}
	}
	s.admins.read[organization] = adminRead{seen.IsAdmin(), at}
	return seen.IsAdmin(), nil
}

// Administered reports whether it was read a moment ago that the caller is an administrator of an organization. It asks nobody.
func (s *Session) Administered(organization string) bool {
	s.admins.mutex.Lock()
	defer s.admins.mutex.Unlock()
	known, ok := s.admins.read[organization]
	return ok && known.is && time.Since(known.at) < believed
}
