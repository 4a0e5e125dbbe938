package session

import (
	"context"
	"errors"
	"sync"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
)

// CatalogueFor returns the scopes that may be granted in an organization: about one that this version does not know, the service is
// asked, once. unsure is told of scopes that are admitted because the service could not be asked; without it, none are.
func (s *Session) CatalogueFor(
	ctx context.Context, organization string, unsure func(kind access.EntityKind, scope string, err error),
) access.Catalogue {
	admits := func(kind access.EntityKind, scope string, err error) bool {
		if unsure != nil {
			unsure(kind, scope, err)
		}
		return unsure != nil
	}
	// A list that cannot be read is not asked for again for each scope of one check.
	list := sync.OnceValues(func() (map[access.EntityKind][]string, error) { return s.scopes.list(ctx, s, organization) })
	return s.Catalogue.Asking(access.Service{List: list, Admits: admits})
}

// scopeLists are the scopes that the service lists, by organization.
type scopeLists struct {
	mutex sync.Mutex
	of    map[string]map[access.EntityKind][]string
}

func (l *scopeLists) list(ctx context.Context, s *Session, organization string) (map[access.EntityKind][]string, error) {
	if organization == "" {
		return nil, errors.New("the organization is not known yet")
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if known, is := l.of[organization]; is {
		return known, nil
	}
	listed, err := s.Client.AvailableScopes(ctx, organization)
	if err != nil {
		return nil, err
	}
	byKind := map[access.EntityKind][]string{}
	for kind, scopes := range listed {
		byKind[access.EntityKind(kind)] = scopes
	}
	if l.of == nil {
		l.of = map[string]map[access.EntityKind][]string{}
	}
	l.of[organization] = byKind
	return byKind, nil
}
