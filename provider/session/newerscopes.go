package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/shortlist"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// CheckScopes makes a check that needs to know scopes. About those that this version does not know, the service is asked; while it cannot
// be, they are admitted with a warning, and the update decides: see [Session.DecideScopes].
func (s *Session) CheckScopes(ctx context.Context, organization string, check func(access.Catalogue) problem.List) problem.List {
	var unsure []string
	var why error
	problems := check(s.CatalogueFor(ctx, organization, func(kind access.EntityKind, scope string, err error) {
		unsure, why = append(unsure, fmt.Sprintf("%s, on the %s", scope, kind.Noun())), err
	}))
	if len(unsure) > 0 {
		slices.Sort(unsure)
		wire.Log(ctx).Warning(shortlist.Bulleted(fmt.Sprintf("these scopes are not known to this version of the provider, and the service could not "+
			"be asked for them (%v). An update asks again, and fails if it does not list them:", why), slices.Compact(unsure)))
	}
	return problems
}

// DecideScopes makes the same check before something is written: a scope that this version does not know has to be listed by the
// service.
func (s *Session) DecideScopes(ctx context.Context, object, organization string, check func(access.Catalogue) problem.List) error {
	var unsure error
	problems := check(s.CatalogueFor(ctx, organization, func(_ access.EntityKind, scope string, err error) {
		unsure = errors.Join(unsure, fmt.Errorf("%s: the scope %q is not known to this version of the provider, and the service could not be asked for it. "+
			"Try again, use a token that may read roles (role:read), or admit it by additionalScopes in the provider's configuration: %w",
			object, scope, err))
	}))
	for _, one := range problems {
		unsure = errors.Join(unsure, fmt.Errorf("%s: %s: %s", object, one.Path, one.Reason))
	}
	return unsure
}
