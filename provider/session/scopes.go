package session

import (
	"context"
	"errors"
	"fmt"
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

// Asked is what is known of a scope that is asked about.
type Asked struct {
	Is      bool     // it is a scope of this kind of entity, or may be one
	Nearest []string // the nearest names, where it is none
	Doubt   string   // why an answer about it cannot tell, "" if it can
}

// AskScope says what is known of a scope that is asked about.
func (s *Session) AskScope(ctx context.Context, organization string, kind access.EntityKind, scope string) Asked {
	if s.Catalogue.Has(kind, scope) {
		return Asked{Is: true}
	}
	doubt := ""
	catalogue := s.CatalogueFor(ctx, organization, func(_ access.EntityKind, _ string, err error) {
		doubt = fmt.Sprintf("this version of the provider does not know the scope %s, and whether the service lists it could not be read: %v", scope, err)
	})
	switch {
	case !catalogue.Has(kind, scope):
		return Asked{Nearest: catalogue.Nearest(kind, scope)}
	case doubt == "" && !access.Evaluates(kind, scope):
		doubt = fmt.Sprintf("this version of the provider does not know the scope %s, nor what roles grant of its kind on the %s", scope, kind.Noun())
	}
	return Asked{Is: true, Doubt: doubt}
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
