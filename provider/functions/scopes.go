package functions

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/access"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/graph"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/survey"
)

// askScope makes a question about a scope, of which administrators hold every one. It returns what cannot be told of a scope that this
// version does not know, and an error for one that the service does not list either.
func askScope(
	ctx context.Context, current *session.Session, organization *string, kind access.EntityKind, scope string, o *survey.Options,
) ([]graph.Blind, error) {
	login, err := current.OrganizationOr(organization)
	if err != nil {
		return nil, err
	}
	asked := current.AskScope(ctx, login, kind, scope)
	if !asked.Is {
		return nil, fmt.Errorf("scope: %q is not a valid scope of this kind of entity; the nearest are %s", scope, strings.Join(asked.Nearest, ", "))
	}
	o.Catalogue = o.Catalogue.With(kind, scope)
	return blindOf(asked, scope), nil
}

func blindOf(asked session.Asked, scope string) []graph.Blind {
	if asked.Doubt == "" {
		return nil
	}
	return []graph.Blind{{What: asked.Doubt, Hides: "who can use " + scope}}
}
