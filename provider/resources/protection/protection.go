// Package protection keeps what is protected from deletion from being replaced: a replacement ends in a deletion, and by then the
// new environment would have taken over, and the old one would stay behind without its gates.
package protection

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/cloud"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/resources/kit"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/session"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/wire"
)

// Of reads whether an environment is protected. One that does not exist is not.
func Of(ctx context.Context, current *session.Session, organization, project, name string) (bool, error) {
	protected, err := current.Client.DeletionProtected(ctx, organization, project, name)
	if cloud.IsNotFound(err) {
		return false, kit.RequireSight(ctx, current, organization, err)
	}
	return protected, err
}

// CertainReplacements are the properties that ask for a replacement whatever is not known yet turns out to be.
func CertainReplacements(diff p.DiffResponse, unknowns []string) []string {
	var properties []string
	for _, property := range []string{kit.OrganizationProperty, "project", "name", "environment", "action"} {
		found, differs := diff.DetailedDiff[property]
		if differs && found.Kind == p.UpdateReplace && !wire.Touches(property, unknowns) {
			properties = append(properties, property)
		}
	}
	return properties
}
